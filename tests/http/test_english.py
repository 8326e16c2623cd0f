"""Whoever reads English finds no Chinese but what people wrote.

The city is renamed in Latin letters first, so any Chinese left is the product's own: on every page whose address
needs no value, on the pages of a case at each of its steps, and in what an error says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import String, case, cast, literal, select, update

from app import clock, runtime_of
from app.birth import ROOT, setup
from app.db import db, transaction
from app.ledger.models import Record
from app.people.models import Contract, ContractClause, Post, ServiceCategory, Site, Unit, User
from app.processes.operations import load_folders
from app.work.models import Case, WorkItem
from app.work.operations import Receipt, start_case
from tests.factories.small import complete, open_item, viewer

SignIn = Callable[[str], FlaskClient]
CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
# the switch says the other language in that language; limits and settings read as typed, a record's body as stored
WRITTEN = re.compile(
    r"中文|[0-9]+ (工作)?(分钟|小时|日)|[0-9]+ 天|name=\"house\"[^>]*|name=\"notice\"[^>]*>[^<]*|<pre.*?</pre>",
    re.DOTALL,
)
READERS = ("owner", "office", "dept", "dept_head", "inspector", "vendor_a_lead", "sysadmin", "secadmin", "auditadmin")
NAMED = (
    (User, "name"),
    (Unit, "name"),
    (Site, "name"),
    (ServiceCategory, "name"),
    (Contract, "name"),
    (ContractClause, "text"),
    (Post, "title"),
)
DONE = {"decision": "submit", "result_note": "Uploaded.", "operation_log": "None.", "touched_production": "no"}
WAY: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("vendor_a_lead", {"decision": "ask", "vendor_note": "Which ones?"}),
    ("dept", {"decision": "supply", "supply_note": "All of 2025."}),
    ("vendor_a_lead", {"decision": "accept", "restatement": "Upload three attachments again."}),
    ("vendor_a_lead", {"decision": "assign"}),
    ("vendor_a_tech", DONE),
    (
        "dept",
        {"decision": "rework", "accept_note": "One fails.", "checked": [{"text": "All three", "met": False}]},
    ),
    ("vendor_a_tech", DONE),
    ("dept", {"decision": "pass", "checked": [{"text": "All three", "met": True}]}),
    ("dept", {"decision": "rate", "grade": 5}),
)


@pytest.fixture
def latin_city(app: Flask) -> Flask:
    """Rename everything people named and publish the shipped processes."""
    with transaction() as session:
        for table, column in NAMED:
            session.execute(update(table).values({column: literal("Latin ") + cast(table.id, String)}))
        load_folders(session, ROOT / "bpmn", ROOT / "forms", setup(), clock.now(session))
    return app


@pytest.fixture
def begun(latin_city: Flask) -> Receipt:
    """Raise a demand that a contract covers; it goes to vendor A."""
    with transaction() as session:
        answers = {
            "title": "Links are broken",
            "wanted": "Three attachments cannot be downloaded.",
            "criteria": ["All three open"],
            "site": session.scalars(select(Site.id)).first(),
            "category": session.scalars(select(ServiceCategory.id)).first(),
            "priority": "normal",
            "decision": "submit",
        }
        now = clock.now(session)
        data = {"start": "demand"}
        runtime = runtime_of(latin_city)
        return start_case(session, runtime, "task_dispatch", viewer(session, "dept"), answers, "key", now, data=data)


@pytest.fixture
def english(latin_city: Flask, sign_in: SignIn) -> SignIn:
    """Sign people in who have chosen English."""
    del latin_city

    def signed_in(user_name: str) -> FlaskClient:
        browser = sign_in(user_name)
        browser.post("/language", data={"lang": "en", "next": "/"})
        return browser

    return signed_in


def read(page: str) -> str:
    """Return a page without what may stand in Chinese: what was typed, and what records hold of the process.

    The ways that gateways chose are named in the diagram, in both languages.
    """
    shown = WRITTEN.sub("", unescape(page))
    result = case((Record.kind != "work:gateway:chosen", Record.result))
    stored = db.session.execute(select(Record.node_name, result).where(Record.case_id.is_not(None))).all()
    for text in {text for row in stored for text in row if text and CHINESE.search(text)}:
        shown = re.sub(rf"(?<=[> ]){re.escape(text)}(?=\s*<)", "", shown)
    return shown


def chinese_in(browser: FlaskClient, address: str) -> list[str]:
    """Return the Chinese on a page, each with what stands before it."""
    answer = browser.get(address, follow_redirects=True)
    assert answer.status_code < 500, address
    page = read(answer.text) if answer.mimetype == "text/html" else ""
    return [f"{address}: {page[max(found.start() - 60, 0) : found.end()]}" for found in CHINESE.finditer(page)]


def addresses(app: Flask) -> Iterator[str]:
    """Yield every address of a page that needs no value."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            yield rule.rule


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("reader", READERS)
def test_pages_without_a_value_in_their_address(latin_city: Flask, english: SignIn, reader: str) -> None:
    """Whatever a person opens from the menu, or may not open, is English."""
    browser = english(reader)
    assert not [found for address in addresses(latin_city) for found in chinese_in(browser, address)]


def test_the_way_in(latin_city: Flask) -> None:
    """The sign-in page is English before anybody is known, and so is its answer to a wrong password."""
    latin_city.config["WTF_CSRF_ENABLED"] = False
    browser = latin_city.test_client()
    browser.post("/language", data={"lang": "en", "next": "/"})
    assert not chinese_in(browser, "/sign-in")
    answer = browser.post("/sign-in", data={"user_name": "dept", "password": "wrong"})
    assert not CHINESE.findall(read(answer.text))


def test_a_case_at_each_of_its_steps(latin_city: Flask, begun: Receipt, english: SignIn) -> None:
    """Form labels, buttons, consequences, timeline, records and prints of a case are English all the way."""
    browsers = {name: english(name) for name in ("dept", "vendor_a_lead", "vendor_a_tech", "office")}
    for holder, answers in WAY:
        item = open_item(begun.case_id)
        given = {**answers, "engineer": id_of("vendor_a_tech")} if answers["decision"] == "assign" else answers
        found = chinese_in(browsers[holder], f"/tasks/{item.id}") + chinese_in(browsers["dept"], f"/tasks/{item.id}")
        assert not found, item.node
        assert not refused_in_chinese(browsers[holder], item.id), item.node
        complete(runtime_of(latin_city), item.id, holder, dict(given))
        assert not chinese_in(browsers[holder], f"/tasks/{item.id}/receipt"), item.node
    number = db.session.get_one(Case, begun.case_id).number
    for tab in ("all", "form", "files", "data", "related", "talk"):
        assert not chinese_in(browsers["office"], f"/cases/{number}?tab={tab}"), tab
    for page in addresses_of(latin_city, number, begun.case_id):
        assert not chinese_in(browsers["office"], page)


def refused_in_chinese(browser: FlaskClient, item_id: int) -> list[str]:
    """Submit the step empty and return the Chinese of the answer."""
    answer = browser.post(f"/tasks/{item_id}", data={"key": f"empty-{item_id}", "decision": "nonsense"})
    return CHINESE.findall(read(answer.text))


def addresses_of(app: Flask, number: str, case_id: int) -> Iterator[str]:
    """Yield every page of a case and of its steps that can be opened by its number or a step's."""
    items = db.session.scalars(select(WorkItem.id).where(WorkItem.case_id == case_id)).all()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        if rule.arguments == {"number"}:
            yield re.sub("<[^>]+>", number, rule.rule)
        elif rule.arguments == {"item_id"}:
            yield from (re.sub("<[^>]+>", str(item_id), rule.rule) for item_id in items)


@pytest.mark.parametrize(("reader", "start"), [("dept", "demand"), ("vendor_a_lead", "intake"), ("office", "intake")])
def test_the_start_forms(english: SignIn, reader: str, start: str) -> None:
    """A start page is English, empty and when it is refused."""
    browser = english(reader)
    assert not chinese_in(browser, f"/start/task_dispatch?as={start}")
    answer = browser.post(f"/start/task_dispatch?as={start}", data={"key": "empty", "decision": "submit"})
    assert not CHINESE.findall(read(answer.text))


@pytest.mark.parametrize(
    "address",
    ["/people/3", "/people/new", "/units/1", "/units/new", "/sites/1", "/sites/new", "/contracts/1", "/nowhere"],
)
def test_the_house(english: SignIn, address: str) -> None:
    """The pages about one person, unit, site or contract are English."""
    found = [one for reader in ("sysadmin", "office", "secadmin") for one in chinese_in(english(reader), address)]
    assert not found


def id_of(user_name: str) -> int:
    """Return a person's id."""
    return db.session.scalars(select(User.id).where(User.user_name == user_name)).one()
