"""Threads that look for due work: at the instant it is due, at once when hinted, each second at the latest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from flask import Flask

from app import clock
from app.db import db
from app.runner.drains import Drain

log = structlog.get_logger()
TICK = 1.0
REST = 10.0  # how long a drain that failed as a whole leaves the database alone
LAST = 4.0  # what a running drain is given at the end; its transaction is then rolled back


class Background:
    """Runs groups of drains, each group in a thread of its own, until stopped.

    `held` says whether a jump of the clock is being held; the drains that follow the time wait then.
    """

    def __init__(self, app: Flask, groups: Sequence[Sequence[Drain]], held: Callable[[], bool]) -> None:
        self._stop = threading.Event()
        self._loops = [_Loop(app, group, held, self._stop) for group in groups]

    def start(self) -> None:
        """Begin to look for due work."""
        for loop in self._loops:
            loop.thread.start()

    def hint(self) -> None:
        """Say that something may be due now."""
        for loop in self._loops:
            loop.wake.set()

    def stop(self) -> None:
        """Let the running transactions end, then the threads."""
        self._stop.set()
        self.hint()
        until = time.monotonic() + LAST
        for loop in self._loops:
            loop.thread.join(timeout=max(until - time.monotonic(), 0.0))


class _Loop:
    """One thread and its drains, which take turns batch by batch."""

    def __init__(self, app: Flask, drains: Sequence[Drain], held: Callable[[], bool], stop: threading.Event) -> None:
        self._app, self._drains, self._stop = app, drains, stop
        self._held = held if any(drain.timed for drain in drains) else _free
        self._rest_until = dict.fromkeys(range(len(drains)), 0.0)
        self.wake = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"guanjia-{drains[0].name}", daemon=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.wake.clear()
            with self._app.app_context():
                pause = self._round()
            self.wake.wait(pause)

    def _round(self) -> float:
        """Let every drain that has something due take a batch; return for how long nothing is to be done."""
        pauses = [TICK]
        try:
            held, now = self._held(), clock.now(db.session())
            for number, drain in enumerate(self._drains):
                if not self._stop.is_set() and not (held and drain.timed):
                    pauses.append(self._turn(number, drain, now))
        except Exception:
            log.exception("drains failed", drains=[drain.name for drain in self._drains])
            return REST
        finally:
            db.session.remove()
        return max(min(pauses), 0.0)

    def _turn(self, number: int, drain: Drain, now: datetime) -> float:
        """Run one drain; a fault of one must not stop the others, and is never silent."""
        if time.monotonic() < self._rest_until[number]:
            return TICK
        try:
            due = drain.next_due(db.session(), now)
            db.session.rollback()
            if due is None or due > now:
                return (due - now).total_seconds() if due else TICK
            done = drain.run(self._stop.is_set)
        except Exception:
            self._rest_until[number] = time.monotonic() + REST
            log.exception("drain failed", drain=drain.name)
            return TICK
        if done:
            log.info("drained", drain=drain.name, count=done)
        return 0.0 if done else TICK


def _free() -> bool:
    return False
