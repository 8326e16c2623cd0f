"""Every route × every role × somebody else's object: nobody reads or moves what is not theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from app import runtime_of
from app.db import db
from app.people.models import Contract, Site, Unit, User
from app.people.rules import ROLES
from app.web import permissions
from app.work.models import WorkItem
from tests.conftest import signed_in
from tests.factories.city import PEOPLE
from tests.factories.small import complete, open_item, publish_small, start_small

SECRET = "只有甲方和启砚知道的事"
NOT_OPEN = {301, 302, 303, 308, 400, 401, 403, 404, 405, 409, 415, 422}


@pytest.fixture
def world(app: Flask) -> dict[str, object]:
    """A case of vendor A and department `housing` with a secret title, and ids of everything else."""
    app.config["WTF_CSRF_ENABLED"] = False
    publish_small()
    receipt = start_small(runtime_of(app), title=SECRET)
    item = open_item(receipt.case_id)
    complete(runtime_of(app), item.id, "vendor_a_tech", {"done": SECRET})
    return {
        "number": receipt.number,
        "case_number": receipt.number,
        "item_id": item.id,
        "upload_id": 1,
        "slug": "small",
        "name": "withdraw",
        "code": receipt.code,
        "user_id": db.session.scalar(select(User.id).where(User.user_name == "vendor_a_tech")),
        "unit_id": db.session.scalar(select(Unit.id).where(Unit.code == "vendor_a")),
        "site_id": db.session.scalar(select(Site.id)),
        "contract_id": db.session.scalar(select(Contract.id).where(Contract.number == "HT-2026-07")),
    }


def rules(app: Flask) -> Iterator[Rule]:
    """Every rule of the product."""
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def address(app: Flask, rule: Rule, world: dict[str, object]) -> str:
    """Fill a rule with the ids of the secret case; unknown names get a number that exists often."""
    values = {name: world.get(name, 1) for name in rule.arguments}
    if "<int:number>" in rule.rule:  # of a version, not of a case
        values["number"] = 1
    with app.test_request_context():
        from flask import url_for  # noqa: PLC0415

        return url_for(rule.endpoint, **values)


def test_every_route_declares_its_permission(app: Flask) -> None:
    """A route without a declared permission does not pass, nor one that names a permission nobody can hold."""
    assert permissions.undeclared(app) == []
    held = frozenset().union(*(role.permissions for role in ROLES.values()))
    named = {
        permissions.declared(app.view_functions[rule.endpoint])
        for rule in rules(app)
        if permissions.declared(app.view_functions[rule.endpoint]) not in {None, permissions.PUBLIC}
    }
    assert {name for name in named if name and not name.startswith("*")} <= held | {"*"}


def test_strangers_are_sent_to_the_sign_in_page(app: Flask, client: FlaskClient, world: dict[str, object]) -> None:
    """Without a session no page but the public ones answers, and none tells the secret."""
    for rule in rules(app):
        view = app.view_functions[rule.endpoint]
        for method in sorted(set(rule.methods or ()) & {"GET", "POST"}):
            answer = client.open(address(app, rule, world), method=method)
            assert SECRET not in answer.get_data(as_text=True), rule.rule
            if permissions.declared(view) != permissions.PUBLIC:
                assert answer.status_code in NOT_OPEN, (rule.rule, method, answer.status_code)


@pytest.mark.parametrize("user_name", ["vendor_b_lead", "vendor_b_tech", "other_dept", "sysadmin", "secadmin"])
def test_those_who_have_no_part_see_nothing(app: Flask, world: dict[str, object], user_name: str) -> None:
    """Whatever address they open with the ids of vendor A's case, the secret is not on the page."""
    browser = signed_in(app, user_name)
    for rule in rules(app):
        if "GET" in (rule.methods or ()):
            answer = browser.get(address(app, rule, world))
            assert SECRET not in answer.get_data(as_text=True), rule.rule
            assert answer.status_code < 500, (rule.rule, answer.status_code)


@pytest.mark.parametrize("user_name", ["dept", "dept_head", "vendor_a_lead", "office", "inspector"])
def test_those_who_take_part_see_it(app: Flask, world: dict[str, object], user_name: str) -> None:
    """The secret is no secret to the requester's unit, the vendor at work and the office: the walk above can fail."""
    answer = signed_in(app, user_name).get(f"/cases/{world['number']}")
    assert answer.status_code == 200
    assert SECRET in answer.get_data(as_text=True)


@pytest.mark.parametrize("user_name", ["vendor_b_lead", "other_dept"])
def test_a_foreign_case_reads_like_a_missing_one(app: Flask, world: dict[str, object], user_name: str) -> None:
    """The page of somebody else's case and that of no case are the same 404."""
    browser = signed_in(app, user_name)
    for path, missing in (
        (f"/cases/{world['number']}", "/cases/XL-2026-9999"),
        (f"/tasks/{world['item_id']}", "/tasks/99999"),
    ):
        foreign, nothing = browser.get(path), browser.get(missing)
        assert foreign.status_code == nothing.status_code == 404
        assert strip(foreign.get_data(as_text=True)) == strip(nothing.get_data(as_text=True))


def strip(page: str) -> str:
    """Drop what differs between any two pages: tokens, nonces and the address itself."""
    import re  # noqa: PLC0415

    return re.sub(r'(value|content|href|action|nonce)="[^"]*"', "", page)


@pytest.mark.parametrize("user_name", [person[0] for person in PEOPLE])
def test_no_post_of_a_stranger_moves_the_case(app: Flask, world: dict[str, object], user_name: str) -> None:
    """Posting empty forms to every address with the case's ids never completes its open step."""
    case_id = db.session.scalar(select(WorkItem.case_id).where(WorkItem.id == world["item_id"]))
    before = open_item(case_id).id
    if user_name == "dept":
        return
    browser = signed_in(app, user_name)
    for rule in rules(app):
        if "POST" in (rule.methods or ()) and rule.endpoint != "people.sign_out":
            answer = browser.post(address(app, rule, {**world, "item_id": before}), data={"key": "x"})
            assert answer.status_code < 500, (rule.rule, answer.status_code)
    assert open_item(case_id).id == before
