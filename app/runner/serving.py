"""Serve in one process: waitress for the pages, one background thread for the drains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import waitress
from flask import Flask

from app.deadlines.jobs import keep_years
from app.files.jobs import sweep
from app.runner.background import Background, Seldom
from app.web import wrap_static
from app.work import jobs
from app.work.runtime import Runtime

THREADS = 8
LONGEST_BODY = 64 * 1024 * 1024
HOUR, DAY = 3600.0, 86400.0
SELDOM = ((HOUR, sweep), (DAY, keep_years))


def serve(app: Flask, host: str, port: int, *, say: Callable[[str], Any]) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is running and return."""
    background = background_of(app)
    wrap_static(app)
    server = waitress.create_server(
        app, host=host, port=port, threads=THREADS, max_request_body_size=LONGEST_BODY, ident="guanjia"
    )
    background.start()
    say(f"Guanjia 管家 on http://{host}:{port} (stop with Ctrl-C)")
    try:
        server.run()
    finally:
        background.stop()
        server.close()


def background_of(app: Flask) -> Background:
    """Return the background thread with all drains of the product."""
    runtime: Runtime = app.extensions["guanjia.runtime"]

    def fire_timers() -> int:
        return jobs.fire_timers(runtime)

    return Background(app, [fire_timers, jobs.fire_deadlines, *(Seldom(each, act) for each, act in SELDOM)])
