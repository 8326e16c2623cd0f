"""Reads of calendars and deadlines. A calendar is built once per revision of its plan and then shared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.deadlines import models as m
from app.deadlines.models import CalendarDay, CalendarPlan, CalendarYear, Deadline, DeadlinePause
from app.deadlines.rules import WORKING, Calendar, Left, left
from app.people.models import Unit
from app.sql import Prepared

STANDARD = Calendar()
_PLAN = (
    select(CalendarPlan)
    .where(or_(CalendarPlan.unit_id.is_(None), CalendarPlan.unit_id == bindparam("unit")))
    .order_by(CalendarPlan.unit_id.is_(None))
    .limit(1)
)
_PLANS = CalendarPlan.metadata.tables["calendar_plan"]
_PLAN_OF = Prepared(
    select(_PLANS.c.id, _PLANS.c.revision)
    .where(or_(_PLANS.c.unit_id.is_(None), _PLANS.c.unit_id == bindparam("unit")))
    .order_by(_PLANS.c.unit_id.is_(None))
    .limit(1)
)
# one cache per database: several may live in one process (tests, a copy under verification)
_cache: WeakKeyDictionary[Any, dict[int, tuple[str, Calendar]]] = WeakKeyDictionary()


def plan_of(session: Session, unit_id: int | None) -> CalendarPlan | None:
    """Return the unit's own plan, else the house's default; None on a database without one."""
    return session.scalars(_PLAN, {"unit": unit_id}).first()


def calendar_for(session: Session, unit_id: int | None) -> Calendar:
    """Return the calendar of a unit (one statement while its plan is unchanged)."""
    return plan_and_calendar(session, unit_id)[1]


def plan_and_calendar(session: Session, unit_id: int | None) -> tuple[int | None, Calendar]:
    """Return the plan a unit works by, and its calendar (one statement while the plan is unchanged)."""
    found = _PLAN_OF.run(session, unit=unit_id).one_or_none()
    if found is None:
        return None, STANDARD
    revision, calendar = _cache.get(_pool(session), {}).get(found.id, ("", STANDARD))
    if revision != found.revision:
        calendar = calendar_of(session, session.get_one(CalendarPlan, found.id))
    return found.id, calendar


def calendar_of(session: Session, plan: CalendarPlan | None) -> Calendar:
    """Return the calendar of a plan; without one the standard office hours, no holidays known."""
    if plan is None:
        return STANDARD
    known = _cache.setdefault(_pool(session), {})
    revision, calendar = known.get(plan.id, ("", STANDARD))
    if revision != plan.revision:
        calendar = _build(session, plan)
        known[plan.id] = (plan.revision, calendar)
    return calendar


def calendar_with(session: Session, plan_id: int | None) -> Calendar:
    """Return the calendar of the plan a deadline was armed with."""
    plan = session.get(CalendarPlan, plan_id) if plan_id else plan_of(session, None)
    return calendar_of(session, plan)


def _pool(session: Session) -> Any:
    # engine.execution_options() makes a new engine each time, but all share the pool
    bind = session.get_bind()
    return (bind if hasattr(bind, "pool") else bind.engine).pool


def _build(session: Session, plan: CalendarPlan) -> Calendar:
    kinds = {day.date: day.kind for day in days_of(session, plan.id)}
    years = session.scalars(select(CalendarYear.year).where(CalendarYear.status == m.IMPORTED))
    return Calendar(
        spans=tuple((int(a), int(b)) for a, b in plan.spans),
        weekdays=frozenset(int(day) for day in plan.weekdays),
        holidays=frozenset(day for day, kind in kinds.items() if kind == m.HOLIDAY),
        makeup_days=frozenset(day for day, kind in kinds.items() if kind == m.MAKEUP),
        known_years=frozenset(years),
    )


def days_of(session: Session, plan_id: int | None, year: int | None = None) -> list[CalendarDay]:
    """Return special days, those of all plans first so that a plan's own entry for a date wins."""
    query = select(CalendarDay).where(or_(CalendarDay.plan_id.is_(None), CalendarDay.plan_id == plan_id))
    if year is not None:
        query = query.where(CalendarDay.date.between(date(year, 1, 1), date(year, 12, 31)))
    return list(session.scalars(query.order_by(CalendarDay.plan_id.is_not(None), CalendarDay.date)))


def years(session: Session) -> list[CalendarYear]:
    """Return what is known of each year, earliest first."""
    return list(session.scalars(select(CalendarYear).order_by(CalendarYear.year)))


def plans(session: Session) -> list[CalendarPlan]:
    """Return all plans, the default first."""
    return list(session.scalars(select(CalendarPlan).order_by(CalendarPlan.unit_id.is_not(None), CalendarPlan.id)))


def running_into_provisional(session: Session) -> int:
    """Count the open working-time deadlines that reach into a year without imported holidays."""
    provisional = session.scalars(select(CalendarYear.year).where(CalendarYear.status == m.PROVISIONAL)).all()
    if not provisional:
        return 0
    first = datetime.fromisoformat(f"{min(provisional)}-01-01T00:00:00+08:00")
    query = select(func.count()).select_from(Deadline)
    return session.scalar(query.where(_open(), Deadline.clock == WORKING, Deadline.due_at >= first)) or 0


def _open() -> Any:
    return Deadline.state.in_((m.RUNNING, m.PAUSED))


def open_of_case(session: Session, case_id: int) -> list[Deadline]:
    """Return the running and paused deadlines of a case."""
    return list(session.scalars(select(Deadline).where(Deadline.case_id == case_id, _open()).order_by(Deadline.id)))


def open_of_item(session: Session, work_item_id: int) -> list[Deadline]:
    """Return the running and paused deadlines of a work item."""
    query = select(Deadline).where(Deadline.work_item_id == work_item_id, _open()).order_by(Deadline.id)
    return list(session.scalars(query))


def of_items(session: Session, work_item_ids: Collection[int]) -> Mapping[int, Sequence[Deadline]]:
    """Return all but void deadlines of many work items in one statement."""
    found: dict[int, list[Deadline]] = defaultdict(list)
    query = select(Deadline).where(Deadline.work_item_id.in_(work_item_ids), Deadline.state != m.VOID)
    for deadline in session.scalars(query.order_by(Deadline.id)):
        if deadline.work_item_id is not None:
            found[deadline.work_item_id].append(deadline)
    return found


def of_case(session: Session, case_id: int) -> list[Deadline]:
    """Return every deadline a case ever had, in order of arming."""
    return list(session.scalars(select(Deadline).where(Deadline.case_id == case_id).order_by(Deadline.id)))


def due_by_name(session: Session, case_id: int) -> dict[str, datetime]:
    """Return what `${due('name')}` reads: the due instants of a case's open named deadlines.

    A paused deadline has none: its timer must not fire while the clock stands still.
    """
    query = select(Deadline.name, Deadline.due_at).where(
        Deadline.case_id == case_id, Deadline.name.is_not(None), Deadline.state == m.RUNNING
    )
    return {str(name): due for name, due in session.execute(query.order_by(Deadline.id))}


def due_events(session: Session, now: datetime, limit: int = 50) -> list[int]:
    """Return the deadlines that have something to report, the longest waiting first."""
    query = select(Deadline.id).where(Deadline.next_event_at <= now, Deadline.state == m.RUNNING)
    return list(session.scalars(query.order_by(Deadline.next_event_at).limit(limit)))


def pauses_of_case(session: Session, case_id: int) -> list[DeadlinePause]:
    """Return every pause of a case's deadlines in order of time."""
    query = select(DeadlinePause).join(Deadline, and_(Deadline.id == DeadlinePause.deadline_id))
    return list(session.scalars(query.where(Deadline.case_id == case_id).order_by(DeadlinePause.from_at)))


def left_of(session: Session, deadline: Deadline, now: datetime) -> Left:
    """Return what is left of a deadline on its own clock; while paused, what was left when it stopped."""
    moment = now
    if deadline.state == m.PAUSED:
        moment = next((pause.from_at for pause in deadline.pauses if pause.to_at is None), now)
    if deadline.met_at is not None:
        moment = deadline.met_at
    return left(calendar_with(session, deadline.plan_id), deadline.clock, moment, deadline.due_at)


@dataclass(frozen=True)
class YearDay:
    """One square of the year grid."""

    date: date
    works: bool
    kind: str | None
    name: str


def year_grid(session: Session, plan: CalendarPlan | None, year: int) -> list[list[YearDay]]:
    """Return twelve months of days as the plan works them."""
    calendar = calendar_of(session, plan)
    special = {day.date: day for day in days_of(session, plan.id if plan else None, year)}
    months: list[list[YearDay]] = [[] for _ in range(12)]
    for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days):
        day = date.fromordinal(date(year, 1, 1).toordinal() + number)
        entry = special.get(day)
        square = YearDay(day, calendar.works_on(day), entry.kind if entry else None, entry.name if entry else "")
        months[day.month - 1].append(square)
    return months


def units_without_plan(session: Session) -> list[Unit]:
    """Return the open units that follow the default plan."""
    own = select(CalendarPlan.unit_id).where(CalendarPlan.unit_id.is_not(None))
    query = select(Unit).where(Unit.disabled_at.is_(None), Unit.id.not_in(own))
    return list(session.scalars(query.order_by(Unit.kind, Unit.name)))
