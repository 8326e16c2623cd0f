"""The pages of recorded decisions without scripts: the clerk's, the leader's, and how every other page says it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app import clock, runtime_of
from app.db import db, transaction
from app.work.models import Case, TranscriptionAnswer, WorkItem
from tests.factories.dictated import begin, id_of, kept, publish_dictated, record, waiting_step
from tests.factories.rest import program

SignIn = Callable[[str], FlaskClient]
SAID = "代录：沈明溪 按 许听澜 电话意见录入，待本人确认"


@pytest.fixture
def step(app: Flask) -> WorkItem:
    """A step that waits for the head of the department or the director."""
    publish_dictated()
    return waiting_step(begin(runtime_of(app)))


def send(browser: FlaskClient, item_id: int, **more: Any) -> Any:
    """Post the clerk's page."""
    db.session.rollback()
    at = clock.local(clock.now(db.session()))
    fields = {
        "key": "k1",
        "told_for": id_of("dept_head"),
        "told_medium": "phone",
        "told_at": f"{at:%Y-%m-%dT%H:%M}",
        "told_note": "许听澜来电，说同意印发。",
        "opinion": "同意印发。",
        "decision": "agree",
    }
    return browser.post(f"/tasks/{item_id}/transcribe", data={**fields, **more}, content_type="multipart/form-data")


def test_a_clerk_finds_the_entry_and_others_do_not(step: WorkItem, sign_in: SignIn) -> None:
    """The entry stands on the task page of whoever may; the page is refused to everybody else."""
    address = f"/tasks/{step.id}/transcribe"
    assert address in sign_in("office").get(f"/tasks/{step.id}").text
    for other, status in (("dept_head", 404), ("dept", 403), ("other_dept", 404), ("vendor_a_lead", 404)):
        browser = sign_in(other)
        assert address not in browser.get(f"/tasks/{step.id}").text
        assert browser.get(address).status_code == status, other


def test_the_page_asks_whose_how_and_when_beside_the_form(step: WorkItem, sign_in: SignIn) -> None:
    """Both people who have the turn are offered, the form of the step stands below."""
    page = sign_in("office").get(f"/tasks/{step.id}/transcribe").text
    for words in ("谁作的决定", "许听澜", "方既白", "电话", "纸面", "扫描件", 'name="opinion"', "不同意"):
        assert words in page, words


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_lost(step: WorkItem, sign_in: SignIn) -> None:
    """The clerk's part and the form are judged together; what was typed stands in the page, the scan too."""
    scan = (BytesIO(b"%PDF-1.4 scan"), "批示.pdf")
    answer = send(
        sign_in("office"), step.id, told_for="", told_at="", opinion="", told_note="写了一半", told_scan=scan
    )
    assert answer.status_code == 422
    for words in ("选作出决定的人", "写本人作出决定的时间", "写了一半", "批示.pdf", 'href="#gj-opinion"'):
        assert words in answer.text, words
    kept_scan = re.search(r'name="told_scan_id" value="(\d+)"', answer.text)
    assert kept_scan
    paper = send(sign_in("office"), step.id, told_medium="paper", told_note="", told_scan_id=kept_scan[1])
    assert paper.status_code == 303
    assert kept(step.case_id).upload_id == int(kept_scan[1])


def test_a_repeat_of_the_same_post_gives_the_same_receipt(step: WorkItem, sign_in: SignIn) -> None:
    """Two clicks are one record; a later clerk is told that it is done."""
    browser = sign_in("office")
    first, again = send(browser, step.id), send(browser, step.id)
    assert (first.status_code, first.location) == (303, again.location)
    late = send(sign_in("supervisor"), step.id, key="k2")
    assert late.status_code == 409
    assert "按许听澜的意见代录" in late.text


def test_every_page_says_whose_hand_it_was(app: Flask, step: WorkItem, sign_in: SignIn) -> None:
    """Task, case, form contents, print, lists, receipts: nowhere does it read as the leader's own act."""
    record(runtime_of(app), step.id)
    number = db.session.get_one(Case, step.case_id).number
    office, head = sign_in("office"), sign_in("dept_head")
    for address in (
        f"/tasks/{step.id}",
        f"/cases/{number}",
        f"/cases/{number}?tab=form",
        f"/tasks/{step.id}/receipt",
    ):
        assert SAID in office.get(address).text, address
    assert "沈明溪 代录（许听澜），待本人确认" in office.get(f"/cases/{number}/print").text
    for address in ("/inbox?box=done", "/receipts"):
        assert "待本人确认" in head.get(address).text, address
    assert "待本人确认" in office.get("/cases").text
    assert "/transcriptions" in head.get(f"/tasks/{step.id}").text


def test_the_leader_finds_it_on_top_and_confirms_in_one_tap(app: Flask, step: WorkItem, sign_in: SignIn) -> None:
    """The inbox counts it, the page shows what was recorded, one button ends it."""
    record(runtime_of(app), step.id)
    head = sign_in("dept_head")
    assert "待本人确认 1 件" in head.get("/inbox").text
    assert "待本人确认 1 件" not in sign_in("director").get("/inbox").text
    page = head.get("/transcriptions").text
    for words in (SAID, "签发", "同意", "同意印发。", "许听澜来电，说同意。", "关于停暖的说明", "作出决定", "录入"):
        assert words in page, words
    row = kept(step.case_id)
    assert (
        sign_in("director").post(f"/transcriptions/{row.id}/answer", data={"answer": "confirmed"}).status_code == 404
    )
    answer = head.post(f"/transcriptions/{row.id}/answer", data={"answer": "confirmed"}, follow_redirects=True)
    assert "已确认，这是您本人的决定。" in answer.text
    assert "没有等您确认的代录" in answer.text
    assert "待本人确认" not in head.get("/inbox").text
    page = head.get(f"/cases/{db.session.get_one(Case, step.case_id).number}").text
    assert "本人已确认" in page
    assert "本人确认代录" in page


def test_an_objection_marks_the_case(app: Flask, step: WorkItem, sign_in: SignIn) -> None:
    """Without words it is asked again with the page open; with words the case reads as disputed everywhere."""
    record(runtime_of(app), step.id)
    head, row = sign_in("dept_head"), kept(step.case_id)
    answer = head.post(f"/transcriptions/{row.id}/answer", data={"answer": "objected", "note": " "})
    assert answer.status_code == 422
    assert "写一句哪里不是您的意见" in answer.text
    answer = head.post(f"/transcriptions/{row.id}/answer", data={"answer": "objected", "note": "我说的是缓发。"})
    assert answer.status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(TranscriptionAnswer.note)).one() == "我说的是缓发。"
    office = sign_in("office")
    assert "代录有异议" in office.get("/cases").text
    page = office.get(f"/cases/{db.session.get_one(Case, step.case_id).number}").text
    assert "本人有异议" in page
    assert "我说的是缓发。" in page


def test_a_program_cannot_record_somebody_elses_decision(app: Flask, step: WorkItem, sign_in: SignIn) -> None:
    """JSON to the task page and the REST shape both refuse `transcribed_for` with a sentence."""
    body = {"answers": {"opinion": "同意", "decision": "agree"}, "key": "p", "transcribed_for": "director"}
    answer = sign_in("dept_head").post(f"/tasks/{step.id}", json=body)
    assert answer.status_code == 403
    assert "代录只能由书记员在办理页上做" in answer.text
    variables = {"opinion": {"value": "同意"}, "transcribed_for": {"value": "director"}}
    answer = program(app, "dept_head").post(f"/task/{step.id}/complete", {"variables": variables})
    assert answer.status_code == 403
    assert "代录" in answer.text
    assert waiting_step(step.case_id).id == step.id


def test_the_inbox_still_takes_few_statements(app: Flask, step: WorkItem, sign_in: SignIn) -> None:
    """At most fourteen, recorded decisions or not."""
    record(runtime_of(app), step.id)
    for number in range(3):
        begin(runtime_of(app), title=f"第 {number} 件")
    head, seen = sign_in("dept_head"), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    head.get("/inbox")
    event.listen(db.engine, "before_cursor_execute", note)
    assert head.get("/inbox").status_code == 200
    event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in seen if not one.startswith(("BEGIN", "PRAGMA"))]) <= 14


def test_a_clock_of_the_future_is_refused_by_the_page(step: WorkItem, sign_in: SignIn) -> None:
    """The sentence stands beside the field."""
    with transaction() as session:
        ahead = clock.local(clock.now(session) + timedelta(hours=3))
    answer = send(sign_in("office"), step.id, told_at=f"{ahead:%Y-%m-%dT%H:%M}")
    assert answer.status_code == 422
    assert "作出决定的时间还没有到" in answer.text
