"""ISO 8601 times as diagrams write them: `PT1H`, `P1M`, `2026-01-02T08:00`, `R3/PT1H`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

HOME = timezone(timedelta(hours=8))
_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_LONGEST = 100_000


class NoTimeError(ValueError):
    """The text is not a time of the kind wanted."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time; months are of the calendar, not of seconds."""

    months: int
    span: timedelta

    def after(self, start: datetime, times: int = 1) -> datetime:
        """Return the instant `times` spans after `start`, in UTC."""
        local = start.astimezone(HOME)
        month = local.month - 1 + self.months * times
        year, month = local.year + month // 12, month % 12 + 1
        day = min(local.day, monthrange(year, month)[1])
        return (local.replace(year=year, month=month, day=day) + self.span * times).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repetition: how often (None is for ever), from when (None is one span from now), how far apart."""

    times: int | None
    start: datetime | None
    step: Duration


def parse_duration(text: str) -> Duration:
    """Read `P1DT2H`; raise NoTimeError otherwise."""
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None:
        raise NoTimeError(text)
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    if max(years, months, weeks, days, hours, minutes) > _LONGEST:
        raise NoTimeError(text)
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    months += years * 12
    if not months and not span:
        raise NoTimeError(text)
    return Duration(int(months), span)


def parse_instant(text: str) -> datetime:
    """Read a date or date-time; one without a zone is home time. Raise NoTimeError otherwise."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise NoTimeError(text) from error
    return (read if read.tzinfo else read.replace(tzinfo=HOME)).astimezone(UTC)


def parse_cycle(text: str) -> Cycle:
    """Read `R3/PT1H`, `R/P1D`, `R3/2026-01-02T08:00/PT1H`; raise NoTimeError otherwise."""
    count, *rest = text.strip().upper().split("/")
    if not re.fullmatch(r"R([1-9]\d{0,5})?", count) or not 1 <= len(rest) <= 2:  # noqa: PLR2004 - start and step
        raise NoTimeError(text)
    start = parse_instant(rest[0]) if len(rest) > 1 else None
    return Cycle(int(count[1:]) if count[1:] else None, start, parse_duration(rest[-1]))
