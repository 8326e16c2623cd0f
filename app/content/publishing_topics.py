"""Topics of publication: write the page and record it; fetch it back and record what that showed.

`do` reaches outside and may run twice under one key; `record` writes its result in the transaction of the step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.content.models import Article, ArticleVersion, PageCheck, Publication, PublishedPage, SitePublishing
from app.content.operations import publishing
from app.content.operations.publishing import DIFFERENT, FAILED, SAME, UNREACHED
from app.content.rules import OUTSIDE
from app.content.sites import snapshot
from app.content.sites.building import write_story
from app.content.sites.comparing import Difference, compare_words, text_of_page
from app.content.sites.jobs import build_site
from app.db import db
from app.errors import Invalid
from app.i18n import N_
from app.ledger import Actor
from app.people.queries import viewer_of
from app.work.operations.act import person
from app.work.runtime import BpmnError, Call

Values = Mapping[str, Any]
PUBLISH_TITLE: Final = N_("发布稿件")
COMPARE_TITLE: Final = N_("取回网页核对")
NO_ARTICLE: Final = N_("没有说明是哪篇稿件。请在流程图里填“稿件”。")
NO_ROUTE: Final = N_("未核对（无网络通路）")
TAKEN_DOWN: Final = N_("稿件已在 %(when)s 撤下，不再核对。")
OTHER_BYTES: Final = N_("网页和写出的不一样，文字相同，别处有改动。")
WORKER: Final = N_("程序")


def publish_do(inputs: Values, key: str) -> Values:
    """Write the page of a passed article; what the step records of it is returned.

    Inputs: `article` (number) or `subject` (article:12); `digest` of the content, else the handed-in version; `by`
    (number of the publisher), `reason` (printed on a changed page), `url` (address on an outside platform).
    """
    del key
    session = db.session()
    try:
        return _write(session, *_wanted(session, inputs), str(inputs.get("reason") or ""))
    finally:
        session.rollback()


def publish_record(session: Session, call: Call) -> Values:
    """Let readers see the article and say where and as what."""
    article, version = _wanted(session, call.inputs)
    row = publishing.publish(
        session,
        article.id,
        version.id,
        _actor(session, call.inputs.get("by")),
        call.case.id,
        call.now,
        reason=str(call.inputs.get("reason") or ""),
        at=datetime.fromisoformat(call.result["at"]) if call.result.get("at") else None,
        url=str(call.inputs.get("url") or ""),
    )
    return {
        "publication": row.id,
        "published_url": row.url,
        "page_digest": row.page_digest,
        "publish_mode": row.mode,
    }


def compare_do(inputs: Values, key: str) -> Values:
    """Fetch a published page back and compare it; inputs as for publishing, or `publication` (number)."""
    del key
    session = db.session()
    try:
        return _compared(session, _publication(session, inputs))
    finally:
        session.rollback()


def compare_record(session: Session, call: Call) -> Values:
    """Note what the comparison showed: `compared` is same, different, no_route, failed or taken_down."""
    found = call.result
    if not found.get("checked"):
        by = Actor("worker", WORKER)
        publishing.compare(
            session, found["publication"], found["outcome"], found["digest"], found["note"], by, call.now
        )
    return {"compared": found["outcome"], "compare_note": found["note"]}


# Writing


def _write(session: Session, article: Article, version: ArticleVersion, reason: str) -> Values:
    how = snapshot.publishing_of(session, article.site_id)
    refusal = publishing.why_not(session, article.id, version.digest)
    if refusal is not None:
        site_id, article_id = article.site_id, article.id
        # a try before this one may have written what is no longer passed
        build_site(session, site_id, [article_id])
        raise BpmnError("not_sealed", refusal)
    if how.mode == OUTSIDE:
        return {}
    at = clock.now(session)
    site = snapshot.site_facts(session, article.site_id)
    is_first = publishing.last_publication(session, article.id) is None
    updated_at, note = (None, "") if is_first else (at, publishing.reason_of(reason))
    story = snapshot.story_of(session, article, version, article.published_at or at, updated_at, note)
    return {"at": at.isoformat(), "digest": write_story(session, site, story)}


# Comparing


def _compared(session: Session, row: Publication) -> Values:
    article = session.get_one(Article, row.article_id)
    if article.taken_down_at is not None:
        when = clock.local(article.taken_down_at).strftime("%m-%d %H:%M")
        return _result(row, publishing.GONE, "", TAKEN_DOWN % {"when": when})
    how = snapshot.publishing_of(session, article.site_id)
    by_hand = _checked_by_hand(session, row)
    if by_hand is not None:
        return _result(row, by_hand.outcome, by_hand.found_digest, by_hand.note, checked=True)
    if how.route == snapshot.NO_ROUTE or (row.mode == OUTSIDE and how.route == snapshot.PREVIEW):
        return _result(row, UNREACHED, "", NO_ROUTE)
    from app.content import fetching  # noqa: PLC0415 - see _fetched

    try:
        data = _fetched(article, how, row)
    except fetching.NotFetched as error:
        return _result(row, FAILED, "", str(error))
    return _judged(session, article, row, data)


def _fetched(article: Article, how: SitePublishing, row: Publication) -> bytes:
    from app.content import fetching  # noqa: PLC0415 - `requests` takes a while to load, and most processes never fetch

    if row.mode == OUTSIDE or how.route == snapshot.DIRECT:
        return fetching.fetch(row.url)
    return fetching.fetch_own(current_app._get_current_object(), f"/preview/{how.folder}/{article.path}")  # type: ignore[attr-defined]  # noqa: SLF001


def _judged(session: Session, article: Article, row: Publication, data: bytes) -> Values:
    digest = hashlib.sha256(data).hexdigest()
    version = session.get_one(ArticleVersion, row.version_id)
    different = compare_words(version.title, version.body, text_of_page(data, "page.html"))
    if row.mode == OUTSIDE:
        return _result(row, DIFFERENT if different else SAME, digest, _told(different) if different else "")
    if digest in {row.page_digest, _written_since(session, article, row)}:
        return _result(row, SAME, digest, "")
    return _result(row, DIFFERENT, digest, _told(different) if different else OTHER_BYTES)


def _told(found: Difference) -> str:
    sentence = publishing.READS_DIFFERENT if found.found else publishing.LACKS
    return sentence % {"passed": found.passed, "found": found.found}


def _written_since(session: Session, article: Article, row: Publication) -> str:
    """Return the digest of the page if it was written again since: a link or a style added is no difference."""
    page = session.get(PublishedPage, (article.site_id, article.path or ""))
    return page.digest if page is not None and page.written_at >= row.at else row.page_digest


def _checked_by_hand(session: Session, row: Publication) -> PageCheck | None:
    """Return the comparison with a page the publisher saved, for a site that cannot be reached from here."""
    if row.mode != OUTSIDE:
        return None
    query = select(PageCheck).where(PageCheck.publication_id == row.id).order_by(PageCheck.id.desc()).limit(1)
    return session.scalar(query)


def _result(row: Publication, outcome: str, digest: str, note: str, *, checked: bool = False) -> Values:
    return {"publication": row.id, "outcome": outcome, "digest": digest, "note": note, "checked": checked}


# Inputs


def _wanted(session: Session, inputs: Values) -> tuple[Article, ArticleVersion]:
    """Return the article and the version a step names; without a digest the handed-in one."""
    article = session.get(Article, _article_id(inputs))
    if article is None:
        raise Invalid(NO_ARTICLE)
    digest = inputs.get("digest") or inputs.get("reviewed_digest")
    query = select(ArticleVersion).where(ArticleVersion.article_id == article.id)
    query = (
        query.where(ArticleVersion.digest == digest)
        if digest
        else query.where(ArticleVersion.id == article.version_id)
    )
    version = session.scalar(query.order_by(ArticleVersion.number.desc()).limit(1))
    if version is None:
        raise Invalid(publishing.NO_VERSION)
    return article, version


def _article_id(inputs: Values) -> int:
    given = inputs.get("article") or inputs.get("article_id") or inputs.get("subject") or ""
    number = str(given).removeprefix("article:")
    if not number.isdecimal():
        raise Invalid(NO_ARTICLE)
    return int(number)


def _publication(session: Session, inputs: Values) -> Publication:
    given = str(inputs.get("publication") or "")
    if given.isdecimal():
        return session.get_one(Publication, int(given))
    row = publishing.last_publication(session, _article_id(inputs))
    if row is None:
        raise Invalid(publishing.NOT_ONLINE)
    return row


def _actor(session: Session, user_id: object) -> Actor:
    """Return the publisher as actor; the program where nobody is named, as at a wished hour."""
    found = viewer_of(session, user_id) if isinstance(user_id, int) else None
    return person(found) if found else Actor("worker", WORKER)
