"""All drains of the product by name, in the groups that share a thread."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

from app.content.jobs import keep_columns
from app.deadlines.jobs import keep_years
from app.emergency import jobs as emergencies
from app.errors import SettingError
from app.files.jobs import sweep
from app.outbox import channels_of, queries
from app.outbox.jobs import drain
from app.outbox.models import SERVICE, SIGNAL
from app.processes import jobs as publishing
from app.studio.jobs import sweep_try_outs
from app.work import jobs
from app.work.jobs_services import serve_owed
from app.work.jobs_signals import deliver_owed
from app.work.jobs_transcriptions import remind_owed
from app.work.operations.transcribing import CONFIRM
from app.work.runtime import Runtime
from app.work.watch import find_stalled

MINUTES, HOUR, DAY = 300.0, 3600.0, 86400.0
Stopping = Callable[[], bool]


@dataclass(frozen=True)
class Drain:
    """Takes on a batch of what is due (`run`), and says when something is (`next_due`).

    `timed`: what it does follows from the time alone, so it waits while a jump of the clock is being held.
    """

    name: str
    run: Callable[[Stopping], int]
    next_due: Callable[[Session, datetime], datetime | None]
    timed: bool = False


class Seldom:
    """Something to do now and then, first at the start; `next_due` says now when its time has come."""

    def __init__(self, every: float, act: Callable[[], int]) -> None:
        self._every, self._act, self._next = every, act, 0.0

    def next_due(self, _session: Session, now: datetime) -> datetime | None:
        """Return `now` when it is to be done."""
        return now if time.monotonic() >= self._next else None

    def run(self, _stopping: Stopping) -> int:
        """Do it, and not again before its time."""
        self._next = time.monotonic() + self._every
        self._act()
        return 0


def groups(app: Flask, wanted: Collection[str]) -> list[list[Drain]]:
    """Return the wanted drains; each group has a thread of its own, since the outside may answer slowly."""
    runtime: Runtime = app.extensions["guanjia.runtime"]
    channels = channels_of(app)
    owner = f"{socket.gethostname()}:{os.getpid()}:{threading.get_native_id()}"
    timed = [
        Drain("timers", lambda stop: jobs.fire_timers(runtime, stop), jobs.TIMERS.next_due, timed=True),
        Drain("deadlines", jobs.fire_deadlines, jobs.DEADLINES.next_due, timed=True),
        Drain(
            "publishing",
            lambda stop: publishing.publish_due(runtime.topics, stop),
            publishing.next_due,
            timed=True,
        ),
        Drain("signals", lambda stop: deliver_owed(runtime, owner, stop), _owed([SIGNAL])),
        Drain("emergencies", emergencies.bring_in, emergencies.next_due, timed=True),
        Drain("confirmations", lambda stop: remind_owed(owner, stop), _owed([CONFIRM]), timed=True),
    ]
    if "timers" in wanted:
        timed += _seldom(runtime)
    outbox = Drain("outbox", lambda _stop: drain(channels, owner), _owed(channels))
    services = Drain("services", lambda _stop: serve_owed(runtime, owner), _owed([SERVICE]))
    found = ([one for one in group if one.name in {*wanted, SELDOM}] for group in (timed, [outbox], [services]))
    return [group for group in found if group]


NAMES = ("timers", "deadlines", "publishing", "outbox", "services", "signals", "confirmations", "emergencies")
SELDOM = "seldom"


def chosen(text: str | None) -> tuple[str, ...]:
    """Return the drains a list such as `timers,outbox` names, all without one; raise SettingError if unknown."""
    names = tuple(name.strip() for name in text.split(",")) if text else NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise SettingError(f"There is no drain {unknown[0]!r}; there are {', '.join(NAMES)}.")
    return names


def _owed(kinds: Iterable[str]) -> Callable[[Session, datetime], datetime | None]:
    wanted = tuple(kinds)
    return lambda session, now: queries.next_due(session, now, wanted) if wanted else None


def _seldom(runtime: Runtime) -> list[Drain]:
    def look() -> int:
        return find_stalled(runtime)

    def keep() -> int:
        return keep_columns(runtime)

    def prepare() -> int:
        return emergencies.keep_plans(runtime)

    hourly = ((HOUR, sweep, True), (HOUR, sweep_try_outs, True), (HOUR, keep, True), (HOUR, prepare, True))
    rows = (*hourly, (DAY, keep_years, True), (MINUTES, look, False))
    kept = [(Seldom(every, act), timed) for every, act, timed in rows]
    return [Drain(SELDOM, one.run, one.next_due, timed) for one, timed in kept]
