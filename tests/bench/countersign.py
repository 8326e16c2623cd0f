"""Twenty people answer one countersign at the same moment."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

from flask import Flask

from app import clock, runtime_of
from app.db import transaction
from app.errors import UserError
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source
from app.work.operations import complete_work_item, open_case
from tests.bench import table
from tests.bench.completion import open_items
from tests.factories.small import viewer
from tests.processes import diagrams as d

SIGNERS = 20
CARDINALITY = f"<loopCardinality>{SIGNERS}</loopCardinality>"
MANY = f"<multiInstanceLoopCharacteristics>{CARDINALITY}</multiInstanceLoopCharacteristics>"
COUNTERSIGN = d.diagram(
    d.start(),
    d.user("sign", assignee="dept").replace("</userTask>", f"{MANY}</userTask>"),
    d.user("after", assignee="dept"),
    d.end(),
    d.chain("s", "sign", "after", "e"),
).replace(b'id="p"', b'id="bench_countersign"')


def measure(app: Flask) -> None:
    """Print how many of the answers were taken, and how long it took."""
    with transaction() as session:
        now = clock.now(session)
        publish(session, Source("bench_countersign", COUNTERSIGN), Actor("setup", "setup"), now)
    with transaction() as session:
        who = viewer(session, "dept")
        case_id = open_case(
            session, runtime_of(app), "bench_countersign", who, {}, uuid4().hex, clock.now(session)
        ).id
    items = [item for item, _ in open_items(case_id)]
    begin = time.perf_counter()
    refused = answer_at_once(app, items)
    spent = (time.perf_counter() - begin) * 1000
    onward = [node for _, node in open_items(case_id)]
    taken = len(items) - len(refused)
    ok = taken == SIGNERS and onward == ["after"]
    table.row(
        "answers of one countersign at the same moment", f"{SIGNERS} of {SIGNERS}", f"{taken}, {spent:.0f} ms", ok=ok
    )


def answer_at_once(app: Flask, items: list[int]) -> list[str]:
    """Complete all items from as many threads; return what was refused."""
    ready = threading.Barrier(len(items))
    refused: list[str] = []

    def answer(item: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                with transaction() as session:
                    who, now = viewer(session, "dept"), clock.now(session)
                    complete_work_item(session, runtime_of(app), item, who, {"opinion": "同意"}, uuid4().hex, now)
            except UserError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=answer, args=(item,)) for item in items]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return refused
