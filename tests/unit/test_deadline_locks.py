"""Locks are taken in one order, case before deadline before chain, whoever takes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app import clock
from app.db import db, transaction
from app.work.jobs import fire_deadlines
from tests.factories.emergency import Running, publish_emergency


@pytest.mark.parametrize("either_app", ["postgres"], indirect=True)
def test_a_report_of_a_deadline_locks_its_case_first(either_app: Flask) -> None:
    """An act that wrote a record and then moves a limit would wait for the report, and the report for the act."""
    publish_emergency()
    run = Running(either_app).begin()
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(minutes=9))
    locks: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        tables = ("case_file", "deadline", "chain_head")
        if statement.rstrip().endswith("FOR UPDATE"):
            locks.extend(table for table in tables if f"FROM {table}" in statement)

    event.listen(db.engine, "before_cursor_execute", note)
    assert fire_deadlines() == 1
    event.remove(db.engine, "before_cursor_execute", note)
    assert run.items()["confirm_incident"].amber_at is not None
    assert locks == ["case_file", "deadline", "chain_head"]
