"""The pages of the word lists and of the leaders: what owners change is used at once and is on record."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.content.checks import Checked, check_text
from app.content.models import Leader, Term
from app.content.operations.terms import establish_lists
from app.content.queries.terms import lists
from app.db import db, transaction
from app.ledger import Actor
from app.ledger.models import Record
from tests.conftest import START, signed_in

TEXT = {"title": "通知", "source": "市水利局", "summary": "摘要"}


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    """The office at a browser."""
    return signed_in(app, "office")


def words(list_: str) -> dict[str, str]:
    db.session.rollback()
    rows = db.session.scalars(select(Term).where(Term.list == list_, Term.disabled_at.is_(None)))
    return {row.text: row.suggestion for row in rows}


def found(body: str) -> list[str]:
    db.session.rollback()
    return [one.text for one in check_text(Checked(**TEXT, body=body), lists(db.session()))]


def kinds() -> list[str]:
    db.session.rollback()
    query = select(Record.kind).where(Record.kind.startswith("content:")).order_by(Record.id)
    return list(db.session.scalars(query))


def post(browser: FlaskClient, path: str, status: int = 303, **fields: Any) -> str:
    answer = browser.post(path, data=fields)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_a_word_that_is_added_is_found_at_once_and_no_more_when_it_is_taken_out(office: FlaskClient) -> None:
    """Adding, changing and removing act on the very next check; each leaves a record."""
    assert found("<p>请布署</p>") == []
    post(office, "/content/terms/wrong", text=" 布署 ", suggestion="部署", level="block")
    assert found("<p>请布署</p>") == ["布署"]
    number = db.session.scalars(select(Term.id)).one()
    post(office, f"/content/terms/{number}/edit", suggestion="部署", level="warn", note="常见")
    assert "“布署”" in office.get(f"/content/terms/{number}/edit").get_data(as_text=True)
    post(office, f"/content/terms/{number}/remove")
    assert found("<p>请布署</p>") == []
    post(office, "/content/terms/wrong", text="布署", suggestion="部署", level="block")
    assert found("<p>请布署</p>") == ["布署"]
    assert kinds() == [f"content:term:{act}" for act in ("added", "changed", "removed", "added")]


def test_what_cannot_be_a_word_is_said_at_its_field_and_nothing_typed_is_lost(office: FlaskClient) -> None:
    """An empty word, a doubled one, the same suggestion: each has its sentence; the typed text stays."""
    assert "不超过 80 个字" in post(office, "/content/terms/wrong", 422, text=" ", suggestion="部署", level="block")
    post(office, "/content/terms/wrong", text="布署", suggestion="部署", level="block")
    page = post(office, "/content/terms/wrong", 422, text="布署", suggestion="部署", level="block", note="又一次")
    assert "已经在表里" in page
    assert "又一次" in page
    assert "一样" in post(office, "/content/terms/wrong", 422, text="部署", suggestion="部署", level="block")
    assert "必须处理" in post(office, "/content/terms/wrong", 422, text="帐户", suggestion="账户", level="x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_imported_in_the_encodings_offices_use_and_comes_out_as_it_went_in(
    office: FlaskClient, encoding: str
) -> None:
    """New words are added, changed ones changed, others left; the export can be imported again."""
    post(office, "/content/terms/wrong", text="帐户", suggestion="账号", level="block")
    table = "词,建议,程度\n布署,部署,block\n帐户,账户,warn\n\n截止目前,截至目前,warn\n"
    sent = {"file": (io.BytesIO(table.encode(encoding)), "词表.csv")}
    assert office.post("/content/terms/wrong/import", data=sent).status_code == 303
    assert words("wrong") == {"布署": "部署", "帐户": "账户", "截止目前": "截至目前"}
    out = office.get("/content/terms/wrong.csv").get_data()
    again = office.post(
        "/content/terms/wrong/import", data={"file": (io.BytesIO(out), "a.csv")}, follow_redirects=True
    )
    assert "3 个没有变" in again.get_data(as_text=True)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00\xd8", "词,建议\n".encode()])
def test_a_table_that_cannot_be_read_changes_nothing(office: FlaskClient, data: bytes) -> None:
    """Empty and unreadable files are refused with a sentence."""
    answer = office.post("/content/terms/wrong/import", data={"file": (io.BytesIO(data), "a.csv")})
    assert answer.status_code == 422
    assert words("wrong") == {}


def test_leaders_are_kept_in_their_order_and_checked(office: FlaskClient) -> None:
    """A leader that is saved is checked for; taken off, no more."""
    post(office, "/content/leaders", name="方既白", title="市长", position="1")
    post(office, "/content/leaders", name="祁云阶", title="副市长", position="2")
    assert found("<p>祁云阶、方既白出席。</p>") == ["祁云阶、方既白"]
    page = office.get("/content/leaders").get_data(as_text=True)
    assert page.index("方既白") < page.index("祁云阶")
    number = db.session.scalars(select(Leader.id).where(Leader.name == "祁云阶")).one()
    post(office, f"/content/leaders/{number}/remove")
    assert found("<p>祁云阶、方既白出席。</p>") == []
    assert "不超过 40 个字" in post(office, "/content/leaders", 422, name="", title="市长", position="1")


def test_a_new_database_has_the_shipped_lists(app: Flask) -> None:
    """The lists of the product find a common slip and a mark of classification, and are themselves without slips."""
    with transaction() as session:
        establish_lists(session, Actor("setup", "root"), START)
    assert found("<p>请布署，内部资料。</p>") == ["布署", "内部资料"]
    wrong = words("wrong")
    assert len(wrong) > 100
    assert [word for word, better in wrong.items() if better and word in better] == []


@pytest.mark.parametrize("user_name", ["dept", "vendor_a_lead", "inspector"])
def test_only_those_who_manage_content_see_the_lists(app: Flask, user_name: str) -> None:
    """To others the lists are not there."""
    browser = signed_in(app, user_name)
    assert browser.get("/content/terms").status_code == 404
    assert browser.post("/content/terms/wrong", data={"text": "x", "level": "block"}).status_code == 404


def test_lists_that_are_not_there_are_not_found(office: FlaskClient) -> None:
    """A made-up list answers 404."""
    assert office.get("/content/terms?list=nothing").status_code == 404
    assert office.get("/content/terms/nothing.csv").status_code == 404
