"""Error reports (找错): taken from readers and from staff, put aside, or taken up as a case of correction."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.models import Article, ErrorReport, Publication, SitePublishing
from app.errors import Conflict, Invalid, NotFound, Refused, UserError
from app.files.models import BOUND, Upload
from app.files.operations import keep
from app.files.store import Store
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.people import queries as house
from app.people.rules import Viewer
from app.work.models import Case
from app.work.operations import open_case
from app.work.operations.act import person
from app.work.runtime import Runtime

SLUG: Final = "article_correction"
NEW, TAKEN, ASIDE = "new", "case", "aside"
STATES: Final[Mapping[str, str]] = {NEW: N_("待受理"), TAKEN: N_("已受理"), ASIDE: N_("不受理")}
READER, STAFF = "reader", "staff"
PER_ADDRESS, PER_HOUR = 5, 100
MAX_PICTURE, MAX_SIDE = 8 * 1024 * 1024, 4000
NO_WORDS = N_("写上错在哪几个字，或者传一张截图。")
NO_PAGE = N_("写上是哪一页，把网址贴过来就行。")
TOO_MANY = N_("一小时里报得太多了。您写的内容都在，过一会儿再交。")
NO_PICTURE = N_("截图要是 PNG 或 JPEG 图片，不超过 8 MB。")
NO_REASON = N_("写明为什么不受理，至少 4 个字。")
OVER = N_("这一条已经由%(who)s处理过了。")
NO_PROCESS = N_("还没有发布“更正”流程，受理不了。请流程负责人先发布它。")
TOLD = N_("有人报告“%(title)s”有错，请受理。")
MIN_REASON = 4


class TooManyReports(UserError):
    """More reports than one address, or everybody together, may send in an hour."""

    default = TOO_MANY


@dataclass(frozen=True)
class Reported:
    """What somebody saw: on which page, which words, what about it; a picture with the marked part of it.

    `area` are shares of the picture: x, y, width, height, each between 0 and 1.
    """

    url: str
    words: str = ""
    remark: str = ""
    contact: str = ""
    area: Mapping[str, float] | None = None
    picture: bytes = field(default=b"", repr=False)

    def refuse_unless_whole(self) -> None:
        """Raise Invalid with a sentence for what is missing."""
        errors = {}
        if not self.url.strip():
            errors["url"] = NO_PAGE
        if not (self.words.strip() or self.picture):
            errors["words"] = NO_WORDS
        if errors:
            raise Invalid(fields=errors)


def report(
    session: Session,
    store: Store,
    reported: Reported,
    now: datetime,
    *,
    reporter: Viewer | None = None,
    address: str = "",
) -> ErrorReport:
    """Take a report. A reader's (`reporter` None) counts against the limit per hour of `address`, a keyed hash."""
    reported.refuse_unless_whole()
    if reporter is None:
        _refuse_flood(session, address, now)
    article, publication = _place(session, reported.url)
    row = ErrorReport(
        site_id=article.site_id if article else None,
        article_id=article.id if article else None,
        publication_id=publication.id if publication else None,
        url=reported.url.strip()[:500],
        words=reported.words.strip()[:500],
        remark=reported.remark.strip()[:2000],
        area=dict(reported.area) if reported.area and reported.picture else None,
        screenshot_id=_keep_picture(session, store, reported.picture, reporter, now),
        contact=reported.contact.strip()[:120],
        source=STAFF if reporter else READER,
        reporter_id=reporter.user_id if reporter else None,
        reporter=reporter.name if reporter else "",
        address=address,
        reported_at=now,
        state=NEW,
    )
    session.add(row)
    session.flush()
    _record(session, row, reporter, now)
    _tell(session, row, article, now)
    return row


def take_up(session: Session, runtime: Runtime, viewer: Viewer, report_id: int, now: datetime) -> Case:
    """Begin the correction of a reported page; the case names the article, the words and the report."""
    row = _open(session, viewer, report_id)
    if row.article_id is None:
        raise Invalid(fields={"article": N_("先选出错的是哪一篇稿件。")})
    article = session.get_one(Article, row.article_id)
    data: dict[str, Any] = {
        "report": row.id,
        "article": article.id,
        "subject": f"article:{article.id}",
        "title": article.title,
        "site": article.site_id,
        "words": row.words,
        "remark": row.remark,
    }
    try:
        case = open_case(session, runtime, SLUG, viewer, data, f"report-{row.id}", now)
    except NotFound as error:
        raise Conflict(NO_PROCESS) from error
    row.state, row.case_id = TAKEN, case.id
    return case


def put_aside(session: Session, viewer: Viewer, report_id: int, reason: str, now: datetime) -> None:
    """Close a report without a correction, with the reason."""
    row = _open(session, viewer, report_id)
    if len(reason.strip()) < MIN_REASON:
        raise Invalid(fields={"reason": NO_REASON})
    row.state = ASIDE
    payload = {"report": row.id, "reason": reason.strip()[:500]}
    append(session, "house", [Entry("content:report:aside", person(viewer), payload)], now)


def name_article(session: Session, viewer: Viewer, report_id: int, article_id: int) -> None:
    """Say which article a report is about when its address did not tell."""
    row = _open(session, viewer, report_id)
    article = session.get(Article, article_id)
    if article is None:
        raise NotFound
    row.article_id, row.site_id = article.id, article.site_id


def _open(session: Session, viewer: Viewer, report_id: int) -> ErrorReport:
    if not viewer.may("content.correct"):
        raise Refused
    row = session.get(ErrorReport, report_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.state != NEW:
        raise Conflict(OVER, who=_handler(session, row))
    return row


def _handler(session: Session, row: ErrorReport) -> str:
    case = session.get(Case, row.case_id) if row.case_id else None
    return case.starter_name if case else N_("别人")


def _refuse_flood(session: Session, address: str, now: datetime) -> None:
    since = ErrorReport.reported_at > now - timedelta(hours=1)
    query = select(func.count()).select_from(ErrorReport).where(since, ErrorReport.source == READER)
    if (session.scalar(query.where(ErrorReport.address == address)) or 0) >= PER_ADDRESS:
        raise TooManyReports
    if (session.scalar(query) or 0) >= PER_HOUR:
        raise TooManyReports


def _place(session: Session, url: str) -> tuple[Article | None, Publication | None]:
    """Find the article an address shows: its outside address, or its path below the site's folder or own host."""
    wanted = url.strip()
    article = session.scalar(select(Article).where(Article.outside_url == wanted).limit(1)) if wanted else None
    article = article or _by_path(session, urlsplit(wanted).path.lstrip("/"), urlsplit(wanted).netloc)
    if article is None:
        return None, None
    latest = select(Publication).where(Publication.article_id == article.id).order_by(Publication.id.desc()).limit(1)
    return article, session.scalar(latest)


def _by_path(session: Session, path: str, host: str) -> Article | None:
    folder, _, rest = path.removeprefix("preview/").partition("/")
    query = select(Article).join(SitePublishing, SitePublishing.site_id == Article.site_id)
    found = session.scalar(query.where(SitePublishing.folder == folder, Article.path == rest))
    if found is None and host:
        found = next(
            (one for one in session.scalars(select(Article).where(Article.path == path)) if _at(one, host)), None
        )
    return found


def _at(article: Article, host: str) -> bool:
    return urlsplit(article.site.url).netloc == host


def _keep_picture(
    session: Session, store: Store, picture: bytes, reporter: Viewer | None, now: datetime
) -> int | None:
    """Keep a clean copy of a picture: drawn anew, without what else the file carried."""
    if not picture:
        return None
    taken = store.take(_redrawn(picture), N_("截图.png"))
    try:
        row: Upload = keep(session, store, taken, owner_id=reporter.user_id if reporter else 0, now=now)
    finally:
        taken.discard()
    row.state, row.bound_at, row.record = BOUND, now, "content:report"
    session.flush()
    return row.id


def _redrawn(picture: bytes) -> BinaryIO:
    try:
        if len(picture) > MAX_PICTURE:
            raise Invalid(fields={"picture": NO_PICTURE})
        with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as image:
            image.thumbnail((MAX_SIDE, MAX_SIDE))
            out = io.BytesIO()
            image.convert("RGB").save(out, "PNG")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid(fields={"picture": NO_PICTURE}) from error
    out.seek(0)
    return out


def _record(session: Session, row: ErrorReport, reporter: Viewer | None, now: datetime) -> None:
    actor = person(reporter) if reporter else Actor("rule", N_("读者找错"))
    payload = {"report": row.id, "url": row.url, "words": row.words, "article": row.article_id}
    append(session, "house", [Entry("content:report:taken", actor, payload)], now)


def _tell(session: Session, row: ErrorReport, article: Article | None, now: datetime) -> None:
    title = article.title if article else row.url
    people = [one for one in house.holding(session, "content.correct") if one != row.reporter_id]
    notify(session, people, TOLD, values={"title": title}, url=f"/reports/{row.id}", now=now, kind="content")
