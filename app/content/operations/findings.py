"""Findings of a version, and why one of them stands nevertheless (豁免)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.checks import BLOCK, RULES, Checked, Found, check_text
from app.content.models import Article, ArticleLink, ArticleVersion, Finding, Media, Waiver
from app.content.queries.terms import lists
from app.content.rules import plain
from app.errors import Invalid, NotFound, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.people.rules import Viewer
from app.work.operations.act import person

MIN_REASON, FEW_WORDS = 4, 20
NO_REASON = N_("写明为什么可以这样写，至少 4 个字。")
NOT_FOUND = N_("没有查出这一条，不用写理由。")
FIELDS = ("title", "summary", "source", "byline", "kind", "body")


def check(session: Session, article: Article, fields: Mapping[str, Any]) -> list[tuple[Found, str | None]]:
    """Return what is wrong with these texts of an article, each with the reason it was waived for, if it was.

    `fields` are title, summary, source, byline, kind, body (cleaned HTML), meta, files.
    """
    found = check_text(_checked(session, article, fields), lists(session))
    reasons = _reasons(session, article.id)
    return [(one, reasons.get((one.rule, one.text))) for one in found]


def record_findings(session: Session, version: ArticleVersion, now: datetime) -> Sequence[Finding]:
    """Check a handed-in version and keep what was found with it; asked again it returns what was kept."""
    del now
    kept = of_version(session, version.id)
    if kept:
        return kept
    article = session.get_one(Article, version.article_id)
    fields = {name: getattr(version, name) for name in (*FIELDS, "meta", "files")}
    rows = [_row(version, one, waived) for one, waived in check(session, article, fields)]
    session.add_all(rows)
    session.flush()
    return rows


def of_version(session: Session, version_id: int) -> Sequence[Finding]:
    """Return what was found in a version, in order."""
    return session.scalars(select(Finding).where(Finding.version_id == version_id).order_by(Finding.id)).all()


def blocking(session: Session, version: ArticleVersion) -> list[Finding]:
    """Return what must be mended or waived before the version may go to review."""
    reasons = _reasons(session, version.article_id)
    found = of_version(session, version.id)
    return [one for one in found if one.level == BLOCK and (one.rule, one.text) not in reasons]


def waive(
    session: Session, viewer: Viewer, article_id: int, rule: str, text: str, reason: str, now: datetime
) -> Waiver:
    """Let a finding stand, with the reason; it holds for the same words in later versions too."""
    if not viewer.may("content.write"):
        raise Refused
    article = session.get(Article, article_id)
    if article is None:
        raise NotFound
    if len(reason.strip()) < MIN_REASON:
        raise Invalid(fields={"reason": NO_REASON})
    if rule not in RULES:
        raise Invalid(NOT_FOUND)
    row = Waiver(article_id=article_id, rule=rule, text=text[:300], reason=reason.strip()[:500], by_id=viewer.user_id,
                 by=viewer.name, at=now)  # fmt: skip
    session.add(row)
    payload = {"article": article_id, "rule": rule, "text": text[:300], "reason": row.reason}
    append(session, "house", [Entry("content:finding:waived", person(viewer), payload)], now)
    return row


def _checked(session: Session, article: Article, fields: Mapping[str, Any]) -> Checked:
    files = tuple(_with_words(session, fields.get("files") or ()))
    return Checked(
        **{name: str(fields.get(name) or "") for name in FIELDS},
        meta=fields.get("meta") or {},
        files=files,
        known_media=frozenset(session.scalars(select(Media.id).where(Media.site_id == article.site_id))),
        same_title=_same_title(session, article, str(fields.get("title") or "").strip()),
        same_words=_same_words(session, article, str(fields.get("body") or "")),
        linked=_is_linked(session, article),
    )


def _with_words(session: Session, files: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    listed = list(files)
    numbers = [one["media_id"] for one in listed if one.get("media_id")]
    rows = session.execute(select(Media.id, Media.alt).where(Media.id.in_(numbers)))
    words = {media_id: alt for media_id, alt in rows}  # noqa: C416 - rows are no pairs to the type checker
    return [{"alt": words.get(one.get("media_id") or 0, ""), **one} for one in listed]


def _others(article: Article) -> Any:
    return (Article.site_id == article.site_id) & (Article.id != article.id)


def _same_title(session: Session, article: Article, title: str) -> str:
    if not title:
        return ""
    return session.scalar(select(Article.title).where(_others(article), Article.title == title).limit(1)) or ""


def _same_words(session: Session, article: Article, body: str) -> str:
    """Return the title of another article of the site whose latest version says exactly the same."""
    words = plain(body)
    if len(words) < FEW_WORDS:
        return ""
    same_length = func.length(ArticleVersion.body).between(len(body) - 200, len(body) + 200)
    query = (
        select(Article.title, ArticleVersion.body)
        .join(ArticleVersion, ArticleVersion.id == Article.version_id)
        .where(_others(article), same_length)
        .order_by(Article.id.desc())
        .limit(50)
    )
    return next((title for title, other in session.execute(query) if plain(other) == words), "")


def _is_linked(session: Session, article: Article) -> bool:
    query = select(ArticleLink.policy_id).where(ArticleLink.interpretation_id == article.id).limit(1)
    return session.scalar(query) is not None


def _reasons(session: Session, article_id: int) -> dict[tuple[str, str], str]:
    rows = session.scalars(select(Waiver).where(Waiver.article_id == article_id).order_by(Waiver.id))
    return {(row.rule, row.text): row.reason for row in rows}


def _row(version: ArticleVersion, one: Found, waived: str | None) -> Finding:
    return Finding(
        version_id=version.id,
        rule=one.rule,
        level=one.level,
        field=one.field,
        text=one.text[:300],
        offset=one.offset,
        message=one.message,
        values=dict(one.values),
        suggestion=one.suggestion,
        waived=waived,
    )
