"""The trial's background thread: looks for due work each second, at once when hinted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import structlog
from flask import Flask

log = structlog.get_logger()
TICK = 1.0


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
        self._thread.join(timeout=20)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            with self._app.app_context():
                for drain in self._drains:
                    self._one(drain)
            self._wake.wait(TICK)

    def _one(self, drain: Callable[[], int]) -> None:
        """Run one drain; a fault of one must not stop the others, and is never silent."""
        try:
            done = drain()
        except Exception:
            log.exception("drain failed", drain=drain.__name__)
        else:
            if done:
                log.info("drained", drain=drain.__name__, count=done)
