"""When people are tried by surprise: an instant nobody can foresee, within the hours of a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from secrets import SystemRandom
from typing import Final

from app.clock import ZONE, local

DAYS_OF_MONTH: Final = 30
HOUR: Final = 3600
LATEST: Final = timedelta(hours=1)
Pick = Callable[[int], int]  # below its argument, from 0 on

pick_freely: Pick = SystemRandom().randrange


@dataclass(frozen=True)
class Rule:
    """How often a month on average, and between which hours of the day."""

    per_month: int
    from_hour: int
    to_hour: int

    def includes(self, instant: datetime) -> bool:
        """Say whether an instant lies in the hours."""
        return self.from_hour <= local(instant).hour < self.to_hour


def next_moment(rule: Rule, now: datetime, pick: Pick) -> datetime | None:
    """Return the next instant; None when there is to be none.

    The wait is drawn anew each time, counted in the hours of the rule only and between nothing and twice the mean:
    right after a try the next is as likely as ever.
    """
    if rule.per_month <= 0 or rule.to_hour <= rule.from_hour:
        return None
    length = (rule.to_hour - rule.from_hour) * HOUR
    wait = 1 + pick(2 * DAYS_OF_MONTH * length // rule.per_month)
    day = local(now).date()
    while True:
        opens = datetime.combine(day, time(rule.from_hour), ZONE)
        start = max(opens, now)
        room = max(0, int((opens + timedelta(seconds=length) - start).total_seconds()))
        if wait < room:
            return start + timedelta(seconds=wait)
        wait -= room
        day += timedelta(days=1)


def is_missed(rule: Rule, due: datetime, now: datetime) -> bool:
    """Say whether nobody was there to begin in time: then people are not called at another hour instead."""
    return now - due > LATEST or not rule.includes(now)
