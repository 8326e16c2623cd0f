"""The list of incident reports: who sees which, whether late, what came of each; a finished board says its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock, runtime_of
from app.db import transaction
from app.ledger import Actor
from app.people.models import Site
from app.processes.operations import publish
from app.processes.source import read_source
from app.work.operations import start_case
from tests.factories.emergency import ROOT, Running, publish_emergency
from tests.factories.small import viewer

SignIn = Callable[[str], FlaskClient]
LIMIT = '<camunda:inputParameter name="late_after">30 分钟</camunda:inputParameter>'


@pytest.fixture
def house(app: Flask) -> Flask:
    """A house with the shipped processes of emergencies and incident reports."""
    publish_emergency()
    with transaction() as session:
        for slug in ("task_dispatch", "incident_report"):
            found = read_source(ROOT / "bpmn", ROOT / "forms", slug)
            publish(session, found, Actor("setup", "setup"), clock.now(session))
    return app


def page(browser: FlaskClient, path: str = "/emergency/incidents") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def report(app: Flask, minutes: int) -> Running:
    """Report something that was found so many minutes ago."""
    with transaction() as session:
        at = clock.now(session)
        answers = {
            "what": "首页打不开",
            "site": session.scalars(select(Site.id).where(Site.name == "住建局门户")).one(),
            "kind": "outage",
            "found_at": (at - timedelta(minutes=minutes)).isoformat(),
            "found_how": "self",
            "decision": "submit",
        }
        who, start = viewer(session, "dept"), {"start": "report"}
        done = start_case(session, runtime_of(app), "incident_report", who, answers, uuid4().hex, at, data=start)
        return Running(app, "outage", case_id=done.case_id)


def test_an_empty_list_says_what_to_do(house: Flask, sign_in: SignIn) -> None:
    del house
    text = page(sign_in("duty"))
    assert "还没有事件汇报" in text
    assert "/start/incident_report" in text


def test_a_report_is_listed_with_site_person_lateness_and_step(house: Flask, sign_in: SignIn) -> None:
    run = report(house, 95)
    text = page(sign_in("duty"))
    for word in (run.case.number, "首页打不开", "住建局门户", "迟报：95 分钟后才报", "正在办：研判", 'is-run">在办<'):
        assert word in text, word


def test_what_came_of_it_is_said_and_a_timely_report_bears_no_mark(house: Flask, sign_in: SignIn) -> None:
    run = report(house, 5)
    run.do("triage", "duty", decision="no_incident", kind="other", severity="ordinary", no_reason="计划内停机")
    text = page(sign_in("duty"))
    assert "不是事件" in text
    assert "迟报" not in text


def test_a_vendor_that_takes_no_part_sees_none_of_it(house: Flask, sign_in: SignIn) -> None:
    run = report(house, 5)
    assert run.case.number not in page(sign_in("vendor_b_lead"))


def test_the_owner_says_in_the_process_how_soon_to_report(house: Flask) -> None:
    """A version with two hours instead of half of one: the same report is late in the one, in time in the other."""
    assert report(house, 95).data["late"] is True
    source = read_source(ROOT / "bpmn", ROOT / "forms", "incident_report")
    drawn = source.diagram.decode()
    assert LIMIT in drawn
    changed = replace(source, diagram=drawn.replace(LIMIT, LIMIT.replace("30 分钟", "2 小时")).encode())
    with transaction() as session:
        publish(session, changed, Actor("setup", "setup"), clock.now(session))
    assert report(house, 95).data["late"] is False


def test_a_finished_board_says_when_and_how_it_ended(house: Flask, sign_in: SignIn) -> None:
    run = Running(house, kind="outage").begin()
    run.do("confirm_incident", "duty", decision="false_alarm", confirm_note="计划内停机")
    text = page(sign_in("duty"), f"/emergency/{run.case.number}")
    assert clock.local(run.row.closed_at).strftime("%H:%M") + " 误报" in text
    assert "最近：" not in text


def test_the_wall_shows_what_goes_on_without_menus_and_draws_itself_anew(house: Flask, sign_in: SignIn) -> None:
    calm = page(sign_in("duty"), "/emergency/wall")
    assert "现在没有突发事件" in calm
    run = Running(house, kind="tamper", drill=True).begin()
    answer = sign_in("duty").get("/emergency/wall")
    text = answer.get_data(as_text=True)
    assert answer.headers["Refresh"] == "10"
    assert run.case.title in text
    assert "演练" in text
    assert "gj-side" not in text
    assert run.row.told not in text.replace(run.case.title, "")
