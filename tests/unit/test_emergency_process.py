"""Emergencies on the shipped processes: grades that rise with time, calls that nobody answers, drills apart."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.boards.queries import overview
from app.db import db, transaction
from app.emergency import queries
from app.emergency.models import Drill, EmergencyPlan, Inject, LogEntry
from app.emergency.operations.log import note
from app.emergency.operations.opening import open_emergency
from app.emergency.rules import grade_at
from app.errors import Conflict, Invalid, NotFound
from app.ledger import Actor, verify
from app.ledger.models import Record
from app.outbox.models import Notice
from app.people.models import User
from app.processes.operations import publish
from app.processes.source import read_source
from app.work.models import Case, Incident, Transcription, TranscriptionAnswer, WorkItem
from app.work.operations.transcribing import transcribe
from app.work.queries.casefile import token_data
from tests.factories.emergency import ROOT, Running, publish_emergency
from tests.factories.small import viewer

HOUR = 60
LIMITS = {"commander_activate": {4: 240, 3: 60, 2: 30, 1: 15}, "status_report": {4: 240, 3: 120, 2: 60, 1: 30}}


@pytest.fixture
def house(either_app: Flask) -> Flask:
    """A house with the shipped processes of emergencies, on each database."""
    publish_emergency()
    return either_app


def healthy(run: Running) -> None:
    """Say that no step of the case stands still, and that its records fit."""
    assert db.session.scalars(select(Incident.reason).where(Incident.case_id == run.case_id)).all() == []
    assert verify(db.session(), f"case:{run.case_id}").clean


def minutes(item: WorkItem) -> int:
    """Return the limit of a step as its deadline counts it."""
    assert item.due_at is not None
    return round((item.due_at - item.opened_at) / timedelta(minutes=1))


def in_time(item: WorkItem) -> bool:
    return item.closed_at is not None and item.due_at is not None and item.closed_at <= item.due_at


def present() -> datetime:
    db.session.rollback()
    return clock.now(db.session())


def name_of(user_id: int | None) -> str | None:
    return db.session.scalar(select(User.user_name).where(User.id == user_id))


def names(run: Running, group: str) -> list[tuple[str | None, str]]:
    """Return who was called in a group, with what came of it."""
    found = [one for one in queries.calls_of(db.session(), run.row.id) if one.group == group]
    return [(name_of(one.user_id), one.outcome) for one in found]


def contain(run: Running) -> None:
    run.do("first_containment", "tech_lead", decision="contained", measure="isolate", contain_note="已断开")


def report(run: Running, node: str) -> None:
    run.do(node, "liaison", decision="sent", report_text="初步情况", channel="phone", receiver_name="网信办")


def test_time_alone_raises_the_grade_and_every_open_branch_follows(house: Flask) -> None:
    """A portal that stays down goes IV, III, II, I by its duration; open limits shrink, finished ones keep theirs."""
    run = Running(house, "outage").begin()
    run.wait(5)
    run.confirm(unreachable=True, place="province")
    assert run.row.grade == 4
    assert minutes(run.items()["commander_activate"]) == LIMITS["commander_activate"][4]
    contain(run)
    contained = run.items("done")["first_containment"]
    for hours, grade in ((2, 3), (6, 2), (24, 1)):
        run.wait((run.row.began_at + timedelta(hours=hours, seconds=30) - present()).total_seconds() / 60)
        assert run.row.grade == grade
        opened = run.items()
        for node, limits in LIMITS.items():
            assert minutes(opened[node]) == limits[grade], node
        if grade == 3:
            # the timer over the commander's limit moved with it: an hour has passed, they are called
            assert "call" in opened
            assert {"phone_report", "first_report"} <= set(opened)
            report(run, "phone_report")
    changes = queries.grades_of(db.session(), run.row.id)
    assert [(one.before, one.after) for one in changes] == [(None, 4), (4, 3), (3, 2), (2, 1)]
    assert all(one.basis for one in changes)
    assert contained.closed_at is not None
    assert grade_at(changes, contained.closed_at) == 4
    phone = queries.reports_of(db.session(), run.row.id)[0]
    assert grade_at(changes, phone.recorded_at) == 3
    assert "first_report" in run.open()
    healthy(run)


def test_somebody_does_not_answer_and_the_next_is_called(house: Flask) -> None:
    """Nobody confirms within ten minutes: the roster is called in order, each call with outcome, caller and time."""
    run = Running(house).begin("dept")
    run.wait(9)
    assert run.open() == {"confirm_incident"}
    run.wait(1.5)
    assert run.open() == {"confirm_incident", "call"}
    run.do("call", "office", decision="no_answer")
    run.wait(1)
    run.do("call", "office", decision="reached")
    run.wait(2)
    run.confirm("duty2")
    assert names(run, "duty") == [("duty", "no_answer"), ("duty2", "reached")]
    first, second = queries.calls_of(db.session(), run.row.id)
    assert (first.by_name, first.phone) == ("沈明溪", "13900000101")
    assert first.acknowledged_at is None
    assert second.acknowledged_at == run.row.confirmed_at
    assert second.outcome_at is not None
    assert second.acknowledged_at is not None
    assert second.acknowledged_at > second.outcome_at
    assert "call" not in run.open()
    healthy(run)


def test_nobody_answers_and_the_alarm_is_seen(house: Flask) -> None:
    """The whole roster in vain: an alarm in the log, notices to those above, another round when they want one."""
    run = Running(house).begin("dept")
    run.wait(10.5)
    run.do("call", "office", decision="no_answer")
    run.do("call", "office", decision="busy")
    assert run.open() == {"confirm_incident", "nobody_answers"}
    alarm = db.session.scalars(select(LogEntry).where(LogEntry.kind == "alarm")).one()
    assert "值班名单上的 2 个人都没有接通" in alarm.text
    told = select(User.user_name).join(Notice, Notice.user_id == User.id).where(Notice.message.contains("没有人接通"))
    assert set(db.session.scalars(told)) == {"supervisor", "director", "office"}
    run.do("nobody_answers", "supervisor", decision="again")
    run.do("call", "office", decision="reached")
    rounds = [(one.round, name_of(one.user_id), one.outcome) for one in queries.calls_of(db.session(), run.row.id)]
    assert rounds == [(1, "duty", "no_answer"), (1, "duty2", "busy"), (2, "duty", "reached")]
    healthy(run)


def test_without_any_commander_containment_and_first_report_are_in_time(house: Flask) -> None:
    """No commander answers anything; the technical and the reporting branch do not wait for them."""
    run = Running(house, "leak").begin()
    run.wait(4)
    run.confirm(leaked_people=2_000_000)
    assert run.row.grade == 3
    assert {"first_containment", "commander_activate", "phone_report", "first_report"} <= run.open()
    run.wait(5)
    contain(run)
    report(run, "phone_report")
    run.wait(56)
    assert "call" in run.open()
    run.do("call", "duty", decision="no_answer")
    run.do("call", "duty", decision="wrong_number")
    assert {"nobody_answers", "commander_activate"} <= run.open()
    report(run, "first_report")
    done = run.items("done")
    for node in ("first_containment", "phone_report", "first_report"):
        assert in_time(done[node]), node
    sent = {one.kind: one for one in queries.reports_of(db.session(), run.row.id)}
    assert set(sent) == {"phone", "written"}
    assert sent["written"].due_at is not None
    early = run.row.began_at + timedelta(hours=2) - sent["written"].due_at
    assert timedelta(0) <= early <= timedelta(minutes=1)
    assert run.row.activated_at is None
    assert names(run, "commander") == [("commander", "no_answer"), ("commander2", "wrong_number")]
    healthy(run)


def test_the_first_draft_tells_what_was_told_at_confirmation(house: Flask) -> None:
    """The draft opens with the act that confirms: the facts told in it stand in the text."""
    run = Running(house, "leak").begin()
    run.confirm(leaked_people=2_000_000)
    db.session.rollback()
    text = token_data(db.session(), run.case_id, run.items()["phone_report"].token)["report_text"]
    assert "2000000 人" in text


def test_the_commander_overrules_and_the_limits_follow_at_once(house: Flask) -> None:
    """II instead of the table's III; the table raises it only when it says more than it did; who and why are kept."""
    run = Running(house, "outage").begin()
    run.confirm(unreachable=True, place="city", leaked_people=2_000_000)
    assert run.row.grade == 3
    run.do("commander_activate", decision="activate", new_grade="2", grade_reason="社会关注大", command_note="")
    assert run.row.grade == 2
    contain(run)
    assert minutes(run.items()["status_report"]) == LIMITS["status_report"][2]
    run.wait(3 * HOUR)
    changes = queries.grades_of(db.session(), run.row.id)
    assert [(one.after, one.by_name) for one in changes] == [(3, ""), (2, "闻人澈")]
    assert "社会关注大" in changes[-1].basis
    healthy(run)


def test_an_oral_authorisation_activates_and_waits_for_the_commander(house: Flask) -> None:
    """The duty officer writes down what the commander said; it counts at once, still unconfirmed."""
    run = Running(house, "outage").begin()
    run.confirm(unreachable=True)
    run.wait(5)
    answers = {"decision": "activate", "new_grade": "2", "grade_reason": "社会关注大", "command_note": "先断网"}
    with transaction() as session:
        clerk, commander = viewer(session, "duty"), viewer(session, "commander")
        now, item = clock.now(session), run.items()["commander_activate"].id
        spoken = now - timedelta(minutes=2)
        about = ("phone", spoken, None, "oral", now)
        transcribe(session, runtime_of(house), item, clerk, commander.user_id, answers, *about, note="电话授权")
    assert run.row.activated_at is not None
    assert run.row.grade == 2
    row = db.session.scalars(select(Transcription)).one()
    assert (row.clerk_name, row.decided_by_name) == (clerk.name, commander.name)
    assert row.confirm_by - row.at == timedelta(hours=4)
    assert db.session.get(TranscriptionAnswer, row.id) is None
    done = select(Record.actor_kind, Record.actor_name).where(Record.item_id == item)
    assert ("transcriber", clerk.name) in [tuple(one) for one in db.session.execute(done)]
    healthy(run)


IMPROVE = [{"what": "装上防篡改", "site": None, "category": None, "wished_on": None}, {"what": " "}]


def run_to_the_end(run: Running) -> None:
    """Walk one without a duty to report from the alarm to its review."""
    run.begin()
    run.wait(3)
    run.confirm()
    run.do("commander_activate", "commander", decision="activate", command_note="按预案办")
    run.wait(4)
    contain(run)
    run.mend()
    run.do("verify_recovered", "duty", decision="pass", verify_note="都正常")
    run.do("commander_close", "commander", decision="close", close_note="")
    run.do("review_report", "duty", decision="submit", cause="弱口令", improvements=IMPROVE)
    assert run.case.status == "ended"


def publish_dispatch() -> None:
    with transaction() as session:
        source = read_source(ROOT / "bpmn", ROOT / "forms", "task_dispatch")
        publish(session, source, Actor("setup", "setup"), clock.now(session))


def follow_ups(run: Running) -> list[Case]:
    return list(db.session.scalars(select(Case).where(Case.parent_id == run.case_id)))


def test_what_the_review_wants_improved_becomes_tasks(house: Flask) -> None:
    """One linked task for each line, in the name of who wrote the review; the case ends closed."""
    publish_dispatch()
    run = Running(house)
    run_to_the_end(run)
    (task,) = follow_ups(run)
    assert (task.slug, task.title, task.starter_name, task.drill) == (
        "task_dispatch",
        "整改：装上防篡改",
        "崔望舒",
        False,
    )
    assert task.site_id == run.case.site_id
    row = run.row
    assert row.outcome == "closed"
    instants = [row.began_at, row.confirmed_at, row.activated_at, row.contained_at, row.restored_at, row.closed_at]
    assert all(one is not None for one in instants)
    assert instants == sorted(instants, key=str)
    healthy(run)


def test_a_drill_says_so_everywhere_and_is_in_no_figure(house: Flask) -> None:
    """Every record, the title and every notice; its improvements are listed only; the overview does not count it."""
    publish_dispatch()
    before = figures()
    run = Running(house, drill=True)
    run_to_the_end(run)
    modes = db.session.scalars(select(Record.mode).where(Record.chain == f"case:{run.case_id}").distinct()).all()
    assert modes == ["drill"]
    assert run.case.drill
    assert run.case.title.startswith("【演练】")
    told = db.session.scalars(select(Notice).where(Notice.url.contains("/tasks/"))).all()
    assert told
    assert all(one.named["title"].startswith("【演练】") for one in told)
    assert follow_ups(run) == []
    assert figures() == before
    drill = db.session.scalars(select(Drill)).one()
    assert (drill.state, drill.case_id) == ("passed", run.case_id)
    assert drill.result["confirm"] == {"target": "10 分钟", "minutes": 3, "met": True}
    assert set(drill.result) == {"confirm", "contain", "restore"}
    due = [one.due_at - run.row.began_at for one in db.session.scalars(select(Inject).order_by(Inject.due_at))]
    assert due == [timedelta(minutes=5), timedelta(minutes=20)]
    healthy(run)


def figures() -> tuple[int, int, int]:
    """Return what the overview counts."""
    db.session.rollback()
    with transaction() as session:
        found = overview(session, viewer(session, "office"), clock.now(session))
    return len(found.cases), len(found.asks), found.new_this_week


def test_a_running_drill_is_in_no_figure_either(house: Flask) -> None:
    """While it goes on, late as it may be."""
    before = figures()
    Running(house, drill=True).begin().wait(HOUR)
    assert figures() == before
    Running(house).begin()
    assert figures() != before


def test_a_false_alarm_ends_it(house: Flask) -> None:
    """Nothing had happened: closed as such, no grade, nothing left open."""
    run = Running(house).begin()
    run.do("confirm_incident", "duty", decision="false_alarm", confirm_note="缓存显示旧图")
    assert (run.case.status, run.case.result) == ("ended", "误报")
    assert (run.row.outcome, run.row.grade) == ("false_alarm", None)
    healthy(run)


def test_an_alarm_is_raised_once_for_a_key_and_needs_a_plan(house: Flask) -> None:
    """The same key returns the case; a plan that was switched off starts nothing."""
    with transaction() as session:
        who, at = viewer(session, "dept"), clock.now(session)
        runtime = runtime_of(house)
        first = open_emergency(session, runtime, who, "ddos", None, "打不开", key="k1", now=at)
        again = open_emergency(session, runtime, who, "ddos", None, "打不开", key="k1", now=at)
        assert first.id == again.id
        session.scalars(select(EmergencyPlan).where(EmergencyPlan.kind == "leak")).one().disabled_at = at
        session.flush()
        with pytest.raises(Conflict):
            open_emergency(session, runtime, who, "leak", None, "泄露", key="k2", now=at)
        with pytest.raises(Invalid):
            open_emergency(session, runtime, who, "ddos", None, "  ", key="k3", now=at)


def test_people_write_into_the_log_and_others_do_not_find_it(house: Flask) -> None:
    """A decision is a line of the log and a record of the case; a department that takes no part finds nothing."""
    run = Running(house, drill=True).begin()
    emergency = run.row
    with transaction() as session:
        note(session, viewer(session, "commander"), emergency.id, "decision", " 先断开外网 ", clock.now(session))
    (line,) = queries.log_of(db.session(), run.row.id)
    assert (line.kind, line.text, line.by_name) == ("decision", "先断开外网", "闻人澈")
    record = db.session.scalars(select(Record).where(Record.kind == "emergency:log:decision")).one()
    assert (record.mode, record.case_id, record.actor_name) == ("drill", run.case_id, "闻人澈")
    with transaction() as session:
        stranger = viewer(session, "other_dept")
        assert queries.running(session, stranger) == []
        with pytest.raises(NotFound):
            note(session, stranger, emergency.id, "note", "看看", clock.now(session))
        assert [one.id for one in queries.running(session, viewer(session, "office"), drill=True)] == [emergency.id]
        assert queries.running(session, viewer(session, "office"), drill=False) == []
