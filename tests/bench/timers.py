"""Ten thousand overdue timers after a stand-still.

On SQLite the serving process drains them, as nothing else may; on PostgreSQL two `guanjia worker` do.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from functools import partial
from uuid import uuid4

from flask import Flask
from sqlalchemy import func, insert, select, update

from app import clock, runtime_of
from app.config import Settings
from app.db import db, transaction
from app.ledger import Actor
from app.postgres import is_postgres
from app.processes.operations import publish
from app.processes.source import Source
from app.work.jobs import fire_timers
from app.work.models import Case, TaskState
from app.work.operations import open_case
from tests.bench import table
from tests.factories.small import viewer
from tests.processes import diagrams as d

CASES, SECONDS, WORKERS = 10_000, 60, 2
WAITING = d.diagram(
    d.start(),
    d.node("intermediateCatchEvent", "later", d.timer("Duration", "PT1H")),
    d.end(),
    d.chain("s", "later", "e"),
).replace(b'id="p"', b'id="bench_waiting"')


def measure(app: Flask, settings: Settings) -> None:
    """Print how long the drain takes for all of them."""
    copy(one_waiting(app))
    make_overdue()
    drain = partial(workers, settings) if is_postgres(db.session()) else partial(alone, app)
    db.session.rollback()
    name, spent = drain()
    ended = count_ended()
    table.row("cases whose overdue timer fired", f"{CASES}", f"{ended}", ok=ended == CASES)
    table.told(f"drain of {CASES} overdue timers, {name}", f"≤ {SECONDS} s", f"{spent:.0f} s")


def alone(app: Flask) -> tuple[str, float]:
    """Drain in this process; return by whom and in how many seconds."""
    begin = time.perf_counter()
    while fire_timers(runtime_of(app)):
        pass
    return "one process", time.perf_counter() - begin


def workers(settings: Settings) -> tuple[str, float]:
    """Let two processes drain; the seconds count from the first timer that fired."""
    env = {**os.environ, "GUANJIA_DATABASE_URL": settings.database_url, "GUANJIA_SECRET_KEY": "k" * 40}
    words = [sys.executable, "-m", "app.cli", "worker", "--data", str(settings.data), "--drains", "timers"]
    started = [subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL) for _ in range(WORKERS)]
    try:
        while not count_ended():
            time.sleep(0.05)
        begin = time.perf_counter()
        while count_ended() < CASES and time.perf_counter() - begin < 10 * SECONDS:
            time.sleep(0.5)
        return f"{WORKERS} workers", time.perf_counter() - begin
    finally:
        for process in started:
            process.terminate()
            process.wait()


def count_ended() -> int:
    """Return how many of these cases are over."""
    query = select(func.count()).select_from(Case).where(Case.slug == "bench_waiting", Case.status == "ended")
    ended: int = db.session.scalar(query) or 0
    db.session.rollback()
    return ended


def make_overdue() -> None:
    """Set every one of these timers an hour into the past."""
    with transaction() as session:
        overdue = clock.now(session) - timedelta(hours=1)
        session.execute(update(Case).where(Case.slug == "bench_waiting").values(next_due=overdue, row_version=99))
        waiting = select(TaskState.id, TaskState.internal).where(TaskState.spec == "later").distinct()
        for id_, internal in session.execute(waiting).all():
            early = re.sub(r'"due":"[^"]*"', f'"due":"{overdue.isoformat()}"', internal)
            session.execute(update(TaskState).where(TaskState.id == id_).values(internal=early))


def one_waiting(app: Flask) -> int:
    """Start a case that waits for its timer."""
    with transaction() as session:
        now = clock.now(session)
        publish(session, Source("bench_waiting", WAITING), Actor("setup", "setup"), now)
    with transaction() as session:
        who = viewer(session, "dept")
        return open_case(session, runtime_of(app), "bench_waiting", who, {}, uuid4().hex, clock.now(session)).id


def copy(first: int) -> None:
    """Write the same case many times over: starting each would take longer than the drain."""
    with transaction() as session:
        cases, tasks = Case.metadata.tables["case_file"], TaskState.metadata.tables["task_row"]
        case = dict(session.execute(select(cases).where(cases.c.id == first)).mappings().one())
        rows = [dict(one) for one in session.execute(select(tasks).where(tasks.c.case_id == first)).mappings()]
        ids = range(1_000_000, 1_000_000 + CASES - 1)
        session.execute(insert(cases), [{**case, "id": n, "number": f"B-{n}", "start_key": f"b{n}"} for n in ids])
        session.execute(insert(tasks), [{**row, "case_id": n} for n in ids for row in rows])
