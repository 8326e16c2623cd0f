"""The shape of the interface: every address in its document, every answer and error in its declared shape."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask

from app.api.routes import ROUTES
from app.api.shapes import NAMED, faults
from app.web.permissions import PERMISSIONS
from tests.factories.rest import BASE, Program, desk, program


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """The document as a client gets it, without a token."""
    return dict(app.test_client().get(f"{BASE}/openapi.json").json)


@pytest.fixture
def office(app: Flask) -> Program:
    """A program of the office with the loop deployed."""
    found = desk(app)
    found.deploy()
    return found


def test_every_address_is_in_the_document(app: Flask, document: dict[str, Any]) -> None:
    """No route without its entry, no entry without its route."""
    served = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(BASE)))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {(method, path) for path, ways in document["paths"].items() for method in ways}
    assert told == served
    assert document["openapi"] == "3.1.0"
    operations = [one for ways in document["paths"].values() for one in ways.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert {one["x-permission"] for one in operations if "x-permission" in one} <= PERMISSIONS.keys()
    assert all(one["summary"].endswith(".") for one in operations)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """Named shapes exist; nothing in the document is left open."""
    names = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document))
    assert set(names) <= document["components"]["schemas"].keys()
    assert {"TaskDto", "ExceptionDto", "ProcessDefinitionDto", "DeploymentWithDefinitionsDto"} <= set(names)


def test_answers_are_of_the_declared_shape(office: Program, document: dict[str, Any]) -> None:
    """What each address that reads answers fits what the document says of it, to the last member."""
    case_id = office.start(businessKey="B", variables={"amount": {"value": 1}})
    task = office.task(case_id)["id"]
    definition = office.get("/process-definition/key/loop").json
    ids = {"task": task, "process-instance": case_id, "process-definition": definition["id"]}
    ids["deployment"] = definition["deploymentId"]
    for one in ROUTES:
        if one.method != "GET" or one.answer is None:
            continue
        path = one.path.replace("<key>", "loop").replace("<name>", "amount")
        path = path.replace("<id>", ids.get(path.split("/")[1], ""))
        answer = office.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert not list(faults(one.answer, answer.json)), path
        assert document["paths"][one.template]["get"]["responses"]["200"]
    made = office.post("/process-definition/key/loop/start", {"withVariablesInReturn": True}).json
    assert not list(faults(NAMED["ProcessInstanceWithVariablesDto"], made))
    assert not list(faults(NAMED["DeploymentWithDefinitionsDto"], office.deploy().json))


def test_unknown_parameters_are_refused_by_name(office: Program) -> None:
    """No address ignores what it does not know: a query's parameter and a body's member are a 400 that names it."""
    task = office.task(office.start())["id"]
    for one in ROUTES:
        path = one.path.replace("<key>", "loop").replace("<name>", "amount").replace("<id>", task)
        if one.permission is not None and one.method == "GET":
            answer = office.get(path, tenantIdIn="x")
            assert answer.status_code == 400, path
            assert "tenantIdIn" in answer.json["message"]
            assert not list(faults(NAMED["ExceptionDto"], answer.json))
    for path in (f"/task/{task}/complete", f"/task/{task}/claim", "/task", "/process-definition/key/loop/start"):
        answer = office.post(path, {"skipCustomListeners": True})
        assert (answer.status_code, answer.json["type"]) == (400, "InvalidRequestException")
        assert "skipCustomListeners" in answer.json["message"]


def test_every_error_has_the_clients_shape(app: Flask, office: Program) -> None:
    """Whatever goes wrong is JSON with type and message: no page, no trace, the right status."""
    task = office.task(office.start())["id"]
    complete = f"/task/{task}/complete"
    raw = office._open
    errors = [
        (400, raw(complete, method="POST", data="{", content_type="application/json")),
        (400, raw(complete, method="POST", data="[]", content_type="application/json")),
        (400, raw(complete, method="POST", data="[" * 100_000, content_type="application/json")),
        (400, raw(complete, method="POST", data='{"variables": 1}', content_type="application/json")),
        (400, raw(complete, method="POST", data='{"variables": {"a": 1}}', content_type="application/json")),
        (400, office.get("/task", maxResults="many")),
        (400, office.get("/task", unassigned="maybe")),
        (400, office.get("/task", sortBy="colour", sortOrder="asc")),
        (400, raw("/task?name=a&name=b", method="GET")),
        (401, app.test_client().get(f"{BASE}/version")),
        (403, program(app, "sysadmin").get("/task")),
        (404, office.get("/task/abc")),
        (404, office.get("/task/99999999999999999999")),
        (404, office.get("/process-definition/loop:1:99")),
        (404, office.get("/process-definition/other:1:1")),
        (404, office.get("/deployment/7777")),
        (404, office.get("/nowhere")),
        (405, office.post("/version")),
        (415, raw(complete, method="POST", data="a=b", content_type="application/x-www-form-urlencoded")),
        (415, raw(complete, method="POST", data="{}", content_type="application/vnd.api+json")),
    ]
    for status, answer in errors:
        assert answer.status_code == status, answer.text
        assert answer.mimetype == "application/json"
        assert not list(faults(NAMED["ExceptionDto"], answer.json)), answer.json
        assert "Traceback" not in answer.text
    assert office.get(f"/task/{task}").status_code == 200


def test_the_media_type_may_name_its_charset(office: Program) -> None:
    """`application/json; charset=utf-8` is the one media type, written at length."""
    task = office.task(office.start())["id"]
    answer = office._open(
        f"/task/{task}/complete", method="POST", data="{}", content_type="application/json; charset=utf-8"
    )
    assert answer.status_code == 204


def test_errors_speak_the_language_that_is_asked_for(app: Flask, office: Program) -> None:
    """Chinese is the account's own; a client that asks for English gets English."""
    missing = "/task/4242"
    assert "没有" in office.get(missing).json["message"]
    office.headers["Accept-Language"] = "en"
    assert office.get("/process-definition/key/none/start").status_code == 405
    assert office.get("/version").status_code == 200
    assert app.test_client().get(f"{BASE}/version", headers={"Accept-Language": "en"}).status_code == 401
