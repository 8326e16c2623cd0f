"""Who is called in which order, whose number is right, who is on duty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import clock
from app.clock import ZONE
from app.db import db, transaction
from app.emergency.models import DutyShift, RosterMember
from app.emergency.queries import callees, numbers
from app.ledger.models import Record
from tests.factories.ready import plan_id, user_id, with_plans

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def people(app: Flask) -> None:
    """Plans and people, nobody on any list."""
    with_plans(app)


def add(browser: FlaskClient, name: str, **typed: object) -> int:
    found = {"group": "duty", "user": user_id(name), "title": "", "phone": "", "plan": ""} | typed
    return browser.post("/emergency/roster", data=found).status_code


def listed(plan: int | None = None, group: str = "duty") -> list[RosterMember]:
    db.session.rollback()
    return list(numbers.members(db.session(), group, plan))


def names(plan: int | None = None) -> list[str]:
    return [one.user.user_name for one in listed(plan)]


def kinds() -> list[str]:
    db.session.rollback()
    query = select(Record.kind).where(Record.kind.startswith("emergency:")).order_by(Record.id)
    return [kind for kind in db.session.scalars(query) if kind != "emergency:plans:established"]


def test_people_join_a_list_change_places_and_leave_it_each_with_a_record(sign_in: SignIn) -> None:
    browser = sign_in("office")
    for name in ("duty", "duty2", "tech2"):
        assert add(browser, name) == 303
    assert names() == ["duty", "duty2", "tech2"]
    last = listed()[2].id
    assert browser.post(f"/emergency/roster/{last}/move", data={"step": "up", "group": "duty"}).status_code == 303
    assert names() == ["duty", "tech2", "duty2"]
    first = listed()[0].id
    browser.post(f"/emergency/roster/{first}/move", data={"step": "down", "group": "duty"})
    assert names() == ["tech2", "duty", "duty2"]
    browser.post(f"/emergency/roster/{first}/remove", data={"group": "duty"})
    assert names() == ["tech2", "duty2"]
    assert kinds() == [
        *["emergency:roster:added"] * 3,
        *["emergency:roster:moved"] * 2,
        "emergency:roster:removed",
    ]


def test_at_the_end_of_a_list_nobody_moves_on(sign_in: SignIn) -> None:
    browser = sign_in("office")
    add(browser, "duty")
    browser.post(f"/emergency/roster/{listed()[0].id}/move", data={"step": "up"})
    assert names() == ["duty"]
    assert "emergency:roster:moved" not in kinds()


def test_nobody_is_twice_on_a_list_nor_without_a_number(sign_in: SignIn) -> None:
    browser = sign_in("office")
    add(browser, "duty")
    assert add(browser, "duty") == 422
    answer = browser.post("/emergency/roster", data={"group": "duty", "user": user_id("office")})
    assert "账号里没有电话" in answer.text
    assert add(browser, "office", phone="010-88886666") == 303


def test_a_list_of_its_own_comes_instead_of_the_one_for_all(sign_in: SignIn) -> None:
    browser = sign_in("office")
    add(browser, "duty")
    add(browser, "tech2", plan=plan_id())
    now = clock.now(db.session())
    assert [one.user_id for one in callees(db.session(), "duty", plan_id(), now)] == [user_id("tech2")]
    assert [one.user_id for one in callees(db.session(), "duty", plan_id("ddos"), now)] == [user_id("duty")]
    assert "单独名单" in browser.get(f"/emergency/plans/{plan_id()}").text
    assert "用通用名单" in browser.get(f"/emergency/roster?plan={plan_id('ddos')}").text


def test_a_number_is_right_for_a_month_after_one_tap(sign_in: SignIn) -> None:
    browser = sign_in("office")
    add(browser, "duty", title="一线")
    row = listed()[0]
    assert "1 个号码一个月没有核对" in browser.get("/emergency/roster").text
    answer = browser.post(f"/emergency/roster/{row.id}/check", data={"phone": "13900000101", "group": "duty"})
    assert answer.status_code == 303
    assert "个号码一个月没有核对" not in browser.get("/emergency/roster").text
    assert "1/1" in browser.get("/emergency/plans").text
    with transaction() as session:
        clock.advance(session, datetime(2026, 12, 19, 9, 30, tzinfo=ZONE))
    later = sign_in("office")
    assert "1 个号码一个月没有核对" in later.get("/emergency/roster").text
    assert kinds()[-1] == "emergency:roster:checked"


def test_a_number_that_was_changed_meanwhile_is_not_found_right(sign_in: SignIn) -> None:
    """Who looks at an old page confirms nothing that nobody has called."""
    browser = sign_in("office")
    add(browser, "duty")
    row = listed()[0]
    browser.post(f"/emergency/roster/{row.id}/check", data={"phone": "13900000101"})
    browser.post(f"/emergency/roster/{row.id}", data={"title": "", "phone": "13911112222"})
    assert listed()[0].checked_at is None
    browser.post(f"/emergency/roster/{row.id}/check", data={"phone": "13900000101"})
    assert listed()[0].checked_at is None
    assert kinds()[-1] == "emergency:roster:changed"


def test_those_who_only_look_change_nothing(sign_in: SignIn) -> None:
    add(sign_in("office"), "duty")
    browser = sign_in("duty2")
    assert browser.get("/emergency/roster").status_code == 200
    assert add(browser, "tech2") == 404
    assert browser.post(f"/emergency/roster/{listed()[0].id}/remove").status_code == 404
    assert browser.post("/emergency/duty", data={}).status_code == 404


def shift(browser: FlaskClient, name: str, start: str, end: str) -> tuple[int, str]:
    typed = {"user": user_id(name), "starts_at": start, "ends_at": end, "week": "2026-11-16"}
    answer = browser.post("/emergency/duty", data=typed)
    return answer.status_code, answer.text


def test_a_week_says_in_words_who_where_nobody_and_where_two(sign_in: SignIn) -> None:
    browser = sign_in("office")
    assert shift(browser, "duty", "2026-11-18T08:30", "2026-11-18T17:30")[0] == 303
    assert shift(browser, "duty2", "2026-11-18T17:00", "2026-11-22T23:00")[0] == 303
    page = browser.get("/emergency/duty?week=2026-11-18").text
    assert "有 2 段没有人值班" in page
    assert "11-22 23:00 到 11-23 00:00" in page
    assert "崔望舒和桑榆晚：11-18 17:00 到 11-18 17:30" in page
    assert "这一周没有排班" in browser.get("/emergency/duty?week=2026-12-01").text


def test_who_is_on_duty_now_is_called_first(sign_in: SignIn) -> None:
    browser = sign_in("office")
    add(browser, "duty")
    shift(browser, "duty2", "2026-11-17T10:00", "2026-11-17T18:00")
    with transaction() as session:
        now = clock.advance(session, datetime(2026, 11, 17, 11, tzinfo=ZONE))
    assert [one.name for one in callees(db.session(), "duty", None, now)] == ["桑榆晚", "崔望舒"]
    assert "现在值班：桑榆晚" in sign_in("duty").get("/emergency/roster").text


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ("2026-11-16T08:30", "2026-11-16T17:30", "值班表不能补写"),
        ("2026-11-18T17:30", "2026-11-18T08:30", "结束要在开始之后"),
        ("2026-11-18T08:30", "2026-11-28T08:30", "最长七天"),
        ("明天", "2026-11-18T08:30", "这样的日期和时间"),
    ],
)
def test_a_shift_that_cannot_be_says_why(sign_in: SignIn, start: str, end: str, sentence: str) -> None:
    status, page = shift(sign_in("office"), "duty", start, end)
    assert status == 422
    assert sentence in page


def test_a_shift_that_has_begun_stays(sign_in: SignIn) -> None:
    browser = sign_in("office")
    shift(browser, "duty", "2026-11-17T10:00", "2026-11-17T18:00")
    db.session.rollback()
    row_id = db.session.scalars(select(DutyShift.id)).one()
    db.session.rollback()
    with transaction() as session:
        clock.advance(session, datetime(2026, 11, 17, 10, 1, tzinfo=ZONE))
    sign_in("office").post(f"/emergency/duty/{row_id}/remove")
    db.session.rollback()
    assert db.session.get(DutyShift, row_id) is not None


def load(browser: FlaskClient, data: bytes) -> tuple[int, str]:
    answer = browser.post("/emergency/duty/import", data={"file": (BytesIO(data), "值班.csv"), "week": "2026-12-01"})
    return answer.status_code, answer.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_of_shifts_is_read_as_offices_write_it(sign_in: SignIn, encoding: str) -> None:
    text = "姓名,开始,结束\n崔望舒,2026-12-01 08:30,2026-12-01 17:30\nduty2,2026/12/01 17:30,2026/12/02 08:30\n"
    browser = sign_in("office")
    assert load(browser, text.encode(encoding))[0] == 303
    db.session.rollback()
    assert db.session.scalar(select(func.count(DutyShift.id))) == 2
    assert kinds() == ["emergency:shifts:imported"]
    load(browser, text.encode(encoding))
    db.session.rollback()
    assert db.session.scalar(select(func.count(DutyShift.id))) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("崔望舒,2026-12-01 08:30,2026-12-01 17:30\n无此人,2026-12-01 17:30,2026-12-02 08:30", "第 2 行"),
        ("崔望舒,2026-12-01 08:30,2026-12-01 17:30\n崔望舒,2026-12-01 12:00,2026-12-02 08:30", "已经有班"),
        ("崔望舒,2026-11-01 08:30,2026-11-01 17:30", "值班表不能补写"),
        ("崔望舒,2026-12-01,2026-12-02", "这样的日期和时间"),
        ("姓名,开始,结束", "没有可以导入的班次"),
    ],
)
def test_one_wrong_line_refuses_the_whole_table(sign_in: SignIn, text: str, sentence: str) -> None:
    status, page = load(sign_in("office"), text.encode())
    assert status == 422
    assert sentence in page
    db.session.rollback()
    assert db.session.scalar(select(func.count(DutyShift.id))) == 0
