"""The drains of emergencies on both databases: scripts of drills, drills that are overdue."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select

from app import clock, runtime_of
from app.clock import ZONE
from app.db import db, transaction
from app.emergency import jobs
from app.emergency.models import Drill, EmergencyPlan, Inject, LogEntry
from app.work.jobs import never
from tests.factories.dispatch import Dispatch
from tests.factories.emergency import Running, publish_emergency
from tests.factories.ready import with_plans


def test_a_script_comes_in_once_however_often_the_drain_runs(either_app: Flask) -> None:
    with_plans(either_app)
    publish_emergency()
    Running(either_app, drill=True).begin()
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(minutes=12))
    for _ in range(2):
        jobs.bring_in(never)
    db.session.rollback()
    lines = db.session.scalars(select(LogEntry.text).where(LogEntry.kind == "inject").order_by(LogEntry.id)).all()
    assert len(lines) == 2
    assert db.session.scalar(select(func.count(Inject.id)).where(Inject.delivered_at.is_not(None))) == 2


def test_a_real_emergency_has_no_script(either_app: Flask) -> None:
    with_plans(either_app)
    publish_emergency()
    Running(either_app).begin()
    assert jobs.next_due(db.session(), clock.now(db.session())) is None


def test_overdue_drills_are_asked_for_once(either_app: Flask) -> None:
    """One plan a month, the others a year: after five weeks there is one task, however often the job runs."""
    with_plans(either_app)
    Dispatch(either_app).publish()
    with transaction() as session:
        session.scalars(select(EmergencyPlan).where(EmergencyPlan.kind == "ddos")).one().drill_months = 1
        clock.advance(session, datetime(2026, 12, 22, 9, tzinfo=ZONE))
    assert [jobs.keep_plans(runtime_of(either_app)) for _ in range(2)] == [1, 0]
    db.session.rollback()
    assert db.session.scalars(select(Drill)).one().overdue_case_id is not None
