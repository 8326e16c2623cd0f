"""Lamps and lengths of time of an emergency: its clocks run day and night."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.deadlines.rules import lamp
from app.web import filters
from app.web.i18n import gettext
from app.work.models import WorkItem
from app.work.pages.lamps import STATES, Lamp

WORST = ("red", "amber", "green", "paused", "none")


def step_lamp(item: WorkItem, now: datetime) -> Lamp:
    """Return the lamp of an open step."""
    if item.due_at is None:
        return Lamp("none", gettext("无时限"))
    state = STATES[lamp(now, due=item.due_at, amber=item.amber_at, paused=item.paused_at is not None)]
    return Lamp(state, filters.remaining(item.due_at - now), filters.due_time(item.due_at))


def worst(lamps: Iterable[Lamp]) -> Lamp | None:
    """Return the lamp that needs somebody most; the first among equals."""
    return min(lamps, key=lambda one: WORST.index(one.state), default=None)


def elapsed(value: timedelta) -> str:
    """Write a running time: 0:07:05, 26:10:00."""
    seconds = max(int(value.total_seconds()), 0)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
