"""The inbox of a full house against that of an empty one."""

from __future__ import annotations

import statistics
import time
from typing import Any

from sqlalchemy import func, insert, select

from app.db import db, transaction
from app.ledger.models import Record
from app.people.models import User
from app.people.queries import viewer_named
from app.work.models import Case, WorkItem
from app.work.queries.boxes import Filters, counts, todo
from tests.bench import table
from tests.bench.completion import begin_small, watched
from tests.conftest import START

ITEMS, RECORDS, MINE = 100_000, 1_000_000, 20
STATEMENTS, GROWTH = 12, 2.0


def measure(app: Any) -> None:
    """Print the inbox figures."""
    begin_small(app)
    empty, _ = inbox_cost()
    fill()
    full, sent = inbox_cost()
    table.ratio("inbox, 100 000 open items and 1 M records", full / empty, GROWTH, f"{empty:.1f} → {full:.1f} ms")
    table.count("statements of the inbox", sent, STATEMENTS)


def inbox_cost() -> tuple[float, int]:
    """Return the milliseconds (median) and statements of an inbox page's reads."""
    who = viewer_named(db.session(), "dept")
    assert who is not None
    times = []
    for _ in range(9):
        db.session.rollback()
        begin = time.perf_counter()
        with watched() as sent:
            counts(db.session(), who, START)
            todo(db.session(), who, Filters(), START)
        times.append((time.perf_counter() - begin) * 1000)
    db.session.rollback()
    return statistics.median(times), len([one for one in sent if not one[0].startswith("BEGIN")])


def fill() -> None:
    """Write many open items of other people, twenty of this one, and many records."""
    with transaction() as session:
        dept = session.scalars(select(User).where(User.user_name == "dept")).one()
        case_id = session.scalars(select(func.min(Case.id))).one()
        holders = [dept.id if n < MINE else 10_000 + n % 500 for n in range(ITEMS)]
        common = item_of(case_id, dept.unit_id)
        rows = [{**common, "token": f"many-{n}", "assignee_id": holder} for n, holder in enumerate(holders)]
        session.execute(insert(WorkItem), rows)
        copies = session.execute(select(Record.__table__).limit(1)).mappings().one()
        for begin in range(0, RECORDS, 50_000):
            lines = [
                {**copies, "id": 10_000_000 + n, "chain": "bench", "seq": n} for n in range(begin, begin + 50_000)
            ]
            session.execute(insert(Record.__table__), lines)


def item_of(case_id: int, unit_id: int) -> dict[str, Any]:
    """Return the columns all these items share."""
    return {
        "case_id": case_id,
        "node": "do",
        "name": "办理",
        "name_en": "Handle",
        "round": 1,
        "status": "open",
        "side": "vendor",
        "unit_id": unit_id,
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
