"""What the overview reads, in at most a dozen statements however many cases there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, defer

from app.boards import rules
from app.boards.rules import Blame, Choice, Due, Event, LateStep, Passage, Standing, Step
from app.clock import local
from app.deadlines.models import MET, PAUSED, RUNNING, VOID, Deadline
from app.deadlines.queries import STANDARD, calendar_of, plans
from app.deadlines.rules import Calendar
from app.people.models import Contract, ContractScope, ServiceCategory, Site, Unit
from app.people.rules import DEPARTMENT, VENDOR, Viewer
from app.work.models import Case, Stretch, WorkItem
from app.work.queries.scope import case_scope
from app.work.rules import HANDLING

PAGE = 40
REAL = Case.drill.is_(False)  # a drill is in no figure


@dataclass(frozen=True)
class Units:
    """All units by id, with the way up to the top of each."""

    by_id: Mapping[int, Unit]

    def top(self, unit_id: int) -> int:
        """Return the top unit of the same kind: a section counts as its department."""
        unit = self.by_id[unit_id]
        while unit.parent_id is not None and self.by_id[unit.parent_id].kind == unit.kind:
            unit = self.by_id[unit.parent_id]
        return unit.id

    def tops(self, kind: str) -> list[Unit]:
        """Return the top units of a kind that are in use."""
        return [unit for unit in self.by_id.values() if unit.kind == kind and _is_top(self, unit)]


def _is_top(units: Units, unit: Unit) -> bool:
    return unit.disabled_at is None and units.top(unit.id) == unit.id


@dataclass(frozen=True)
class Calendars:
    """The calendars of the house, by plan and by unit."""

    by_plan: Mapping[int | None, Calendar]
    by_unit: Mapping[int | None, Calendar]

    def of_plan(self, plan_id: int | None) -> Calendar:
        """Return the calendar a limit was armed with."""
        return self.by_plan.get(plan_id, self.house)

    def of_unit(self, unit_id: int | None) -> Calendar:
        """Return when a unit works."""
        return self.by_unit.get(unit_id, self.house)

    @property
    def house(self) -> Calendar:
        """Return the calendar of whoever has none of their own."""
        return self.by_unit.get(None, STANDARD)


@dataclass(frozen=True)
class World:
    """What every page of the overview needs to know of the house."""

    units: Units
    calendars: Calendars


def world(session: Session) -> World:
    """Return units and calendars."""
    units = Units({unit.id: unit for unit in session.scalars(select(Unit).order_by(Unit.code))})
    found = [(plan, calendar_of(session, plan)) for plan in plans(session)]
    by_plan: dict[int | None, Calendar] = {plan.id: calendar for plan, calendar in found}
    by_unit: dict[int | None, Calendar] = {plan.unit_id: calendar for plan, calendar in found}
    return World(units, Calendars(by_plan, by_unit))


# Running cases


def standings(session: Session, viewer: Viewer, house: World, now: datetime) -> list[Standing]:
    """Return where every running case of this viewer stands, in two statements."""
    dues = _running_limits(session, house.calendars)
    rows = session.execute(
        select(Case, WorkItem, Stretch.begins)
        .outerjoin(WorkItem, and_(WorkItem.case_id == Case.id, WorkItem.status == "open"))
        .outerjoin(Stretch, and_(Stretch.case_id == Case.id, Stretch.ends.is_(None)))
        .where(Case.status == "running", REAL, case_scope(viewer))
        .options(defer(Case.header), defer(WorkItem.answers), defer(WorkItem.rule))
        .order_by(Case.id, WorkItem.id)
    )
    cases: dict[int, tuple[Case, datetime | None]] = {}
    steps: defaultdict[int, dict[int, Step]] = defaultdict(dict)
    for row, item, begins in rows:
        cases[row.id] = (row, begins)
        if item is not None:
            steps[row.id][item.id] = _step(item, dues.items.get(item.id))
    return [
        _standing(house, row, tuple(steps[row.id].values()), begins=begins, handling=dues.cases.get(row.id), now=now)
        for row, begins in cases.values()
    ]


@dataclass(frozen=True)
class _Limits:
    items: Mapping[int, Due]
    cases: Mapping[int, Due]


def _running_limits(session: Session, calendars: Calendars) -> _Limits:
    items: dict[int, Due] = {}
    cases: dict[int, Due] = {}
    query = select(
        Deadline.case_id,
        Deadline.work_item_id,
        Deadline.kind,
        Deadline.due_at,
        Deadline.amber_at,
        Deadline.clock,
        Deadline.plan_id,
        Deadline.state,
    ).where(Deadline.state.in_((RUNNING, PAUSED)))
    for case_id, item_id, kind, due_at, amber_at, clock, plan_id, state in session.execute(query):
        due = Due(due_at, amber_at, clock, calendars.of_plan(plan_id), state == PAUSED)
        if item_id is not None:
            items[item_id] = due
        elif kind == HANDLING:
            cases[case_id] = due
    return _Limits(items, cases)


def _step(item: WorkItem, due: Due | None) -> Step:
    return Step(
        item_id=item.id,
        node=item.node,
        name=item.name,
        name_en=item.name_en,
        side=item.side,
        unit_id=item.unit_id,
        round=item.round,
        holder=item.assignee_name,
        opened_at=item.opened_at,
        paused_at=item.paused_at,
        pauses=item.pause_text is not None,
        due=due,
    )


def _standing(
    house: World,
    row: Case,
    steps: tuple[Step, ...],
    *,
    begins: datetime | None,
    handling: Due | None,
    now: datetime,
) -> Standing:
    step = rules.stands_at(steps, now)
    return Standing(
        case_id=row.id,
        number=row.number,
        title=row.title,
        priority=row.priority,
        vendor_id=row.vendor_id,
        department_id=house.units.top(row.starter_unit_id),
        place_id=house.units.top(step.unit_id) if step else None,
        opened_at=row.opened_at,
        since=_since(row, steps, step, begins),
        calendar=house.calendars.of_unit(step.unit_id if step else None),
        step=step,
        steps=steps,
        handling=handling,
    )


def _since(row: Case, steps: tuple[Step, ...], step: Step | None, begins: datetime | None) -> datetime:
    """Return since when it stands there; of several open steps only the step itself knows."""
    if step is None:
        return begins or row.opened_at
    if step.paused_at is not None:
        return step.paused_at
    return begins if begins is not None and len(steps) == 1 else step.opened_at


# The month and the thirty days


def events(session: Session, viewer: Viewer, since: datetime, now: datetime) -> list[Event]:
    """Return what counted for or against vendors since that instant, oldest first."""
    found = [*_step_events(session, viewer, since), *_handled(session, viewer, since, now)]
    return sorted(found, key=lambda event: (event.at, event.case_id))


def _step_events(session: Session, viewer: Viewer, since: datetime) -> Iterable[Event]:
    nodes = (rules.VENDOR_ACCEPTS, rules.OFFICE_RULES, rules.REQUESTER_ACCEPTS, rules.RATES)
    recent = WorkItem.closed_at >= since
    # a running case keeps its returns however long ago they were
    returned = and_(
        WorkItem.node == rules.REQUESTER_ACCEPTS, WorkItem.result == rules.REWORK, Case.status == "running"
    )
    query = (
        select(
            WorkItem.node,
            WorkItem.case_id,
            # a refusal is its own vendor's, also after the case went to another one
            case((WorkItem.node == rules.VENDOR_ACCEPTS, WorkItem.unit_id), else_=Case.vendor_id),
            WorkItem.closed_at,
            WorkItem.round,
            WorkItem.result,
            case((WorkItem.node == rules.RATES, WorkItem.answers)),
        )
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.status == "done", WorkItem.node.in_(nodes), or_(recent, returned), REAL, case_scope(viewer))
    )
    for node, case_id, vendor_id, at, round_, result, answers in session.execute(query):
        if node == rules.VENDOR_ACCEPTS and result == rules.REFUSED:
            yield Event("refused", case_id, vendor_id, at)
        elif node == rules.OFFICE_RULES:
            yield Event("ruled", case_id, vendor_id, at, result != rules.REJECTED)
        elif node == rules.REQUESTER_ACCEPTS:
            if result == rules.REWORK:
                yield Event("reworked", case_id, vendor_id, at)
            if round_ == 1 and at >= since:
                yield Event("accepted", case_id, vendor_id, at, result == rules.PASSED)
        elif node == rules.RATES and (given := rules.read_rating(answers)) is not None:
            yield Event("rated", case_id, vendor_id, at, rating=given)


def _handled(session: Session, viewer: Viewer, since: datetime, now: datetime) -> Iterable[Event]:
    """Return the handling limits that ended, and those exceeded and still open, which are late already."""
    ended = and_(Deadline.state == MET, Deadline.met_at >= since)
    late = or_(
        and_(Deadline.state == RUNNING, Deadline.due_at < now),
        and_(Deadline.state == PAUSED, Deadline.overdue.is_(True)),
    )
    query = (
        select(Deadline.case_id, Case.vendor_id, Deadline.met_at, Deadline.due_at, Deadline.overdue)
        .join(Case, Case.id == Deadline.case_id)
        .where(Deadline.kind == HANDLING, or_(ended, late), REAL, case_scope(viewer))
    )
    for case_id, vendor_id, met_at, due_at, overdue in session.execute(query):
        yield Event("handled", case_id, vendor_id, met_at or due_at, met_at is not None and not overdue)


def passages(session: Session, viewer: Viewer, now: datetime) -> list[Passage]:
    """Return the cases received or closed in the last thirty days."""
    first = rules.flow_start(now)
    query = select(Case.id, Case.opened_at, Case.closed_at).where(
        or_(Case.opened_at >= first, Case.closed_at >= first), REAL, case_scope(viewer)
    )
    return [Passage(*row) for row in session.execute(query.order_by(Case.id))]


def blames(session: Session, case_ids: Collection[int], house: World, now: datetime) -> dict[int, Blame]:
    """Return whose lateness that of these cases is, step by step."""
    if not case_ids:
        return {}
    query = (
        select(Deadline, WorkItem.unit_id, WorkItem.name, WorkItem.name_en)
        .join(WorkItem, WorkItem.id == Deadline.work_item_id)
        .where(Deadline.case_id.in_(case_ids), Deadline.state != VOID)
        .order_by(Deadline.id)
    )
    late: defaultdict[int, list[LateStep]] = defaultdict(list)
    for row, unit_id, name, name_en in session.execute(query):
        end = row.met_at or (now if row.state == RUNNING else row.due_at)
        if end > row.due_at:
            amount = rules.spent(house.calendars.of_plan(row.plan_id), row.clock, row.due_at, end)
            late[row.case_id].append(LateStep(house.units.top(unit_id), name, name_en, amount))
    return {case_id: found for case_id, steps in late.items() if (found := rules.blame(steps))}


def count_sites(session: Session) -> int:
    """Return how many websites are open."""
    return session.scalar(select(func.count(Site.id)).where(Site.state != "closed")) or 0


def categories_of_vendors(session: Session, now: datetime) -> dict[int, tuple[ServiceCategory, ...]]:
    """Return what each vendor is hired for by its running contracts."""
    today = local(now).date()
    query = (
        select(Contract.vendor_id, ServiceCategory)
        .join(ContractScope, ContractScope.contract_id == Contract.id)
        .join(ServiceCategory, ServiceCategory.id == ContractScope.category_id)
        .where(Contract.disabled_at.is_(None), Contract.valid_from <= today, Contract.valid_to >= today)
        .order_by(ServiceCategory.id)
    )
    found: defaultdict[int, dict[int, ServiceCategory]] = defaultdict(dict)
    for vendor_id, category in session.execute(query):
        found[vendor_id][category.id] = category
    return {vendor_id: tuple(named.values()) for vendor_id, named in found.items()}


# The page


@dataclass(frozen=True)
class Overview:
    """Everything the overview shows."""

    house: World
    cases: Sequence[Standing]
    places: Sequence[rules.Place]
    asks: Sequence[rules.Ask]
    blames: Mapping[int, Blame]
    vendors: Sequence[rules.VendorLine]
    departments: Sequence[rules.DepartmentLine]
    flow: rules.Flow
    new_this_week: int
    sites: int
    categories: Mapping[int, tuple[ServiceCategory, ...]]


def overview(session: Session, viewer: Viewer, now: datetime) -> Overview:
    """Read the overview as this viewer may see it."""
    house = world(session)
    cases = standings(session, viewer, house, now)
    month = events(session, viewer, rules.month_start(now), now)
    passed = passages(session, viewer, now)
    asked = rules.asks(cases, month, now)
    late = {ask.case.case_id for ask in asked if ask.case and ask.rule == "late"}
    return Overview(
        house=house,
        cases=cases,
        places=rules.places(cases, now),
        asks=asked,
        blames=blames(session, late, house, now),
        vendors=[rules.vendor_line(unit.id, cases, month, now) for unit in house.units.tops(VENDOR)],
        departments=rules.department_lines([unit.id for unit in house.units.tops(DEPARTMENT)], cases, now),
        flow=rules.flow(passed, house.calendars.house, now),
        new_this_week=sum(one.opened_at >= rules.week_start(now) for one in passed),
        sites=count_sites(session),
        categories=categories_of_vendors(session, now),
    )


# The lists behind the numbers


@dataclass(frozen=True)
class Running:
    """One page of running cases and where the next one begins."""

    rows: Sequence[Standing]
    total: int
    after: int | None


def running(
    session: Session, viewer: Viewer, house: World, choice: Choice, *, now: datetime, after: int = 0
) -> Running:
    """Return the running cases a figure counted, page by page."""
    found = choice.of(standings(session, viewer, house, now), now)
    return Running(found[after : after + PAGE], len(found), after + PAGE if len(found) > after + PAGE else None)


@dataclass(frozen=True)
class Past:
    """One page of (Case, Event or Passage) that a figure counted."""

    rows: Sequence[tuple[Case, Event | Passage]]
    total: int
    after: int | None


def past(session: Session, viewer: Viewer, which: str, vendor: int | None, *, now: datetime, after: int = 0) -> Past:
    """Return the cases behind a figure of the month or of the thirty days, newest first."""
    found = _past_marks(session, viewer, which, vendor, now)
    page = found[after : after + PAGE]
    query = select(Case).where(Case.id.in_({mark.case_id for mark in page}), case_scope(viewer))
    cases = {row.id: row for row in session.scalars(query)}
    rows = [(cases[mark.case_id], mark) for mark in page]
    return Past(rows, len(found), after + PAGE if len(found) > after + PAGE else None)


def _past_marks(
    session: Session, viewer: Viewer, which: str, vendor: int | None, now: datetime
) -> list[Event | Passage]:
    if which in EVENT_LISTS:
        month = events(session, viewer, rules.month_start(now), now)
        return [event for event in reversed(month) if event.kind == which and vendor in (None, event.vendor_id)]
    first, field = PASSAGE_LISTS[which]
    since = first(now)
    instants = ((getattr(one, field), one) for one in passages(session, viewer, now))
    found = [(at, one) for at, one in instants if at is not None and at >= since]
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].case_id), reverse=True)]


EVENT_LISTS = ("handled", "accepted", "rated", "refused")
PASSAGE_LISTS = {
    "received": (rules.flow_start, "opened_at"),
    "received_week": (rules.week_start, "opened_at"),
    "closed": (rules.flow_start, "closed_at"),
}
