"""What readers see: publish a passed version, take an article down, note what a comparison found.

Nothing here writes a page: that is owed in the outbox and done once the transaction is committed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.models import Article, ArticleVersion, PageCheck, Publication, SiteColumn, SitePublishing
from app.content.operations.sites import current_template, keep_publishing, owe_pages
from app.content.queries.publishing import publishable, removable
from app.content.rules import DOWN, OUTSIDE, PUBLISHED
from app.content.sites import render, snapshot
from app.content.sites.comparing import compare_words
from app.errors import Conflict, Invalid, NotFound, Refused
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.people.rules import Viewer
from app.work.models import WorkItem
from app.work.operations import complete_work_item
from app.work.operations.act import person
from app.work.operations.cases import lock_case
from app.work.operations.hands import take_over
from app.work.runtime import Runtime

PUBLISH_STEP: Final = "publish"
PUBLISH, UPDATE, TAKE_DOWN = "publish", snapshot.UPDATE, "take_down"
SAME, DIFFERENT, UNREACHED, FAILED = "same", "different", "no_route", "failed"
GONE: Final = "taken_down"
LONGEST_REASON: Final = 500
NOT_SEALED: Final = N_("这一版没有审完，或者审过以后又改了，不能发布。请走完审核再发布。")
NOT_OPEN: Final = N_("审核时填的公开属性不是主动公开，这一版不能发布。请改好再送审，或者由审核的人不予发布。")
WAS_TAKEN_DOWN: Final = N_("这一版已经撤下，不能照原样再发。改好送审以后再发布。")
NO_VERSION: Final = N_("稿件没有这一版。")
NOT_ONLINE: Final = N_("这篇稿件现在不在网上，不用撤。")
WHY_DOWN: Final = N_("写明为什么撤下。")
NO_ADDRESS: Final = N_("写上网页的地址，以 http:// 或 https:// 开头。")
READS_DIFFERENT: Final = N_("审定的是“%(passed)s”，网页上是“%(found)s”。")
LACKS: Final = N_("网页上找不到“%(passed)s”。")


def publish(
    session: Session,
    article_id: int,
    version_id: int,
    actor: Actor,
    case_id: int | None,
    now: datetime,
    reason: str = "",
    *,
    at: datetime | None = None,
    url: str = "",
) -> Publication:
    """Let readers see this version; refuse one whose review is not complete for exactly this content.

    `reason` is printed on the page of a changed article (更正说明). `at` is the time printed, if the page was written
    already; `url` the address on an outside platform. The same version twice is published once.
    """
    article = _locked(session, article_id)
    version = session.get(ArticleVersion, version_id)
    if version is None or version.article_id != article.id:
        raise NotFound(NO_VERSION)
    last = last_publication(session, article.id)
    if last is not None and article.published_id == version.id == last.version_id:
        return last
    _refuse_unsealed(session, article, version, last)
    how = keep_publishing(session, article.site_id, now)
    when = at or now
    row = _publication(session, article, version, actor, case_id, when)
    row.act, row.mode = PUBLISH if last is None else UPDATE, how.mode
    row.reason = reason_of(reason)
    _show(session, article, version, how, when, url)
    row.url, row.page_digest = _drawn(session, article, version, how, row)
    session.add(row)
    session.flush()
    _record(session, f"content:article:{'published' if row.act == PUBLISH else 'updated'}", actor, row, now)
    owe_pages(session, article.site_id, [article.id], now)
    return row


def take_down(session: Session, viewer: Viewer, article_id: int, reason: str, now: datetime) -> Publication:
    """Take an article off its site, at once; its address then says so."""
    removable(session, viewer, article_id)
    reason = reason.strip()
    if not reason:
        raise Invalid(fields={"reason": WHY_DOWN})
    article = _locked(session, article_id)
    version = session.get(ArticleVersion, article.published_id) if article.published_id else None
    if version is None:
        raise Conflict(NOT_ONLINE)
    how = keep_publishing(session, article.site_id, now)
    row = _publication(session, article, version, person(viewer), None, now)
    row.act, row.mode, row.reason = TAKE_DOWN, how.mode, reason_of(reason)
    row.url = article.outside_url if how.mode == OUTSIDE else _address(session, article, how)
    session.add(row)
    if article.state == PUBLISHED:
        article.state = DOWN
    article.published_id, article.taken_down_at, article.taken_down_reason = None, now, row.reason
    article.updated_at = now
    session.flush()
    _record(session, "content:article:taken_down", person(viewer), row, now)
    owe_pages(session, article.site_id, [article.id], now)
    return row


def publish_outside(
    session: Session, runtime: Runtime, viewer: Viewer, article_id: int, url: str, page: str | None, now: datetime
) -> tuple[Publication, PageCheck | None]:
    """Note where on an outside platform an article was put; `page` are the words of the saved page.

    The step of its case that waits for exactly this is completed with it.
    """
    article = publishable(session, viewer, article_id)
    url = url.strip()
    if not url.startswith(("http://", "https://")) or len(url) > LONGEST_REASON:
        raise Invalid(fields={"url": NO_ADDRESS})
    version_id = article.version_id
    if version_id is None:
        raise Conflict(NO_VERSION)
    _complete_step(session, runtime, viewer, article, url, now)
    row = publish(session, article_id, version_id, person(viewer), article.case_id, now, url=url)
    check = check_words(session, row, page, person(viewer), now) if page is not None else None
    return row, check


def _complete_step(
    session: Session, runtime: Runtime, viewer: Viewer, article: Article, url: str, now: datetime
) -> None:
    """Complete the open step “publish” of an article's case, if it is there: what it asks for is done."""
    if article.case_id is None:
        return
    lock_case(session, article.case_id)
    waiting = select(WorkItem).where(
        WorkItem.case_id == article.case_id, WorkItem.status == "open", WorkItem.node == PUBLISH_STEP
    )
    item = session.scalar(waiting)
    if item is None:
        return
    take_over(session, viewer, item, now)
    answers = {"title": article.title, "page_url": url, "decision": "now"}
    complete_work_item(session, runtime, item.id, viewer, answers, f"outside-{article.id}-{item.id}", now)


def check_words(session: Session, row: Publication, page: str, by: Actor, now: datetime) -> PageCheck:
    """Compare the words of a page with what was passed and note the outcome."""
    version = session.get_one(ArticleVersion, row.version_id)
    found = compare_words(version.title, version.body, page)
    digest = hashlib.sha256(page.encode()).hexdigest()
    if found is None:
        return compare(session, row.id, SAME, digest, "", by, now)
    sentence = READS_DIFFERENT if found.found else LACKS
    note = sentence % {"passed": found.passed, "found": found.found}
    return compare(session, row.id, DIFFERENT, digest, note, by, now)


def compare(
    session: Session, publication_id: int, outcome: str, found_digest: str, note: str, by: Actor, now: datetime
) -> PageCheck:
    """Note what fetching a published page back and comparing it has shown."""
    row = session.get_one(Publication, publication_id)
    check = PageCheck(
        publication_id=row.id, outcome=outcome, found_digest=found_digest, note=note[:500], at=now, by=by.name
    )
    session.add(check)
    session.flush()
    payload = {"article": row.article_id, "publication": row.id, "outcome": outcome, "found": found_digest}
    chain = f"case:{row.case_id}" if row.case_id else "house"
    append(session, chain, [Entry("content:page:compared", by, payload, case_id=row.case_id)], now)
    return check


def reason_of(text: str) -> str:
    """Return a reason as it is kept."""
    return text.strip()[:LONGEST_REASON]


def last_publication(session: Session, article_id: int) -> Publication | None:
    """Return what was last done to what readers see of an article."""
    query = select(Publication).where(Publication.article_id == article_id)
    return session.scalar(query.order_by(Publication.id.desc()).limit(1))


def why_not(session: Session, article_id: int, digest: str) -> str | None:
    """Say why exactly this content of an article may not go out; None when it may."""
    # review registers its own needs with content; looked up when asked, not when loaded
    from app.review import queries  # noqa: PLC0415

    if not is_sealed(session, article_id, digest):
        return NOT_SEALED
    return NOT_OPEN if queries.is_kept_closed(session, f"article:{article_id}", digest) else None


def is_sealed(session: Session, article_id: int, digest: str) -> bool:
    """Say whether every level has passed exactly this content of an article."""
    # review registers its own needs with content; looked up when asked, not when loaded
    from app.review import queries  # noqa: PLC0415

    return bool(queries.sealed(session, f"article:{article_id}", digest))


def _locked(session: Session, article_id: int) -> Article:
    query = select(Article).where(Article.id == article_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(N_("没有这篇稿件。"))
    return found


def _refuse_unsealed(session: Session, article: Article, version: ArticleVersion, last: Publication | None) -> None:
    refusal = why_not(session, article.id, version.digest)
    if refusal is not None:
        raise Refused(refusal)
    if last is not None and last.act == TAKE_DOWN and last.digest == version.digest:
        raise Refused(WAS_TAKEN_DOWN)


def _publication(
    session: Session, article: Article, version: ArticleVersion, actor: Actor, case_id: int | None, at: datetime
) -> Publication:
    return Publication(
        article_id=article.id,
        version_id=version.id,
        site_id=article.site_id,
        template_id=current_template(session, article.site_id, at).id,
        case_id=case_id,
        digest=version.digest,
        at=at,
        by_id=actor.user_id,
        by=actor.name,
    )


def _show(
    session: Session, article: Article, version: ArticleVersion, how: SitePublishing, at: datetime, url: str
) -> None:
    column = session.get_one(SiteColumn, article.column_id)
    if article.published_at is None:
        article.published_at = at
        column.last_published_at = at
    article.state, article.published_id, article.updated_at = PUBLISHED, version.id, at
    article.taken_down_at, article.taken_down_reason = None, ""
    if how.mode == OUTSIDE:
        article.outside_url = url or article.outside_url
    else:
        article.path = snapshot.path_for(article, column)
    session.flush()


def _drawn(
    session: Session, article: Article, version: ArticleVersion, how: SitePublishing, row: Publication
) -> tuple[str, str]:
    """Return the address of the page and the digest of its bytes as they are now."""
    if how.mode == OUTSIDE:
        return article.outside_url, ""
    site = snapshot.site_facts(session, article.site_id)
    updated_at, note = (row.at, row.reason) if row.act == UPDATE else (None, "")
    story = snapshot.story_of(session, article, version, article.published_at or row.at, updated_at, note)
    return _address(session, article, how), hashlib.sha256(render.render_article(site, story)).hexdigest()


def _address(session: Session, article: Article, how: SitePublishing) -> str:
    site = snapshot.site_facts(session, article.site_id)
    return site.address(article.path or "") if site.base else f"/preview/{how.folder}/{article.path}"


def _record(session: Session, kind: str, actor: Actor, row: Publication, now: datetime) -> None:
    payload = {
        "article": row.article_id,
        "version": row.version_id,
        "digest": row.digest,
        "page": row.page_digest,
        "url": row.url,
        "mode": row.mode,
        "template": row.template_id,
        "reason": row.reason,
    }
    chain = f"case:{row.case_id}" if row.case_id else "house"
    append(session, chain, [Entry(kind, actor, payload, case_id=row.case_id)], now)
