"""退回 on the task page: only where the step names it, with a reason, from a page and from a program."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import runtime_of
from app.db import db
from app.ledger.models import Record
from app.work.models import Case
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import complete, open_item
from tests.processes.diagrams import chain, end, extension, node, properties, start

SignIn = Callable[[str], FlaskClient]
OWN = {"name.en": "Check", "back.to": "ask, work", "basis": "办法 第 9 条", "remind": "50,80", "limit": "2 工作日"}


@pytest.fixture
def waiting(app: Flask) -> int:
    """Bring a case to a step that may go back to both steps before it; return its item."""
    check = node("userTask", "check", extension(properties(OWN)), name="审核", camunda_assignee="dept")
    publish_drawn("back", start(), asked(), done("work"), check, end(), chain("s", "ask", "work", "check", "e"))
    case_id = start_drawn(runtime_of(app), "back").case_id
    complete(runtime_of(app), open_item(case_id).id, "dept", {"done": "做了。"})
    return open_item(case_id).id


def test_the_page_offers_the_named_steps_that_were_done(waiting: int, sign_in: SignIn) -> None:
    """Both steps with who did them, the reason, the consequence, and on what the step is based."""
    page = sign_in("dept").get(f"/tasks/{waiting}").get_data(as_text=True)
    assert 'name="back_to" value="ask"' in page
    assert 'name="back_to" value="work"' in page
    assert "办法 第 9 条" in page
    assert "都要再办一遍" in page


def test_an_item_goes_back_with_its_reason(waiting: int, sign_in: SignIn) -> None:
    """The chosen step is open again, the reason is on record, the page says so."""
    answer = sign_in("dept").post(
        f"/tasks/{waiting}/back", data={"back_to": "ask", "back_reason": "写不清楚", "key": "k1"}
    )
    assert answer.status_code == 303
    db.session.rollback()
    record = db.session.scalars(select(Record).where(Record.kind == "work:item:sent_back")).one()
    assert "写不清楚" in record.body
    case = db.session.scalars(select(Case)).one()
    assert open_item(case.id).node == "ask"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"back_to": "work"}, "要写明理由"),
        ({"back_reason": "不行"}, "还没有选退回到哪一步"),
        ({"back_to": "check", "back_reason": "不行"}, "不能退回到这一步"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(
    waiting: int, sign_in: SignIn, typed: dict[str, str], said: str
) -> None:
    """The panel stays open with what was typed; the item stays where it is."""
    answer = sign_in("dept").post(f"/tasks/{waiting}/back", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code in {403, 422}
    assert said in page
    assert typed.get("back_reason", "") in page
    assert sign_in("dept").get(f"/tasks/{waiting}").status_code == 200


def test_a_program_sends_back_once(waiting: int, sign_in: SignIn) -> None:
    """JSON in, a receipt out; the same key again gives the same receipt."""
    body = {"to": "work", "reason": "附件不全", "key": "once"}
    first = sign_in("dept").post(f"/tasks/{waiting}/back", json=body).get_json()
    again = sign_in("dept").post(f"/tasks/{waiting}/back", json=body).get_json()
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["receipt"] == first["receipt"]


def test_others_do_not_send_back(waiting: int, sign_in: SignIn) -> None:
    """Whoever may not see the case learns nothing of it; nothing moves."""
    answer = sign_in("vendor_b_tech").post(f"/tasks/{waiting}/back", json={"to": "ask", "reason": "x"})
    assert answer.status_code == 404


def test_a_step_without_the_attribute_offers_nothing(app: Flask, sign_in: SignIn) -> None:
    """The bar has no 退回, and the address refuses."""
    publish_drawn("plain", start(), asked(), done("work"), end(), chain("s", "ask", "work", "e"))
    item = open_item(start_drawn(runtime_of(app), "plain").case_id)
    browser = sign_in("dept")
    assert 'name="back_to"' not in browser.get(f"/tasks/{item.id}").get_data(as_text=True)
    assert browser.post(f"/tasks/{item.id}/back", json={"to": "ask", "reason": "x"}).status_code == 403
