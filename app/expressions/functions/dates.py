"""Functions of dates, instants and durations, and their parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from app.expressions.errors import ExpressionRefused
from app.expressions.functions.arguments import text_of, whole_of
from app.expressions.times import (
    HOME,
    YEAR,
    Duration,
    Months,
    instant,
    is_duration,
    read_date,
    read_duration,
    read_instant,
)
from app.expressions.values import Charge, kind_of
from app.i18n import N_

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def as_date(_charge: Charge, *values: Any) -> date | None:
    """Read a date from a text, an instant, or year, month and day."""
    if len(values) > 1:
        return _from_parts(values)
    (value,) = values
    if isinstance(value, datetime):
        return instant(value).astimezone(HOME).date()
    return value if value is None or isinstance(value, date) else read_date(text_of(value))


def as_instant(_charge: Charge, value: Any) -> datetime | None:
    """Read an instant from a text or a date; one without a zone is home time."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=HOME)
    return read_instant(text_of(value))


def as_duration(_charge: Charge, value: Any) -> Duration | None:
    """Read a duration from an ISO text."""
    return value if value is None or is_duration(value) else read_duration(text_of(value))


def months_between(_charge: Charge, start: Any, end: Any) -> Months | None:
    """Return the full years and months from one date to another."""
    if start is None or end is None:
        return None
    one, other = _day(start), _day(end)
    months = (other.year - one.year) * YEAR + other.month - one.month
    if months > 0 and other.day < one.day:
        months -= 1
    elif months < 0 and other.day > one.day:
        months += 1
    return Months(months)


def day_of_week(_charge: Charge, value: Any) -> str | None:
    """Return the name of the day: Monday to Sunday."""
    return None if value is None else DAYS[_day(value).weekday()]


def day_of_year(_charge: Charge, value: Any) -> int | None:
    """Return the number of the day in its year."""
    return None if value is None else _day(value).timetuple().tm_yday


def week_of_year(_charge: Charge, value: Any) -> int | None:
    """Return the number of the ISO week."""
    return None if value is None else _day(value).isocalendar().week


def part_of(value: Any, name: str) -> int | None:
    """Return the part of a date, an instant or a duration that has this name; None when there is none."""
    if isinstance(value, Months):
        return _MONTHS[name](value.count) if name in _MONTHS else None
    if isinstance(value, timedelta):
        return _SPAN[name](value) if name in _SPAN else None
    if isinstance(value, datetime) and name in _TIME:
        return int(getattr(instant(value), name))
    return _DATE[name](value) if isinstance(value, date) and name in _DATE else None


_DATE: Mapping[str, Callable[[date], int]] = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "weekday": lambda value: value.isoweekday(),
}
_TIME = frozenset({"hour", "minute", "second"})
_SPAN: Mapping[str, Callable[[timedelta], int]] = {
    "days": lambda value: _whole(value, DAY),
    "hours": lambda value: _whole(value, HOUR) - 24 * _whole(value, DAY),
    "minutes": lambda value: _whole(value, MINUTE) - 60 * _whole(value, HOUR),
    "seconds": lambda value: _whole(value, SECOND) - 60 * _whole(value, MINUTE),
}
_MONTHS: Mapping[str, Callable[[int], int]] = {
    "years": lambda count: int(count / YEAR),
    "months": lambda count: abs(count) % YEAR,
}


def _whole(value: timedelta, unit: timedelta) -> int:
    return value // unit if value >= timedelta() else -(-value // unit)


def _from_parts(values: tuple[Any, ...]) -> date:
    if len(values) != len(("year", "month", "day")):
        raise ExpressionRefused(N_("日期要写年、月、日三个数。"))
    year, month, day = (whole_of(value) for value in values)
    return read_date(f"{year:04}-{month:02}-{day:02}")


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return instant(value).astimezone(HOME).date()
    if isinstance(value, date):
        return value
    raise ExpressionRefused(N_("这里要的是日期，得到的是%(kind)s。"), kind=kind_of(value))
