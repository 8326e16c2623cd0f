"""Drains run by several threads at once, on both databases: everything once, nothing lost."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from flask import Flask
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.deadlines import operations, queries
from app.deadlines.models import Deadline
from app.files import operations as file_operations
from app.files.jobs import store, sweep
from app.files.models import Upload
from app.outbox.jobs import drain
from app.outbox.models import Owed
from app.outbox.operations import owe
from app.people.operations.authors import by_setup

T = TypeVar("T")
START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
THREADS = 4


def together(app: Flask, act: Callable[[int], T]) -> list[T]:
    """Run `act` in several threads, each in an application context of its own."""

    def one(number: int) -> T:
        with app.app_context():
            try:
                return act(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_every_report_is_made_once(either_app: Flask) -> None:
    """Four drains over thirty overdue deadlines report each exactly once."""
    with transaction() as session:
        operations.establish(session, START)
        for item in range(30):
            operations.arm(session, "1 工作小时", case_id=1, work_item_id=item, now=START)
    now = START + timedelta(hours=2)

    def fire(_: int) -> list[tuple[int, str]]:
        seen = []
        for due in queries.due_events(db.session(), now):
            with transaction() as session:
                seen += [(event.deadline_id, event.kind) for event in operations.fire(session, due, now)]
        return seen

    counted = Counter(one for seen in together(either_app, fire) for one in seen)
    assert len(counted) == 30
    assert set(counted.values()) == {1}
    with transaction() as session:
        assert {row.overdue for row in session.scalars(select(Deadline))} == {True}


class Counting:
    """A channel that counts what it is given."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()

    def send(self, key: str, payload: object) -> None:
        """Count the key."""
        self.keys[key] += len(str(payload)) > 0


def test_what_is_owed_leaves_once_while_nobody_dies(either_app: Flask) -> None:
    """Four senders share forty rows: each leaves once, all are done."""
    with transaction() as session:
        for number in range(40):
            owe(session, "mail", {"n": number}, now=clock.now(session))
    channel = Counting()
    sent = together(either_app, lambda number: drain({"mail": channel}, f"sender-{number}", limit=10))
    sent.append(drain({"mail": channel}, "last"))
    assert sum(sent) == 40
    assert set(channel.keys.values()) == {1}
    with transaction() as session:
        assert session.scalars(select(Owed).where(Owed.done_at.is_(None))).all() == []


def test_uploads_and_sweeps_at_once_lose_nothing(either_app: Flask) -> None:
    """While sweeps run, equal bytes uploaded by several people stay readable."""

    def act(number: int) -> int:
        if number == 0:
            return sweep()
        taken = store().take(io.BytesIO(b"%PDF-1.7"), f"{number}.pdf")
        with transaction() as session:
            return file_operations.keep(session, store(), taken, owner_id=number, now=START).id

    for _ in range(5):
        together(either_app, act)
    with transaction() as session:
        rows = session.scalars(select(Upload)).all()
        assert len(rows) == 15
    with store().open(rows[0].digest) as file:
        assert file.read() == b"%PDF-1.7"


def test_a_calendar_moves_deadlines_on_either_database(either_app: Flask) -> None:
    """Import, replacement and re-arming work the same on SQLite and PostgreSQL."""
    del either_app
    with transaction() as session:
        operations.establish(session, START)
        first = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
        armed = operations.arm(session, "3 工作日", case_id=1, work_item_id=1, now=first).id
    rows = [("2027-01-01", "放假", "元旦"), ("2027-01-04", "放假", "元旦")]
    with transaction() as session:
        operations.import_rows(session, 2027, rows, source="a.csv", by=by_setup(), now=START)
    with transaction() as session:
        assert session.get_one(Deadline, armed).due_at == datetime(2027, 1, 6, 2, 0, tzinfo=UTC)
