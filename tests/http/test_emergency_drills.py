"""Drills: planned, started as the real process with a mark, compared, counted apart, asked for when overdue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import clock, runtime_of
from app.clock import ZONE
from app.db import db, transaction
from app.emergency import jobs
from app.emergency.models import Drill, Emergency, EmergencyPlan, Inject, LogEntry, MicroDrill
from app.emergency.operations import micro
from app.emergency.queries import drills as queries
from app.ledger.models import Record
from app.outbox.models import Notice
from app.work.jobs import never
from app.work.models import Case
from tests.factories.dispatch import Dispatch
from tests.factories.emergency import publish_emergency
from tests.factories.ready import plan_id, user_id, with_plans
from tests.factories.small import viewer

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def plans(app: Flask) -> Flask:
    """The seven plans, no process."""
    return with_plans(app)


@pytest.fixture
def running(plans: Flask) -> Flask:
    """The seven plans with the shipped processes and a roster."""
    publish_emergency()
    return plans


def typed(**changed: object) -> dict[str, object]:
    """Return what is typed for a drill."""
    found = {
        "plan": plan_id(),
        "planned_on": "2026-11-20",
        "site": "",
        "scene": "首页被换成不明图片",
        "script_after": ["10", "1 分钟"],
        "script_text": ["群里有人转发截图", "群众来电"],
    }
    return found | changed


def only() -> Drill:
    """Return the one drill there is."""
    db.session.rollback()
    return db.session.scalars(select(Drill).execution_options(populate_existing=True)).one()


def plan_one(browser: FlaskClient, **changed: object) -> Drill:
    assert browser.post("/emergency/drills/new", data=typed(**changed)).status_code == 303
    return only()


def pass_time(span: timedelta) -> None:
    """Move the clock on and let the drain do what is due."""
    with transaction() as session:
        clock.advance(session, clock.now(session) + span)
    jobs.bring_in(never)
    db.session.rollback()


def test_a_drill_is_planned_changed_and_dropped_each_with_a_record(sign_in: SignIn, plans: Flask) -> None:
    del plans
    browser = sign_in("office")
    row = plan_one(browser)
    assert [one["after"] for one in row.script] == ["PT1M", "PT10M"]
    page = browser.get(f"/emergency/drills/{row.id}").text
    assert "群众来电" in page
    assert "T+10" in page
    changed = typed(planned_on="2026-12-01", row_version=row.row_version)
    assert browser.post(f"/emergency/drills/{row.id}/edit", data=changed).status_code == 303
    assert f"{only().planned_on}" == "2026-12-01"
    assert browser.post(f"/emergency/drills/{row.id}/edit", data=changed).status_code == 409
    browser.post(f"/emergency/drills/{row.id}/drop")
    assert only().state == "dropped"
    assert browser.post(f"/emergency/drills/{row.id}/edit", data=typed()).status_code == 409
    query = select(Record.kind).where(Record.kind.startswith("emergency:drill:")).order_by(Record.id)
    kinds = db.session.scalars(query).all()
    assert kinds == ["emergency:drill:planned", "emergency:drill:changed", "emergency:drill:dropped"]
    assert "不办了" in browser.get("/emergency/drills?year=2026").text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"planned_on": "2026-11-16"}, "演练的安排不能补写"),
        ({"planned_on": ""}, "写上哪一天演练"),
        ({"scene": "长" * 501}, "场景最多 500 个字"),
        ({"script_after": ["以后"], "script_text": ["断电"]}, "开始后多久"),
    ],
)
def test_a_drill_that_cannot_be_says_why(
    sign_in: SignIn, plans: Flask, changed: dict[str, object], sentence: str
) -> None:
    del plans
    answer = sign_in("office").post("/emergency/drills/new", data=typed(**changed))
    assert answer.status_code == 422
    assert sentence in answer.text


def test_those_who_only_look_plan_nothing(sign_in: SignIn, plans: Flask) -> None:
    del plans
    browser = sign_in("inspector")
    assert browser.get("/emergency/drills").status_code == 200
    assert browser.get("/emergency/drills/figures").status_code == 200
    assert browser.get("/emergency/drills/new").status_code == 404
    assert browser.post("/emergency/drills/new", data=typed()).status_code == 404
    assert sign_in("vendor_a_lead").get("/emergency/drills").status_code == 404


def test_without_the_process_a_start_says_so_and_changes_nothing(sign_in: SignIn, plans: Flask) -> None:
    del plans
    browser = sign_in("office")
    row = plan_one(browser)
    assert browser.post(f"/emergency/drills/{row.id}/start").status_code == 303
    assert only().state == "planned"


def test_a_start_begins_the_real_process_as_a_drill_once(sign_in: SignIn, running: Flask) -> None:
    del running
    browser = sign_in("office")
    row = plan_one(browser)
    for _ in range(2):
        answer = browser.post(f"/emergency/drills/{row.id}/start")
        assert answer.status_code == 303
    found = only()
    case = db.session.scalars(select(Case)).one()
    assert answer.location.endswith(f"/emergency/{case.number}")
    assert (found.state, found.case_id, case.drill) == ("running", case.id, True)
    assert db.session.scalars(select(Emergency)).one().drill
    assert case.number in browser.get(f"/emergency/drills/{row.id}").text


def test_the_script_comes_in_at_its_minutes_and_only_while_the_drill_goes_on(sign_in: SignIn, running: Flask) -> None:
    """What was brought in stands in the log, in the ledger as a drill, and in the notices of those who take part."""
    del running
    browser = sign_in("office")
    browser.post(f"/emergency/drills/{plan_one(browser).id}/start")
    db.session.rollback()
    assert jobs.next_due(db.session(), clock.now(db.session())) is not None
    pass_time(timedelta(minutes=2))
    lines = db.session.scalars(select(LogEntry.text).where(LogEntry.kind == "inject")).all()
    assert lines == ["群众来电"]
    record = db.session.scalars(select(Record).where(Record.kind == "emergency:log:inject")).one()
    assert record.mode == "drill"
    told = select(func.count(Notice.id)).where(Notice.user_id == user_id("duty"), Notice.message.contains("新情节"))
    assert db.session.scalar(told) == 1
    pass_time(timedelta(minutes=2))
    assert db.session.scalar(select(func.count(Inject.id)).where(Inject.delivered_at.is_not(None))) == 1
    with transaction() as session:
        session.scalars(select(Emergency)).one().outcome = "closed"
    pass_time(timedelta(minutes=30))
    assert db.session.scalar(select(func.count(Inject.id)).where(Inject.delivered_at.is_not(None))) == 1
    assert jobs.next_due(db.session(), clock.now(db.session())) is None


def test_a_result_is_compared_and_counted_with_drills_only(sign_in: SignIn, plans: Flask) -> None:
    del plans
    browser = sign_in("office")
    row = plan_one(browser)
    result = {
        "confirm": {"target": "10 分钟", "minutes": 4, "met": True},
        "restore": {"target": "2 小时", "minutes": None, "met": False},
    }
    with transaction() as session:
        found = session.get_one(Drill, row.id)
        found.state, found.result, found.passed_at = "failed", result, clock.now(session)
    page = browser.get(f"/emergency/drills/{row.id}").text
    assert "4 分钟" in page
    assert "没有做到" in page
    db.session.rollback()
    line = next(one for one in queries.figures(db.session(), 2026) if one.plan.id == plan_id())
    assert (line.planned, line.held, line.passed) == (1, 1, 0)
    assert {one.name: (one.met, one.compared, one.minutes) for one in line.targets if one.compared} == {
        "confirm": (1, 1, 4.0),
        "restore": (0, 1, None),
    }
    assert browser.get("/emergency/drills/figures").status_code == 200


def test_an_overdue_drill_becomes_a_task_once_and_is_planned(sign_in: SignIn, plans: Flask) -> None:
    Dispatch(plans).publish()
    runtime = runtime_of(plans)
    assert jobs.keep_plans(runtime) == 0
    with transaction() as session:
        session.get_one(EmergencyPlan, plan_id()).drill_months = 1
        clock.advance(session, datetime(2026, 12, 18, 9, tzinfo=ZONE))
    assert jobs.keep_plans(runtime) == 1
    assert jobs.keep_plans(runtime) == 0
    found = only()
    case = db.session.get_one(Case, found.overdue_case_id or 0)
    assert case.slug == "task_dispatch"
    assert "组织演练：网页篡改应急预案" in case.title
    assert (found.state, f"{found.planned_on}") == ("planned", "2027-01-01")
    page = sign_in("office").get(f"/emergency/drills/{found.id}").text
    assert case.number in page
    with transaction() as session:
        clock.advance(session, datetime(2027, 1, 20, 9, tzinfo=ZONE))
    assert jobs.keep_plans(runtime) == 0


def test_a_drill_passed_in_time_is_not_asked_for(plans: Flask) -> None:
    Dispatch(plans).publish()
    with transaction() as session:
        at = clock.advance(session, datetime(2027, 11, 10, 9, tzinfo=ZONE))
        for one in session.scalars(select(EmergencyPlan)):
            day = clock.local(at).date()
            session.add(Drill(plan_id=one.id, planned_on=day, script=[], result={}, state="passed", passed_at=at))
        clock.advance(session, datetime(2028, 11, 9, 9, tzinfo=ZONE))
    assert jobs.keep_plans(runtime_of(plans)) == 0


def test_an_old_database_gets_the_plans_once(app: Flask) -> None:
    for _ in range(2):
        jobs.keep_plans(runtime_of(app))
    db.session.rollback()
    assert db.session.scalar(select(func.count(EmergencyPlan.id))) == 7


def rule(browser: FlaskClient, **changed: object) -> int:
    found = {"per_month": 4, "from_hour": 8, "to_hour": 22, "answer_minutes": 5} | changed
    return browser.post("/emergency/drills/micro/duty", data=found).status_code


def test_a_tap_from_the_line_on_top_of_any_page_goes_back_to_that_page(sign_in: SignIn, running: Flask) -> None:
    del running
    assert rule(sign_in("office")) == 303
    with transaction() as session:
        now = clock.now(session)
        micro.change_rule(session, viewer(session, "office"), "duty", micro.RuleFacts(4, 8, 22, 5), now, lambda _: 0)
    pass_time(timedelta(minutes=1))
    assert "点一下表示您在" not in sign_in("duty2").get("/notices").text
    browser = sign_in("duty")
    page = browser.get("/notices").text
    assert "点一下表示您在" in page
    assert "我在" in browser.get("/emergency/micro").text
    address = page.split('action="/emergency/micro/')[1].split('"')[0]
    answer = browser.post(f"/emergency/micro/{address}", data={"back": "/notices"})
    assert (answer.status_code, answer.location) == (303, "/notices")
    assert "点一下表示您在" not in browser.get("/notices").text
    assert sign_in("duty2").post(f"/emergency/micro/{address}").status_code == 404
    db.session.rollback()
    assert db.session.scalars(select(MicroDrill.state)).one() == "answered"
    figures = sign_in("office").get("/emergency/drills/figures").text
    assert "秒应答" in figures


def test_the_rules_are_typed_by_those_who_look_after_plans(sign_in: SignIn, plans: Flask) -> None:
    del plans
    browser = sign_in("office")
    assert rule(browser, per_month="") == 422
    assert rule(browser, from_hour=22, to_hour=8) == 422
    assert rule(sign_in("duty")) == 404
    assert browser.post("/emergency/drills/micro/nobody", data={}).status_code in {404, 422}
