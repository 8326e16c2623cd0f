"""Two hundred emergencies of grade I at once: how late their timers fire, and what a command board costs.

They begin within ten minutes and nobody gives an order, so that all of them are graded again and tell of
overdue steps within ten minutes: three times as much as otherwise.
"""

from __future__ import annotations

import statistics
import time
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select
from structlog.testing import capture_logs

from app import clock, runtime_of
from app.db import db, transaction
from app.emergency.jobs import bring_in
from app.ledger.models import Record
from app.work.jobs import fire_deadlines, fire_timers, never
from app.work.models import Case, WorkItem
from tests.bench import table
from tests.bench.completion import watched
from tests.conftest import signed_in
from tests.factories.emergency import Running, publish_emergency

CASES, BRANCHES, LATE, STOOD, BOARD_MS, STATEMENTS = 200, 4, 2.0, 60, 300, 20
UNNOTICED = timedelta(hours=25)
GRID = timedelta(minutes=30)
APART = timedelta(seconds=3)  # the last calls its commander before the first is graded again
REPORT = {"decision": "sent", "report_text": "初步情况", "channel": "phone", "receiver_name": "网信办"}


def measure(app: Flask) -> None:
    """Print the figures of emergencies on this database."""
    publish_emergency()
    began = [begin(app) for _ in range(CASES)]
    runs = [run for run, _at in began]
    ids = [run.case_id for run in runs]
    open_ = select(func.count(WorkItem.id)).where(WorkItem.case_id.in_(ids), WorkItem.status == "open")
    steps = (db.session.scalar(open_) or 0) / CASES
    table.row(f"open steps of each of {CASES} emergencies", f"≥ {BRANCHES}", f"{steps:g}", ok=steps >= BRANCHES)
    drain(app, until=began[0][1] + GRID - timedelta(minutes=4))
    jump(began[0][1] + GRID - timedelta(seconds=1))
    timers(app, ids, until=began[-1][1] + GRID + timedelta(seconds=1))
    stand_still(app, ids)
    board(app, runs[0])


def begin(app: Flask) -> tuple[Running, datetime]:
    """Raise an alarm, confirm and contain it, report it; return it and when it began."""
    run = Running(app, "outage").begin()
    at = run.row.began_at
    happened = (at - UNNOTICED).isoformat()
    run.confirm(unreachable=True, place="province", happened_at=happened)
    run.do("first_containment", "tech_lead", decision="contained", measure="isolate")
    run.do("phone_report", "liaison", **REPORT)
    jump(at + APART)
    return run, at


def jump(to: datetime) -> None:
    """Move the time forward to an instant, unless it is past."""
    with transaction() as session:
        if clock.now(session) < to:
            clock.advance(session, to)


def turn(app: Flask) -> int:
    """Do once what the thread of timers does in a turn."""
    return fire_timers(runtime_of(app)) + fire_deadlines() + bring_in(never)


def drain(app: Flask, until: datetime) -> None:
    """Let time go by, and everything that is due by then happen."""
    jump(until)
    while turn(app):
        pass


def timers(app: Flask, ids: list[int], until: datetime) -> None:
    """Run the drains as the time goes by; print how late each emergency was graded again."""
    due, last = next_dues(ids), last_record()
    while any(at < until for at in next_dues(ids).values()):
        if not turn(app):
            jump(min(next_dues(ids).values()))  # nobody waits for anything: no need to wait for that
    late = sorted((at - due[id_]).total_seconds() for id_, at in fired(last).items() if id_ in due)
    table.row("emergencies graded again in their turn", f"{len(ids)}", f"{len(late)}", ok=len(late) == len(ids))
    span = (max(due.values()) - min(due.values())).total_seconds()
    found = f"{statistics.median(late):.2f} s, {late[-1]:.2f} s"
    table.told(f"how late, median and most, {len(ids)} within {span:.0f} s", f"≤ {LATE:g} s", found)


def stand_still(app: Flask, ids: list[int]) -> None:
    """Let all of them be overdue at once; print how long the drain takes for them."""
    jump(max(next_dues(ids).values()) + timedelta(seconds=1))
    last, begin_ = last_record(), time.perf_counter()
    while turn(app):
        pass
    spent, graded = time.perf_counter() - begin_, len(fired(last))
    table.row("emergencies graded after a stand-still", f"{len(ids)}", f"{graded}", ok=graded == len(ids))
    table.told(f"drain of {len(ids)} emergencies due at once", f"≤ {STOOD:g} s", f"{spent:.1f} s")


def next_dues(ids: list[int]) -> dict[int, datetime]:
    """Return the next instant each emergency waits for."""
    query = select(Case.id, Case.next_due).where(Case.id.in_(ids))
    found = {id_: at for id_, at in db.session.execute(query).tuples() if at is not None}
    db.session.rollback()
    return found


def last_record() -> int:
    """Return the number of the newest record."""
    found = db.session.scalar(select(func.max(Record.id))) or 0
    db.session.rollback()
    return found


def fired(since: int) -> dict[int | None, datetime]:
    """Return when the first timer of each emergency fired after a record."""
    query = select(Record.case_id, func.min(Record.at)).where(Record.id > since, Record.kind == "work:timer:fired")
    found = dict(db.session.execute(query.group_by(Record.case_id)).tuples().all())
    db.session.rollback()
    return found


def board(app: Flask, run: Running) -> None:
    """Print what the command board of one of them costs, the whole page."""
    with capture_logs():
        office, address = signed_in(app, "office"), f"/emergency/{run.case.number}"
    spent, sent = [], []
    for _ in range(9):
        begin_ = time.perf_counter()
        with watched() as seen, capture_logs():
            assert office.get(address).status_code == 200
        spent.append((time.perf_counter() - begin_) * 1000)
        sent.append(len([one for one in seen if not one[0].startswith("BEGIN")]))
    table.told(
        f"command board of one of {CASES} emergencies", f"≤ {BOARD_MS} ms", f"{statistics.median(spent):.0f} ms"
    )
    table.count("statements of the command board", max(sent[1:]), STATEMENTS)
