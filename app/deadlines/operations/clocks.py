"""What happens to a deadline: armed, paused, resumed, extended, met; and what it reports, exactly once.

Every instant is computed anew from the beginning (`rules.schedule`), never moved by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.deadlines import models as m
from app.deadlines import queries, rules
from app.deadlines.models import Deadline, DeadlineChange, DeadlinePause
from app.deadlines.rules import Calendar, Change, Limit, parse_limit
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.sql import Prepared

EXTENSION, NEW_LIMIT, NEW_DUE = "extension", "limit", "due"
MINUTE = timedelta(minutes=1)
AMBER, OVERDUE, ESCALATE = "amber", "overdue", "escalate"
_ROWS = Deadline.metadata.tables["deadline"]
_MEET = Prepared(
    update(_ROWS)
    .where(_ROWS.c.work_item_id == bindparam("item"), _ROWS.c.state == m.RUNNING)
    .values(
        state=m.MET,
        met_at=bindparam("at"),
        next_event_at=None,
        overdue=_ROWS.c.due_at < bindparam("at"),
        row_version=_ROWS.c.row_version + 1,
    )
)
_BEGIN, _WRITTEN = Prepared(insert(_ROWS)), tuple(column.key for column in _ROWS.c if not column.primary_key)


def draw_up(
    session: Session,
    limit: str | Limit,
    *,
    case_id: int,
    now: datetime,
    work_item_id: int | None = None,
    kind: str = m.FINISH,
    unit_id: int | None = None,
    name: str | None = None,
    clock: str | None = None,
    remind: str | None = None,
    escalate: str | None = None,
) -> Deadline:
    """Return a deadline of `limit` that begins at `now` by the calendar of `unit_id` (the unit that has to act).

    It is not in the session yet: its instants are wanted before its work item has an id.
    """
    plan_id, calendar = queries.plan_and_calendar(session, unit_id)
    limit = parse_limit(limit, clock) if isinstance(limit, str) else limit
    deadline = Deadline(
        case_id=case_id,
        work_item_id=work_item_id,
        kind=kind,
        name=name,
        limit_text=limit.text,
        clock=limit.clock,
        plan_id=plan_id,
        state=m.RUNNING,
        started_at=now,
        remind=remind,
        escalate=escalate,
        overdue=False,
        escalations=0,
        pauses=[],
        changes=[],
    )
    _reckon(deadline, calendar)
    return deadline


def begin(session: Session, deadline: Deadline, work_item_id: int) -> None:
    """Write what `draw_up` returned, now that its work item has an id."""
    values = {name: getattr(deadline, name) for name in _WRITTEN}
    _BEGIN.owe(session, **{**values, "work_item_id": work_item_id, "failures": 0, "row_version": 1})


def arm(session: Session, limit: str | Limit, **what: Any) -> Deadline:
    """Start the clock of `limit`; the arguments are those of `draw_up`."""
    deadline = draw_up(session, limit, **what)
    session.add(deadline)
    session.flush()
    return deadline


def meet_item(session: Session, work_item_id: int, now: datetime) -> None:
    """Stop the clocks of a work item that was completed, running or paused."""
    done = _MEET.run(session, item=work_item_id, at=now)
    if not done.rowcount:
        for deadline in queries.open_of_item(session, work_item_id):
            meet(session, deadline, now)


def meet(session: Session, deadline: Deadline, now: datetime) -> Deadline:
    """Stop the clock: what was asked is done, late or not. A pause that still ran ends with it."""
    _need(deadline, m.RUNNING, m.PAUSED)
    if deadline.state == m.PAUSED:
        resume(session, deadline, now)
    deadline.state, deadline.met_at, deadline.next_event_at = m.MET, now, None
    deadline.overdue = now > deadline.due_at
    session.flush()
    return deadline


def void(session: Session, deadline: Deadline, now: datetime) -> Deadline:
    """Take the deadline back: its step was withdrawn and nobody owes anything."""
    _need(deadline, m.RUNNING, m.PAUSED)
    _close_pause(deadline, now)
    deadline.state, deadline.next_event_at = m.VOID, None
    session.flush()
    return deadline


def pause(
    session: Session,
    deadline: Deadline,
    now: datetime,
    *,
    reason: str,
    charged_side: str,
    charged_unit_id: int | None = None,
    asked_by_id: int | None = None,
) -> DeadlinePause:
    """Let the clock stand still; the waiting is charged to `charged_side` (client, vendor, office)."""
    _need(deadline, m.RUNNING)
    if not reason.strip():
        raise Invalid(N_("没有写暂停计时的理由。写清在等谁、等什么，才能暂停。"), fields={})
    stop = DeadlinePause(
        from_at=now,
        reason=reason.strip(),
        charged_side=charged_side,
        charged_unit_id=charged_unit_id,
        asked_by_id=asked_by_id,
    )
    deadline.pauses.append(stop)
    deadline.state, deadline.next_event_at = m.PAUSED, None
    session.flush()
    return stop


def resume(session: Session, deadline: Deadline, now: datetime) -> Deadline:
    """Let the clock run again with the time that was left when it stopped."""
    _need(deadline, m.PAUSED)
    _close_pause(deadline, now)
    deadline.state = m.RUNNING
    _reckon(deadline, queries.calendar_with(session, deadline.plan_id))
    session.flush()
    return deadline


def extend(
    session: Session,
    deadline: Deadline,
    now: datetime,
    *,
    by: str | Limit,
    reason: str,
    asked_by_id: int | None = None,
) -> DeadlineChange:
    """Grant more time at the end; the due instant without extensions stays readable for the score."""
    return _change(session, deadline, now, kind=EXTENSION, limit=by, reason=reason, asked_by_id=asked_by_id)


def set_limit(
    session: Session,
    deadline: Deadline,
    now: datetime,
    *,
    to: str | Limit,
    reason: str,
    asked_by_id: int | None = None,
) -> DeadlineChange:
    """Apply another limit from the start (the priority changed); elapsed time and pauses stay counted."""
    return _change(session, deadline, now, kind=NEW_LIMIT, limit=to, reason=reason, asked_by_id=asked_by_id)


def set_due(
    session: Session,
    deadline: Deadline,
    now: datetime,
    *,
    to: datetime,
    reason: str,
    asked_by_id: int | None = None,
) -> DeadlineChange:
    """Let it be due at an instant: what its own clock counts from now until then becomes the limit."""
    calendar = queries.calendar_with(session, deadline.plan_id)
    minutes = rules.time_between(calendar, deadline.clock, _minute(now), to) // MINUTE
    if minutes <= 0:
        raise Invalid(N_("新的时限之前没有工作时间了，请选晚一些的时间。"))
    limit = Limit(minutes, "working_minutes" if deadline.clock == rules.WORKING else "minutes")
    return _change(session, deadline, now, kind=NEW_DUE, limit=limit, reason=reason, asked_by_id=asked_by_id)


def _change(
    session: Session,
    deadline: Deadline,
    now: datetime,
    *,
    kind: str,
    limit: str | Limit,
    reason: str,
    asked_by_id: int | None,
) -> DeadlineChange:
    _need(deadline, m.RUNNING, m.PAUSED)
    if not reason.strip():
        raise Invalid(N_("没有写改动时限的理由。写清原因后再改。"))
    limit = parse_limit(limit) if isinstance(limit, str) else limit
    if kind == EXTENSION and limit.clock != deadline.clock:
        raise Invalid(N_("延期要和原时限用同一种时间：原时限是 %(limit)s。"), limit=deadline.limit_text)
    change = DeadlineChange(
        kind=kind,
        at=now,
        limit_text=limit.text,
        reason=reason.strip(),
        asked_by_id=asked_by_id,
        old_due_at=deadline.due_at,
        new_due_at=deadline.due_at,
    )
    deadline.changes.append(change)
    _reckon(deadline, queries.calendar_with(session, deadline.plan_id))
    _forget_reports(deadline, now)
    change.new_due_at = deadline.due_at
    session.flush()
    return change


def _close_pause(deadline: Deadline, now: datetime) -> None:
    for stop in deadline.pauses:
        if stop.to_at is None:
            stop.to_at = max(now, stop.from_at)


def _need(deadline: Deadline, *states: str) -> None:
    if deadline.state not in states:
        raise Conflict(N_("这个时限的状态刚变过，计时没有改动。请看过最新内容后再试。"))


# --- reckoning ---------------------------------------------------------------------------------------------


def _reckon(deadline: Deadline, calendar: Calendar) -> None:
    """Compute every instant of a deadline from its start, its pauses and its changes."""
    since, changes = _basis(deadline)
    pauses = [Change(stop.from_at, stop.to_at) for stop in deadline.pauses]
    later = [Change(max(one.start, since), one.end) for one in pauses if one.end is None or one.end > since]
    extensions = [Change(c.at, limit=parse_limit(c.limit_text)) for c in changes if c.kind == EXTENSION]
    limit = limit_in_force(deadline)
    reports = rules.parse_reports(deadline.remind, deadline.escalate)
    plan = rules.schedule(calendar, since, limit, [*later, *extensions], reports)
    deadline.clock = limit.clock
    deadline.amber_at, deadline.due_at = plan.amber, plan.due
    deadline.remind_at = [[percent, instant.isoformat()] for percent, instant in plan.reminders]
    deadline.escalate_at = [instant.isoformat() for instant in plan.escalations]
    if any(change.kind != NEW_LIMIT for change in deadline.changes):
        granted = limit_in_force(deadline, NEW_LIMIT)
        deadline.original_due_at = rules.schedule(calendar, deadline.started_at, granted, pauses).due
    deadline.next_event_at = _next_event(deadline)


def _basis(deadline: Deadline) -> tuple[datetime, list[DeadlineChange]]:
    """Return from when the limit in force counts, and the changes made since it was set."""
    places = [n for n, change in enumerate(deadline.changes) if change.kind in (NEW_LIMIT, NEW_DUE)]
    if not places or deadline.changes[places[-1]].kind == NEW_LIMIT:
        return deadline.started_at, deadline.changes
    return _minute(deadline.changes[places[-1]].at), deadline.changes[places[-1] + 1 :]


def _minute(instant: datetime) -> datetime:
    """Return the beginning of the minute: people ask for whole minutes, and limits are counted in them."""
    return instant.replace(second=0, microsecond=0)


def limit_in_force(deadline: Deadline, *kinds: str) -> Limit:
    """Return the limit a deadline runs on: its first one, or the last it was given by changes of these kinds."""
    set_by = kinds or (NEW_LIMIT, NEW_DUE)
    texts = [change.limit_text for change in deadline.changes if change.kind in set_by]
    return parse_limit(texts[-1] if texts else deadline.limit_text)


def _forget_reports(deadline: Deadline, now: datetime) -> None:
    """After more time was granted, the instants that lie ahead again will be reported again."""
    if deadline.reminded80_at is not None:
        # what was told already, or would have been by now, is not told again
        reminders = [instant for instant, _ in _reminders(deadline)]
        deadline.reminded80_at = None if reminders and min(reminders) > now else now
    if deadline.due_at > now:
        deadline.reminded100_at = deadline.escalated_at = None
        deadline.overdue, deadline.escalations = False, 0
    deadline.next_event_at = _next_event(deadline)


def _events(deadline: Deadline) -> Iterable[tuple[datetime, str, int]]:
    """Yield what is still to be reported, in order: the reminders, 100 %, then each step upwards."""
    for reminder, percent in _reminders(deadline):
        told = deadline.reminded80_at is not None and reminder <= deadline.reminded80_at
        if not told and deadline.reminded100_at is None:
            yield reminder, AMBER, percent
    if deadline.reminded100_at is None:
        yield deadline.due_at, OVERDUE, 0
    for level, instant in enumerate(deadline.escalate_at, 1):
        if level > deadline.escalations:
            yield datetime.fromisoformat(instant), ESCALATE, level


def _reminders(deadline: Deadline) -> list[tuple[datetime, int]]:
    if deadline.remind_at is None:
        return [(deadline.amber_at, rules.AMBER_PERCENT)]
    return [(datetime.fromisoformat(instant), percent) for percent, instant in deadline.remind_at]


def _next_event(deadline: Deadline) -> datetime | None:
    if deadline.state != m.RUNNING:
        return None
    return min((instant for instant, _, _ in _events(deadline)), default=None)


# --- reporting ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """Something to tell people: `amber` with its percent, `overdue` (100 %), `escalate` with its level (1, 2)."""

    kind: str
    level: int
    deadline_id: int
    case_id: int
    work_item_id: int | None
    due_at: datetime
    limit_text: str


def fire(session: Session, deadline_id: int, now: datetime) -> list[Event]:
    """Return what this deadline has to report at `now` and note it as reported, so nothing comes twice.

    After a stand-still only the newest state is told: no reminder once 100 % has passed, and of several reminders or
    steps upwards only the last.
    """
    locked = select(Deadline).where(Deadline.id == deadline_id).with_for_update()
    deadline = session.scalar(locked.execution_options(populate_existing=True))
    if deadline is None or deadline.state != m.RUNNING:
        return []
    passed = [(kind, level) for instant, kind, level in _events(deadline) if instant <= now]
    for kind, level in passed:
        _note(deadline, kind, level, now)
    deadline.held_until, deadline.failures = None, 0
    deadline.next_event_at = _next_event(deadline)
    session.flush()
    return [_event(deadline, kind, level) for kind, level in _newest(passed)]


def _note(deadline: Deadline, kind: str, level: int, now: datetime) -> None:
    if kind == AMBER:
        deadline.reminded80_at = now
    elif kind == OVERDUE:
        deadline.reminded100_at, deadline.overdue = now, True
    else:
        deadline.escalated_at, deadline.escalations = now, level


def _newest(passed: list[tuple[str, int]]) -> list[tuple[str, int]]:
    last = dict(passed)
    if OVERDUE in last:
        last.pop(AMBER, None)
    return list(last.items())


def _event(deadline: Deadline, kind: str, level: int) -> Event:
    return Event(
        kind=kind,
        level=level,
        deadline_id=deadline.id,
        case_id=deadline.case_id,
        work_item_id=deadline.work_item_id,
        due_at=deadline.due_at,
        limit_text=limit_in_force(deadline).text,
    )


@dataclass(frozen=True)
class Moved:
    """A deadline that a changed calendar moved; `work` re-arms the engine's timers that read it."""

    deadline_id: int
    case_id: int
    name: str | None
    old_due: datetime
    new_due: datetime


def rearm(session: Session, deadlines: Iterable[Deadline], now: datetime) -> list[Moved]:
    """Compute open deadlines anew with the calendars as they are now; return those that moved."""
    moved = []
    for deadline in deadlines:
        before = deadline.due_at
        _reckon(deadline, queries.calendar_with(session, deadline.plan_id))
        _forget_reports(deadline, now)
        if deadline.due_at != before:
            moved.append(Moved(deadline.id, deadline.case_id, deadline.name, before, deadline.due_at))
    session.flush()
    return moved
