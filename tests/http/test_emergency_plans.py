"""The plan library: how plans stand, a new version, who saved meanwhile, what was changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.db import db, transaction
from app.emergency.models import PlanVersion
from app.emergency.queries import library
from app.emergency.rules import KINDS
from app.ledger.models import Record
from tests.factories.ready import plan_id, with_plans

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def plans(app: Flask) -> None:
    """The seven plans."""
    with_plans(app)


def fields(**changed: object) -> dict[str, object]:
    """Return what is typed for a plan, as the form sends it."""
    typed = {
        "name": "网页篡改应急预案",
        "drill_months": "6",
        "body": "<h2>先做</h2><ol><li>先截图，再断开。</li></ol>",
        "target_confirm": "5 分钟",
        "target_contain": "10",
        "target_phone": "",
        "target_written": "2小时",
        "target_restore": "",
        "knowledge_title": ["静态页在哪里", ""],
        "knowledge_note": ["机房二号柜的备机", ""],
        "knowledge_url": ["", ""],
        "script_after": ["1 小时", "5", ""],
        "script_text": ["记者来电", "首页被改", ""],
        "note": "演练后缩短确认时间",
        "seen": "1",
    }
    return typed | changed


def save(browser: FlaskClient, **changed: object) -> tuple[int, str]:
    answer = browser.post(f"/emergency/plans/{plan_id()}/edit", data=fields(**changed))
    return answer.status_code, answer.get_data(as_text=True)


def test_the_library_says_of_every_plan_how_it_stands(sign_in: SignIn) -> None:
    page = sign_in("inspector").get("/emergency/plans").text
    for kind in KINDS:
        assert f"/emergency/plans/{plan_id(kind)}" in page
    assert "2027-11-17" in page  # a year after the first version
    assert "0/0" in page


@pytest.mark.parametrize("user_name", ["vendor_a_lead", "dept", "sysadmin"])
def test_plans_are_not_for_everybody(sign_in: SignIn, user_name: str) -> None:
    assert sign_in(user_name).get("/emergency/plans").status_code == 404
    assert sign_in(user_name).get(f"/emergency/plans/{plan_id()}").status_code == 404


def test_those_who_only_look_do_not_change(sign_in: SignIn) -> None:
    browser = sign_in("inspector")
    assert browser.get(f"/emergency/plans/{plan_id()}").status_code == 200
    assert browser.get(f"/emergency/plans/{plan_id()}/edit").status_code == 404
    assert save(browser)[0] == 404


def test_a_change_is_a_new_version_and_the_old_one_stays(sign_in: SignIn) -> None:
    browser = sign_in("office")
    assert save(browser)[0] == 303
    db.session.rollback()
    first, second = reversed(library.versions(db.session(), plan_id()))
    assert (first.number, second.number) == (1, 2)
    assert "先截图，再断开" in second.body
    assert "先截图，再断开" not in first.body
    assert second.targets == {"confirm": "5 分钟", "contain": "10 分钟", "written": "2 小时"}
    assert [one["after"] for one in second.script] == ["PT5M", "PT60M"]
    assert second.knowledge == [{"title": "静态页在哪里", "note": "机房二号柜的备机", "url": ""}]
    record = db.session.scalars(select(Record).where(Record.kind == "emergency:plan:changed")).one()
    assert second.digest in record.body
    page = browser.get(f"/emergency/plans/{plan_id()}").text
    assert "第 2 版" in page
    assert "演练后缩短确认时间" in page


def test_the_page_of_a_version_marks_what_came_and_went(sign_in: SignIn) -> None:
    browser = sign_in("office")
    save(browser)
    page = browser.get(f"/emergency/plans/{plan_id()}/versions/2").text
    assert "<ins" in page
    assert "<del" in page
    assert "和第 1 版比" in page
    assert "现在用的是第 2 版" in browser.get(f"/emergency/plans/{plan_id()}/versions/1").text
    assert browser.get(f"/emergency/plans/{plan_id()}/versions/3").status_code == 404


def test_the_same_text_again_makes_no_version(sign_in: SignIn) -> None:
    browser = sign_in("office")
    save(browser)
    assert save(browser, seen="2")[0] == 303
    db.session.rollback()
    assert library.latest(db.session(), plan_id()).number == 2


def test_who_saved_second_loses_nothing_and_may_save_on_top(sign_in: SignIn) -> None:
    """The typed text stays, the page says who saved meanwhile, and the next save goes on from theirs."""
    save(sign_in("office"))
    other = sign_in("supervisor")
    status, page = save(other, body="<p>另一个人写的。</p>", note="第二个人")
    assert status == 409
    assert "另一个人写的" in page
    assert "沈明溪" in page
    assert 'name="seen" value="2"' in page
    assert save(other, body="<p>另一个人写的。</p>", note="第二个人", seen="2")[0] == 303
    db.session.rollback()
    assert library.latest(db.session(), plan_id()).number == 3


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "预案名称要 1 到 80 个字"),
        ({"body": ""}, "写上预案的正文"),
        ({"drill_months": "99"}, "演练间隔要是 1 到 36 个月"),
        ({"target_confirm": "马上"}, "写成“10 分钟”"),
        ({"script_after": ["随时"], "script_text": ["断电"]}, "开始后多久"),
        ({"script_after": ["5"], "script_text": [""]}, "开始后多久"),
        ({"knowledge_title": ["见"], "knowledge_url": ["javascript:x"]}, "网址要以"),
        ({"knowledge_title": [""], "knowledge_note": ["没有标题"], "knowledge_url": [""]}, "每条知识都要有标题"),
    ],
)
def test_what_cannot_be_accepted_says_why_and_stays(
    sign_in: SignIn, changed: dict[str, object], sentence: str
) -> None:
    status, page = save(sign_in("office"), **({"knowledge_note": ["机房"]} | changed))
    assert status == 422
    assert sentence in page
    assert "演练后缩短确认时间" in page


def test_no_script_or_style_survives_in_a_plan(sign_in: SignIn) -> None:
    browser = sign_in("office")
    save(browser, body='<p onclick="x()">先断开<script>alert(1)</script><img src=x></p>')
    page = browser.get(f"/emergency/plans/{plan_id()}").text
    assert "alert(1)" not in page
    assert "onclick" not in page
    assert "先断开" in page


def test_a_version_cannot_be_changed_in_the_database() -> None:
    with pytest.raises(Exception, match="plan_version"), transaction() as session:
        session.execute(update(PlanVersion).values(body="改过"))
