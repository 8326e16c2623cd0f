"""What a completion and a start cost: against the floor, late in a long case, in statements and bytes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import event

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source
from app.work.models import WorkItem
from app.work.operations import complete_work_item, open_case, start_case
from tests.bench import table
from tests.factories.small import publish_small, viewer
from tests.processes import diagrams as d

STATEMENTS, GROWTH, FLOORS, STARTS, BYTES = 20, 1.3, 6.0, 2.0, 4096
ROUNDS, COMPARED = 1000, 300
IN_LOOP = d.diagram(
    d.start(),
    d.gateway("parallel", "split"),
    d.user("a", assignee="dept"),
    d.user("b", assignee="dept"),
    d.gateway("parallel", "join"),
    d.user("c", assignee="dept"),
    d.gateway("exclusive", "again", default="back"),
    d.end(),
    d.chain("s", "split", "a", "join", "c", "again"),
    d.flows("split>b", "b>join", "back:again>split", "out:again>e[${decision == 'pass'}]"),
)
BY = {"ask": "dept", "do": "vendor_a_tech", "check": "dept"}
ANSWERS: dict[str, dict[str, Any]] = {"do": {"done": "已办"}, "check": {"decision": "back"}}


@dataclass
class Cost:
    """What each of many completions cost."""

    ms: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)

    def add(self, sent: Sequence[tuple[str, int]]) -> None:
        """Note the statements of a completion and what they wrote besides the record."""
        inside = [one for one in sent if not one[0].startswith(("BEGIN", "COMMIT"))]
        written = [n for text, n in inside if text.startswith(("INSERT", "UPDATE")) and "record" not in text]
        self.statements.append(len(inside))
        self.bytes.append(sum(written))


@contextmanager
def watched() -> Iterator[list[tuple[str, int]]]:
    """Collect the statements sent while the block runs, each with the bytes of its values."""
    found: list[tuple[str, int]] = []

    def note(_connection: object, _cursor: object, text: str, values: Any, *_rest: object) -> None:
        rows = values if isinstance(values, list) else [values]
        found.append((text, sum(size(row) for row in rows)))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def size(values: Any) -> int:
    """Return the bytes of one row of values."""
    each = values.values() if isinstance(values, dict) else values or ()
    return sum(len(str(value).encode()) for value in each if value is not None)


def open_items(case_id: int) -> list[tuple[int, str]]:
    """Return id and node of the open items of a case."""
    db.session.rollback()
    query = db.select(WorkItem.id, WorkItem.node).where(WorkItem.case_id == case_id, WorkItem.status == "open")
    found = [(item, node) for item, node in db.session.execute(query.order_by(WorkItem.id))]
    db.session.rollback()
    return found


def one_step(app: Flask, case_id: int, cost: Cost | None = None, *, count: bool = False) -> None:
    """Complete the first open step of a looping case; note its time or, watching takes some, what it sent."""
    (item, node), *_ = open_items(case_id)
    with transaction() as session:
        who, now = viewer(session, BY.get(node, "dept")), clock.now(session)
    with watched() if count else nullcontext([]) as sent:
        begin = time.perf_counter()
        with transaction() as session:
            complete_work_item(session, runtime_of(app), item, who, ANSWERS.get(node, {}), uuid4().hex, now)
        spent = (time.perf_counter() - begin) * 1000
    if cost is not None and not count:
        cost.ms.append(spent)
    elif cost is not None:
        cost.add(sent)


def begin_small(app: Flask) -> int:
    """Start a case of the small process, its first form filled."""
    with transaction() as session:
        who, answers = viewer(session, "dept"), {"title": "附件打不开", "wanted": "请修好。"}
        return start_case(session, runtime_of(app), "small", who, answers, uuid4().hex, clock.now(session)).case_id


def begin_loop(app: Flask) -> int:
    """Start a case of the loop with a parallel region inside."""
    with transaction() as session:
        case = open_case(session, runtime_of(app), "p", viewer(session, "dept"), {}, uuid4().hex, clock.now(session))
        return case.id


def measure(app: Flask, least: Callable[[], float]) -> None:
    """Print the figures of completions and starts on this database."""
    publish_small()
    with transaction() as session:
        publish(session, Source("p", IN_LOOP), Actor("setup", "setup"), clock.now(session))
    against_floor(app, least)
    for name, begin in (("a loop", begin_small), ("parallel in a loop", begin_loop)):
        late_in(app, name, begin)


def against_floor(app: Flask, least: Callable[[], float]) -> None:
    """Compare a completion in a case of ten steps with the floor, and a start with a completion, interleaved."""
    cost, floors, starts = Cost(), [], []
    for number in range(COMPARED):
        if number % 9 == 0:
            begin = time.perf_counter()
            case_id = begin_small(app)
            starts.append((time.perf_counter() - begin) * 1000)
        one_step(app, case_id, cost if number >= 18 else None, count=number % 5 == 0)
        floors.append(least())
    op, base = statistics.median(cost.ms), statistics.median(floors)
    table.ratio("completion with commit, against the floor", op / base, FLOORS, f"{op:.2f} / {base:.2f} ms")
    table.count("statements in a completion", max(cost.statements), STATEMENTS)
    table.count("column values beyond the record", max(cost.bytes), BYTES, " B")
    start = statistics.median(starts[2:])
    table.ratio("start of a case, against a completion", start / op, STARTS, f"{start:.2f} ms")


def late_in(app: Flask, name: str, begin: Callable[[Flask], int]) -> None:
    """Compare completions late in a long case with those in a short one, taken in turns."""
    long, short = begin(app), begin(app)
    for _ in range(ROUNDS):
        one_step(app, long)
    for _ in range(9):
        one_step(app, short)
    early, late = Cost(), Cost()
    for _ in range(90):
        one_step(app, short, early)
        one_step(app, long, late)
    for _ in range(9):
        one_step(app, long, late, count=True)
    first, last = statistics.median(early.ms), statistics.median(late.ms)
    table.ratio(f"growth to {ROUNDS} tasks, {name}", last / first, GROWTH, f"{first:.2f} → {last:.2f} ms")
    table.count(f"statements there, {name}", max(late.statements), STATEMENTS)
