"""Drains of work: due timers of cases and due reports of deadlines. Any number may run at once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.deadlines import operations as clocks
from app.deadlines import queries as deadline_queries
from app.deadlines.operations import Event
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.people.operations import resolve
from app.work.models import Candidate, Case, WorkItem
from app.work.operations import tick_case
from app.work.runtime import Runtime

BATCH = 50
REPORTS = {
    clocks.AMBER: N_("“%(title)s”的“%(node)s”已过时限的八成，请抓紧。"),
    clocks.OVERDUE: N_("“%(title)s”的“%(node)s”超期了。"),
    clocks.ESCALATE: N_("“%(title)s”的“%(node)s”超期未办，请督促。"),
}


def fire_timers(runtime: Runtime) -> int:
    """Let due timers fire, each case in its own transaction; return how many cases moved."""
    now = clock.now(db.session())
    due = select(Case.id).where(Case.next_due <= now, Case.status == "running").order_by(Case.next_due).limit(BATCH)
    ids = db.session.scalars(due).all()
    db.session.rollback()
    return sum(_tick(runtime, case_id) for case_id in ids)


def fire_deadlines() -> int:
    """Report deadlines that reached 80 %, 100 % or a step of escalation, each exactly once."""
    now = clock.now(db.session())
    ids = deadline_queries.due_events(db.session(), now, BATCH)
    db.session.rollback()
    for deadline_id in ids:
        _report(deadline_id)
    return len(ids)


def _tick(runtime: Runtime, case_id: int) -> bool:
    with transaction() as session:
        return tick_case(session, runtime, case_id, clock.now(session))


def _report(deadline_id: int) -> None:
    with transaction() as session:
        now = clock.now(session)
        for event in clocks.fire(session, deadline_id, now):
            item = session.get(WorkItem, event.work_item_id) if event.work_item_id else None
            case = session.get_one(Case, event.case_id)
            if item is None or item.status != "open":
                continue
            values = {"title": case.title, "node": item.name, "node_en": item.name_en}
            audience = _audience(session, item, event)
            notify(session, audience, REPORTS[event.kind], values=values, url=f"/tasks/{item.id}", now=now)
            entry = Entry(
                f"work:deadline:{event.kind}",
                Actor("timer", N_("时限")),
                {"due": item.due_at, "level": event.level},
                case_id=case.id,
                item_id=item.id,
                node=item.node,
                node_name=item.name,
            )
            append(session, f"case:{case.id}", [entry], now)


def _audience(session: Session, item: WorkItem, event: Event) -> list[int]:
    """Return who is told: the holders; when overdue their head too; on escalation the office and the supervisor."""
    holders = (
        [item.assignee_id]
        if item.assignee_id
        else list(session.scalars(select(Candidate.user_id).where(Candidate.item_id == item.id)))
    )
    if event.kind == clocks.AMBER:
        return holders
    head = resolve(session, {"rule": "head", "unit": item.unit_id}, starter_id=None, earlier={}).user_ids
    if event.kind == clocks.OVERDUE:
        return [*holders, *head]
    role = "office" if event.level <= 1 else "supervisor"
    return [*head, *resolve(session, {"rule": "role", "role": role}, starter_id=None, earlier={}).user_ids]
