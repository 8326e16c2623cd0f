"""What the overview counts and picks out: where each running case stands, whose time it is, what needs asking.

Pure: rows in, values out. A figure and the list behind it ask the same function, so they cannot disagree.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final

from app.clock import local
from app.deadlines.rules import CALENDAR, WORKING, Calendar, Left, time_between
from app.work.rules import SIDES

# Steps and results of the dispatch that the figures of vendors are read from.
VENDOR_ACCEPTS, REFUSED = "vendor_accept", "refuse"
OFFICE_RULES, REJECTED = "office_rule", "order"
REQUESTER_ACCEPTS, PASSED, REWORK = "requester_accept", "pass", "rework"
RATES, RATING = "rating", "grade"

PAUSED, AUTOMATIC = "paused", "automatic"
PLACES: Final = (*SIDES, PAUSED, AUTOMATIC)
FLOW_DAYS: Final = 30
MOST: Final = 0.9
ENOUGH_RATINGS: Final = 5
BEST_RATING: Final = 5
ASKS: Final = 3
ROUNDS: Final = 3
REFUSALS: Final = 2
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
NOTHING: Final = timedelta(0)
OFFICE_HOURS: Final = Calendar()


# Where a case stands


@dataclass(frozen=True)
class Due:
    """A limit that runs or stands still, and the clock it counts by."""

    at: datetime
    amber: datetime
    clock: str = WORKING
    calendar: Calendar = OFFICE_HOURS
    paused: bool = False

    def exceeded(self, now: datetime) -> Left:
        """Return by how much it is exceeded, on its own clock."""
        return spent(self.calendar, self.clock, self.at, now)


@dataclass(frozen=True)
class Step:
    """One open work item of a running case."""

    item_id: int
    node: str
    name: str
    name_en: str
    side: str
    unit_id: int
    round: int
    holder: str | None
    opened_at: datetime
    paused_at: datetime | None = None
    pauses: bool = False
    due: Due | None = None

    @property
    def stands_still(self) -> bool:
        """Say whether its clock was stopped."""
        return self.paused_at is not None or (self.due is not None and self.due.paused)

    def is_late(self, now: datetime) -> bool:
        """Say whether its limit is exceeded while its clock runs."""
        return self.due is not None and not self.stands_still and self.due.at < now


@dataclass(frozen=True)
class Standing:
    """A running case: its open steps and where it has stood since when.

    `department_id` is the top unit of whoever began it, `place_id` the top unit of whoever has the turn.
    """

    case_id: int
    number: str
    title: str
    priority: str
    vendor_id: int | None
    department_id: int
    place_id: int | None
    opened_at: datetime
    since: datetime
    calendar: Calendar = OFFICE_HOURS
    step: Step | None = None
    steps: tuple[Step, ...] = ()
    handling: Due | None = None

    @property
    def side(self) -> str:
        """Return where it stands: a side, `paused`, or `automatic` when no person has the turn."""
        if self.step is None:
            return AUTOMATIC
        return PAUSED if self.is_paused else self.step.side

    @property
    def is_paused(self) -> bool:
        """Say whether every open step stands still."""
        return bool(self.steps) and all(step.stands_still for step in self.steps)

    @property
    def due(self) -> Due | None:
        """Return the running limit that ends first: a step's own or the handling limit of the case."""
        own = (step.due for step in self.steps if step.due is not None and not step.stands_still)
        running = [*own, *([self.handling] if self.handling and not self.handling.paused else [])]
        return min(running, key=lambda due: due.at, default=None)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether a running limit is exceeded."""
        return not self.is_paused and self.due is not None and self.due.at < now

    def is_due_today(self, now: datetime) -> bool:
        """Say whether it is not late yet and will be by midnight."""
        return not self.is_paused and self.due is not None and now <= self.due.at < midnight(now) + DAY

    def waited(self, now: datetime) -> Left:
        """Return the working time it has stood where it stands."""
        return spent(self.calendar, WORKING, self.since, now)


def stands_at(steps: Sequence[Step], now: datetime) -> Step | None:
    """Return the step a case is held up at: the one late longest, else the first one of the leading side."""
    late = [step for step in steps if step.is_late(now)]
    if late:
        return min(late, key=lambda step: (step.due.at if step.due else now, step.item_id))
    moving = [step for step in steps if not step.stands_still] or steps
    return min(moving, key=lambda step: (SIDES.index(step.side), step.item_id), default=None)


def spent(calendar: Calendar, clock: str, start: datetime, end: datetime) -> Left:
    """Return the time from `start` to `end` on one clock; out of hours, plain time says more than nothing."""
    amount = time_between(calendar, clock, start, max(start, end))
    if clock == CALENDAR or (amount == NOTHING and end > start):
        return Left(end - start, 24.0)
    return Left(amount, calendar.day_length / HOUR)


def days(amount: Left) -> float:
    """Return a length in days of its own clock, by which lengths on different clocks are compared."""
    return amount.amount / HOUR / amount.hours_per_day


def midnight(now: datetime) -> datetime:
    """Return the instant the present day began."""
    return local(now).replace(hour=0, minute=0, second=0, microsecond=0)


def month_start(now: datetime) -> datetime:
    """Return the instant the present month began."""
    return midnight(now).replace(day=1)


def week_start(now: datetime) -> datetime:
    """Return the instant the present week began, on Monday."""
    return midnight(now) - local(now).weekday() * DAY


# The figures and the lists behind them


Test = Callable[[Standing, datetime], bool]
FIGURES: Final[Mapping[str, Test]] = {
    "open": lambda _case, _now: True,
    "overdue": Standing.is_overdue,
    "today": Standing.is_due_today,
    "unclaimed": lambda case, _now: any(step.holder is None and not step.stands_still for step in case.steps),
    "paused": lambda case, _now: case.is_paused or any(step.pauses for step in case.steps),
    "to_rate": lambda case, _now: any(step.node == RATES for step in case.steps),
}


@dataclass(frozen=True)
class Choice:
    """Which running cases a list shows: a figure, narrowed by side, vendor, department or whose turn it is."""

    which: str = "open"
    side: str = ""
    vendor: int | None = None
    department: int | None = None
    unit: int | None = None

    def of(self, cases: Iterable[Standing], now: datetime) -> list[Standing]:
        """Return the cases this choice counts: late ones first, then by how long they have stood there."""
        return sorted((case for case in cases if self._takes(case, now)), key=lambda case: _urgency(case, now))

    def _takes(self, case: Standing, now: datetime) -> bool:
        return (
            self.vendor in (None, case.vendor_id)
            and self.department in (None, case.department_id)
            and self.unit in (None, case.place_id)
            and self.side in ("", case.side)
            and FIGURES[self.which](case, now)
        )


def _urgency(case: Standing, now: datetime) -> tuple[bool, datetime, datetime, int]:
    late = case.is_overdue(now)
    return not late, case.due.at if late and case.due else case.since, case.since, case.case_id


def longest_overdue(cases: Iterable[Standing], now: datetime) -> Left | None:
    """Return by how much the latest case is late."""
    late = (case.due.exceeded(now) for case in cases if case.due and case.is_overdue(now))
    return max(late, key=days, default=None)


def longest_wait(cases: Iterable[Standing], now: datetime) -> Left | None:
    """Return how long the case has waited that stands still longest."""
    return max((case.waited(now) for case in cases), key=days, default=None)


def longest_unclaimed(cases: Iterable[Standing], now: datetime) -> Left | None:
    """Return how long the oldest step has had nobody."""
    open_steps = ((case, step) for case in cases for step in case.steps if step.holder is None)
    waits = (spent(case.calendar, WORKING, step.opened_at, now) for case, step in open_steps)
    return max(waits, key=days, default=None)


@dataclass(frozen=True)
class Place:
    """One line of 谁在等谁: how many cases stand there, how many of them are late, the longest wait."""

    side: str
    count: int
    overdue: int
    longest: Left | None


def places(cases: Sequence[Standing], now: datetime) -> list[Place]:
    """Return where the running cases stand; the automatic steps only when some stand there."""
    found = [_place(side, Choice(side=side).of(cases, now), now) for side in PLACES]
    return [place for place in found if place.count or place.side != AUTOMATIC]


def _place(side: str, cases: Sequence[Standing], now: datetime) -> Place:
    return Place(side, len(cases), sum(case.is_overdue(now) for case in cases), longest_wait(cases, now))


# What happened: events of the month, cases of thirty days


@dataclass(frozen=True)
class Event:
    """Something that counts for or against a vendor: handled, accepted, reworked, rated, refused, ruled."""

    kind: str
    case_id: int
    vendor_id: int | None
    at: datetime
    good: bool = False
    rating: int = 0


@dataclass(frozen=True)
class Share:
    """A share that never goes without its number."""

    count: int
    of: int

    @property
    def percent(self) -> str:
        """Return 93.1% or 81%; nothing of nothing."""
        return f"{round(self.count * 100 / self.of, 1):g}%" if self.of else ""


def share(events: Iterable[Event]) -> Share:
    """Return how many of the events were good."""
    marks = [event.good for event in events]
    return Share(sum(marks), len(marks))


@dataclass(frozen=True)
class Rating:
    """The mean of the ratings given; too few say nothing, and who did not rate is not counted."""

    count: int
    total: int

    @property
    def mean(self) -> str:
        """Return 4.4, or nothing when there are too few."""
        return f"{self.total / self.count:.1f}" if self.count >= ENOUGH_RATINGS else ""


def rating(events: Iterable[Event]) -> Rating:
    """Return the ratings among the events."""
    given = [event.rating for event in events if event.kind == "rated"]
    return Rating(len(given), sum(given))


def read_rating(answers: Mapping[str, object] | None) -> int | None:
    """Return the rating in the answers of the rating step; None when the requester gave none."""
    value = (answers or {}).get(RATING)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if 1 <= number <= BEST_RATING else None


@dataclass(frozen=True)
class VendorLine:
    """One vendor's line: its running cases, its own late ones, and this month's shares."""

    unit_id: int
    running: int
    overdue: int
    on_time: Share
    first_time: Share
    rating: Rating


def vendor_line(unit_id: int, cases: Sequence[Standing], events: Sequence[Event], now: datetime) -> VendorLine:
    """Return the line of one vendor. A case is late for it only while the vendor has the turn."""
    own = [event for event in events if event.vendor_id == unit_id]
    here = [case for case in cases if case.place_id == unit_id]
    return VendorLine(
        unit_id,
        sum(case.vendor_id == unit_id for case in cases),
        sum(case.is_overdue(now) for case in here),
        share(event for event in own if event.kind == "handled"),
        share(event for event in own if event.kind == "accepted"),
        rating(own),
    )


@dataclass(frozen=True)
class DepartmentLine:
    """One department's line: its running cases, those late or due today at its own desk, the longest wait there."""

    unit_id: int
    running: int
    overdue: int
    today: int
    longest: Standing | None


def department_lines(unit_ids: Iterable[int], cases: Sequence[Standing], now: datetime) -> list[DepartmentLine]:
    """Return the lines of departments, those with something late or due today first."""
    lines = [_department_line(unit_id, cases, now) for unit_id in unit_ids]
    return sorted(lines, key=lambda line: (-line.overdue, -line.today, -line.running))


def _department_line(unit_id: int, cases: Sequence[Standing], now: datetime) -> DepartmentLine:
    here = [case for case in cases if case.place_id == unit_id]
    moving = [case for case in here if not case.is_paused]
    return DepartmentLine(
        unit_id,
        sum(case.department_id == unit_id for case in cases),
        sum(case.is_overdue(now) for case in here),
        sum(case.is_due_today(now) for case in here),
        max(moving, key=lambda case: days(case.waited(now)), default=None),
    )


@dataclass(frozen=True)
class Passage:
    """When a case came and, if it did, went."""

    case_id: int
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Flow:
    """Thirty days: cases received and closed per day, and the working time the closed ones took."""

    days: tuple[tuple[date, int, int], ...]
    received: tuple[int, ...]
    closed: tuple[int, ...]
    middle: timedelta | None
    most: timedelta | None
    hours_per_day: float


def flow(passages: Sequence[Passage], calendar: Calendar, now: datetime) -> Flow:
    """Return the thirty days up to now."""
    first = flow_start(now)
    received = [one for one in passages if one.opened_at >= first]
    closed = [one for one in passages if one.closed_at is not None and one.closed_at >= first]
    came = _per_day(one.opened_at for one in received)
    went = _per_day(one.closed_at for one in closed if one.closed_at)
    dates = [local(first).date() + number * DAY for number in range(FLOW_DAYS)]
    took = sorted(working_time(one, calendar) for one in closed)
    return Flow(
        tuple((day, came[day], went[day]) for day in dates),
        tuple(one.case_id for one in received),
        tuple(one.case_id for one in sorted(closed, key=lambda one: working_time(one, calendar), reverse=True)),
        timedelta(seconds=median(one.total_seconds() for one in took)) if took else None,
        took[math.ceil(MOST * len(took)) - 1] if took else None,
        calendar.day_length / HOUR,
    )


def flow_start(now: datetime) -> datetime:
    """Return the instant the thirty days began."""
    return midnight(now) - (FLOW_DAYS - 1) * DAY


def working_time(one: Passage, calendar: Calendar) -> timedelta:
    """Return the working time from a case's beginning to its end."""
    return time_between(calendar, WORKING, one.opened_at, one.closed_at) if one.closed_at else NOTHING


def _per_day(instants: Iterable[datetime]) -> Mapping[date, int]:
    return Counter(local(instant).date() for instant in instants)


# What needs asking


@dataclass(frozen=True)
class Ask:
    """One matter for the director: the rule that picked it, and the case or the vendor it is about."""

    rule: str
    case: Standing | None = None
    vendor_id: int | None = None
    returned: int = 0
    refused: int = 0
    rejected: int = 0


def asks(cases: Sequence[Standing], events: Sequence[Event], now: datetime) -> list[Ask]:
    """Pick what the director should ask about.

    Rules: `late` the longest overdue, `rework` a case in its third round or beyond, `refusals` the vendor that
    refused most this month (twice at least). The first of each; free places go to the next late ones.
    """
    late = [Ask("late", case) for case in sorted(Choice("overdue").of(cases, now), key=_lateness(now))]
    worst = late[0].case if late else None
    rework = [ask for ask in _reworks(cases, events) if ask.case is not worst]
    picked = [*late[:1], *rework[:1], *_refusals(events)[:1]]
    seen = {ask.case.case_id for ask in picked if ask.case}
    rest = [ask for ask in [*late[1:], *rework[1:]] if ask.case and ask.case.case_id not in seen]
    return [*picked, *_once(rest)][:ASKS]


def _lateness(now: datetime) -> Callable[[Standing], float]:
    return lambda case: -days(case.due.exceeded(now)) if case.due else 0.0


def _reworks(cases: Sequence[Standing], events: Sequence[Event]) -> list[Ask]:
    returned = Counter(event.case_id for event in events if event.kind == "reworked")
    found = [
        Ask("rework", case, returned=returned[case.case_id]) for case in cases if returned[case.case_id] + 1 >= ROUNDS
    ]
    return sorted(found, key=lambda ask: -ask.returned)


def _refusals(events: Sequence[Event]) -> list[Ask]:
    refused = Counter(event.vendor_id for event in events if event.kind == "refused")
    rejected = Counter(event.vendor_id for event in events if event.kind == "ruled" and not event.good)
    found = [
        Ask("refusals", vendor_id=vendor, refused=count, rejected=rejected[vendor])
        for vendor, count in refused.items()
        if count >= REFUSALS
    ]
    return sorted(found, key=lambda ask: (-ask.refused, -ask.rejected, ask.vendor_id or 0))


def _once(picked: Iterable[Ask]) -> list[Ask]:
    return list({ask.case.case_id: ask for ask in picked if ask.case}.values())


@dataclass(frozen=True)
class LateStep:
    """A step that exceeded its limit: whose it was and by how much."""

    unit_id: int
    name: str
    name_en: str
    amount: Left


@dataclass(frozen=True)
class Blame:
    """Whose lateness a case's is: the whole of it, the unit with the most, and that unit's steps."""

    total: float
    share: float
    unit_id: int
    steps: tuple[tuple[str, str, float], ...]

    @property
    def is_whole(self) -> bool:
        """Say whether one unit alone was late."""
        return self.share >= self.total


def blame(late: Iterable[LateStep]) -> Blame | None:
    """Add up, in days, by how much the steps of one case were late and name the unit with the most."""
    units: defaultdict[int, dict[tuple[str, str], float]] = defaultdict(dict)
    for step in late:
        own = units[step.unit_id]
        own[step.name, step.name_en] = own.get((step.name, step.name_en), 0.0) + days(step.amount)
    if not units:
        return None
    unit_id = max(units, key=lambda one: sum(units[one].values()))
    steps = sorted(((name, en, amount) for (name, en), amount in units[unit_id].items()), key=lambda one: -one[2])
    total = sum(sum(own.values()) for own in units.values())
    return Blame(total, sum(units[unit_id].values()), unit_id, tuple(steps))
