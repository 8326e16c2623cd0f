"""What one completion costs, as counts and as ratios within one run; other figures are only printed."""

from __future__ import annotations

import gc
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import event, insert, select

from app import clock, create_app, runtime_of
from app.db import db, transaction
from app.engine import Engine, compile_definition
from app.engine.port import Environment
from app.ledger.rules import Actor, Entry, body_of, digest
from app.people.models import User
from app.people.queries import viewer_named
from app.work.models import Case, WorkItem
from app.work.operations import complete_work_item
from app.work.queries.boxes import Filters, counts, todo
from tests.conftest import START, prepare, settings_for
from tests.factories.small import open_item, publish_small, start_small, viewer

STATEMENTS = (
    28  # to become 20; per completion, engine state and next item included; independent of the length of the case
)
GROWTH = 1.3
FLOORS = 6.0
ROUNDS = 1000
MANY = 100_000
MINE = 20
failures: list[str] = []


def say(text: str, *, ok: bool = True) -> None:
    """Print one line and remember what failed."""
    print(f"{'  ' if ok else '! '}{text}")
    if not ok:
        failures.append(text)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements sent while the block runs."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        found.append(text)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def one_round(app: Flask, case_id: int, number: int) -> tuple[float, int]:
    """Complete one step of a looping case; return its milliseconds and statements."""
    item = open_item(case_id)
    by, answers = ("vendor_a_tech", {"done": "已办"}) if item.node == "do" else ("dept", {"decision": "back"})
    with transaction() as session:
        who, now = viewer(session, by), clock.now(session)
        with statements() as found:
            begin = time.perf_counter()
            complete_work_item(session, runtime_of(app), item.id, who, answers, f"{case_id}-{number}", now)
            session.flush()
        spent = time.perf_counter() - begin
    return spent * 1000, len(found)


def floor(folder: Path) -> Callable[[], float]:
    """Return a function that does the least a completion must: engine step, rows, one record, one commit."""
    source = Path("tests/factories/bpmn/small/small.bpmn").read_bytes()
    engine, env = Engine(), Environment(START, {"id": 1, "unit": 2})
    live, _ = engine.start(compile_definition(source), {}, {}, env)
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (id TEXT PRIMARY KEY, internal TEXT, data TEXT)")
    connection.execute("CREATE TABLE r (body TEXT, hash TEXT)")
    answers = {"ask": {}, "do": {"done": "已办"}, "check": {"decision": "back"}}

    def once() -> float:
        begin = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        (open_node,) = engine.open_nodes(live)
        step = engine.complete(live, open_node.token, answers[open_node.node], env)
        rows = [(row.id, row.internal, row.data) for row in step.changed]
        connection.executemany("INSERT OR REPLACE INTO t VALUES (?, ?, ?)", rows)
        body = body_of(Entry("a:b:c", Actor("person", "甲"), {}), chain="c", seq=1, at=START, mode="test")
        connection.execute("INSERT INTO r VALUES (?, ?)", (body, digest("sha256", "", body)))
        connection.execute("COMMIT")
        return (time.perf_counter() - begin) * 1000

    return once


def bench_completion(app: Flask, folder: Path) -> None:
    """Compare a completion early and late in a case, and with the floor, interleaved."""
    case_id = start_small(runtime_of(app)).case_id
    early = [one_round(app, case_id, number) for number in range(40)]
    for number in range(40, ROUNDS):
        one_round(app, case_id, number)
    least = floor(folder)
    late, floors = [], []
    for number in range(ROUNDS, ROUNDS + 200):
        late.append(one_round(app, case_id, number))
        floors.append(least())
    first, last = statistics.median(ms for ms, _ in early), statistics.median(ms for ms, _ in late)
    base = statistics.median(floors)
    sent = max(count for _, count in late)
    say(f"completion: {first:.2f} ms at round 20, {last:.2f} ms at round {ROUNDS}; floor {base:.2f} ms")
    say(f"growth {last / first:.2f} (at most {GROWTH})", ok=last / first <= GROWTH)
    say(f"{last / base:.1f} × floor (aim {FLOORS})")
    say(f"{sent} statements a completion (at most {STATEMENTS})", ok=sent <= STATEMENTS)


def bench_inbox(app: Flask) -> None:
    """Compare the inbox of an empty database with one of a hundred thousand open items."""
    del app
    empty, _ = inbox_cost()
    fill_inbox()
    full, sent = inbox_cost()
    say(f"inbox: {empty:.1f} ms empty, {full:.1f} ms with {MANY} open items in the house, {sent} statements")
    say(f"inbox growth {full / empty:.2f} (at most 2)", ok=full / empty <= 2)


def inbox_cost() -> tuple[float, int]:
    """Return the milliseconds (median) and statements of an inbox page's reads."""
    who = viewer_named(db.session(), "dept")
    assert who is not None
    times = []
    for _ in range(9):
        db.session.rollback()
        begin = time.perf_counter()
        with statements() as found:
            counts(db.session(), who, START)
            todo(db.session(), who, Filters(), START)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times), len(found)


def fill_inbox() -> None:
    """Write many open items of other people, and twenty of this one."""
    db.session.rollback()
    with transaction() as session:
        dept = session.scalars(select(User).where(User.user_name == "dept")).one()
        case = session.scalars(select(Case)).first()
        assert case is not None
        common = {
            "case_id": case.id,
            "node": "do",
            "name": "办理",
            "name_en": "Handle",
            "round": 1,
            "status": "open",
            "side": "vendor",
            "unit_id": dept.unit_id,
            "unit_name": "甲",
            "rule": {},
            "rule_text": "",
            "from_name": "甲",
            "from_unit": "甲",
            "returned": False,
            "urged": 0,
            "opened_at": START,
            "row_version": 1,
            "due_at": START,
        }
        holders = [dept.id if n < MINE else 10_000 + n % 500 for n in range(MANY)]
        rows = [{**common, "token": f"many-{n}", "assignee_id": holder} for n, holder in enumerate(holders)]
        session.execute(insert(WorkItem), rows)


def main() -> int:
    """Run everything on a throw-away SQLite database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_for(folder)
        prepare(settings)
        app = create_app(settings)
        with app.app_context():
            publish_small()
            bench_completion(app, folder)
            bench_inbox(app)
            gc.collect()
            say(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most in this run")
            db.session.remove()
            db.engine.dispose()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
