"""The pages of work on the dispatch process: rules of the form's owner, messages, and two vendors in one case."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.ledger import Actor
from app.people.models import ServiceCategory, Site, Unit
from app.processes.operations import load_folders
from app.work.models import Case, WorkItem

ROOT = Path(__file__).parents[2]
SignIn = Callable[[str], FlaskClient]
DEMAND = {
    "title": "恢复三个附件下载",
    "wanted": "栏目里三个附件打不开。",
    "criteria": "附件能下载\n文件名不乱码",
    "priority": "normal",
    "channel": "system",
    "wished_on": "",
}


class Desk:
    """One case that is walked through the pages."""

    def __init__(self, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.browsers: dict[str, FlaskClient] = {}

    def browser(self, user_name: str) -> FlaskClient:
        """Return this person's browser."""
        if user_name not in self.browsers:
            self.browsers[user_name] = self.sign_in(user_name)
        return self.browsers[user_name]

    def begin(self, **changes: str) -> str:
        """Make the demand and return the case's number."""
        fields = {**DEMAND, "site": find(Site, Site.name, "住建局门户"), "category": category("content"), **changes}
        answer = self.browser("dept").post(
            "/start/task_dispatch?as=demand", data={**fields, "key": uuid4().hex, "decision": "submit"}
        )
        assert answer.status_code == 303, page_of(answer)
        db.session.rollback()
        return db.session.scalars(select(Case.number).order_by(Case.id.desc()).limit(1)).one()

    def item(self) -> WorkItem:
        """Return the one open step."""
        db.session.rollback()
        return db.session.scalars(select(WorkItem).where(WorkItem.status == "open")).one()

    def submit(self, user_name: str, decision: str, **fields: Any) -> Any:
        """Submit the open step's page; files travel with the form, as without JavaScript."""
        data = {"key": uuid4().hex, "decision": decision, **fields}
        return self.browser(user_name).post(f"/tasks/{self.item().id}", data=data, content_type="multipart/form-data")

    def accept(self) -> None:
        """Let vendor A accept with a restatement."""
        answer = self.submit("vendor_a_lead", "accept", restatement="重传附件。", promised_at="2026-11-18T12:00")
        assert answer.status_code == 303, page_of(answer)

    def hand_in(self) -> None:
        """Let vendor A assign its engineer and the engineer hand in a file."""
        page = page_of(self.browser("vendor_a_lead").get(f"/tasks/{self.item().id}"))
        engineer = re.search(r'<option value="(\d+)"[^>]*>陆小满', page)
        assert engineer
        assert self.submit("vendor_a_lead", "assign", engineer=engineer[1]).status_code == 303
        answer = self.submit(
            "vendor_a_tech",
            "submit",
            result_note="都修好了。",
            operation_log="10:00 重传",
            touched_production="no",
            results=(io.BytesIO("检查清单\n".encode()), "检查清单.txt"),
        )
        assert answer.status_code == 303, page_of(answer)


@pytest.fixture
def desk(app: Flask, sign_in: SignIn) -> Desk:
    """Publish the dispatch process and return a desk to walk a case on."""
    del app
    with transaction() as session:
        load_folders(session, ROOT / "bpmn", ROOT / "forms", Actor("setup", "setup"), clock.now(session))
    return Desk(sign_in)


def page_of(answer: Any) -> str:
    """Return the page as text."""
    return str(answer.get_data(as_text=True))


def find(model: Any, column: Any, value: str) -> str:
    """Return the id of a row as a form posts it."""
    return str(db.session.scalar(select(model.id).where(column == value)))


def category(code: str) -> str:
    """Return the id of a service category."""
    return find(ServiceCategory, ServiceCategory.code, code)


def test_what_an_action_needs_is_asked_for_that_action_only(desk: Desk) -> None:
    """Refusing needs a reason, accepting a restatement; each sentence stands beside its field."""
    desk.begin()
    refused = desk.submit("vendor_a_lead", "refuse")
    assert refused.status_code == 422
    assert "gj-vendor_note-error" in page_of(refused)
    assert "gj-restatement-error" not in page_of(refused)
    accepted = desk.submit("vendor_a_lead", "accept", vendor_note="已写的话不会丢。")
    assert accepted.status_code == 422
    assert "gj-restatement-error" in page_of(accepted)
    assert "已写的话不会丢。" in page_of(accepted)


def test_a_file_travels_with_the_form(desk: Desk) -> None:
    """Without JavaScript a posted file is kept, bound to the step and readable by the requester."""
    number = desk.begin()
    desk.accept()
    desk.hand_in()
    page = page_of(desk.browser("dept").get(f"/cases/{number}?tab=files"))
    assert "检查清单.txt" in page
    address = re.search(r'href="(/files/\d+)"', page)
    assert address
    with desk.browser("dept").get(address[1]) as answer:
        assert answer.data.decode() == "检查清单\n"
    assert desk.browser("vendor_b_lead").get(address[1]).status_code == 404


def test_verdicts_must_fit_the_action(desk: Desk) -> None:
    """Nobody passes what was not met, nor returns what was met entirely."""
    desk.begin()
    desk.accept()
    desk.hand_in()
    unmet = {"checked-0": "yes", "checked-1": "no"}
    assert "第 2 条没有达到" in page_of(desk.submit("dept", "pass", **unmet))
    met = {"checked-0": "yes", "checked-1": "yes"}
    assert "每一条都选了达到" in page_of(desk.submit("dept", "rework", accept_note="再看看。", **met))
    assert desk.submit("dept", "rework", accept_note="文件名还是乱码。", **unmet).status_code == 303
    item = desk.item()
    assert (item.node, item.round) == ("vendor_execute", 2)
    assert "文件名还是乱码。" in page_of(desk.browser("vendor_a_tech").get(f"/tasks/{item.id}"))


def test_the_requester_may_object_to_a_restatement(desk: Desk) -> None:
    """The offer stands on the case page of the requester alone, needs a reason and sends the step back."""
    number = desk.begin()
    desk.accept()
    address = f"/cases/{number}/messages/object_restatement"
    assert address in page_of(desk.browser("dept").get(f"/cases/{number}"))
    for other in ("dept_head", "vendor_a_lead", "office"):
        assert address not in page_of(desk.browser(other).get(f"/cases/{number}"))
        assert desk.browser(other).post(address, data={"reason": "我也有意见"}).status_code == 403
    assert desk.browser("dept").post(address, data={"reason": " "}).status_code == 422
    assert desk.browser("dept").post(address, data={"reason": "不是重传，是改链接。"}).status_code == 303
    assert desk.item().node == "vendor_accept"
    assert "不是重传，是改链接。" in page_of(desk.browser("vendor_a_lead").get(f"/tasks/{desk.item().id}"))


def test_a_demand_is_withdrawn_before_it_is_accepted(desk: Desk) -> None:
    """The case ends as withdrawn, with the reason on record, and its seal says so."""
    number = desk.begin()
    desk.browser("dept").post(f"/cases/{number}/messages/withdraw", data={"reason": "已自行解决。"})
    db.session.rollback()
    assert db.session.scalars(select(Case.status)).one() == "ended"
    page = page_of(desk.browser("dept").get(f"/cases/{number}"))
    assert "已自行解决。" in page
    assert "作废" in page


def test_vendors_of_one_case_never_see_each_other(desk: Desk) -> None:
    """After a refusal another vendor has the case: each sees its own steps, the other as a role without words."""
    number = desk.begin()
    desk.submit("vendor_a_lead", "refuse", vendor_note="合同里没有这一条。")
    other = find(Unit, Unit.code, "vendor_b")
    ruled = desk.submit("office", "redispatch", new_vendor=other, ruling_note="改派。")
    assert ruled.status_code == 303, page_of(ruled)
    item = desk.item()
    assert item.unit_name == "拓数数据"
    desk.submit("vendor_b_lead", "accept", restatement="由我方重传全部附件。", promised_at="2026-11-18T12:00")
    seen_by_b = "".join(
        page_of(desk.browser("vendor_b_lead").get(path))
        for path in (f"/tasks/{item.id}", f"/tasks/{item.id}/print", "/inbox", *tabs(number), "/cases")
    )
    for word in ("顾长川", "启砚", "合同里没有这一条"):
        assert word not in seen_by_b
    assert "其他外包单位" in seen_by_b
    seen_by_a = "".join(page_of(desk.browser("vendor_a_lead").get(path)) for path in (*tabs(number), "/cases"))
    for word in ("程渡", "拓数", "由我方重传全部附件"):
        assert word not in seen_by_a
    assert desk.browser("vendor_a_lead").get(f"/tasks/{item.id}").status_code == 404


def tabs(number: str) -> list[str]:
    """Return every page of a case."""
    parts = ("", "?tab=form", "?tab=files", "?tab=data", "?tab=related", "?tab=talk", "/print")
    return [f"/cases/{number}{part}" for part in parts]


def test_a_vendor_may_record_a_demand_it_was_told(desk: Desk) -> None:
    """The start is open to the roles its process names, the demand form is not."""
    browser = desk.browser("vendor_a_tech")
    assert browser.get("/start/task_dispatch?as=intake").status_code == 200
    assert browser.get("/start/task_dispatch?as=demand").status_code == 403
    assert browser.get("/start/task_dispatch?as=nonsense").status_code == 403
