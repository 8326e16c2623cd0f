"""Bad input over HTTP: a clear sentence, nothing lost, nothing changed, never a stack trace."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock, runtime_of
from app.config import Settings
from app.db import db, transaction
from app.files.jobs import receive
from app.files.models import Upload
from app.ledger.models import Record
from app.people.models import Contract, Site, Unit, User
from app.work.models import Case, WorkItem
from tests.conftest import START, signed_in
from tests.factories.city import PASSWORD
from tests.factories.small import complete, open_item, publish_small, start_small

SignIn = Callable[[str], FlaskClient]
TYPED = "第十七项附件的链接仍指向旧目录，已重新上传并核对。"
JSON = {"Accept": "application/json"}
TRACE = ("Traceback", "site-packages", 'File "', "sqlalchemy", "sqlite3", "psycopg")


@pytest.fixture
def item(app: Flask) -> WorkItem:
    """Return a step that waits for vendor_a_tech."""
    publish_small()
    return open_item(start_small(runtime_of(app)).case_id)


@pytest.fixture
def either_item(either_app: Flask) -> WorkItem:
    """Return a step that waits for vendor_a_tech, on each database."""
    publish_small()
    return open_item(start_small(runtime_of(either_app)).case_id)


@pytest.fixture
def tech(sign_in: SignIn) -> FlaskClient:
    """Return the browser of vendor A's engineer."""
    return sign_in("vendor_a_tech")


def post(browser: FlaskClient, item: WorkItem, **fields: Any) -> TestResponse:
    """Submit the page of a step."""
    return browser.post(f"/tasks/{item.id}", data={"key": uuid4().hex, **fields})


def records() -> int:
    """Count the ledger."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Record)) or 0


def typed(page: str) -> str:
    """Return the page as a person reads it, the text of its controls included."""
    return html.unescape(page)


def clean(answer: TestResponse) -> bool:
    """Say whether the answer shows nothing of the program's inside."""
    if answer.is_streamed or answer.direct_passthrough:
        return True
    return not any(word in answer.get_data(as_text=True) for word in TRACE)


# What is posted by hand


UNKNOWN = {"done": TYPED, "salary": "100"}


def test_an_unknown_key_is_named_on_the_page(tech: FlaskClient, item: WorkItem) -> None:
    """A field the step does not ask is refused by name; the text stays and nothing is recorded."""
    before = records()
    answer = post(tech, item, **UNKNOWN)
    assert answer.status_code == 422
    assert "salary" in answer.text
    assert TYPED in typed(answer.text)
    assert records() == before
    assert open_item(item.case_id).id == item.id


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        (UNKNOWN, "salary"),
        ({"done": 3.5}, "done"),
        ({"done": ["a"]}, "done"),
        ({"done": {"a": 1}}, "done"),
        ({"done": True}, "done"),
        ({"done": None}, "done"),
        ({"done": ""}, "done"),
        ({}, "done"),
        ({"done": TYPED, "evidence": "one"}, "evidence"),
        ({"done": TYPED, "evidence": [{}]}, "evidence"),
        ({"done": TYPED, "evidence": [987654321]}, "evidence"),
        ({"done": TYPED, "evidence": [10**30]}, "evidence"),
        ({"done": TYPED, "evidence": ["x" * 100_000]}, "evidence"),
    ],
)
def test_wrong_types_are_named_to_a_program(
    tech: FlaskClient, item: WorkItem, answers: dict[str, Any], field: str
) -> None:
    """Whatever type is sent: 422 with the field named, and nothing changed."""
    before = records()
    answer = tech.post(f"/tasks/{item.id}", json={"answers": answers, "key": uuid4().hex}, headers=JSON)
    assert answer.status_code == 422, answer.text
    assert field in answer.get_json()["fields"]
    assert records() == before
    assert open_item(item.case_id).id == item.id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"answers": []}',
        b'{"answers": {"done": "x"}, "answers": 3}',
        b"[" * 100_000,
        b'{"answers": ' + b'{"a":' * 50_000,
        b"\xff\xfe\x00",
        b'{"answers": {"done": ' + b"9" * 10_000 + b"}}",
        b'{"answers": {"done": NaN}}',
        b'{"answers": {"done": 1e999}}',
    ],
)
def test_a_broken_body_is_a_sentence(tech: FlaskClient, item: WorkItem, body: bytes) -> None:
    """A body that is no answer is refused in one sentence."""
    before = records()
    answer = tech.post(f"/tasks/{item.id}", data=body, content_type="application/json", headers=JSON)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.get_json()["error"]
    assert records() == before


def test_a_choice_that_is_not_offered_is_refused(tech: FlaskClient, app: Flask, item: WorkItem) -> None:
    """A decision nobody drew is refused, by page and by program."""
    complete(runtime_of(app), item.id, "vendor_a_tech", {"done": TYPED})
    waiting = open_item(item.case_id)
    dept = signed_in(app, "dept")
    for decision in ("", "explode", "pass\x00x", "通过"):
        answer = post(dept, waiting, decision=decision, opinion=TYPED)
        assert answer.status_code == 422, decision
        assert TYPED in typed(answer.text)
        body = {"answers": {"decision": decision, "opinion": TYPED}, "key": uuid4().hex}
        answer = dept.post(f"/tasks/{waiting.id}", json=body, headers=JSON)
        assert answer.status_code == 422
        assert "decision" in answer.get_json()["fields"]
    for wrong in (7, ["pass"], {"pass": 1}, None):
        answer = dept.post(f"/tasks/{waiting.id}", json={"answers": {"decision": wrong}}, headers=JSON)
        assert answer.status_code == 422, wrong
    assert open_item(item.case_id).id == waiting.id


# Signs


SIGNS = {
    "nul": "前\x00后",
    "emoji": "👩‍🔧🇨🇳 已修好 🚒",
    "right to left": "\u202ecod.exe\u202c שלום",
    "combining": "Z̸̡̢͖͕͝a̵l̷g̸o̷",
    "rare characters": "𠮷野家𪚥",
    "markup": "<script>alert(1)</script>{{ 7*7 }}${7*7}%(name)s%s",
    "control": "a\x01\x02\x1b[31m\x7f\r\n\tb",
    "long": "长" * 20_000,
    "one line": "x" * 100_000,
}


def test_every_sign_survives_or_is_refused(either_app: Flask) -> None:
    """Any text is either stored and shown as text, or refused with a sentence and kept; on both databases."""
    publish_small()
    tech, runtime = signed_in(either_app, "vendor_a_tech"), runtime_of(either_app)
    for kind, text in SIGNS.items():
        item = open_item(start_small(runtime, title=f"事项 {kind}").case_id)
        for path, fields in (
            (f"/tasks/{item.id}/draft", {"done": text}),
            (f"/tasks/{item.id}/progress", {"text": text, "percent": "10"}),
            (f"/tasks/{item.id}", {"done": text, "key": uuid4().hex}),
        ):
            answer = tech.post(path, data=fields)
            assert answer.status_code in {200, 303, 413, 422}, (kind, path, answer.status_code)
            assert clean(answer), (kind, path)
        number = db.session.scalar(select(Case.number).where(Case.id == item.case_id))
        for path in (f"/cases/{number}", f"/tasks/{item.id}", f"/cases/{number}/print"):
            page = tech.get(path)
            assert page.status_code in {200, 404}, (kind, path)
            assert "<script>alert(1)" not in page.text
            assert "\x00" not in page.text


@pytest.mark.parametrize("text", ["\\ud800", "a\\udfff\\ud800b", "\\u0000", "\\ud83d\\ude00"])
def test_broken_signs_in_json_are_left_out(either_app: Flask, either_item: WorkItem, text: str) -> None:
    """Halves of a sign and NUL, which no database keeps, are left out; the rest is stored."""
    tech = signed_in(either_app, "vendor_a_tech")
    body = f'{{"answers": {{"done": "好{text}了"}}, "key": "k1"}}'
    answer = tech.post(f"/tasks/{either_item.id}", data=body, content_type="application/json", headers=JSON)
    assert answer.status_code == 200, answer.text
    assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}", answer.get_json()["receipt"])


# Files


def test_sixty_megabytes_are_refused(app: Flask, tech: FlaskClient) -> None:
    """An upload of 60 MB is one sentence with the limit, for the page and for its script."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.pdf"\r\n\r\n%PDF-1.7\n'
    body = head + b"0" * (60 * 1024 * 1024) + b"\r\n--x--\r\n"
    for headers in (JSON, {}):
        answer = tech.post("/files", data=body, headers=headers, content_type="multipart/form-data; boundary=x")
        assert answer.status_code == 413
        assert "50 MB" in answer.text
        assert clean(answer)
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 0
    assert list(Path(app.extensions["guanjia.settings"].data, "files", "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("报告.pdf", b"MZ\x90\x00 this is a program"),
        ("照片.png", b"%PDF-1.7\n%%EOF"),
        ("表.xlsx", b"PK\x03\x04 not really"),
        ("脚本.exe", b"MZ"),
        ("没有扩展名", b"text"),
        ("空的.txt", b""),
        ("..", b"x"),
        ("a\x00.pdf.exe", b"x"),
    ],
)
def test_what_is_not_what_it_says_is_refused(tech: FlaskClient, item: WorkItem, name: str, content: bytes) -> None:
    """A file that is not its extension is refused in one sentence; with the form, what was typed stays."""
    answer = tech.post("/files", data={"file": (BytesIO(content), name)}, headers=JSON)
    assert answer.status_code == 422
    assert answer.get_json()["error"]
    if name not in {"..", "没有扩展名"}:
        fields = {"done": TYPED, "key": uuid4().hex, "evidence": (BytesIO(content), name)}
        answer = tech.post(f"/tasks/{item.id}", data=fields)
        assert answer.status_code == 422
        assert TYPED in typed(answer.text)
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 0


# Sessions and tokens


def test_a_session_that_expired_while_typing(app: Flask, tech: FlaskClient, item: WorkItem) -> None:
    """After signing in again the text is there, is sent with one button, and arrives once."""
    tech.get(f"/tasks/{item.id}")
    with transaction() as session:
        clock.advance(session, START + timedelta(hours=3))
    answer = post(tech, item, done=TYPED)
    assert answer.status_code == 401
    assert TYPED in typed(answer.text)
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
    fields = {name: html.unescape(value) for name, value in hidden}
    fields |= {"user_name": "vendor_a_tech", "password": PASSWORD}
    offered = tech.post("/sign-in", data=fields, follow_redirects=True)
    assert TYPED in typed(offered.text)
    assert open_item(item.case_id).id == item.id
    drafted = signed_out(app).post(f"/tasks/{item.id}/draft", json={"done": TYPED}, headers=JSON)
    assert drafted.status_code == 401
    assert drafted.get_json()["sign_in"]


def signed_out(app: Flask) -> FlaskClient:
    """Return a browser nobody is signed in with."""
    return app.test_client()


def test_a_missing_token_keeps_the_text(app: Flask, tech: FlaskClient, item: WorkItem) -> None:
    """Without its token a submit is a 400 page with the text and a button that sends it again."""
    app.config["WTF_CSRF_ENABLED"] = True
    before = records()
    answer = post(tech, item, done=TYPED)
    assert answer.status_code == 400
    assert TYPED in typed(answer.text)
    assert records() == before
    program = tech.post(f"/tasks/{item.id}", json={"answers": {"done": TYPED}}, headers=JSON)
    assert program.status_code == 400
    assert program.get_json()["error"]


# The database


@contextmanager
def impatient(*pragmas: str) -> Iterator[None]:
    """Let new connections have these pragmas."""

    def set_up(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", set_up)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", set_up)
        db.session.remove()
        db.engine.dispose()


def test_a_locked_database_is_said(
    tech: FlaskClient, item: WorkItem, sqlite_settings: Settings, sign_in: SignIn
) -> None:
    """While another process writes: reading works, a submit is 503 with the text kept and a button to repeat."""
    dept = sign_in("dept")
    with impatient("busy_timeout=50"), closing(sqlite3.connect(sqlite_settings.sqlite_file or "")) as other:
        other.execute("BEGIN IMMEDIATE")
        for path in ("/inbox", f"/tasks/{item.id}", "/cases"):
            assert tech.get(path).status_code == 200, path
        for path, fields in (
            (f"/tasks/{item.id}", {"done": TYPED, "key": "k1"}),
            (f"/tasks/{item.id}/progress", {"text": TYPED}),
            (f"/tasks/{item.id}/draft", {"done": TYPED}),
        ):
            answer = tech.post(path, data=fields)
            assert answer.status_code == 503, path
            assert "数据库正忙" in answer.text
            assert TYPED in typed(answer.text)
        assert dept.post("/start/small", data={"title": TYPED, "key": "k2"}).status_code == 503
        program = tech.post(f"/tasks/{item.id}", json={"answers": {"done": TYPED}, "key": "k1"}, headers=JSON)
        assert program.status_code == 503
        assert "数据库正忙" in program.get_json()["error"]
        other.rollback()
    assert post(tech, item, done=TYPED).status_code == 303


def test_a_read_only_database_is_said(tech: FlaskClient, item: WorkItem) -> None:
    """A database that takes no writes is read; a submit says that it is read-only and keeps the text."""
    with impatient("query_only=ON"):
        assert tech.get(f"/tasks/{item.id}").status_code == 200
        answer = post(tech, item, done=TYPED)
        assert answer.status_code == 503
        assert "只能看，不能改" in answer.text
        assert TYPED in typed(answer.text)
    assert post(tech, item, done=TYPED).status_code == 303


@pytest.mark.postgres
def test_a_read_only_server_is_said(postgres_settings: Settings) -> None:
    """The same on PostgreSQL, when the server is a standby or was set read-only."""
    from tests.conftest import running  # noqa: PLC0415 - only here

    for app in running(postgres_settings):
        publish_small()
        item = open_item(start_small(runtime_of(app)).case_id)
        tech = signed_in(app, "vendor_a_tech")
        tech.get(f"/tasks/{item.id}")
        db.session.remove()
        db.engine.dispose()

        def read_only(connection: Any, _record: object) -> None:
            connection.execute("set session characteristics as transaction read only")
            connection.commit()

        event.listen(db.engine, "connect", read_only)
        assert tech.get(f"/tasks/{item.id}").status_code == 200
        answer = post(tech, item, done=TYPED)
        assert answer.status_code == 503
        assert "只能看，不能改" in answer.text
        assert TYPED in typed(answer.text)


# Addresses


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/tasks/0",
        "/tasks/99999999999999999999",
        "/tasks/-1",
        "/tasks/one",
        "/cases/%00",
        "/cases/..%2f..%2fetc%2fpasswd",
        "/cases/" + "9" * 3000,
        "/start/nowhere",
        "/start/%F0%9F%9A%92",
        "/static/dist/nothing.js",
        "/files/2147483647",
        "/files/99999999999999999999/preview",
        "/%ff%fe",
        "/.env",
    ],
)
def test_unknown_addresses_are_404_pages(sign_in: SignIn, path: str) -> None:
    """An address that leads nowhere is a page of the product that says so, signed in or not."""
    answer = sign_in("dept").get(path)
    assert answer.status_code == 404, path
    assert "<html" in answer.text
    assert clean(answer)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "NONSENSE"])
def test_other_methods_are_answered(tech: FlaskClient, item: WorkItem, method: str) -> None:
    """A method nobody serves is 405 or answered, never a fault."""
    for path in ("/inbox", f"/tasks/{item.id}", "/files"):
        assert tech.open(path, method=method).status_code in {200, 404, 405}


# Garbage everywhere


ENDINGS = {"/sign-in", "/sign-in/demo", "/sign-out", "/account/sessions/<int:session_id>/end"}
# one of each kind of rights; every single role walks in test_isolation
ROLES = ("owner", "office", "inspector", "dept", "vendor_a_lead", "sysadmin", "secadmin", "auditadmin")
GARBAGE = (
    "\x00",
    "-1",
    "99999999999999999999",
    "%(x)s",
    "' or 1=1 --",
    "٣",
    "🚒" * 300,
    "2026-02-30",
    "NaN",
    "[]",
    "a,b",
)
NAMES = (
    "q", "page", "after", "before", "n", "box", "site", "vendor", "unit", "category", "priority", "month", "day",
    "year", "from", "to", "sort", "kind", "actor", "area", "chip", "state", "tab", "next", "as", "code", "id", "case",
    "item", "key", "version", "lang", "user_name", "name", "url", "owner_id", "parent_id", "valid_from", "role",
    "unit_id", "text", "title", "reason", "percent", "hours", "number", "phone", "email", "limit", "figure", "place",
)  # fmt: skip


def world(app: Flask) -> dict[str, Any]:
    """Return ids of things that exist, for the arguments of addresses."""
    publish_small()
    receipt = start_small(runtime_of(app))
    item = open_item(receipt.case_id)
    owner = db.session.scalars(select(User.id).where(User.user_name == "dept")).one()
    upload = receive(BytesIO(b"text"), "a.txt", owner_id=owner)
    return {
        "number": receipt.number,
        "case_number": receipt.number,
        "item_id": item.id,
        "upload_id": upload.id,
        "slug": "small",
        "code": receipt.code,
        "user_id": db.session.scalar(select(User.id).where(User.user_name == "vendor_a_tech")),
        "unit_id": db.session.scalar(select(Unit.id).where(Unit.code == "vendor_a")),
        "site_id": db.session.scalar(select(Site.id)),
        "contract_id": db.session.scalar(select(Contract.id)),
    }


def walked(app: Flask, method: str) -> Iterator[Rule]:
    """Yield every rule that serves this method; ending the session would end the walk."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.rule not in ENDINGS:
            yield rule


def address(app: Flask, rule: Rule, known: dict[str, Any], garbage: str | None) -> str | None:
    """Fill a rule with known ids, or with garbage where it takes text."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        kind = type(rule._converters[name]).__name__
        if kind == "UnicodeConverter":
            values[name] = known.get(name, 1) if garbage is None else garbage
        else:
            # the number of a version is a number, that of a case is not
            values[name] = 1 if name == "number" else known.get(name, 1)
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return adapter.build(rule.endpoint, values)


def sound(answer: TestResponse, *what: object) -> None:
    """Fail when an answer is a fault or shows one."""
    assert answer.status_code < 500, (*what, answer.status_code)
    assert clean(answer), what
    answer.close()


@pytest.mark.parametrize("user_name", [None, *ROLES])
def test_no_address_falls_over_garbage(app: Flask, user_name: str | None) -> None:
    """Every address, with garbage in path, query and form, answers each role without a fault or a stack trace."""
    known = world(app)
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = False  # faults become pages, as for a person
    browser = signed_in(app, user_name) if user_name else app.test_client()
    for index, rule in enumerate(walked(app, "GET")):
        garbage = GARBAGE[index % len(GARBAGE)]
        query = {name: GARBAGE[(index + shift) % len(GARBAGE)] for shift, name in enumerate(NAMES)}
        path = address(app, rule, known, None)
        sound(browser.get(path, query_string=query), rule.rule, query)
        if any(type(one).__name__ == "UnicodeConverter" for one in rule._converters.values()):
            sound(browser.get(address(app, rule, known, garbage)), rule.rule, garbage)
    if user_name:
        assert browser.get("/account").status_code == 200, "the walk ended its own session"
    for index, rule in enumerate(walked(app, "POST")):
        fields = {name: GARBAGE[(index + shift) % len(GARBAGE)] for shift, name in enumerate(NAMES)}
        path = address(app, rule, known, None)
        sound(browser.post(path, data=fields), rule.rule, fields)
        if rule.endpoint.startswith("work."):
            sound(browser.post(path, data=b"[" * 100, content_type="application/json"), rule.rule, "json")


def test_forms_of_the_house_take_any_text(either_app: Flask) -> None:
    """Each form of the administration, filled with garbage, answers without a fault on both databases."""
    known = world(either_app)
    either_app.config["WTF_CSRF_ENABLED"] = False
    either_app.testing = False
    for user_name in ("sysadmin", "office"):
        browser = signed_in(either_app, user_name)
        for rule in walked(either_app, "POST"):
            if rule.endpoint.startswith(("people.", "deadlines.")) and "password" not in rule.rule:
                path = address(either_app, rule, known, None) or ""
                names = controls(browser, path)
                for text in ("\x00" + "9" * 30, "🚒" + "长" * 5000):
                    sound(browser.post(path, data=dict.fromkeys(names, text)), rule.rule, user_name, text)


def controls(browser: FlaskClient, path: str) -> list[str]:
    """Return the names of the controls on the page of a form."""
    page = browser.get(path)
    found = (
        re.findall(r'<(?:input|textarea|select)[^>]* name="([^"]+)"', page.text) if page.status_code == 200 else []
    )
    return sorted({*found, "name", "code", "title", "reason", "version"} - {"csrf_token"})


def test_a_form_on_the_first_page_takes_any_text(either_app: Flask) -> None:
    """The sign-in page refuses any garbage in one sentence, on both databases."""
    either_app.config["WTF_CSRF_ENABLED"] = False
    either_app.testing = False
    browser = either_app.test_client()
    for text in (*GARBAGE, "长" * 5000):
        fields = {"user_name": text, "password": text, "next": text, "kept": text, "sealed": text}
        sound(browser.post("/sign-in", data=fields), text)
