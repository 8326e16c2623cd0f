"""The trial's background thread: looks for due work each second, at once when hinted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import structlog
from flask import Flask

log = structlog.get_logger()
TICK = 1.0
REST = 10.0  # how long a drain that failed leaves the database alone
LAST = 4.0  # what a running drain is given at the end; its transaction is then rolled back


class Seldom:
    """A drain that need not look each second."""

    def __init__(self, every: float, act: Callable[[], int]) -> None:
        self._every, self._act, self._next = every, act, 0.0
        self.__name__ = act.__name__

    def __call__(self) -> int:
        """Run when its time has come."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + self._every
        return self._act()


class Background:
    """Runs the drains one after another in one thread until stopped."""

    def __init__(self, app: Flask, drains: Sequence[Callable[[], int]]) -> None:
        self._app, self._drains = app, drains
        self._resting: dict[str, float] = {}
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="guanjia-drains", daemon=True)

    def start(self) -> None:
        """Begin to look for due work."""
        self._thread.start()

    def hint(self) -> None:
        """Say that something may be due now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the running drain and end the thread."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=LAST)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            with self._app.app_context():
                for drain in self._drains:
                    self._one(drain)
            self._wake.wait(TICK)

    def _one(self, drain: Callable[[], int]) -> None:
        """Run one drain; a fault of one must not stop the others, and is never silent."""
        if self._stop.is_set() or time.monotonic() < self._resting.get(drain.__name__, 0.0):
            return
        try:
            done = drain()
        except Exception:
            self._resting[drain.__name__] = time.monotonic() + REST
            log.exception("drain failed", drain=drain.__name__)
        else:
            if done:
                log.info("drained", drain=drain.__name__, count=done)
