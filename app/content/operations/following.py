"""What follows a publication: a check by hand, the interpretation of a policy, a fault that was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.models import Article, ArticleLink, ErrorReport
from app.content.operations import publishing, reports
from app.content.operations.sites import owe_pages
from app.db import savepoint
from app.errors import Conflict, Invalid, UserError
from app.files.jobs import store
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.people.queries import viewer_of
from app.people.rules import Viewer
from app.work.models import WorkItem
from app.work.operations import open_case
from app.work.operations.act import person
from app.work.runtime import Call, Runtime

Result = Mapping[str, Any]
SERIOUS: Final = "serious"
NOT_OUT: Final = N_("这篇解读还没有发布，发布以后再关联。")
GONE: Final = N_("办这一步的人已经停用，没有人报更正。启用这个账号后重试，或者跳过这一步。")
GRAVE, SLIGHT = N_("发布后校对发现，严重。位置：%(where)s"), N_("发布后校对发现，一般。位置：%(where)s")
BY_HAND: Final = Actor("rule", N_("人工核对"))
WORDLESS: Final = N_("（版面）")


def note_check(session: Session, call: Call) -> Result:
    """Keep what a person saw on a page that could not be fetched."""
    data, who = call.data, _doer(session, call, "check_by_hand")
    outcome = publishing.SAME if data.get("decision") == "same" else publishing.DIFFERENT
    note = str(data.get("seen_note") or "")
    actor = person(who) if who else BY_HAND
    row = publishing.compare(session, int(data["publication"]), outcome, "", note, actor, call.now)
    return {"compared": outcome, "compare_note": row.note}


def is_interpreted(session: Session, policy_id: int) -> bool:
    """Say whether a published article explains the policy document."""
    query = (
        select(Article.id)
        .join(ArticleLink, ArticleLink.interpretation_id == Article.id)
        .where(ArticleLink.policy_id == policy_id, Article.published_id.is_not(None))
    )
    return session.scalar(query.limit(1)) is not None


def interpreted(session: Session, call: Call) -> Result:
    """Link a policy document with the published article that explains it; nothing when none is needed."""
    if call.data.get("decision") != "linked":
        return {"interpreted_by": None}
    policy = session.get_one(Article, call.data["article"])
    other = session.get(Article, call.data.get("interpreting_article") or 0)
    if other is None or other.published_id is None or other.id == policy.id:
        raise Invalid(NOT_OUT)
    if session.get(ArticleLink, (policy.id, other.id)) is None:
        _link(session, call, policy, other, _doer(session, call, "interpretation"))
    return {"interpreted_by": other.id}


def report_fault(session: Session, runtime: Runtime, call: Call) -> Result:
    """Report what was found after publication, and begin its correction where such a process runs."""
    who = _doer(session, call, "post_read")
    if who is None:
        raise Conflict(GONE)
    row = reports.report(session, store(), _fault(call), call.now, reporter=who)
    row.article_id, row.site_id = call.data["article"], call.case.site_id
    return {"report": row.id, "correction": _correct(session, runtime, call, row, who)}


def _link(session: Session, call: Call, policy: Article, other: Article, who: Viewer | None) -> None:
    actor = person(who) if who else Actor("rule", N_("关联政策解读"))
    row = ArticleLink(policy_id=policy.id, interpretation_id=other.id)
    row.linked_at, row.linked_by = call.now, actor.name
    session.add(row)
    session.flush()
    payload = {"article_id": policy.id, "title": policy.title, "interpretation": other.id}
    entry = Entry("content:article:linked", actor, payload, case_id=call.case.id)
    append(session, f"case:{call.case.id}", [entry], call.now)
    for site_id in {policy.site_id, other.site_id}:
        owe_pages(session, site_id, [policy.id, other.id], call.now)


def _fault(call: Call) -> reports.Reported:
    data = call.data
    words = str(data.get("fault_words") or "") or WORDLESS
    sentence = GRAVE if data.get("fault_severity") == SERIOUS else SLIGHT
    url = str(data.get("published_url") or "") or f"/articles/{data['article']}"
    return reports.Reported(url, words, sentence % {"where": data.get("fault_where") or ""})


def _correct(session: Session, runtime: Runtime, call: Call, row: ErrorReport, who: Viewer) -> str | None:
    """Begin the correction of a reported fault; None while no such process can be begun, then the report waits."""
    data = {
        "report": row.id,
        "article": call.data["article"],
        "subject": call.data["subject"],
        "title": call.data.get("title"),
        "site": row.site_id,
        "words": row.words,
        "remark": row.remark,
    }
    try:
        with savepoint(session):
            case = open_case(session, runtime, reports.SLUG, who, data, f"report-{row.id}", call.now)
    except UserError:
        return None
    row.state, row.case_id = reports.TAKEN, case.id
    return case.number


def _doer(session: Session, call: Call, node: str) -> Viewer | None:
    """Return who completed a step of the case last; None when that account is closed."""
    done = select(WorkItem.done_by_id).where(
        WorkItem.case_id == call.case.id, WorkItem.node == node, WorkItem.status == "done"
    )
    user_id = session.scalar(done.order_by(WorkItem.id.desc()).limit(1))
    return viewer_of(session, user_id) if user_id else None
