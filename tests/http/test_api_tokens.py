"""Tokens of programs: who issues them, what is kept of them, what they open and what they do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.ledger.models import Record
from app.people import operations as house
from app.people.models import ApiToken, User
from app.people.operations import token_hash
from tests.conftest import START
from tests.factories.rest import program

SignIn = Callable[[str], FlaskClient]


def test_the_security_administrator_issues_a_token_that_is_shown_once(app: Flask, sign_in: SignIn) -> None:
    """The token stands on the answer to issuing it, on no later page, and in the database only as its hash."""
    browser = sign_in("secadmin")
    page = browser.post("/tokens", data={"user_name": "office", "name": "台账同步"}).text
    token = page.partition("data-copy-text>")[2].partition("<")[0]
    row = db.session.scalars(select(ApiToken)).one()
    assert (row.digest, row.name, row.created_by) == (token_hash(token), "台账同步", "乔安宁")
    later = browser.get("/tokens").text
    assert token not in later
    assert "台账同步" in later
    answer = app.test_client().get("/engine-rest/version", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    record = db.session.scalars(select(Record).where(Record.kind == "people:token:issued")).one()
    assert token not in record.body


def test_who_does_not_grant_rights_issues_no_tokens(sign_in: SignIn) -> None:
    """The page is the security administrator's alone."""
    for user_name in ("sysadmin", "auditadmin", "owner", "office", "vendor_a_lead"):
        assert sign_in(user_name).get("/tokens").status_code == 404


def test_mistakes_stand_beside_the_field(sign_in: SignIn) -> None:
    """An unknown account, one's own account and a past day are refused with a sentence."""
    browser = sign_in("secadmin")
    for form in (
        {"user_name": "nobody", "name": "x"},
        {"user_name": "office", "name": "x", "last_day": "2020-01-01"},
        {"user_name": "office", "name": ""},
    ):
        answer = browser.post("/tokens", data=form)
        assert answer.status_code == 422
        assert "gj-field-error" in answer.text
    assert browser.post("/tokens", data={"user_name": "secadmin", "name": "x"}).status_code == 403
    assert db.session.scalar(select(ApiToken.id)) is None


def test_a_revoked_token_ends_at_once(app: Flask, sign_in: SignIn) -> None:
    """After revoking on the page the program is a stranger; both acts are records."""
    office = program(app, "office")
    assert office.get("/task").status_code == 200
    token_id = db.session.scalars(select(ApiToken.id)).one()
    assert sign_in("secadmin").post(f"/tokens/{token_id}/revoke").status_code == 303
    answer = office.get("/task")
    assert (answer.status_code, answer.json["type"]) == (401, "AuthenticationException")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]
    db.session.rollback()
    assert db.session.scalar(select(Record.id).where(Record.kind == "people:token:revoked")) is not None


def test_a_token_ends_with_its_account_and_its_last_day(app: Flask) -> None:
    """A disabled account has no programs; a token with a last day works through it and not a day longer."""
    director = program(app, "director")
    with transaction() as session:
        by, now = house.by_setup(), clock.now(session)
        user_id = session.scalars(select(User.id).where(User.user_name == "director")).one()
        house.disable_user(session, by, user_id, now)
        last = house.issue_token(session, by, "office", "Short", now, clock.local(now).date())
    assert director.get("/version").status_code == 401
    director.token = last
    assert director.get("/version").status_code == 200
    with transaction() as session:
        clock.advance(session, START + timedelta(days=1))
    assert director.get("/version").status_code == 401


def test_only_a_bearer_token_opens_the_interface(app: Flask, sign_in: SignIn) -> None:
    """No header, another scheme, a session's cookie and a wrong token are each a 401 that says what is wanted."""
    attempts = [
        app.test_client().get("/engine-rest/task"),
        app.test_client().get("/engine-rest/task", auth=("office", "Lanshan-2026")),
        app.test_client().get("/engine-rest/task", headers={"Authorization": "Bearer gj_wrong"}),
        app.test_client().get("/engine-rest/task", headers={"Authorization": "Bearer"}),
        sign_in("office").get("/engine-rest/task"),
    ]
    for answer in attempts:
        assert answer.status_code == 401
        assert answer.is_json
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_opens_no_page(app: Flask) -> None:
    """Pages know sessions only; a program with a token is sent to sign in like a stranger."""
    office = program(app, "office")
    answer = app.test_client().get("/inbox", headers={"Authorization": f"Bearer {office.token}"})
    assert answer.status_code == 302


def test_use_is_noted_seldom(app: Flask) -> None:
    """The last use is written at most once a minute, however many requests come."""
    office = program(app, "office")
    office.get("/version")
    first = db.session.scalars(select(ApiToken.last_used_at)).one()
    with transaction() as session:
        clock.advance(session, START + timedelta(minutes=3))
    for _ in range(3):
        office.get("/version")
    db.session.rollback()
    assert db.session.scalars(select(ApiToken.last_used_at)).one() == first
    assert first is not None


def test_the_form_token_guards_pages_and_not_programs(app: Flask, sign_in: SignIn) -> None:
    """With the guard against foreign forms on, a program posts with its token and a page without one is refused."""
    office, browser = program(app, "office"), sign_in("secadmin")
    app.config["WTF_CSRF_ENABLED"] = True
    assert office.post("/task").status_code == 200
    assert browser.post("/tokens", data={"user_name": "office", "name": "x"}).status_code == 400


def test_what_an_inspector_reads_through_a_program_is_recorded(app: Flask) -> None:
    """The interface is no way round the record of what an inspector opens."""
    inspector = program(app, "inspector", "Audit")
    assert inspector.get("/process-instance").status_code == 200
    record = db.session.scalars(select(Record).where(Record.kind == "people:page:opened")).one()
    assert "/engine-rest/process-instance" in record.body
    assert "REST Audit" in record.body
