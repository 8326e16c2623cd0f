"""Working time: what a limit means, when it ends, what colour its lamp shows. Pure values, one display zone.

Two kinds of clock. The *calendar* clock counts every minute. The *working* clock counts only the spans of working
days. "N 工作日" means the same clock time N working days later; a start outside working time counts from the next
opening (a start exactly at a closing time counts as inside). Hours and minutes end at the first instant at which
that much working time has passed, so a day's work that is full ends at closing time, not at the next opening.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.errors import Invalid
from app.i18n import N_

ZONE = ZoneInfo("Asia/Shanghai")
NOTHING = timedelta(0)
DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60
WORKING, CALENDAR = "working", "calendar"
AMBER_PERCENT, MOST_PERCENT, MOST_ESCALATIONS, OFF = 80, 99, 2, "off"
LONGEST = timedelta(days=3660)

UNITS: dict[str, timedelta] = {
    "working_days": DAY,
    "working_hours": timedelta(hours=1),
    "working_minutes": timedelta(minutes=1),
    "days": DAY,
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
}
_WORDS = {
    "working_days": ("工作日", "工作天", "working day", "working days"),
    "working_hours": ("工作小时", "工作时", "working hour", "working hours"),
    "working_minutes": ("工作分钟", "working minute", "working minutes"),
    "days": ("天", "日", "自然日", "日历日", "day", "days", "d"),
    "hours": ("小时", "时", "hour", "hours", "h"),
    "minutes": ("分钟", "分", "minute", "minutes", "min"),
}
_UNIT_OF_WORD = {word: unit for unit, words in _WORDS.items() for word in words}
_TEXT = re.compile(r"(\d{1,6})\s*个?\s*(\D+)")
_ISO = re.compile(r"P(?:(?P<weeks>\d{1,4})W|(?P<days>\d{1,5})D|T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?)")


# --- limits -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """An amount of time on one of the two clocks."""

    amount: int
    unit: str

    @property
    def clock(self) -> str:
        """Say which clock it runs on: `working` or `calendar`."""
        return WORKING if self.unit.startswith("working_") else CALENDAR

    @property
    def text(self) -> str:
        """Return the Chinese wording, which `parse_limit` reads back."""
        return f"{self.amount} {_WORDS[self.unit][0]}"

    @property
    def text_en(self) -> str:
        """Return the English wording, which `parse_limit` reads back too."""
        unit = self.unit.replace("_", " ")
        return f"{self.amount} {unit.removesuffix('s') if self.amount == 1 else unit}"

    def __str__(self) -> str:
        """Return the Chinese wording."""
        return self.text

    @property
    def duration(self) -> timedelta:
        """Return the amount as plain time; of a working day only its name is a day."""
        return self.amount * UNITS[self.unit]


def parse_limit(text: str, clock: str | None = None) -> Limit:
    """Read `2 工作日`, `4 工作小时`, `15 分钟`, `30 min`, `3 天`, `PT30M` or `P2D`.

    `clock` is the node's `limit.clock`: with `working`, days, hours and minutes are working ones.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    limit = _iso_limit(plain) or _worded_limit(plain)
    if limit is None or not NOTHING < limit.duration <= LONGEST:
        raise Invalid(N_("“%(text)s”不是办理时限。可以写：2 工作日、4 工作小时、15 分钟、3 天、PT30M。"), text=text)
    return _on_clock(limit, clock, text)


def _worded_limit(text: str) -> Limit | None:
    match = _TEXT.fullmatch(text)
    unit = _UNIT_OF_WORD.get(" ".join(match[2].lower().split())) if match else None
    return Limit(int(match[1]), unit) if match and unit else None


def _iso_limit(text: str) -> Limit | None:
    match = _ISO.fullmatch(text.upper())
    if match is None:
        return None
    part = {name: int(value) for name, value in match.groupdict().items() if value}
    if "weeks" in part:
        return Limit(part["weeks"] * 7, "days")
    if "days" in part:
        return Limit(part["days"], "days")
    if "minutes" in part:
        return Limit(part.get("hours", 0) * 60 + part["minutes"], "minutes")
    return Limit(part.get("hours", 0), "hours")


def _on_clock(limit: Limit, clock: str | None, text: str) -> Limit:
    if clock not in (None, WORKING, CALENDAR):
        raise Invalid(N_("时限的计时方式写的是“%(clock)s”，只能是 working 或 calendar。"), clock=clock)
    if clock == WORKING and limit.clock == CALENDAR:
        return replace(limit, unit=f"working_{limit.unit}")
    if clock == CALENDAR and limit.clock == WORKING:
        raise Invalid(N_("“%(text)s”是工作时间，计时方式却写成了自然时间。两处要一致。"), text=text)
    return limit


# --- calendars --------------------------------------------------------------------------------------------


def parse_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Read `08:30-12:00, 13:30-17:30` as minutes since midnight; `24:00` is the end of the day."""
    plain = unicodedata.normalize("NFKC", text).replace("–", "-").replace("—", "-").replace("至", "-")
    parts = [part.strip() for part in re.split(r"[,;、\s]+(?=\d)", plain.strip()) if part.strip()]
    spans = tuple(_span(part) for part in parts)
    problem = not spans or any(a >= b for a, b in spans)
    if problem or any(before[1] > after[0] for before, after in pairwise(spans)):
        raise Invalid(N_("每天的工作时段没有读懂。请按先后写，例如 08:30-12:00, 13:30-17:30。"))
    return spans


def _span(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", text)
    if match is None:
        return (0, 0)
    hour, minute, to_hour, to_minute = (int(group) for group in match.groups())
    if max(minute, to_minute) > 59 or to_hour * 60 + to_minute > DAY_MINUTES:  # noqa: PLR2004 - minutes of an hour
        return (0, 0)
    return hour * 60 + minute, to_hour * 60 + to_minute


def write_spans(spans: Sequence[tuple[int, int]]) -> str:
    """Write spans as `parse_spans` reads them."""
    return ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans)


OFFICE_SPANS = parse_spans("08:30-12:00, 13:30-17:30")
ROUND_THE_CLOCK = ((0, DAY_MINUTES),)


@dataclass(frozen=True)
class Calendar:
    """When one unit works: spans of a day, weekdays (Monday is 0), holidays, make-up days (调休)."""

    spans: tuple[tuple[int, int], ...] = OFFICE_SPANS
    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()
    known_years: frozenset[int] = frozenset()
    day_length: timedelta = field(init=False, compare=False)
    _off: tuple[date, ...] = field(init=False, repr=False, compare=False)
    _extra: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.spans or not self.weekdays or any(a >= b for a, b in self.spans):
            raise ValueError("a calendar without working time never reaches a deadline")
        put = object.__setattr__
        put(self, "day_length", timedelta(minutes=sum(b - a for a, b in self.spans)))
        extra = {day for day in self.makeup_days if day.weekday() not in self.weekdays}
        off = {day for day in self.holidays - self.makeup_days if day.weekday() in self.weekdays}
        put(self, "_off", tuple(sorted(off)))
        put(self, "_extra", tuple(sorted(extra)))

    def works_on(self, day: date) -> bool:
        """Say whether `day` is a working day; a make-up day wins over a holiday."""
        if day in self.makeup_days:
            return True
        return day.weekday() in self.weekdays and day not in self.holidays

    def knows(self, start: datetime, end: datetime) -> bool:
        """Say whether every year from `start` to `end` has its holidays imported (else 暂按周末推算)."""
        first, last = _local(start).year, _local(end).year
        return all(year in self.known_years for year in range(first, last + 1))

    def count_days(self, first: date, last: date) -> int:
        """Count the working days from `first` up to but without `last`."""
        if last <= first:
            return 0
        weeks, rest = divmod((last - first).days, 7)
        days = weeks * len(self.weekdays)
        days += sum((first.weekday() + offset) % 7 in self.weekdays for offset in range(rest))
        return days - _between(self._off, first, last) + _between(self._extra, first, last)


def is_working(calendar: Calendar, instant: datetime) -> bool:
    """Say whether people work at `instant`: from a span's opening up to but without its closing."""
    local = _local(instant)
    minute = _minutes(local.time())
    return calendar.works_on(local.date()) and any(a <= minute < b for a, b in calendar.spans)


def next_opening(calendar: Calendar, instant: datetime) -> datetime:
    """Return `instant` when people work then or have just closed, else the next opening."""
    return _utc(_inside(calendar, _local(instant)))


def working_between(calendar: Calendar, a: datetime, b: datetime) -> timedelta:
    """Return the working time from `a` to `b`; negative when `b` lies before `a`."""
    if b < a:
        return -working_between(calendar, b, a)
    start, end = _local(a), _local(b)
    days = calendar.count_days(start.date(), end.date())
    return days * calendar.day_length - _worked(calendar, start) + _worked(calendar, end)


def add_working(calendar: Calendar, start: datetime, limit: Limit) -> datetime:
    """Return when `limit` ends if it begins at `start`, on the limit's own clock."""
    if limit.clock == CALENDAR:
        return start + limit.duration
    if limit.unit != "working_days":
        return add_time(calendar, WORKING, start, limit.duration)
    local = _inside(calendar, _local(start))
    days = (day for day in _days_from(local.date() + DAY) if calendar.works_on(day))
    day = next(day for count, day in enumerate(days, 1) if count == limit.amount)
    return _utc(datetime.combine(day, local.time()))


def add_time(calendar: Calendar, clock: str, start: datetime, amount: timedelta) -> datetime:
    """Return the first instant at which `amount` of that clock's time has passed since `start`."""
    if clock == CALENDAR or amount <= NOTHING:
        return start + max(amount, NOTHING)
    local = _local(start)
    # count from the opening of the first day, so that only whole days are left to skip
    rest = amount + _worked(calendar, local)
    whole, part = divmod(rest, calendar.day_length)
    if part == NOTHING:
        whole, part = whole - 1, calendar.day_length
    days = (day for day in _days_from(local.date()) if calendar.works_on(day))
    day = next(day for count, day in enumerate(days) if count == whole)
    return _utc(_at_worked(calendar, day, part))


def time_between(calendar: Calendar, clock: str, a: datetime, b: datetime) -> timedelta:
    """Return the time from `a` to `b` on the given clock."""
    return b - a if clock == CALENDAR else working_between(calendar, a, b)


# --- the life of one limit ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """Something that moved a deadline: a finished pause (`start`–`end`) or an extension (`limit` at `start`)."""

    start: datetime
    end: datetime | None = None
    limit: Limit | None = None


@dataclass(frozen=True)
class Reports:
    """What is told of a limit: reminders at these percents of it, reports upwards these limits after it.

    Without `after` the custom holds: one and three working days, on the calendar clock one and three allowances.
    """

    percents: tuple[int, ...] = (AMBER_PERCENT,)
    after: tuple[Limit, ...] | None = None


CUSTOM = Reports()


def parse_reports(remind: str | None, escalate: str | None) -> Reports:
    """Read a step's `remind` (`80`, `50,80`, `off`) and `escalate` (`1 工作日`, `4 小时,2 工作日`, `off`)."""
    percents = parse_remind(remind) if remind else CUSTOM.percents
    return Reports(percents, parse_escalate(escalate) if escalate else None)


def parse_remind(text: str) -> tuple[int, ...]:
    """Read at which percents of a limit somebody is reminded; `off` is never."""
    parts = _listed(text)
    if parts == [OFF]:
        return ()
    if not parts or not all(part.isdecimal() and 1 <= int(part) <= MOST_PERCENT for part in parts):
        raise Invalid(N_("提醒写的“%(text)s”读不懂。"), text=text)
    return tuple(sorted({int(part) for part in parts}))


def parse_escalate(text: str) -> tuple[Limit, ...]:
    """Read how long after a limit it is reported upwards, first to the office, then to the supervisor."""
    parts = _listed(text)
    if parts == [OFF]:
        return ()
    if not 1 <= len(parts) <= MOST_ESCALATIONS:
        raise Invalid(N_("超期后报写的“%(text)s”读不懂。"), text=text)
    return tuple(parse_limit(part) for part in parts)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


@dataclass(frozen=True)
class Schedule:
    """When a limit turns amber, is due, is reminded of (percent, instant), and is reported upwards."""

    amber: datetime
    due: datetime
    reminders: tuple[tuple[int, datetime], ...]
    escalations: tuple[datetime, ...]


def schedule(
    calendar: Calendar,
    start: datetime,
    limit: Limit,
    changes: Sequence[Change] = (),
    reports: Reports = CUSTOM,
) -> Schedule:
    """Compute a limit's instants from what happened to it, always from the beginning.

    A pause keeps the time that was left when it began; an extension adds to the end. Because nothing is carried
    forward, a corrected calendar gives the same result as if it had been right from the start.
    """
    ordered = sorted(changes, key=lambda change: change.start)
    due = add_working(calendar, start, limit)
    allowance = time_between(calendar, limit.clock, start, due)
    for change in ordered:
        if change.limit is not None:
            later = add_working(calendar, due, change.limit)
            allowance += time_between(calendar, limit.clock, due, later)
            due = later
        due = _after_pause(calendar, limit.clock, due, change)

    def passed(percent: int) -> datetime:
        instant = add_time(calendar, limit.clock, start, allowance * (percent / 100))
        for change in ordered:
            instant = _after_pause(calendar, limit.clock, instant, change)
        return min(instant, due)

    reminders = tuple((percent, passed(percent)) for percent in reports.percents)
    upwards = _escalations(calendar, limit, due, allowance, reports.after)
    return Schedule(passed(AMBER_PERCENT), due, reminders, upwards)


def _after_pause(calendar: Calendar, clock: str, instant: datetime, change: Change) -> datetime:
    if change.end is None or change.start >= instant:
        return instant
    left = time_between(calendar, clock, change.start, instant)
    # an instant at an opening must not slip to the closing before it: a pause never makes anything earlier
    return max(instant, add_time(calendar, clock, change.end, left))


def _escalations(
    calendar: Calendar, limit: Limit, due: datetime, allowance: timedelta, after: tuple[Limit, ...] | None
) -> tuple[datetime, ...]:
    if after is not None:
        return tuple(sorted(add_working(calendar, due, one) for one in after))
    if limit.clock == WORKING:
        return tuple(add_working(calendar, due, Limit(days, "working_days")) for days in (1, 3))
    return (due + allowance, due + 3 * allowance)


def lamp(now: datetime, *, due: datetime | None, amber: datetime | None, paused: bool = False) -> str:
    """Return the lamp: `g` in time, `a` from 80 % on, `r` overdue, `p` paused, `n` no limit."""
    if due is None:
        return "n"
    if paused:
        return "p"
    if now > due:
        return "r"
    return "a" if amber is not None and now >= amber else "g"


@dataclass(frozen=True)
class Left:
    """The time left until a due instant, negative when over, and how many hours a day of it has."""

    amount: timedelta
    hours_per_day: float


def left(calendar: Calendar, clock: str, now: datetime, due: datetime) -> Left:
    """Return what is left until `due` on the limit's own clock."""
    day = calendar.day_length if clock == WORKING else DAY
    return Left(time_between(calendar, clock, now, due), day / timedelta(hours=1))


# --- wall time ---------------------------------------------------------------------------------------------


def _local(instant: datetime) -> datetime:
    """Return wall time in the one zone, without zone: it has had no daylight saving since 1991."""
    if instant.tzinfo is None:
        raise ValueError("a naive date-time has no instant")
    return instant.astimezone(ZONE).replace(tzinfo=None)


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=ZONE).astimezone(UTC)


def _minutes(wall: time) -> float:
    return wall.hour * 60 + wall.minute + (wall.second + wall.microsecond / 1_000_000) / 60


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += DAY


def _between(days: Sequence[date], first: date, last: date) -> int:
    return bisect_left(days, last) - bisect_right(days, first - DAY)


def _worked(calendar: Calendar, local: datetime) -> timedelta:
    """Return how much of its day's working time has passed at `local`."""
    if not calendar.works_on(local.date()):
        return NOTHING
    since = local - datetime.combine(local.date(), time())
    passed = (min(max(since - timedelta(minutes=a), NOTHING), timedelta(minutes=b - a)) for a, b in calendar.spans)
    return sum(passed, NOTHING)


def _at_worked(calendar: Calendar, day: date, amount: timedelta) -> datetime:
    """Return the first wall time of `day` at which `amount` of its working time has passed."""
    midnight = datetime.combine(day, time())
    for opens, closes in calendar.spans:
        length = timedelta(minutes=closes - opens)
        if amount <= length:
            return midnight + timedelta(minutes=opens) + amount
        amount -= length
    raise ValueError("more than a day's working time")


def _inside(calendar: Calendar, local: datetime) -> datetime:
    """Return `local` when inside working time (closing instants count), else the next opening."""
    midnight = datetime.combine(local.date(), time())
    if calendar.works_on(local.date()):
        for opens, closes in calendar.spans:
            if local <= midnight + timedelta(minutes=closes):
                return max(local, midnight + timedelta(minutes=opens))
    day = next(day for day in _days_from(local.date() + DAY) if calendar.works_on(day))
    return datetime.combine(day, time()) + timedelta(minutes=calendar.spans[0][0])


# --- imported days -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SpecialDay:
    """A holiday or a make-up day as it is imported."""

    date: date
    kind: str
    name: str


_KINDS = {
    "holiday": "holiday",
    "放假": "holiday",
    "节假日": "holiday",
    "假": "holiday",
    "休": "holiday",
    "makeup": "makeup",
    "上班": "makeup",
    "调休上班": "makeup",
    "补班": "makeup",
    "班": "makeup",
}
_DATE = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})日?")


def read_days(rows: Sequence[Sequence[str]], year: int) -> list[SpecialDay]:
    """Read rows of date, kind (holiday 放假 | makeup 调休上班) and name; a heading may come first."""
    body = rows[1:] if rows and not _DATE.fullmatch(rows[0][0]) else rows
    first = len(rows) - len(body) + 1
    days = [_special_day(row, year, line) for line, row in enumerate(body, first)]
    if not days:
        raise Invalid(N_("表里没有一天。每行写日期、类别、名称，例如 2027-01-01,放假,元旦。"))
    twice = len(days) - len({day.date for day in days})
    if twice:
        raise Invalid(N_("表里有 %(count)s 个日期写了两遍，原来的日历没有改动。请核对后再传。"), count=twice)
    return days


def _special_day(row: Sequence[str], year: int, line: int) -> SpecialDay:
    cells = [*row, "", "", ""]
    match, kind = _DATE.fullmatch(cells[0]), _KINDS.get(cells[1].lower())
    try:
        day = date(*(int(group) for group in match.groups())) if match else None
    except ValueError:
        day = None
    if day is None or kind is None:
        raise Invalid(
            N_("第 %(line)s 行没有读懂，原来的日历没有改动。每行写日期、类别、名称，例如 2027-01-01,放假,元旦。"),
            line=line,
        )
    if day.year != year:
        raise Invalid(
            N_("第 %(line)s 行是 %(found)s 年，这次导入的是 %(year)s 年。原来的日历没有改动。"),
            line=line,
            found=day.year,
            year=year,
        )
    return SpecialDay(day, kind, cells[2][:40])
