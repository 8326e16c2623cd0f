"""The command board, the alarm page and the list: what they show to whom, one-tap calls, the cost of a board."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from app import clock
from app.db import db, transaction
from app.emergency.models import CallAttempt, Emergency, LogEntry
from app.ledger.models import Record
from app.work.models import Case
from tests.factories.emergency import Running, publish_emergency

SignIn = Callable[[str], FlaskClient]
STATEMENTS = 15


@pytest.fixture
def house(app: Flask) -> Flask:
    """A house with the shipped processes of emergencies."""
    publish_emergency()
    return app


def page(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def board(browser: FlaskClient, run: Running, more: str = "") -> str:
    return page(browser, f"/emergency/{run.case.number}{more}")


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the reads sent meanwhile."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT", "ROLLBACK")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def alarm(browser: FlaskClient, **changed: str) -> str:
    typed = {"kind": "tamper", "site": "", "told": "首页被换成不明图片", "key": uuid4().hex}
    answer = browser.post("/emergency/new", data=typed | changed)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def test_one_submit_raises_the_alarm_and_the_same_submit_again_changes_nothing(house: Flask, sign_in: SignIn) -> None:
    del house
    browser, key = sign_in("duty"), uuid4().hex
    assert "网页篡改" in page(browser, "/emergency/new")
    first = alarm(browser, key=key)
    assert alarm(browser, key=key) == first
    assert count(Emergency) == 1
    shown = page(browser, first)
    assert "首页被换成不明图片" in shown
    assert "轮到您：确认是不是事件" in shown


def test_what_was_typed_stays_when_something_is_missing(house: Flask, sign_in: SignIn) -> None:
    del house
    answer = sign_in("duty").post("/emergency/new", data={"told": "打不开", "kind": "", "key": "k"})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "打不开" in text
    assert "选是哪一类事件" in text
    assert count(Emergency) == 0


def test_the_board_shows_grade_branches_targets_and_who_is_there(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    run.confirm(unreachable=True)
    run.wait(125)
    shown = board(sign_in("office"), run)
    for words in ("is-grade-3", "较大", "升为 III 级", "报告", "处置", "舆情", "指挥", "对照目标", "到位", "崔望舒"):
        assert words in shown, words
    assert 'data-since="' in shown


def test_finished_pieces_say_the_grade_at_which_they_were_done(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    run.confirm(unreachable=True)
    run.do("commander_activate", "commander", decision="activate", publicity_needed=False)
    run.wait(125)
    shown = board(sign_in("office"), run)
    assert "当时 IV 级" in shown


def test_a_call_is_one_tap_on_the_board(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    run.wait(11)
    browser = sign_in("office")
    shown = board(browser, run)
    assert 'href="tel:13900000101"' in shown or 'href="tel:13900000102"' in shown
    item = run.items()["call"]
    path = f"/emergency/{run.case.number}/calls/{item.id}"
    for _ in range(2):
        assert browser.post(path, data={"decision": "no_answer"}).status_code == 303
    db.session.rollback()
    found = db.session.scalars(select(CallAttempt).order_by(CallAttempt.id)).all()
    assert [one.outcome for one in found] == ["no_answer", ""]
    assert "无人接" in board(browser, run)
    assert browser.post(path, data={"decision": "sang"}).status_code == 404


def test_those_who_take_part_write_into_the_log(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    path = f"/emergency/{run.case.number}/log"
    browser = sign_in("duty")
    assert browser.post(path, data={"kind": "decision", "text": "先不恢复，全站比对"}).status_code == 303
    assert browser.post(path, data={"kind": "decision", "text": " "}).status_code == 303
    assert count(LogEntry) == 1
    shown = board(browser, run)
    assert "先不恢复，全站比对" in shown
    db.session.rollback()
    assert db.session.scalar(select(Record.id).where(Record.kind == "emergency:log:decision")) is not None


def test_nothing_new_is_answered_with_304(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    browser = sign_in("duty")
    path = f"/emergency/{run.case.number}/now"
    first = browser.get(path)
    tag = first.headers["ETag"]
    assert first.status_code == 200
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(seconds=5))
    assert browser.get(path, headers={"If-None-Match": tag}).status_code == 304
    browser.post(f"/emergency/{run.case.number}/log", data={"kind": "note", "text": "第 5 台清除完成"})
    after = browser.get(path, headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert "第 5 台清除完成" in after.get_data(as_text=True)


def test_what_is_not_yours_is_not_found(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    browser = sign_in("vendor_a_tech")
    for path in ("", "/now"):
        assert browser.get(f"/emergency/{run.case.number}{path}").status_code == 404
    assert browser.post(f"/emergency/{run.case.number}/log", data={"kind": "note", "text": "x"}).status_code == 404
    item = run.items()["confirm_incident"]
    assert browser.post(f"/emergency/{run.case.number}/calls/{item.id}", data={"decision": "busy"}).status_code == 404
    assert browser.get("/emergency/YJ-2026-9999").status_code == 404


def test_a_drill_says_so_on_board_list_and_task(house: Flask, sign_in: SignIn) -> None:
    run = Running(house, drill=True).begin()
    browser = sign_in("duty")
    assert "gj-drill" in board(browser, run)
    assert "演练" in page(browser, "/emergency/?show=drill")
    assert run.case.number not in page(browser, "/emergency/?show=real")
    item = run.items()["confirm_incident"]
    assert "gj-drill" in page(browser, f"/tasks/{item.id}")


def test_the_grade_stands_on_task_and_case_pages(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    run.confirm()
    browser = sign_in("duty")
    item = run.items()["first_containment"]
    for path in (f"/tasks/{item.id}", f"/cases/{run.case.number}"):
        shown = page(browser, path)
        assert "is-grade-4" in shown
        assert f"/emergency/{run.case.number}" in shown


def test_the_menu_counts_real_ones_only(house: Flask, sign_in: SignIn) -> None:
    Running(house, kind="leak", drill=True).begin()
    browser = sign_in("office")
    counted = '<span>应急指挥</span><span class="gj-nav-count">'
    assert counted not in page(browser, "/emergency/")
    Running(house).begin()
    assert f"{counted}1</span>" in page(browser, "/emergency/")


def test_a_board_takes_few_statements_however_much_happened(house: Flask, sign_in: SignIn) -> None:
    """At most fifteen, with what the frame of every page reads, whatever happened and however many others run."""
    runs = [Running(house).begin() for _ in range(3)]
    run = runs[0]
    browser = sign_in("duty")
    path = f"/emergency/{run.case.number}"
    page(browser, path)
    with statements() as first:
        page(browser, path)
    run.wait(11)
    run.do("call", decision="no_answer")
    run.confirm(unreachable=True)
    run.wait(130)
    browser = sign_in("duty")
    page(browser, path)
    with statements() as later:
        page(browser, path)
    assert len(first) <= STATEMENTS, first
    assert len(later) <= STATEMENTS, later
    with statements() as listed:
        page(browser, "/emergency/")
    assert len(listed) <= STATEMENTS, listed


def test_a_closed_case_stands_still(house: Flask, sign_in: SignIn) -> None:
    run = Running(house).begin()
    run.do("confirm_incident", "duty", decision="false_alarm", confirm_note="是计划内改版")
    shown = board(sign_in("office"), run)
    assert "误报" in shown
    assert "board-poll" not in shown
    assert "误报" in page(sign_in("office"), "/emergency/")
    assert db.session.get_one(Case, run.case_id).status != "running"
