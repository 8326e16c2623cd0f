"""Ten thousand overdue timers after a stand-still."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from uuid import uuid4

from flask import Flask
from sqlalchemy import func, insert, select, update

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source
from app.work.jobs import fire_timers
from app.work.models import Case, TaskState
from app.work.operations import open_case
from tests.bench import table
from tests.factories.small import viewer
from tests.processes import diagrams as d

CASES, SECONDS = 10_000, 60
WAITING = d.diagram(
    d.start(),
    d.node("intermediateCatchEvent", "later", d.timer("Duration", "PT1H")),
    d.end(),
    d.chain("s", "later", "e"),
).replace(b'id="p"', b'id="bench_waiting"')


def measure(app: Flask) -> None:
    """Print how long the drain takes for all of them."""
    copy(one_waiting(app))
    make_overdue()
    begin = time.perf_counter()
    while fire_timers(runtime_of(app)):
        pass
    spent = time.perf_counter() - begin
    query = select(func.count()).select_from(Case).where(Case.slug == "bench_waiting", Case.status == "ended")
    ended = db.session.scalar(query)
    db.session.rollback()
    table.row("cases whose overdue timer fired", f"{CASES}", f"{ended}", ok=ended == CASES)
    table.told(f"drain of {CASES} overdue timers", f"≤ {SECONDS} s", f"{spent:.0f} s")


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
