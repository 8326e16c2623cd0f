"""Dates, instants and the durations between them.

A duration is either days and time (`timedelta`) or years and months (`Months`); it lives inside an expression only:
a result that is one becomes its ISO text, which `duration(…)` reads again.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from app.expressions.errors import ExpressionRefused
from app.i18n import N_

HOME = timezone(timedelta(hours=8))
YEAR = 12
LONGEST = 9999 * YEAR
_ISO = re.compile(
    r"(-?)P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,8})W)?(?:(\d{1,8})D)?"
    r"(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.(\d{1,6}))?S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration of years and months."""

    count: int

    def __post_init__(self) -> None:
        if abs(self.count) > LONGEST:
            raise OverflowError


Duration = timedelta | Months


def instant(value: datetime) -> datetime:
    """Return `value` with a zone; one without is meant as home time."""
    return value if value.tzinfo else value.replace(tzinfo=HOME)


def is_duration(value: Any) -> bool:
    """Return whether `value` is a duration of either kind."""
    return isinstance(value, timedelta | Months)


def read_date(text: str) -> date:
    """Read `2026-03-02`."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ExpressionRefused(N_("“%(text)s”不是日期，请写成 2026-03-02 的样子。"), text=text[:40]) from error


def read_instant(text: str) -> datetime:
    """Read `2026-03-02T09:00:00`, with a zone or in home time."""
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError as error:
        raise ExpressionRefused(N_("“%(text)s”不是时刻，请写成 2026-03-02T09:00 的样子。"), text=text[:40]) from error


def read_duration(text: str) -> Duration:
    """Read an ISO duration: years and months, or weeks, days and time, never both."""
    match = _ISO.fullmatch(text)
    parts = [int(part or 0) for part in match.groups()[1:-1]] if match else []
    if not match or not any(match.groups()[1:]) or text.endswith("T") or (any(parts[:2]) and any(parts[2:])):
        raise ExpressionRefused(N_("“%(text)s”不是时长，请写成 P3D、PT2H 或 P1M 的样子。"), text=text[:40])
    sign = -1 if match[1] else 1
    if match[2] or match[3]:
        return Months(sign * (parts[0] * YEAR + parts[1]))
    _years, _months, weeks, days, hours, minutes, seconds = parts
    micro = int((match[9] or "0").ljust(6, "0"))
    return sign * timedelta(days, seconds, micro, 0, minutes, hours, weeks)


def write_duration(value: Duration) -> str:
    """Write a duration as ISO text."""
    if isinstance(value, Months):
        years, months = divmod(abs(value.count), YEAR)
        written = f"{years}Y" * bool(years) + f"{months}M" * bool(months or not years)
        return f"{'-' * (value.count < 0)}P{written}"
    sign = "-" if value < timedelta() else ""
    minutes, seconds = divmod(abs(value).seconds, 60)
    hours, minutes = divmod(minutes, 60)
    rest = f".{abs(value).microseconds:06}".rstrip("0") if value.microseconds else ""
    time = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{seconds}{rest}S" * bool(seconds or rest)
    days = abs(value).days
    return f"{sign}P" + f"{days}D" * bool(days) + (f"T{time}" if time else "T0S" * (not days))


def shifted(start: date, by: Duration) -> date:
    """Return the date or instant that lies `by` later; the end of a month stays inside the month."""
    if isinstance(by, timedelta):
        if not isinstance(start, datetime) and by % timedelta(days=1):
            raise ExpressionRefused(N_("日期只能加减整天，要加减时分请用 date and time 或 dateTime。"))
        return start + by
    year, month = divmod(start.year * YEAR + start.month - 1 + by.count, YEAR)
    day = min(start.day, monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)


def between(later: date, earlier: date) -> timedelta:
    """Return the time from `earlier` to `later`; both are dates or both instants."""
    if isinstance(later, datetime) and isinstance(earlier, datetime):
        return instant(later) - instant(earlier)
    return later - earlier
