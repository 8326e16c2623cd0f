"""Signals reach every other case that waits, once each; a message finds the one case it is meant for."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock, runtime_of
from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.ledger import Actor, verify
from app.ledger.models import Record
from app.outbox.models import Owed
from app.outbox.operations import claim
from app.outbox.rules import LEASE, MOST_TRIES
from app.work.jobs_signals import deliver_owed
from app.work.models import Awaited, Case, TaskState
from app.work.operations.signals import correlate
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import case_of, open_item
from tests.processes import diagrams as d

ROBOT = Actor("worker", "收款系统")


def publish_both() -> None:
    """Publish a process that waits for the signal `go`, and one that throws it."""
    publish_drawn(
        "waits",
        d.start(),
        asked(),
        d.catch("w", d.signal("go")),
        done("after"),
        d.end(),
        d.chain("s", "ask", "w", "after", "e"),
        outside=d.named("go"),
    )
    publish_drawn(
        "throws",
        d.start(),
        asked(),
        d.throw("t", d.signal("go")),
        done("after"),
        d.end(),
        d.chain("s", "ask", "t", "after", "e"),
        outside=d.named("go"),
    )


def received() -> Counter[int]:
    """Count by case how often a signal came."""
    db.session.rollback()
    query = select(Record.case_id, func.count()).where(Record.kind == "work:signal:received").group_by(Record.case_id)
    return Counter({case_id: count for case_id, count in db.session.execute(query) if case_id is not None})


def pass_time(span: timedelta) -> None:
    """Move the clock on."""
    with transaction() as session:
        clock.advance(session, clock.now(session) + span)


def set_status(case_id: int, status: str) -> None:
    with transaction() as session:
        session.get_one(Case, case_id).status = status


def owed() -> Owed:
    db.session.rollback()
    return db.session.scalars(select(Owed)).one()


def test_a_signal_reaches_every_other_running_case_once(either_app: Flask) -> None:
    """Those that wait go on; those that are suspended or wait no more do not; nothing is left over."""
    runtime = runtime_of(either_app)
    publish_both()
    waiting = [start_drawn(runtime, "waits", f"事项 {number}").case_id for number in range(3)]
    suspended = start_drawn(runtime, "waits").case_id
    set_status(suspended, "suspended")
    thrower = start_drawn(runtime, "throws").case_id
    assert [deliver_owed(runtime, "one"), deliver_owed(runtime, "two")] == [1, 0]
    assert received() == Counter(waiting)
    assert {open_item(case_id).node for case_id in [*waiting, thrower]} == {"after"}
    assert set(db.session.scalars(select(Awaited.case_id))) == {suspended}
    assert owed().done_at is not None
    assert verify(db.session()).clean


def test_an_interrupted_errand_goes_on_where_it_stood(either_app: Flask) -> None:
    """A drain that died half-way is taken over after its lease; nobody gets the signal twice."""
    runtime = runtime_of(either_app)
    publish_both()
    waiting = [start_drawn(runtime, "waits", f"事项 {number}").case_id for number in range(4)]
    start_drawn(runtime, "throws")
    asked_to = iter((False, False, True))
    deliver_owed(runtime, "one", lambda: next(asked_to))
    assert received() == Counter(waiting[:2])
    with transaction() as session:
        assert len(claim(session, "died", clock.now(session), kinds=["signal"])) == 1
    assert deliver_owed(runtime, "two") == 0
    pass_time(LEASE)
    assert deliver_owed(runtime, "two") == 1
    assert received() == Counter(waiting)


def test_a_case_that_cannot_take_it_lets_the_others_pass(app: Flask) -> None:
    """It is tried again by itself, and becomes an incident after the eighth try."""
    runtime = runtime_of(app)
    publish_both()
    broken, *sound = [start_drawn(runtime, "waits", f"事项 {number}").case_id for number in range(3)]
    with transaction() as session:
        rows = TaskState.metadata.tables["task_row"]
        session.execute(update(rows).where(rows.c.case_id == broken).values(internal="no JSON"))
        case = session.get_one(Case, broken)
        case.header = {**case.header, "touched": True}  # another version: the cached case is not used
    start_drawn(runtime, "throws")
    tries = deliver_owed(runtime, "one")
    assert received() == Counter(sound)
    while owed().dead_at is None:
        pass_time(timedelta(hours=3))
        tries += deliver_owed(runtime, "one")
    assert tries == MOST_TRIES
    assert received() == Counter(sound)
    assert "信号" in (case_of(broken).incident or "")


def publish_paying() -> None:
    """Publish a process that waits for the message `paid`."""
    publish_drawn(
        "paying",
        d.start(),
        asked(),
        d.catch("w", d.message("paid")),
        done("after"),
        d.end(),
        d.chain("s", "ask", "w", "after", "e"),
        outside=d.named("paid"),
    )


def test_a_message_finds_the_one_case_it_is_meant_for(either_app: Flask) -> None:
    """The values of the waiting token decide; its payload becomes data of that case alone."""
    runtime = runtime_of(either_app)
    publish_paying()
    first, second = (start_drawn(runtime, "paying", title).case_id for title in ("甲", "乙"))
    with transaction() as session:
        now = clock.now(session)
        assert correlate(session, runtime, "paid", {"title": "乙"}, {"sum": 5}, now, actor=ROBOT) == second
    assert open_item(second).node == "after"
    assert list(db.session.scalars(select(Awaited.case_id))) == [first]
    sent = db.session.scalars(select(Record).where(Record.kind == "work:message:sent")).one()
    assert (sent.case_id, sent.actor_name) == (second, "收款系统")


def test_a_message_for_nobody_or_for_several_is_refused(app: Flask) -> None:
    """The sentence says which of the two, and nothing moves."""
    runtime = runtime_of(app)
    publish_paying()
    for title in ("甲", "甲"):
        start_drawn(runtime, "paying", title)
    with pytest.raises(NotFound, match="paid"), transaction() as session:
        correlate(session, runtime, "paid", {"title": "丙"}, {}, clock.now(session), actor=ROBOT)
    with pytest.raises(Conflict, match="2 件"), transaction() as session:
        correlate(session, runtime, "paid", {"title": "甲"}, {}, clock.now(session), actor=ROBOT)
    with pytest.raises(NotFound), transaction() as session:
        correlate(session, runtime, "other", {}, {}, clock.now(session), actor=ROBOT)
    assert len(db.session.scalars(select(Awaited)).all()) == 2
