"""What figures of emergencies say: limits to the second, duties from when they arose, cost without history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app import clock
from app.db import db, transaction
from app.emergency.models import EmergencyPlan, PlanVersion
from app.emergency.operations.plans import add_version, tidied
from app.emergency.queries import library, reports_of, targets_of
from app.emergency.rules import compare
from app.emergency.seeds import shipped
from app.ledger import Actor
from tests.factories.emergency import Running, publish_emergency
from tests.factories.ready import with_plans

BEGAN = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "met"), [(600, True), (601, False), (659, False)])
def test_a_target_ends_when_the_limit_of_the_step_ends(seconds: int, met: bool) -> None:
    """A step that is overdue by half a minute is not one that met its target."""
    reached = {"confirm": BEGAN + timedelta(seconds=seconds)}
    found = compare({"confirm": "10 分钟"}, BEGAN, None, reached)["confirm"]
    assert found["met"] is met
    assert (found["minutes"] <= 10) is met


def test_a_report_that_was_not_owed_at_first_counts_from_when_it_was(app: Flask) -> None:
    """Five hours on, new facts make it reportable; the phone report ten minutes later is in time."""
    publish_emergency()
    run = Running(app).begin()
    run.confirm(place="county", operator_kind="other", portal="no")
    assert run.data["report_required"] is False
    run.wait(300)
    run.do("first_containment", "duty", decision="done", contain_note="切到静态页")
    run.do("status_report", decision="report", status_text="数据外传", leaked_people=20_000_000)
    assert run.data["report_required"] is True
    run.wait(10)
    for node in ("phone_report", "first_report"):
        assert run.items()[node].due_at is not None
        run.do(node, decision="sent", report_text="初步情况", channel="phone", receiver_name="网信办")
        item = run.items("done")[node]
        assert item.closed_at is not None
        assert item.due_at is not None
        assert item.closed_at <= item.due_at
    found = targets_of(run.row, reports_of(db.session(), run.row.id), run.data)
    assert {name: found[name]["met"] for name in ("phone", "written")} == {"phone": True, "written": True}


def test_a_report_is_not_in_time_because_somebody_writes_a_time_before_the_alarm(app: Flask) -> None:
    """What cannot be counts from when it was recorded; what may be stands as the sender says."""
    publish_emergency()
    run = Running(app).begin()
    run.wait(5)
    run.confirm(place="province", leaked_people=20_000_000)
    run.wait(100)
    sent = {"decision": "sent", "report_text": "初步情况", "channel": "phone", "receiver_name": "网信办"}
    run.do("phone_report", **sent, sent_at=(run.row.began_at - timedelta(minutes=1)).isoformat())
    said = run.row.began_at + timedelta(minutes=90)
    run.do("first_report", **sent, sent_at=said.isoformat())
    phone, written = reports_of(db.session(), run.row.id)
    assert phone.sent_at == phone.recorded_at
    assert written.sent_at == said
    assert targets_of(run.row, [phone, written], run.data)["phone"]["met"] is False


@contextmanager
def rows_of(model: type) -> Iterator[list[object]]:
    """Collect the rows of a table that are read meanwhile."""
    read: list[object] = []

    def note(target: object, _context: object) -> None:
        read.append(target)

    event.listen(model, "load", note)
    yield read
    event.remove(model, "load", note)


def test_the_library_reads_one_text_of_each_plan_however_often_it_was_changed(app: Flask) -> None:
    with_plans(app)
    with transaction() as session:
        plan = session.query(EmergencyPlan).filter_by(kind="tamper").one()
        for number in range(2, 12):
            add_version(session, plan, tidied(shipped("tamper")), number, Actor("setup", "setup"), clock.now(session))
        plan_id = plan.id
    session = db.session()
    with rows_of(PlanVersion) as read:
        lines = library.lines(session, clock.now(session))
    assert len(read) == len(lines)
    assert {line.version.number for line in lines if line.plan.id == plan_id} == {11}
    db.session.rollback()
    session.expunge_all()
    with rows_of(PlanVersion) as read:
        assert library.line(session, plan_id, clock.now(session)).version.number == 11
    assert len(read) == 1
