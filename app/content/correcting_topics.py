"""Topics of the correction (差错更正): read the report, take down, trace, fix, register the fault, tell people.

All run inside the completing transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from app.clock import local
from app.content.models import Article, ArticleVersion, ErrorReport, Leader, SiteColumn, Term
from app.content.operations import faults, publishing
from app.content.operations.articles import make_version
from app.content.operations.findings import blocking, record_findings
from app.content.queries import articles as queries
from app.content.queries.trace import trace_of
from app.content.rules import DOWN, OUTSIDE, RETURNED, REVIEW, WRITE
from app.content.sites.snapshot import publishing_of
from app.content.subjects import id_of, ref_of
from app.content.tracing import LAYOUT
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.people.models import Unit, User
from app.people.queries import viewer_of
from app.people.rules import OFFICE, Viewer
from app.review.operations import content_changed
from app.work.models import Case, WorkItem
from app.work.operations.act import person
from app.work.runtime import Call, Runtime, Topic

Result = Mapping[str, Any]
GRAVE_LISTS: Final = ("sensitive", "secret")
TITLE: Final = N_("更正：%(title)s")
NO_ARTICLE: Final = N_("不知道要更正的是哪一篇稿件。")
GONE: Final = N_("办“%(step)s”的人已经停用，这一步走不下去。启用这个账号后重试，或者跳过这一步。")
REPORTED: Final = N_("%(who)s在 %(when)s 报告，网页 %(url)s。")
WORDS, REMARK, PICTURE = N_("错在：%(words)s"), N_("说明：%(remark)s"), N_("有截图，在“找错”里看。")
READER: Final = N_("读者")
WHY_DOWN: Final = N_("发布后发现严重差错：%(kind)s")
NOT_CHANGED: Final = N_("稿件还和网上的一样，没有改。先在稿件页按“改稿”改好，再回到这里送审。")
MUST_MEND: Final = N_("自动检查有 %(count)s 处必须改，或者在稿件页写明理由保留。改好再送审。")
NOT_YOURS: Final = N_("这篇稿件不归您改。请转给能改的人。")


def register(runtime: Runtime) -> None:
    """Add the handlers of the correction to the machinery."""

    def fixed_version(session: Session, call: Call) -> Result:
        return fixed(session, runtime, call)

    for name, record, title in (
        ("reported", reported, N_("读出找错报告")),
        ("take_down", take_down, N_("撤下稿件")),
        ("trace", traced, N_("追溯差错")),
        ("record_fault", faults.record_fault, N_("登记差错")),
        ("answer_reporter", faults.answer_reporter, N_("告诉报告人没有错")),
        ("tell_units", faults.tell_units, N_("向有关单位通报")),
    ):
        runtime.add_topic(Topic(f"content.{name}", record, title=title))
    runtime.add_topic(Topic("content.fixed", fixed_version, title=N_("定成更正的一版"), foresee=mended))


def mended(_session: Session, call: Call) -> Result:
    """Foresee the corrected version: it is another one, so nobody passed it yet."""
    return {"fixed": True, "fix_note": None, "title": call.data.get("title"), "foreseen_change": True}


def reported(session: Session, call: Call) -> Result:
    """Read what the report says and how its article stands: what forms show and rules of handlers ask."""
    article = _article(session, call)
    row = session.get(ErrorReport, call.data.get("report") or 0)
    version = _seen_by_readers(session, article)
    call.case.title = (TITLE % {"title": article.title})[:200]
    call.case.site_id = article.site_id
    call.case.summary = [article.site.name, str(call.data.get("words") or "")]
    return {
        "article": article.id,
        "subject": ref_of(article.id),
        "title": article.title,
        "words": row.words if row else call.data.get("words"),
        "reported_text": _told(row) if row else "",
        "suspected": _is_suspected(session, row),
        "article_unit": session.get_one(SiteColumn, article.column_id).owner_id,
        "office_unit": session.scalar(select(Unit.id).where(Unit.kind == OFFICE).order_by(Unit.id).limit(1)),
        "publish_mode": publishing_of(session, article.site_id).mode,
        "outside_url": article.outside_url,
        "published_digest": version.digest if version else None,
        "file_choices": _file_choices(version),
        "taken_down": False,
        "outcome": None,
    }


def take_down(session: Session, call: Call) -> Result:
    """Take the article off its site at once, in the name of whoever confirmed the fault; once is enough."""
    article, who = _article(session, call), _doer(session, call, "confirm")
    if article.published_id is not None:
        reason = WHY_DOWN % {"kind": str(call.data.get("words") or call.case.title)}
        publishing.take_down(session, who, article.id, reason, call.now)
    if call.data.get("outcome") == "rejected":
        article.state, article.updated_at = DOWN, call.now
        if call.data.get("publish_mode") == OUTSIDE:
            faults.ask_platform(session, call, article, who)
    return {"taken_down": True}


def traced(session: Session, call: Call) -> Result:
    """Lead the fault back: the version, file or template that brought it in, who passed what they saw."""
    article, data = _article(session, call), call.data
    is_layout = data.get("fault_kind") == LAYOUT
    row = session.get(ErrorReport, data.get("report") or 0)
    words = "" if is_layout else str(data.get("words") or "")
    file = None if is_layout else data.get("wrong_file")
    found = trace_of(session, article, words, str(file) if file else None, row.reported_at if row else None)
    people = faults.people_of(session, found)
    if found.origin.cause != LAYOUT or data.get("taken_down"):
        _give_back(session, call, article)
    known = [one for one in dict.fromkeys(one["user"] for one in people) if one and viewer_of(session, one)]
    return {
        "trace_found": faults.kept(found, people),
        "cause": found.origin.cause,
        "trace_text": faults.text_of(found),
        "responsible": known,
        "responsible_choices": [{"label": faults.named(people, one), "value": one} for one in known],
        "fixers": _fixers(session, article),
        "handler": _doer(session, call, "confirm").user_id,
        "fix_note": None,
    }


def fixed(session: Session, runtime: Runtime, call: Call) -> Result:
    """Make what is written the corrected version; say what is left to do when it cannot go to review yet."""
    article, who = _article(session, call), _doer(session, call, "fix")
    try:
        version = make_version(session, who, article.id, call.now, str(call.data.get("correction_note") or ""))
    except Invalid as error:
        return _left("".join(error.fields.values()) or error.message)
    except NotFound:
        return _left(NOT_YOURS)
    if version.digest == call.data.get("published_digest"):
        return _left(NOT_CHANGED)
    record_findings(session, version, call.now)
    found = blocking(session, version)
    if found:
        return _left(MUST_MEND % {"count": len(found)})
    content_changed(session, runtime, ref_of(article.id), person(who), call.now)
    article.state = REVIEW
    return {"fixed": True, "fix_note": None, "title": version.title}


def _left(sentence: str) -> Result:
    return {"fixed": False, "fix_note": sentence}


def _article(session: Session, call: Call) -> Article:
    number = id_of(call.data.get("subject")) or call.data.get("article")
    found = session.get(Article, number) if isinstance(number, int) else None
    if found is None:
        raise Invalid(NO_ARTICLE)
    return found


def _doer(session: Session, call: Call, node: str) -> Viewer:
    """Return who completed a step of the case last."""
    done = select(WorkItem).where(WorkItem.case_id == call.case.id, WorkItem.node == node, WorkItem.status == "done")
    item = session.scalars(done.order_by(WorkItem.closed_at.desc(), WorkItem.id.desc()).limit(1)).one()
    found = viewer_of(session, item.done_by_id or 0)
    if found is None:
        raise Conflict(GONE, step=item.name)
    return found


def _seen_by_readers(session: Session, article: Article) -> ArticleVersion | None:
    """Return the version readers see, or the one they saw last."""
    last = publishing.last_publication(session, article.id)
    return queries.version(session, article.published_id or (last.version_id if last else article.version_id))


def _told(row: ErrorReport) -> str:
    """Return the report as one text; how to reach a reader stays with the report."""
    when = local(row.reported_at).strftime("%Y-%m-%d %H:%M")
    lines = [REPORTED % {"who": row.reporter or READER, "when": when, "url": row.url}]
    lines += [WORDS % {"words": row.words}] if row.words else []
    lines += [REMARK % {"remark": row.remark}] if row.remark else []
    return "\n".join([*lines, *([PICTURE] if row.screenshot_id else [])])


def _is_suspected(session: Session, row: ErrorReport | None) -> bool:
    """Say whether the reported words alone are reason to hurry: of a sensitive or secret list, or a leader's name."""
    if row is None:
        return False
    said = literal(f"{row.words} {row.remark}")
    listed = select(Term.id).where(Term.list.in_(GRAVE_LISTS), Term.disabled_at.is_(None), said.contains(Term.text))
    named = select(Leader.id).where(Leader.disabled_at.is_(None), said.contains(Leader.name))
    return any(session.scalar(query.limit(1)) is not None for query in (listed, named))


def _file_choices(version: ArticleVersion | None) -> list[dict[str, str]]:
    """Return the pictures and attachments of a version for a list to choose from."""
    files = version.files if version else []
    return [{"label": one["name"], "value": one["digest"]} for one in {one["digest"]: one for one in files}.values()]


def _give_back(session: Session, call: Call, article: Article) -> None:
    """Let this case be the one that reviews the article, unless another one is at it."""
    other = session.get(Case, article.case_id) if article.case_id else None
    if other is None or other.status == "ended":
        article.case_id, article.state, article.updated_at = call.case.id, RETURNED, call.now


def _fixers(session: Session, article: Article) -> list[int]:
    """Return who mends the text: its author; where that account is closed, whoever may write in its column."""
    author = viewer_of(session, article.author_id)
    if author is not None and queries.may_write(session, author, article):
        return [author.user_id]
    return list(_writers(session, article))


def _writers(session: Session, article: Article) -> Iterable[int]:
    owner = session.get_one(SiteColumn, article.column_id).owner_id
    query = select(User.id).where(User.unit_id.in_((article.unit_id, owner)), User.disabled_at.is_(None))
    for number in session.scalars(query.order_by(User.id)):
        found = viewer_of(session, number)
        if found is not None and found.may(f"content.{WRITE}") and queries.may_write(session, found, article):
            yield number
