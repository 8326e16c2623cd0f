"""How ready a plan and its people are: numbers looked at lately, the next drill, hours without duty. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Final

CHECK_EVERY: Final = timedelta(days=31)
SOON: Final = timedelta(days=30)
GREEN, AMBER, RED = "green", "amber", "red"


@dataclass(frozen=True)
class Span:
    """Somebody on duty from an instant to an instant."""

    starts: datetime
    ends: datetime
    name: str


def is_valid(phone: str, checked_at: datetime | None, now: datetime) -> bool:
    """Say whether a number is there and somebody found it right within the last month."""
    return bool(phone) and checked_at is not None and now - checked_at <= CHECK_EVERY


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later; the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def drill_lamp(due: date, today: date) -> str:
    """Return the lamp of the next drill: red from the day after it was due, amber for thirty days before."""
    if due < today:
        return RED
    return AMBER if due - today <= SOON else GREEN


def gaps(spans: Iterable[Span], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the times within [since, until) at which nobody is on duty."""
    found, at = [], since
    for span in sorted(spans, key=lambda one: one.starts):
        if span.starts > at:
            found.append((at, min(span.starts, until)))
        at = max(at, span.ends)
        if at >= until:
            break
    if at < until:
        found.append((at, until))
    return [(start, end) for start, end in found if start < end]


def overlaps(spans: Sequence[Span]) -> list[tuple[Span, Span, datetime, datetime]]:
    """Return each two who are on duty at the same time, with from when to when."""
    found = []
    for one, other in combinations(sorted(spans, key=lambda span: span.starts), 2):
        start, end = max(one.starts, other.starts), min(one.ends, other.ends)
        if start < end:
            found.append((one, other, start, end))
    return found
