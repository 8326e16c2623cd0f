"""Change the calendars. Every change is recorded, and every open working-time deadline is computed anew with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any

import chinese_calendar
from chinese_calendar import constants
from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session, selectinload

from app.clock import local
from app.deadlines import models as m
from app.deadlines import queries, rules
from app.deadlines.models import CalendarDay, CalendarPlan, CalendarYear, Deadline
from app.deadlines.operations.clocks import Moved, rearm
from app.deadlines.rules import SpecialDay
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.outbox.models import Notice
from app.outbox.operations import notify
from app.people.models import RoleGrant, Unit, User
from app.people.operations.authors import Author, by_setup, changes, check_version, note
from app.people.rules import ROLES

EDIT = "calendar.edit"
PACKAGE = f"chinesecalendar {chinese_calendar.__version__}"
WEEKDAYS_ONLY = "weekdays"
PROVISIONAL_NOTICE = N_(
    "%(year)s 年的节假日还没有公布的安排，时限暂按周末推算。国务院通知下发后，请在工作日历里导入。"
)

Lock = Callable[[Session, Collection[int]], None]
Listener = Callable[[Session, Sequence[Moved], datetime], None]
_listeners: list[tuple[Lock, Listener]] = []


def listen(lock: Lock, moved: Listener) -> None:
    """Let `work` take part in a re-arming: `lock(session, case_ids)` before, `moved(session, moved, now)` after.

    Cases are locked before deadlines everywhere, else two writers could wait for each other. A second call
    replaces the first: there is one listener per process.
    """
    _listeners[:] = [(lock, moved)]


# --- years -------------------------------------------------------------------------------------------------


def establish(session: Session, now: datetime, by: Author | None = None) -> CalendarPlan:
    """Give a new database its default plan and the years around now; harmless when they exist."""
    by = by or by_setup()
    plan = queries.plan_of(session, None)
    if plan is None:
        plan = _new_plan(session, None, "默认工作日历", rules.OFFICE_SPANS, range(5))
        note(session, by, "deadlines:plan:created", _plan_facts(plan), now)
    ensure_years(session, now, by)
    return plan


def ensure_years(session: Session, now: datetime, by: Author | None = None) -> list[int]:
    """Import last, this and next year where they are missing or only assumed; return the years that changed.

    Run at start and daily: next year becomes known with a newer package without anybody's help, and each
    editor is told once of a year that is only assumed, also one whose account is made later.
    """
    by = by or by_setup()
    this = local(now).year
    known = {row.year: row.status for row in queries.years(session)}
    wanted = [year for year in (this - 1, this, this + 1) if known.get(year) != m.IMPORTED]
    changed = [year for year in wanted if year not in known or _package_days(year)]
    for year in changed:
        _import_package(session, year, by, now)
    for row in queries.years(session):
        if row.status == m.PROVISIONAL and row.year >= this:
            _tell_editors(session, row.year, now)
    return changed


def import_year(session: Session, year: int, by: Author, now: datetime) -> CalendarYear:
    """Import a year's holidays and make-up days from the package; without data mark it 暂按周末推算."""
    by.require(EDIT)
    return _import_package(session, year, by, now)


def import_rows(
    session: Session, year: int, rows: Sequence[Sequence[str]], *, source: str, by: Author, now: datetime
) -> CalendarYear:
    """Replace a year's special days by those of a table (date, kind, name)."""
    by.require(EDIT)
    days = rules.read_days(rows, year)
    return _replace_year(session, year, days, status=m.IMPORTED, source=source, by=by, now=now)


def _import_package(session: Session, year: int, by: Author, now: datetime) -> CalendarYear:
    days = _package_days(year)
    if not days:
        row = session.get(CalendarYear, year)
        if row is not None and row.status == m.IMPORTED:
            raise Invalid(N_("%(year)s 年没有自带的数据；已导入的安排没有改动。请上传通知里的放假表。"), year=year)
        return _assume_weekdays(session, year, by, now)
    return _replace_year(session, year, days, status=m.IMPORTED, source=PACKAGE, by=by, now=now)


def _assume_weekdays(session: Session, year: int, by: Author, now: datetime) -> CalendarYear:
    return _replace_year(session, year, [], status=m.PROVISIONAL, source=WEEKDAYS_ONLY, by=by, now=now)


def _package_days(year: int) -> list[SpecialDay]:
    """Return a year's holidays and make-up days; none for a year that the package does not know yet."""
    names = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    listed = [(m.HOLIDAY, constants.holidays), (m.MAKEUP, constants.workdays)]
    return [
        SpecialDay(day, kind, names.get(name, name))
        for kind, days in listed
        for day, name in days.items()
        if day.year == year
    ]


def _replace_year(
    session: Session,
    year: int,
    days: Sequence[SpecialDay],
    *,
    status: str,
    source: str,
    by: Author,
    now: datetime,
) -> CalendarYear:
    span = CalendarDay.date.between(date(year, 1, 1), date(year, 12, 31))
    removed = len(
        session.scalars(
            delete(CalendarDay).where(span, CalendarDay.plan_id.is_(None)).returning(CalendarDay.id)
        ).all()
    )
    session.add_all(CalendarDay(date=day.date, kind=day.kind, name=day.name, source=source) for day in days)
    row = session.get(CalendarYear, year)
    if row is None:
        row = CalendarYear(year=year, status=status, source=source, changed_at=now)
        session.add(row)
    row.status, row.source, row.changed_at = status, source, now
    session.flush()
    moved = _recompute(session, queries.plans(session), now)
    kinds = [day.kind for day in days]
    payload = {
        "year": year,
        "status": status,
        "source": source,
        "replaced": removed,
        "holidays": kinds.count(m.HOLIDAY),
        "makeup_days": kinds.count(m.MAKEUP),
        "days": [[day.date, day.kind, day.name] for day in days],
        "deadlines_moved": len(moved),
    }
    note(session, by, "deadlines:year:imported" if status == m.IMPORTED else "deadlines:year:assumed", payload, now)
    return row


def _tell_editors(session: Session, year: int, now: datetime) -> None:
    kind = f"calendar-{year}"
    roles = [name for name, role in ROLES.items() if EDIT in role.permissions]
    told = select(Notice.user_id).where(Notice.kind == kind)
    query = select(User.id).join(RoleGrant, User.id == RoleGrant.user_id).distinct()
    editors = session.scalars(
        query.where(RoleGrant.role.in_(roles), User.disabled_at.is_(None), User.id.not_in(told))
    )
    notify(
        session,
        editors.all(),
        PROVISIONAL_NOTICE,
        now=now,
        values={"year": year},
        url=f"/calendar?year={year}",
        kind=kind,
    )


# --- plans -------------------------------------------------------------------------------------------------


def add_plan(
    session: Session, *, unit_id: int, spans: str, weekdays: Collection[int], by: Author, now: datetime
) -> CalendarPlan:
    """Give a unit working hours of its own; its open deadlines keep the plan they began with."""
    by.require(EDIT)
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound(N_("没有这个单位。请重新选择。"))
    if session.scalar(select(exists().where(CalendarPlan.unit_id == unit_id))):
        raise Conflict(N_("这个单位已有自己的工作时段，请直接修改。"))
    plan = _new_plan(session, unit_id, unit.name, rules.parse_spans(spans), _weekdays(weekdays))
    note(session, by, "deadlines:plan:created", _plan_facts(plan), now)
    return plan


def change_plan(
    session: Session,
    plan_id: int,
    *,
    spans: str,
    weekdays: Collection[int],
    by: Author,
    now: datetime,
    seen: int | None = None,
) -> CalendarPlan:
    """Change the hours and weekdays of a plan; deadlines that run by it are computed anew."""
    by.require(EDIT)
    plan = _plan(session, plan_id)
    check_version(seen, plan.row_version)
    before = _plan_facts(plan)
    plan.spans = [list(span) for span in rules.parse_spans(spans)]
    plan.weekdays = _weekdays(weekdays)
    moved = _recompute(session, [plan], now)
    payload = {
        "plan": plan.name,
        "changes": changes(before, _plan_facts(plan)),
        "deadlines_moved": len(moved),
    }
    note(session, by, "deadlines:plan:changed", payload, now)
    return plan


def drop_plan(session: Session, plan_id: int, *, by: Author, now: datetime) -> None:
    """Let a unit follow the default again; refused while deadlines refer to its plan."""
    by.require(EDIT)
    plan = _plan(session, plan_id)
    if plan.unit_id is None:
        raise Conflict(N_("默认工作日历不能删除，可以修改。"))
    if session.scalar(select(exists().where(Deadline.plan_id == plan_id))):
        raise Conflict(N_("已有办件按这个单位的时段计时，不能删除。可以把时段改成和默认一样。"))
    note(session, by, "deadlines:plan:removed", _plan_facts(plan), now)
    session.execute(delete(CalendarDay).where(CalendarDay.plan_id == plan_id))
    session.delete(plan)
    session.flush()


def _plan(session: Session, plan_id: int) -> CalendarPlan:
    plan = session.get(CalendarPlan, plan_id)
    if plan is None:
        raise NotFound(N_("没有这个工作日历。请刷新后重新选择。"))
    return plan


def _new_plan(
    session: Session, unit_id: int | None, name: str, spans: Sequence[tuple[int, int]], weekdays: Collection[int]
) -> CalendarPlan:
    plan = CalendarPlan(
        unit_id=unit_id,
        name=name,
        spans=[list(span) for span in spans],
        weekdays=list(weekdays),
        revision=secrets.token_hex(8),
    )
    session.add(plan)
    session.flush()
    return plan


def _weekdays(weekdays: Collection[int]) -> list[int]:
    chosen = sorted({day for day in weekdays if 0 <= day <= 6})  # noqa: PLR2004 - Monday to Sunday
    if not chosen:
        raise Invalid(N_("一周里至少要有一个工作日。"))
    return chosen


def _plan_facts(plan: CalendarPlan) -> dict[str, Any]:
    return {
        "plan": plan.name,
        "unit": plan.unit_id,
        "spans": rules.write_spans([(a, b) for a, b in plan.spans]),
        "weekdays": list(plan.weekdays),
    }


# --- consequences ------------------------------------------------------------------------------------------


def _recompute(session: Session, plans: Sequence[CalendarPlan], now: datetime) -> list[Moved]:
    """Mark the plans as changed and compute anew every open working-time deadline that runs by them."""
    for plan in plans:
        plan.revision = secrets.token_hex(8)
    session.flush()
    mine: ColumnElement[bool] = Deadline.plan_id.in_([plan.id for plan in plans])
    if any(plan.unit_id is None for plan in plans):
        mine = or_(mine, Deadline.plan_id.is_(None))
    open_ = [Deadline.state.in_((m.RUNNING, m.PAUSED)), Deadline.clock == rules.WORKING, mine]
    cases = session.scalars(select(Deadline.case_id).where(*open_).distinct().order_by(Deadline.case_id)).all()
    for lock, _ in _listeners:
        lock(session, cases)
    query = select(Deadline).where(*open_).order_by(Deadline.id).with_for_update()
    query = query.options(selectinload(Deadline.pauses), selectinload(Deadline.changes))
    moved = rearm(session, session.scalars(query.execution_options(populate_existing=True)), now)
    for _, tell in _listeners:
        tell(session, moved, now)
    return moved
