"""The clock of one machine: never backwards, and a jump forward waits until it is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.ledger import Actor, verify
from app.ledger.models import Record
from app.outbox.models import Notice
from app.runner import accept
from app.runner.guard import HOLD, Guard

BEGIN = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)
HOUR, MINUTE = 3600.0, 60.0


class Machine:
    """A clock that can be set, and the seconds that really passed."""

    def __init__(self) -> None:
        self.shows, self.passed = BEGIN, 0.0

    def wall(self) -> datetime:
        return self.shows

    def shown(self, _session: Session) -> datetime:
        return self.shows

    def elapsed(self) -> float:
        return self.passed

    def goes_on(self, seconds: float) -> None:
        self.passed += seconds
        self.shows += timedelta(seconds=seconds)

    def is_set(self, seconds: float) -> None:
        self.shows += timedelta(seconds=seconds)


def kinds() -> list[str]:
    """Return what the house chain tells of the clock."""
    db.session.rollback()
    query = select(Record.kind).where(Record.kind.like("house:clock:%")).order_by(Record.id)
    return list(db.session.scalars(query))


def test_time_never_goes_back_and_never_stands() -> None:
    """After a step back of an hour it goes on at half pace until the machine has caught up, two hours later."""
    machine = Machine()
    steady = clock.Steady(machine.wall, machine.elapsed)
    assert steady.read() == BEGIN
    machine.is_set(-HOUR)
    told = [steady.read()]
    for _ in range(150):
        machine.goes_on(MINUTE)
        told.append(steady.read())
    assert told == sorted(told)
    assert told[60] == BEGIN + timedelta(minutes=30)
    assert told[119] < told[120]
    assert told[-1] == machine.shows


def test_time_begins_where_it_was_seen_last() -> None:
    """A restart with a clock that was put back begins at the mark; once the machine is accepted, there."""
    machine = Machine()
    steady = clock.Steady(machine.wall, machine.elapsed)
    seen = BEGIN + timedelta(hours=2)
    assert steady.read(seen) == seen
    machine.goes_on(10)
    assert steady.read(seen) == seen + timedelta(seconds=5)
    assert steady.read(machine.shows, accepted=1) == machine.shows


def test_a_jump_forward_waits_until_it_has_stood(app: Flask) -> None:
    """Ten minutes of the new time are enough; meanwhile health, record and notice tell of it."""
    machine = Machine()
    guard = Guard(machine.shown, machine.elapsed)
    assert not guard.held()
    machine.goes_on(1)
    assert not guard.held()
    machine.is_set(26 * HOUR)
    assert guard.held()
    assert "jumped" in app.test_client().get("/readyz").get_json()["clock"]
    machine.goes_on(HOLD - 1)
    assert guard.held()
    machine.goes_on(1)
    assert not guard.held()
    assert "clock" not in app.test_client().get("/readyz").get_json()
    assert kinds() == ["house:clock:held", "house:clock:believed"]
    assert [one.named["hours"] for one in db.session.scalars(select(Notice).where(Notice.kind == "system"))] == [26.0]
    assert verify(db.session()).clean


def test_a_jump_that_is_undone_is_forgotten(app: Flask) -> None:
    """Once the clock is put right again the drains go on by it."""
    machine = Machine()
    guard = Guard(machine.shown, machine.elapsed)
    assert not guard.held()
    machine.is_set(9000 * HOUR)
    assert guard.held()
    machine.goes_on(30)
    machine.is_set(-9000 * HOUR)
    assert not guard.held()
    assert kinds() == ["house:clock:held", "house:clock:undone"]


def test_a_jump_that_is_accepted_holds_nothing(either_app: Flask) -> None:
    """Another process says so; the drains go on at their next look, on either database."""
    machine = Machine()
    guard = Guard(machine.shown, machine.elapsed)
    assert not guard.held()
    machine.is_set(2 * HOUR)
    assert guard.held()
    with transaction() as session:
        accept(session, Actor("console", "root"))
    assert not guard.held()
    assert kinds() == ["house:clock:held", "house:clock:accepted"]


def test_small_steps_and_sleep_hold_nothing(app: Flask) -> None:
    """An hour forward is the limit; a machine that slept counts its seconds on."""
    machine = Machine()
    guard = Guard(machine.shown, machine.elapsed)
    for step in (HOUR, -30.0, 500.0):
        assert not guard.held()
        machine.is_set(step)
        machine.goes_on(8 * HOUR)
    assert not guard.held()
    assert kinds() == []


def test_a_step_back_holds_nothing_and_is_told(app: Flask) -> None:
    """Nothing stops; the administrators hear of it once."""
    machine = Machine()
    guard = Guard(machine.shown, machine.elapsed)
    assert not guard.held()
    machine.is_set(-2 * HOUR)
    assert not guard.held()
    machine.goes_on(1)
    assert not guard.held()
    assert kinds() == ["house:clock:back"]
