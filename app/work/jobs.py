"""Drains of work: due timers of cases and due reports of deadlines. Any number may run at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.deadlines import operations as clocks
from app.deadlines.models import RUNNING, Deadline
from app.deadlines.operations import Event
from app.deadlines.rules import AMBER_PERCENT
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.people.operations import resolve
from app.work.models import Candidate, Case, WorkItem
from app.work.operations import tick_case
from app.work.operations.cases import lock_case
from app.work.operations.stuck import CLOCK_FAILED, TIMER, stop_case
from app.work.runtime import Runtime
from app.work.turns import Turns, take_turns

TIMERS = Turns(Case, Case.next_due, text("case_file.status = 'running'"))
DEADLINES = Turns(Deadline, Deadline.next_event_at, Deadline.state == RUNNING)
REPORT_FAILED = N_("时限提醒 8 次都没发出（%(error)s）。")
REPORTS = {
    clocks.AMBER: N_("“%(title)s”的“%(node)s”已过时限的八成，请抓紧。"),
    clocks.OVERDUE: N_("“%(title)s”的“%(node)s”超期了。"),
    clocks.ESCALATE: N_("“%(title)s”的“%(node)s”超期未办，请督促。"),
}
REMINDED = N_("“%(title)s”的“%(node)s”已过时限的 %(percent)s%%，请抓紧。")


def never() -> bool:
    """Say that nobody wants the drain to stop."""
    return False


def fire_timers(runtime: Runtime, stopping: Callable[[], bool] = never) -> int:
    """Let due timers fire, each case in its own transaction; return how many cases were due."""
    return take_turns(TIMERS, partial(_tick, runtime), _timer_given_up, stopping)


def fire_deadlines(stopping: Callable[[], bool] = never) -> int:
    """Report deadlines that reached a reminder, 100 % or a step of escalation, each exactly once."""
    return take_turns(DEADLINES, _report, _report_given_up, stopping)


def _tick(runtime: Runtime, case_id: int) -> None:
    with transaction() as session:
        tick_case(session, runtime, case_id, clock.now(session))


def _timer_given_up(session: Session, case_id: int, error: Exception, now: datetime) -> None:
    case = lock_case(session, case_id)
    stop_case(session, case, TIMER, CLOCK_FAILED % {"error": f"{type(error).__name__}: {error}"[:300]}, now)


def _report_given_up(session: Session, deadline_id: int, error: Exception, now: datetime) -> None:
    case = lock_case(session, session.get_one(Deadline, deadline_id).case_id)
    stop_case(session, case, TIMER, REPORT_FAILED % {"error": f"{type(error).__name__}: {error}"[:300]}, now)


def _report(deadline_id: int) -> None:
    with transaction() as session:
        now = clock.now(session)
        # the case first, as in every act: one that wrote a record already may go on to this very deadline
        case = lock_case(session, session.get_one(Deadline, deadline_id).case_id)
        for event in clocks.fire(session, deadline_id, now):
            item = session.get(WorkItem, event.work_item_id) if event.work_item_id else None
            if item is None or item.status != "open":
                continue
            values = {"title": case.title, "node": item.name, "node_en": item.name_en, "percent": event.level}
            audience = _audience(session, item, event)
            notify(session, audience, _sentence(event), values=values, url=f"/tasks/{item.id}", now=now)
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


def _sentence(event: Event) -> str:
    other = event.kind == clocks.AMBER and event.level != AMBER_PERCENT
    return REMINDED if other else REPORTS[event.kind]


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
