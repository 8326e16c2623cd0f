"""Lamps and seals: shape, word and colour of how much time is left and in which state something is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.deadlines.rules import WORKING, Calendar, lamp, left
from app.web import filters
from app.web.i18n import gettext
from app.work.models import Case, WorkItem
from app.work.pages.words import SEALS, VOID_RESULTS
from app.work.queries.casefile import Limit

STATES = {"g": "green", "a": "amber", "r": "red", "p": "paused", "n": "none"}
STANDARD = Calendar()


@dataclass(frozen=True)
class Lamp:
    """One lamp: its shape, its words and the absolute time below."""

    state: str
    text: str
    sub: str = ""


@dataclass(frozen=True)
class Seal:
    """One seal: its kind and its word."""

    state: str
    text: str


def item_lamp(item: WorkItem, limit: Limit | None, now: datetime) -> Lamp:
    """Return the lamp of an open item; a paused one says since when and what it waits for."""
    paused_at = item.paused_at or (limit.paused_at if limit else None)
    state = STATES[lamp(now, due=item.due_at, amber=item.amber_at, paused=paused_at is not None)]
    if paused_at is not None and state == "paused":
        return Lamp(state, _stopped(paused_at, now), item.pause_text or "")
    if item.due_at is None:
        return Lamp("none", filters.remaining(None))
    return Lamp(state, _remaining(item.due_at, limit, now), filters.due_time(item.due_at))


def limit_lamp(limit: Limit, now: datetime) -> Lamp:
    """Return the lamp of a case's own limit."""
    state = STATES[lamp(now, due=limit.due, amber=limit.amber, paused=limit.paused_at is not None)]
    if limit.paused_at is not None:
        return Lamp(state, _stopped(limit.paused_at, now), filters.due_time(limit.due))
    return Lamp(state, _remaining(limit.due, limit, now), filters.due_time(limit.due))


def closed_lamp(item: WorkItem) -> Lamp:
    """Return how a finished item stood to its limit: in time, or late by how much."""
    at = filters.local_time(item.closed_at)
    if item.due_at is None or item.closed_at is None:
        return Lamp("none", gettext("已办完"), at)
    late = item.closed_at > item.due_at
    return Lamp("red", gettext("超期办完"), at) if late else Lamp("green", gettext("按时办完"), at)


def item_seal(item: WorkItem, now: datetime, *, mine: bool) -> Seal:
    """Return the one seal of an item; overdue wins over everything that is open."""
    if item.status == "done":
        return seal("done")
    if item.status != "open":
        return seal("void")
    if item.paused_at is not None:
        return seal("hold")
    if item.due_at is not None and item.due_at < now:
        return seal("late")
    return seal("todo" if mine else "run")


def case_seal(case: Case, *, late: bool = False, paused: bool = False) -> Seal:
    """Return the one seal of a case."""
    if case.status != "running":
        return seal("void" if case.result in VOID_RESULTS else "done")
    if late:
        return seal("late")
    return seal("hold" if paused else "run")


def seal(state: str) -> Seal:
    """Return the seal with its word."""
    return Seal(state, gettext(SEALS[state]))


def working_span(calendar: Calendar, amount: timedelta) -> str:
    """Write a length of working time: days have the calendar's hours."""
    return filters.span(amount, calendar.day_length / timedelta(hours=1))


def _stopped(since: datetime, now: datetime) -> str:
    return gettext("已暂停 %(span)s", span=filters.span(max(now - since, timedelta(0))))


def _remaining(due: datetime, limit: Limit | None, now: datetime) -> str:
    """Write what is left on the limit's own clock; in its last day a limit shows hours, never 0 days."""
    rest = left(limit.calendar, limit.clock, now, due) if limit else left(STANDARD, WORKING, now, due)
    if due < now and rest.amount >= timedelta(0):
        # overdue, but no working time has passed since: plain time says more than nothing
        return filters.remaining(due - now)
    return filters.remaining(rest.amount, rest.hours_per_day)
