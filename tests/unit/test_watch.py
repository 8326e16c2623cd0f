"""The watchdog: a case that nothing moves any more is found, made visible once, and goes on when it is repaired."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger import verify
from app.ledger.models import Record
from app.outbox.models import Notice, Owed
from app.outbox.operations import owe
from app.work.models import Awaited, Case, Incident, WorkItem
from app.work.watch import find_stalled, suspects
from tests.factories.small import case_of, open_item, publish_small, start_small


@pytest.fixture
def case_id(either_app: Flask) -> int:
    """A running case that waits for a person."""
    publish_small()
    return start_small(runtime_of(either_app)).case_id


def lose_the_item(case_id: int) -> None:
    """Damage a case: the row of its only open item is closed though nobody did anything."""
    with transaction() as session:
        session.execute(update(WorkItem).where(WorkItem.case_id == case_id).values(status="withdrawn"))


def test_a_sound_case_is_no_suspect(case_id: int, either_app: Flask) -> None:
    """Somebody has to act: nothing is raised."""
    assert find_stalled(runtime_of(either_app)) == 0
    assert case_of(case_id).incident is None


def test_a_case_without_a_way_forward_is_found_once(case_id: int, either_app: Flask) -> None:
    """It becomes an incident with record and notice; the next look finds nothing new."""
    lose_the_item(case_id)
    assert find_stalled(runtime_of(either_app)) == 1
    assert find_stalled(runtime_of(either_app)) == 0
    assert "停住了" in (case_of(case_id).incident or "")
    row = db.session.scalars(select(Incident)).one()
    assert (row.kind, row.state, row.case_id) == ("stalled", "open", case_id)
    raised = select(Record).where(Record.kind == "work:incident:raised", Record.case_id == case_id)
    assert len(db.session.scalars(raised).all()) == 1
    told = db.session.scalars(select(Notice).where(Notice.message.contains("请您处置"))).all()
    assert told
    assert verify(db.session()).clean


@pytest.mark.parametrize("why", ["timer", "service", "message", "incident", "suspended", "ended"])
def test_whatever_moves_a_case_clears_it_of_suspicion(app: Flask, why: str) -> None:
    """A due time, an owed service, an awaited event, an open incident; one that does not run is nobody's worry."""
    publish_small()
    case_id = start_small(runtime_of(app)).case_id
    lose_the_item(case_id)
    assert suspects(db.session()) == [case_id]
    db.session.rollback()
    with transaction() as session:
        case, now = session.get_one(Case, case_id), clock.now(session)
        if why == "timer":
            case.next_due = now
        elif why == "service":
            owe(session, "service", {"case": case_id}, now=now)
        elif why == "message":
            session.add(Awaited(case_id=case_id, token="t", name="m", signal=False))
        elif why == "incident":
            case.incident = "还在处置"
        else:
            case.status = why
    assert suspects(db.session()) == []


def test_a_service_that_was_given_up_moves_nothing(app: Flask) -> None:
    """A dead letter without an incident is found."""
    publish_small()
    case_id = start_small(runtime_of(app)).case_id
    lose_the_item(case_id)
    with transaction() as session:
        now = clock.now(session)
        owe(session, "service", {"case": case_id}, now=now).dead_at = now
    assert find_stalled(runtime_of(app)) == 1


def test_a_case_whose_rows_cannot_be_read_is_found(app: Flask) -> None:
    """Rows that are gone move nothing, and looking at them ends nothing else."""
    publish_small()
    cases = [start_small(runtime_of(app), f"事项 {number}").case_id for number in range(2)]
    for case_id in cases:
        lose_the_item(case_id)
    with transaction() as session:
        rows = Case.metadata.tables["task_row"]
        session.execute(delete(rows).where(rows.c.case_id == cases[0]))
    assert find_stalled(runtime_of(app)) == 2


def test_a_sound_item_is_never_touched(app: Flask) -> None:
    """The watchdog writes nothing where nothing is wrong."""
    publish_small()
    case_id = start_small(runtime_of(app)).case_id
    before = (case_of(case_id).row_version, open_item(case_id).row_version)
    find_stalled(runtime_of(app))
    assert (case_of(case_id).row_version, open_item(case_id).row_version) == before
    assert db.session.scalars(select(Owed)).all() == []
