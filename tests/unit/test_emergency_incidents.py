"""Incident reports on the shipped process: late ones recorded as such, handled by the vendor or as an emergency."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.db import db, transaction
from app.emergency import queries
from app.ledger import Actor, verify
from app.people.models import ServiceCategory, Site
from app.processes.operations import publish
from app.processes.source import read_source
from app.work.models import Case, Incident
from app.work.operations import start_case
from tests.factories.emergency import ROOT, Running, publish_emergency
from tests.factories.small import viewer


@pytest.fixture
def house(either_app: Flask) -> Flask:
    """A house with the shipped processes of emergencies, incidents and dispatch, on each database."""
    publish_emergency()
    with transaction() as session:
        for slug in ("task_dispatch", "incident_report"):
            publish(session, read_source(ROOT / "bpmn", ROOT / "forms", slug), Actor("setup", "setup"), now())
    return either_app


def now() -> datetime:
    db.session.rollback()
    return clock.now(db.session())


def reported(app: Flask, found: timedelta, by: str = "dept", **said: Any) -> Running:
    """Report something that was found so long ago."""
    with transaction() as session:
        at = clock.now(session)
        answers = {
            "what": "首页打不开",
            "site": session.scalars(select(Site.id).where(Site.name == "住建局门户")).one(),
            "category": session.scalars(select(ServiceCategory.id).where(ServiceCategory.code == "content")).one(),
            "kind": "outage",
            "found_at": (at - found).isoformat(),
            "found_how": "self",
            "decision": "submit",
            **said,
        }
        who = viewer(session, by)
        start = {"start": "report"}
        done = start_case(session, runtime_of(app), "incident_report", who, answers, uuid4().hex, at, data=start)
        return Running(app, "outage", case_id=done.case_id)


def summarise(run: Running, **said: Any) -> None:
    at = now().isoformat()
    times = {"contained_at": at, "restored_at": at}
    causes = {"cause_class": "fault", "responsible_side": "vendor", "summary_text": "磁盘写满"}
    run.do("summary", "duty", decision="submit", **{**times, **causes, "recurring": False, **said})


def tasks_of(run: Running) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Case.title).where(Case.parent_id == run.case_id)))


def healthy(run: Running) -> None:
    assert db.session.scalars(select(Incident.reason).where(Incident.case_id == run.case_id)).all() == []
    assert verify(db.session(), f"case:{run.case_id}").clean


@pytest.mark.parametrize(("minutes", "late"), [(5, False), (95, True)])
def test_the_vendor_under_contract_handles_it_and_a_late_report_is_one(
    house: Flask, minutes: int, late: bool
) -> None:
    """Found an hour and a half before it was reported: late, with the minutes; five minutes are none."""
    run = reported(house, timedelta(minutes=minutes))
    assert run.case.title == "事件：首页打不开"
    assert (run.data["late"], run.data["late_minutes"]) == (late, minutes)
    run.do("triage", "duty", decision="handle", kind="outage", severity="ordinary")
    run.do("handle", "vendor_a_lead", decision="done", handled_note="清理磁盘")
    run.do("verify", "duty", decision="pass")
    summarise(run)
    assert run.data["late"] is late
    run.do("office_confirm", "office", decision="confirm")
    assert run.case.status == "ended"
    assert run.case.vendor_id is not None
    assert tasks_of(run) == []
    healthy(run)


def test_what_comes_again_gets_a_task_once(house: Flask) -> None:
    """A recurring cause becomes one linked task, also when the summary is written twice."""
    run = reported(house, timedelta(minutes=5))
    run.do("triage", "duty", decision="handle", kind="outage", severity="ordinary")
    run.do("handle", "vendor_a_lead", decision="done", handled_note="清理磁盘")
    run.do("verify", "duty", decision="pass")
    summarise(run, recurring=True, improvement="日志按天切割")
    assert tasks_of(run) == ["整改：日志按天切割"]
    run.do("office_confirm", "office", decision="return")
    summarise(run, recurring=True, improvement="日志按天切割")
    assert tasks_of(run) == ["整改：日志按天切割"]
    healthy(run)


def test_a_grave_one_becomes_an_emergency_of_the_same_case(house: Flask) -> None:
    """The emergency belongs to the report's case and keeps its title; the summary says that it was late."""
    run = reported(house, timedelta(minutes=40))
    run.do("triage", "duty", decision="emergency", kind="outage", severity="major")
    row = run.row
    assert (row.kind, row.drill, row.told) == ("outage", False, "首页打不开")
    assert (run.case.title, run.case.priority) == ("事件：首页打不开", "urgent")
    run.confirm("duty")
    run.do("commander_activate", "commander", decision="activate", command_note="")
    run.do("first_containment", "tech_lead", decision="contained", measure="static", contain_note="")
    run.mend()
    run.do("verify_recovered", "duty", decision="pass", verify_note="")
    run.do("commander_close", "commander", decision="close", close_note="")
    run.do("review_report", "duty", decision="submit", improvements=[{"what": "加监控"}])
    summarise(run, recurring=True, improvement="换存储")
    assert sorted(tasks_of(run)) == ["整改：加监控", "整改：换存储"]
    alarms = [one.text for one in queries.log_of(db.session(), row.id) if one.kind == "alarm"]
    assert len(alarms) == 1
    assert alarms[0].startswith("迟报：发现后 40 分钟")
    run.do("office_confirm", "office", decision="confirm")
    run.do("leader_read", "director", decision="read")
    assert run.case.status == "ended"
    healthy(run)


def test_what_is_no_incident_ends_at_triage(house: Flask) -> None:
    """Nothing is summed up and no task begins."""
    run = reported(house, timedelta(minutes=5))
    run.do("triage", "duty", decision="no_incident")
    assert (run.case.status, run.case.result) == ("ended", "不是事件")
    healthy(run)
