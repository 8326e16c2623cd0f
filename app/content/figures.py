"""What the figures of content say, from rows that were read: periods, returns, reading speed, faults. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any, Final, TypeVar

from app.clock import ZONE
from app.i18n import N_

# reading faster than this, or for shorter, is not reading: the page says so beside the flag
TOO_FAST_CHARACTERS: Final = 3000
TOO_FAST_SECONDS: Final = 10
LONGEST_PERIOD: Final = timedelta(days=366)
EARLIEST: Final = date(2000, 1, 1)
PASS, RETURN, REJECT = "pass", "return", "reject"
DECISIONS: Final = (PASS, RETURN, REJECT)
MONTH, QUARTER, YEAR, OWN = "month", "quarter", "year", "own"
PERIODS: Final[Mapping[str, str]] = {MONTH: N_("本月"), QUARTER: N_("本季"), YEAR: N_("今年"), OWN: N_("自选")}
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Period:
    """The days a page counts, the last one included."""

    kind: str
    first: date
    last: date

    @property
    def start(self) -> datetime:
        """Return the instant it begins."""
        return datetime.combine(self.first, time.min, ZONE)

    @property
    def end(self) -> datetime:
        """Return the instant after it."""
        return datetime.combine(self.last + timedelta(days=1), time.min, ZONE)


def period_of(kind: str, today: date, first: date | None = None, last: date | None = None) -> Period:
    """Return the period asked for, this month for nonsense; a chosen one ends today at the latest, cut to a year."""
    if kind == OWN:
        end = min(max(last or today, EARLIEST), today)
        begin = min(first or end.replace(day=1), end)
        return Period(OWN, max(begin, end - LONGEST_PERIOD), end)
    if kind == YEAR:
        return Period(YEAR, today.replace(month=1, day=1), today)
    if kind == QUARTER:
        return Period(QUARTER, today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today)
    return Period(MONTH, today.replace(day=1), today)


# Workload


@dataclass
class Work:
    """What a person or a unit made: articles handed in, their versions and characters, publications."""

    name: str
    unit: str = ""
    unit_kind: str = ""
    articles: int = 0
    versions: int = 0
    characters: int = 0
    published: int = 0


# Decisions


@dataclass(frozen=True)
class Decision:
    """One act of a reviewer: what was decided, when it was opened first, how long that took in working time."""

    act: str
    user_id: int | None
    name: str
    unit: str
    level: str
    level_name: str
    started_at: datetime | None
    at: datetime
    characters: int
    working: timedelta = timedelta()
    is_recorded: bool = False

    @property
    def open_for(self) -> timedelta | None:
        """Return how long it lay open by the wall clock; None when it was not opened here."""
        return None if self.started_at is None or self.is_recorded else self.at - self.started_at

    @property
    def minutes(self) -> float | None:
        """Return the working minutes it took; those of the wall clock where all of it was outside office hours."""
        if self.open_for is None:
            return None
        return (self.working or self.open_for).total_seconds() / 60

    @property
    def speed(self) -> float | None:
        """Return the characters read in a minute."""
        minutes = self.minutes
        return None if minutes is None else self.characters / max(minutes, 1 / 60)

    @property
    def is_too_fast(self) -> bool:
        """Say whether it was passed faster than anybody reads; the wall clock counts, so nobody is wronged."""
        if self.act != PASS or self.open_for is None:
            return False
        seconds = self.open_for.total_seconds()
        return seconds < TOO_FAST_SECONDS or self.characters * 60 > TOO_FAST_CHARACTERS * seconds

    @property
    def is_unopened(self) -> bool:
        """Say whether it was passed without having been opened; one that a clerk wrote down is told by its paper."""
        return self.act == PASS and self.started_at is None and not self.is_recorded


@dataclass
class Reviews:
    """What a level, or a reviewer, decided."""

    name: str
    unit: str = ""
    decided: int = 0
    returned: int = 0
    rejected: int = 0
    fast: int = 0
    unopened: int = 0
    faults: int = 0
    minutes: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)

    def add(self, one: Decision) -> None:
        """Count one decision."""
        self.decided += 1
        self.returned += one.act == RETURN
        self.rejected += one.act == REJECT
        self.fast += one.is_too_fast
        self.unopened += one.is_unopened
        if one.minutes is not None and one.speed is not None:
            self.minutes.append(one.minutes)
            self.speeds.append(one.speed)

    @property
    def rate(self) -> float | None:
        """Return the share of returns among all decisions; None without any."""
        return self.returned / self.decided if self.decided else None

    @property
    def typical_minutes(self) -> float | None:
        """Return the median of the working minutes."""
        return median(self.minutes) if self.minutes else None

    @property
    def typical_speed(self) -> float | None:
        """Return the median of the characters read in a minute."""
        return median(self.speeds) if self.speeds else None


def by_level(decisions: Iterable[Decision]) -> dict[str, Reviews]:
    """Return what was decided at each level, in the order of the levels."""
    order = {"review_1": 0, "review_2": 1, "secrecy": 2, "review_3": 3}
    found = _grouped(decisions, lambda one: one.level, lambda one: Reviews(one.level_name))
    return dict(sorted(found.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0])))


def by_reviewer(
    decisions: Iterable[Decision], faults: Mapping[int, int], names: Mapping[int, tuple[str, str]]
) -> dict[int, Reviews]:
    """Return what each reviewer decided, who decided most first; `faults` counts those found after publication.

    A reviewer whose faults came to light now may have decided nothing in the period; `names` says who that is.
    """
    known = [one for one in decisions if one.user_id is not None]
    found = _grouped(known, lambda one: one.user_id or 0, lambda one: Reviews(one.name, one.unit))
    for user_id, count in faults.items():
        found.setdefault(user_id, Reviews(*names.get(user_id, ("", "")))).faults = count
    return dict(sorted(found.items(), key=lambda pair: (-pair[1].decided, pair[0])))


def faults_of(faults: Iterable[Sequence[Mapping[str, Any]]]) -> tuple[dict[int, int], dict[int, tuple[str, str]]]:
    """Return how many faults each reviewer let pass, and who they are. Whoever passed two versions counts once."""
    counts: dict[int, int] = defaultdict(int)
    names: dict[int, tuple[str, str]] = {}
    for passers in faults:
        for user_id in reviewers_in(passers):
            counts[user_id] += 1
        names |= {one["user"]: (one["name"], one["unit"]) for one in passers if one.get("user")}
    return dict(counts), names


def reviewers_in(passers: Iterable[Mapping[str, Any]]) -> Collection[int]:
    """Return who let a fault pass: those of a level, not whoever brought it in."""
    return {one["user"] for one in passers if one.get("level") and one.get("user")}


def _grouped(
    decisions: Iterable[Decision], key: Callable[[Decision], Key], new: Callable[[Decision], Reviews]
) -> dict[Key, Reviews]:
    found: dict[Key, Reviews] = {}
    for one in decisions:
        found.setdefault(key(one), new(one)).add(one)
    return found
