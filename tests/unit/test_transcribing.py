"""Decisions by phone or on paper: who may record them, what is kept of them, what comes of yes, no and silence."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import clock, runtime_of
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused
from app.files.jobs import receive
from app.files.models import BOUND, Upload
from app.ledger import verify
from app.ledger.models import Record
from app.outbox.models import Notice
from app.review.models import ReviewAct
from app.work.jobs_transcriptions import remind_owed
from app.work.models import Case, Transcription, WorkItem
from app.work.operations import answer_transcription, claim
from app.work.queries.transcriptions import states_of, transcription_of, waiting_count
from app.work.runtime import Runtime
from tests.factories import reviewing
from tests.factories.dictated import begin, id_of, kept, later, publish_dictated, record, waiting_step
from tests.factories.small import viewer

HOUR = timedelta(hours=1)


@pytest.fixture
def step(app: Flask) -> WorkItem:
    """A step that waits for the head of the department or the director."""
    publish_dictated()
    return waiting_step(begin(runtime_of(app)))


@pytest.fixture
def either_step(either_app: Flask) -> WorkItem:
    """The same on each of the two databases."""
    publish_dictated()
    return waiting_step(begin(runtime_of(either_app)))


def runtime() -> Runtime:
    """Return the machinery of the application the test runs in."""
    return runtime_of(current_app)


def say(row: Transcription, by: str, answer: str, note: str = "") -> None:
    """Answer a recorded decision."""
    row_id = row.id
    with transaction() as session:
        answer_transcription(session, runtime(), viewer(session, by), row_id, answer, note, clock.now(session))


def told(user_name: str) -> list[str]:
    """Return the notices of a person, newest first, with their values filled in."""
    db.session.rollback()
    rows = db.session.scalars(select(Notice).where(Notice.user_id == id_of(user_name)).order_by(Notice.id.desc()))
    return [row.message % row.named for row in rows]


def records(case_id: int, kind: str) -> list[Record]:
    """Return the records of one kind."""
    db.session.rollback()
    query = select(Record).where(Record.case_id == case_id, Record.kind == kind).order_by(Record.seq)
    return list(db.session.scalars(query))


def a_scan(by: str = "office") -> int:
    """Upload a scan."""
    return receive(BytesIO(b"%PDF-1.4 scan"), "批示.pdf", owner_id=id_of(by)).id


def test_a_decision_by_phone_is_the_leaders_and_the_clerk_wrote_it(either_step: WorkItem) -> None:
    """The step counts as the leader's; the record names both, the medium and both times; nothing is broken."""
    later(HOUR)
    receipt = record(runtime(), either_step.id, claimed=timedelta(minutes=20))
    row = kept(either_step.case_id)
    item = db.session.get_one(WorkItem, either_step.id)
    assert (item.status, item.done_by_id, item.done_by_name) == ("done", id_of("dept_head"), "许听澜")
    assert (row.clerk_name, row.decided_by_name, row.medium) == ("沈明溪", "许听澜", "phone")
    [line] = [one for one in records(either_step.case_id, "work:item:completed") if one.item_id == either_step.id]
    body = json.loads(line.body)
    assert (line.actor_kind, line.actor_name, body["actor"]["acting_for"]) == ("transcriber", "沈明溪", "许听澜")
    facts = body["payload"]["transcribed"]
    assert (facts["medium"], facts["decided_by"], facts["clerk"]) == ("phone", "许听澜", "沈明溪")
    assert datetime.fromisoformat(facts["recorded_at"]) - datetime.fromisoformat(facts["claimed_at"]) == HOUR / 3
    assert line.code == receipt.code
    assert verify(db.session(), f"case:{either_step.case_id}").clean
    assert told("dept_head")[0].startswith("沈明溪按您的电话意见代录了“关于停暖的说明”的“签发”，请在 11-18 ")


def test_a_decision_on_paper_needs_its_scan_and_binds_it(step: WorkItem) -> None:
    """Without the scan nothing happens; with it the file belongs to the step and its digest to the record."""
    with pytest.raises(Invalid) as error:
        record(runtime(), step.id, medium="paper")
    assert error.value.fields == {"told_scan": "纸面意见要附上扫描件。"}
    with pytest.raises(Invalid) as error:
        record(runtime(), step.id, medium="paper", upload_id=a_scan("dept"))
    assert "told_scan" in error.value.fields
    scan = a_scan()
    record(runtime(), step.id, medium="paper", upload_id=scan, note="")
    row, upload = kept(step.case_id), db.session.get_one(Upload, scan)
    assert (row.upload_id, upload.state, upload.item_id) == (scan, BOUND, step.id)
    [line] = [one for one in records(step.case_id, "work:item:completed") if one.item_id == step.id]
    assert json.loads(line.body)["payload"]["transcribed"]["scan"]["digest"] == upload.digest


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"medium": "dream"}, "told_medium"),
        ({"claimed": timedelta(minutes=-1)}, "told_at"),
        ({"claimed": timedelta(hours=2)}, "told_at"),
        ({"note": " "}, "told_note"),
        ({"leader": "dept"}, "told_for"),
        ({"leader": "other_head"}, "told_for"),
    ],
)
def test_what_is_missing_or_cannot_be_is_said_by_field(step: WorkItem, wrong: dict[str, Any], field: str) -> None:
    """No medium, a time to come or before the step opened, no note of the call, somebody who has no turn."""
    with pytest.raises(Invalid) as error:
        record(runtime(), step.id, **wrong)
    assert list(error.value.fields) == [field]
    assert waiting_step(step.case_id).id == step.id
    assert db.session.scalar(select(Transcription.id)) is None


def test_only_where_the_diagram_says_so(app: Flask) -> None:
    """A step without guanjia.transcribe is done by its people only."""
    publish_dictated(allowed="false")
    item = waiting_step(begin(runtime()))
    with pytest.raises(Refused, match="只能由本人办"):
        record(runtime(), item.id)


@pytest.mark.parametrize("clerk", ["other_dept", "vendor_a_lead", "dept", "inspector"])
def test_a_stranger_a_writer_and_somebody_without_the_right_are_refused(step: WorkItem, clerk: str) -> None:
    """Another unit, a vendor, the author of the text (kept apart by the step), a role without the permission."""
    with pytest.raises(Refused, match="不归您代录"):
        record(runtime(), step.id, clerk=clerk)


def test_a_colleague_of_the_unit_may_record(app: Flask) -> None:
    """The step was written by somebody else, so staff of the head's unit may write his word down."""
    publish_dictated()
    item = waiting_step(begin(runtime(), by="office"))
    record(runtime(), item.id, clerk="dept")
    assert kept(item.case_id).clerk_name == "林知行"


def test_nobody_records_their_own_decision(step: WorkItem) -> None:
    """Whoever has the turn decides; being a clerk too changes nothing."""
    with transaction() as session:
        claim(session, step.id, viewer(session, "director"), clock.now(session))
    with pytest.raises(Invalid):
        record(runtime(), step.id, leader="dept_head")
    record(runtime(), step.id, leader="director")
    assert kept(step.case_id).decided_by_name == "方既白"


def test_the_same_key_is_recorded_once_and_late_comers_learn_of_the_clerk(step: WorkItem) -> None:
    """A repeat gives the same receipt; the leader who decides on the page after it is told who wrote it down."""
    first = record(runtime(), step.id, key="k1")
    again = record(runtime(), step.id, key="k1")
    assert (again.code, again.repeated) == (first.code, True)
    with pytest.raises(Conflict) as error:
        record(runtime(), step.id, key="k2")
    assert "按%(who)s的意见代录" in error.value.message


def test_a_pressing_case_is_to_be_confirmed_within_four_hours(step: WorkItem) -> None:
    """Else there is one working day."""
    with transaction() as session:
        session.get_one(Case, step.case_id).priority = "urgent"
    record(runtime(), step.id)
    row = kept(step.case_id)
    assert row.confirm_by - row.at == timedelta(hours=4)


def test_a_confirmation_is_one_word_once(step: WorkItem) -> None:
    """Only its person may; the clerk is told; again changes nothing; taking it back is not possible."""
    record(runtime(), step.id)
    row = kept(step.case_id)
    with pytest.raises(NotFound):
        say(row, "director", "confirmed")
    head = viewer(db.session(), "dept_head")
    assert waiting_count(db.session(), head) == 1
    say(kept(step.case_id), "dept_head", "confirmed")
    say(kept(step.case_id), "dept_head", "confirmed")
    with pytest.raises(Conflict):
        say(kept(step.case_id), "dept_head", "objected", "不是我说的。")
    assert len(records(step.case_id, "work:transcription:confirmed")) == 1
    assert told("office")[0] == "许听澜确认了您代录的“关于停暖的说明”的“签发”。"
    assert waiting_count(db.session(), head) == 0
    assert states_of(db.session(), head, [step.case_id]) == {}


def test_an_objection_needs_words_and_undoes_nothing(either_step: WorkItem) -> None:
    """Clerk and supervisor are told; the case reads as disputed and stays where it is; the chain holds."""
    record(runtime(), either_step.id)
    with pytest.raises(Invalid):
        say(kept(either_step.case_id), "dept_head", "objected", " ")
    with pytest.raises(Invalid):
        say(kept(either_step.case_id), "dept_head", "perhaps")
    say(kept(either_step.case_id), "dept_head", "objected", "我说的是缓发。")
    found = transcription_of(db.session(), either_step.id)
    assert found is not None
    assert found.state == "objected"
    assert states_of(db.session(), viewer(db.session(), "office"), [either_step.case_id]) == {
        either_step.case_id: "objected"
    }
    assert "我说的是缓发。" in told("office")[0]
    assert "说不是本人的意见：我说的是缓发。请核实。" in told("supervisor")[0].replace("。。", "。")
    assert db.session.get_one(Case, either_step.case_id).status == "ended"
    assert verify(db.session(), f"case:{either_step.case_id}").clean


def test_silence_is_reported_once_to_the_person_and_to_the_heads(either_step: WorkItem) -> None:
    """Not before its time, once after it, and never after an answer."""
    record(runtime(), either_step.id)
    assert remind_owed("me") == 0
    later(timedelta(days=2))
    assert remind_owed("me") == 1
    assert remind_owed("me") == 0
    assert told("dept_head")[0] == "“关于停暖的说明”的“签发”由沈明溪代录，已过确认期限，请您确认。"
    assert told("director")[0].endswith("到期没有确认，请督促。")
    assert len(records(either_step.case_id, "work:transcription:overdue")) == 1
    say(kept(either_step.case_id), "dept_head", "confirmed")


def test_an_answer_in_time_ends_the_reminder(step: WorkItem) -> None:
    """Nobody hears of what was confirmed."""
    record(runtime(), step.id)
    say(kept(step.case_id), "dept_head", "confirmed")
    later(timedelta(days=2))
    assert remind_owed("me") == 1
    assert records(step.case_id, "work:transcription:overdue") == []


def test_neither_the_record_nor_the_answer_can_be_changed(either_step: WorkItem) -> None:
    """The database itself refuses."""
    record(runtime(), either_step.id)
    with pytest.raises(DBAPIError), transaction() as session:
        session.scalars(select(Transcription)).one().clerk_name = "别人"
    say(kept(either_step.case_id), "dept_head", "confirmed")
    assert kept(either_step.case_id).clerk_name == "沈明溪"


def test_the_last_level_of_a_review_is_passed_by_phone(either_app: Flask) -> None:
    """The pass is the leader's, names the clerk, and counts for the content that was on the page."""
    reviewing.publish_review()
    machinery = runtime_of(either_app)
    case_id = reviewing.write(machinery)
    for _level in ("review_1", "review_2", "secrecy"):
        reviewing.decide(machinery, case_id, "pass")
    item = reviewing.item_of(case_id)
    answers = {**reviewing.CHECKS["review_3"], "seen": reviewing.digest_at(case_id), "decision": "pass"}
    for barred in ("reviewer1", "reviewer2", "editor"):
        with pytest.raises(Refused):
            record(machinery, item.id, clerk=barred, leader="reviewer3", **answers)
    record(machinery, item.id, clerk="office", leader="reviewer3", **answers)
    assert reviewing.at(case_id) == "通过"
    act = db.session.scalars(select(ReviewAct).where(ReviewAct.level == "review_3", ReviewAct.act == "pass")).one()
    assert (act.user_name, act.recorded_by) == ("祁云阶", "沈明溪")
