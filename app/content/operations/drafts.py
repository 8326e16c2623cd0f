"""What is being typed of an article: checked, kept, counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app import clock
from app.content.bodies import clean_body, kept
from app.content.models import Article, ArticleDraft, ArticleEditor, Media
from app.content.queries import articles as queries
from app.content.rules import ATTACHMENT, COVER, KINDS, META_FLAGS
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.people.rules import Viewer

LONGEST: Final = {"title": 200, "summary": 1000, "source": 120, "byline": 120, "document_number": 60}
TOO_LONG: Final = {
    "title": N_("标题最多 200 个字。"),
    "summary": N_("摘要最多 1000 个字。"),
    "source": N_("来源最多 120 个字。"),
    "byline": N_("作者最多 120 个字。"),
    "document_number": N_("发文字号最多 60 个字。"),
}
ONE_LINE: Final = ("title", "source", "byline", "document_number")
FLAGS: Final = (*META_FLAGS, "urgent")
MOST_FILES: Final = 60
BROKEN: Final = N_("这一页送来的内容读不出来，没有保存。请刷新页面后再试。")


def empty_fields(kind: str, title: str) -> dict[str, Any]:
    """Return the fields of an article in which nothing is written yet."""
    return {
        **dict.fromkeys(LONGEST, ""),
        **dict.fromkeys(FLAGS, False),
        "title": title,
        "body": "",
        "kind": kind,
        "publish_at": "",
        "files": [],
    }


def checked(fields: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they are kept, those that were not sent as they were; raise Invalid when one cannot be.

    A draft may be half written: only what could not be stored at all is refused.
    """
    found = {**known, **{name: fields[name] for name in known if name in fields}}
    found.update({name: kept_text(found[name]) for name in (*LONGEST, "body", "publish_at", "kind")})
    found.update({name: " ".join(found[name].split()) for name in ONE_LINE})
    wrong = dict(_too_long(found))
    if wrong:
        raise Invalid(fields=wrong)
    if found["kind"] not in KINDS:
        raise Invalid(fields={"kind": N_("没有这种稿件。请从列表里选一种。")})
    found.update({name: found[name] in (True, "true", "1", "on") for name in FLAGS})
    found["body"] = clean_body(found["body"])
    found["publish_at"] = _written_time(found["publish_at"])
    found["files"] = [_file(one) for one in _listed(found["files"])]
    return found


def save_draft(
    session: Session, viewer: Viewer, article_id: int, fields: Mapping[str, Any], row_version: int, now: datetime
) -> ArticleDraft:
    """Keep what is being typed; `row_version` is the one the writer's page last saw.

    Raise Conflict with who and when if somebody else saved in between: nothing is overwritten, the writer's page
    still has its own text.
    """
    article = queries.writable(session, viewer, article_id)
    draft = queries.draft(session, article_id)
    wanted = checked(fields, draft.fields)
    if draft.row_version != row_version:
        if draft.saved_by_id == viewer.user_id and draft.fields == wanted:
            return draft  # the answer to this very save was lost on its way
        at = clock.local(draft.saved_at).strftime("%H:%M:%S")
        raise Conflict(N_("%(who)s在 %(when)s 存过这篇稿件。您写的内容还在这个页面上。"), who=draft.saved_by, when=at)
    _check_files(session, article, wanted)
    draft.fields = wanted
    _touch(draft, viewer, now)
    _follow(article, draft.fields, now)
    session.flush()
    return draft


def stay(session: Session, viewer: Viewer, article_id: int, now: datetime) -> None:
    """Note that this person has the article open in the editor."""
    row = session.get(ArticleEditor, (article_id, viewer.user_id))
    if row is None:
        session.add(ArticleEditor(article_id=article_id, user_id=viewer.user_id, seen_at=now))
    else:
        row.seen_at = now


def publish_time(fields: Mapping[str, Any]) -> datetime | None:
    """Return when an article is wished to appear; None for as soon as it is passed."""
    text = fields.get("publish_at")
    return datetime.fromisoformat(text).replace(tzinfo=clock.ZONE) if text else None


def _too_long(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, TOO_LONG[name]) for name, most in LONGEST.items() if len(fields[name]) > most]


def kept_text(value: object) -> str:
    """Return a text without the signs that cannot be stored; raise Invalid for anything else."""
    if not isinstance(value, str):
        raise Invalid(BROKEN)
    return kept(value)


def _listed(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > MOST_FILES:
        raise Invalid(BROKEN)
    return value


def _file(value: object) -> dict[str, Any]:
    """Return an attachment or cover as it is kept: the number in the library, its kind, the name readers see."""
    if not isinstance(value, Mapping) or value.get("kind") not in (ATTACHMENT, COVER):
        raise Invalid(BROKEN)
    number, name = value.get("media_id"), value.get("name")
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(name, str):
        raise Invalid(BROKEN)
    return {"media_id": number, "kind": value["kind"], "name": kept_text(name).strip()[:200]}


def _written_time(text: str) -> str:
    """Return a wished time as minutes without zone, as the page's field writes it."""
    if not text.strip():
        return ""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None).isoformat(timespec="minutes")
    except ValueError as error:
        raise Invalid(fields={"publish_at": N_("发布时间看不懂。请写成 2026-11-20 09:30。")}) from error


def _check_files(session: Session, article: Article, fields: Mapping[str, Any]) -> None:
    numbers = {one["media_id"] for one in fields["files"]}
    query = select(Media.id).where(Media.id.in_(numbers), Media.site_id == article.site_id)
    if numbers - set(session.scalars(query)):
        raise Invalid(fields={"files": N_("附件不在这个网站的媒体库里。请从媒体库选，或者重新上传。")})


def _touch(draft: ArticleDraft, viewer: Viewer, now: datetime) -> None:
    draft.saved_at, draft.saved_by_id, draft.saved_by = now, viewer.user_id, viewer.name
    flag_modified(draft, "saved_at")  # two saves within one tick of the clock are two versions all the same


def _follow(article: Article, fields: Mapping[str, Any], now: datetime) -> None:
    """Let the article follow its draft in what no version has fixed yet."""
    article.updated_at = now
    if article.version_id is None:
        article.title = fields["title"].strip() or article.title
        article.kind = fields["kind"]
