"""Time in the hands of the desks: suspend a case (暂停), resume it (恢复), change a step's deadline (改时限)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.deadlines import operations as clocks
from app.deadlines import queries as limits
from app.deadlines.models import RUNNING, Deadline
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.ledger import Entry, append
from app.outbox.operations import notify
from app.people.rules import Viewer
from app.work.models import Case, Stretch, WorkItem
from app.work.operations.act import person
from app.work.operations.advance import settle
from app.work.operations.cases import lock_item, refuse_if_closed, resume
from app.work.operations.clocks import show_due
from app.work.operations.moves import holders_of, refuse_unless_running, steered
from app.work.rules import reason_of
from app.work.runtime import Runtime


def suspend(session: Session, runtime: Runtime, case_id: int, viewer: Viewer, reason: str, now: datetime) -> None:
    """Let a case stand still: nothing can be completed, its timers, services and running clocks wait."""
    del runtime
    case = steered(session, case_id, viewer)
    refuse_unless_running(case)
    reason = reason_of(reason)
    stopped = [one for one in limits.open_of_case(session, case.id) if one.state == RUNNING]
    for deadline in stopped:
        clocks.pause(
            session,
            deadline,
            now,
            reason=reason,
            charged_side="office",
            charged_unit_id=viewer.unit_id,
            asked_by_id=viewer.user_id,
        )
    for item in _open_items(session, case):
        item.paused_at = item.paused_at or now
    session.execute(update(Stretch).where(Stretch.case_id == case.id, Stretch.ends.is_(None)).values(ends=now))
    case.status, case.suspended_at = "suspended", now
    payload = {"reason": reason, "clocks": [one.id for one in stopped]}
    append(session, f"case:{case.id}", [Entry("work:case:suspended", person(viewer), payload, case_id=case.id)], now)
    _tell(session, case, viewer, N_("%(who)s暂停了“%(title)s”：%(reason)s"), reason, now)
    session.flush()


def resume_case(session: Session, runtime: Runtime, case_id: int, viewer: Viewer, reason: str, now: datetime) -> None:
    """Let a suspended case go on: clocks run with the time that was left, drawn timers are due that much later."""
    case = steered(session, case_id, viewer)
    if case.status != "suspended" or case.suspended_at is None:
        raise Conflict(N_("“%(title)s”没有暂停，不用恢复。"), title=case.title)
    reason = reason_of(reason)
    since = case.suspended_at
    for deadline in limits.open_of_case(session, case.id):
        if any(stop.to_at is None and stop.from_at == since for stop in deadline.pauses):
            _run_again(session, deadline, now)
    for item in _open_items(session, case):
        item.paused_at = None if item.paused_at == since else item.paused_at
    case.status, case.suspended_at = "running", None
    session.flush()
    act = resume(session, runtime, case, person(viewer), now)
    step = runtime.engine.postpone(act.live, now - since, act.env)
    payload = {"reason": reason, "since": since, "due": {"old": case.next_due, "new": step.next_due}}
    act.note(Entry("work:case:resumed", act.actor, payload, case_id=case.id))
    settle(act, [step])
    _tell(session, case, viewer, N_("%(who)s恢复了“%(title)s”，可以接着办：%(reason)s"), reason, now)
    session.flush()


def change_deadline(
    session: Session, runtime: Runtime, item_id: int, viewer: Viewer, due: datetime, reason: str, now: datetime
) -> datetime:
    """Let an open step be due at another instant, earlier or later; return the instant on the step's own clock.

    On the working clock an instant outside working time becomes the end of the working time before it. A paused
    clock stays paused.
    """
    case, item = lock_item(session, item_id)
    steered(session, case.id, viewer)
    refuse_if_closed(item)
    reason = reason_of(reason)
    if due <= now:
        raise Invalid(fields={"due": N_("新的时限要晚于现在。")})
    deadline = next(iter(limits.open_of_item(session, item.id)), None)
    if deadline is None:
        raise Conflict(N_("“%(node)s”没有时限。"), node=item.name)
    old = deadline.due_at
    clocks.set_due(session, deadline, now, to=due, reason=reason, asked_by_id=viewer.user_id)
    show_due(item, deadline)
    session.flush()
    payload = {"reason": reason, "asked": due, "due": {"old": old, "new": deadline.due_at}}
    _record_due(session, runtime, case, item, viewer, payload, now)
    _tell(session, case, viewer, N_("%(who)s改了“%(title)s”的办理时限：%(reason)s"), reason, now, item)
    return deadline.due_at


def _run_again(session: Session, deadline: Deadline, now: datetime) -> None:
    clocks.resume(session, deadline, now)
    item = session.get(WorkItem, deadline.work_item_id) if deadline.work_item_id else None
    if item is not None:
        show_due(item, deadline)


def _record_due(
    session: Session,
    runtime: Runtime,
    case: Case,
    item: WorkItem,
    viewer: Viewer,
    payload: dict[str, Any],
    now: datetime,
) -> None:
    """Record the change, and let the drawn timers that read this limit by its name follow it."""
    entry = Entry(
        "work:item:due_changed",
        person(viewer),
        payload,
        case_id=case.id,
        item_id=item.id,
        node=item.node,
        node_name=item.name,
    )
    definition = runtime.library.bundle(session, case.version_id, case.called).definition
    if f"due.{item.node}" not in definition.properties or case.status != "running":
        append(session, f"case:{case.id}", [entry], now)
        return
    act = resume(session, runtime, case, person(viewer), now)
    act.note(entry)
    settle(act, [runtime.engine.rearm(act.live, {item.node: payload["due"]["new"]}, act.env)])


def _open_items(session: Session, case: Case) -> list[WorkItem]:
    query = select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.status == "open").order_by(WorkItem.id)
    return list(session.scalars(query))


def _tell(
    session: Session,
    case: Case,
    viewer: Viewer,
    text: str,
    reason: str,
    now: datetime,
    item: WorkItem | None = None,
) -> None:
    """Tell whoever began the case and whose turn it is, of one step or of all."""
    where = (WorkItem.id == item.id,) if item is not None else ()
    people = [case.starter_id, *holders_of(session, case.id, *where)]
    others = [one for one in dict.fromkeys(people) if one != viewer.user_id]
    values = {"title": case.title, "who": viewer.name, "reason": reason}
    notify(session, others, text, values=values, url=f"/cases/{case.number}", now=now)
