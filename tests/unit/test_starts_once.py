"""What begins by itself is begun once, by nobody else's hand, and what cannot begin stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import clock, runtime_of
from app.clock import ZONE
from app.db import db, transaction
from app.emergency import jobs
from app.emergency.models import Drill, EmergencyPlan
from app.ledger import Actor
from app.people.models import User
from app.processes.operations import publish
from app.processes.source import read_source
from app.work.models import Case
from tests.factories.dispatch import ROOT, Dispatch
from tests.factories.emergency import publish_emergency
from tests.factories.ready import with_plans

SignIn = Callable[[str], FlaskClient]


def planned() -> int:
    """Plan a drill for today and return its number."""
    with transaction() as session:
        plan = session.scalars(select(EmergencyPlan).where(EmergencyPlan.kind == "tamper")).one()
        today = clock.local(clock.now(session)).date()
        row = Drill(plan_id=plan.id, planned_on=today, scene="", script=[], result={})
        session.add(row)
        session.flush()
        return row.id


def raise_alarm(browser: FlaskClient, key: str) -> str:
    """Raise an alarm under a key of one's own choice; return where it leads."""
    typed = {"kind": "tamper", "told": "首页被换", "site": "", "key": key}
    answer = browser.post("/emergency/new", data=typed)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_nobody_takes_the_key_of_a_drill_before_it_begins(app: Flask, sign_in: SignIn) -> None:
    """The key of a form is what a browser sends: it must not meet one that the product makes itself."""
    publish_emergency()
    drill_id = planned()
    raise_alarm(sign_in("vendor_a_tech"), f"drill-{drill_id}")
    sign_in("office").post(f"/emergency/drills/{drill_id}/start")
    db.session.rollback()
    row = db.session.get_one(Drill, drill_id, populate_existing=True)
    assert row.state == "running"
    assert row.case_id is not None


def test_a_key_of_another_person_leads_nowhere(app: Flask, sign_in: SignIn) -> None:
    """Each gets a case of their own; the number of the other's is not told."""
    publish_emergency()
    first, second = raise_alarm(sign_in("duty"), "same"), raise_alarm(sign_in("vendor_a_tech"), "same")
    assert first != second
    assert raise_alarm(sign_in("duty"), "same") == first


def test_another_manager_who_starts_a_drill_again_comes_to_the_same_board(app: Flask, sign_in: SignIn) -> None:
    publish_emergency()
    drill_id = planned()
    places = {sign_in(who).post(f"/emergency/drills/{drill_id}/start").location for who in ("office", "supervisor")}
    assert len(places) == 1
    assert "/emergency/YJ-" in str(places.pop())


def test_a_dispatch_form_that_asks_for_more_stops_no_other_plan(either_app: Flask) -> None:
    """The owner wrote a limit that nobody can read: no task is begun by halves, and the job comes to its end."""
    with_plans(either_app)
    Dispatch(either_app).publish()
    with transaction() as session:
        source = read_source(ROOT / "bpmn", ROOT / "forms", "task_dispatch")
        diagram = source.diagram.replace(b'guanjia.limit" value="', b'guanjia.limit" value="${priority}')
        publish(session, replace(source, diagram=diagram), Actor("setup", "setup"), clock.now(session))
        for plan in session.scalars(select(EmergencyPlan).where(EmergencyPlan.kind.in_(("ddos", "leak")))):
            plan.drill_months = 1
        clock.advance(session, datetime(2026, 12, 22, 9, tzinfo=ZONE))
    assert jobs.keep_plans(runtime_of(either_app)) == 0
    db.session.rollback()
    assert db.session.scalar(select(func.count(Case.id))) == 0
    assert db.session.scalar(select(func.count(User.id)))
