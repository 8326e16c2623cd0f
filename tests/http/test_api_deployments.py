"""Deployments over REST: the same checks as everywhere, problems in the clients' shape, nothing made twice."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.ledger.models import Record
from app.processes.models import ProcessVersion, VersionPart
from tests.factories.rest import LOOP, Program, desk, program

FORM = json.dumps(
    {
        "schemaVersion": 16,
        "type": "default",
        "id": "verdict",
        "components": [{"id": "f1", "type": "checkbox", "key": "approved", "label": "同意"}],
    }
)


@pytest.fixture
def office(app: Flask) -> Program:
    """A program that may deploy."""
    return desk(app)


def test_a_deployment_is_a_version_found_by_all_its_names(office: Program) -> None:
    """The answer tells id, name and definitions; the definition is found by key and id, its diagram unchanged."""
    made = office.deploy(deployment_name="bars", deployment_source="modeler").json
    assert (made["name"], made["source"], made["tenantId"]) == ("bars", "modeler", None)
    (definition,) = made["deployedProcessDefinitions"].values()
    assert definition["key"] == "loop"
    assert definition["version"] == 1
    assert definition["deploymentId"] == made["id"]
    assert office.get(f"/process-definition/{definition['id']}").json == definition
    assert office.get("/process-definition/key/loop").json == definition
    assert office.get("/process-definition", deploymentId=made["id"]).json == [definition]
    assert office.get("/process-definition/key/loop/xml").json == {"id": definition["id"], "bpmn20Xml": LOOP}
    assert office.get(f"/process-definition/{definition['id']}/xml").json["bpmn20Xml"] == LOOP
    assert office.get(f"/deployment/{made['id']}").json["name"] == "bars"
    assert [one["id"] for one in office.get("/deployment", nameLike="ba%").json] == [made["id"]]
    kinds = set(db.session.scalars(select(Record.kind).where(Record.chain == "house")))
    assert {"processes:version:published", "processes:deployment:made"} <= kinds


def test_the_same_texts_again_make_nothing(office: Program) -> None:
    """A second upload of the same texts is the same deployment and version; a changed text is a new one of both."""
    first = office.deploy(deployment_name="one").json
    again = office.deploy(deployment_name="two").json
    assert (again["id"], again["deployedProcessDefinitions"]) == (first["id"], first["deployedProcessDefinitions"])
    filtered = office.deploy(deployment_name="one", enable_duplicate_filtering="true", deploy_changed_only="true")
    assert (filtered.json["id"], filtered.json["deployedProcessDefinitions"]) == (first["id"], None)
    assert db.session.scalars(select(ProcessVersion.id)).all() == [1]
    changed = office.deploy({"loop.bpmn": LOOP.replace("&gt;= 10", "&gt;= 11")}).json
    assert changed["id"] != first["id"]
    versions = office.get("/process-definition", key="loop", sortBy="version", sortOrder="desc").json
    assert [one["version"] for one in versions] == [2, 1]
    latest = office.get("/process-definition", latestVersion="true", keyLike="lo%").json
    assert [one["version"] for one in latest] == [2]
    assert office.get("/process-definition/count", key="loop", version=1).json == {"count": 1}
    old = office.post(f"/process-definition/{versions[1]['id']}/start")
    assert (old.status_code, old.json["type"]) == (400, "InvalidRequestException")
    assert office.post(f"/process-definition/{versions[0]['id']}/start").status_code == 200


def test_what_is_wrong_is_told_by_file_and_element(office: Program) -> None:
    """A diagram that cannot run is a ParseException with every problem, its line and element; nothing is kept."""
    broken = LOOP.replace("${approved and amount", "${exec(approved) and amount").replace('"office"/>', '""/>')
    answer = office.deploy({"wrong.bpmn": broken})
    assert (answer.status_code, answer.json["type"]) == (400, "ParseException")
    report = answer.json["details"]["wrong.bpmn"]
    assert {one["mainElementId"] for one in report["errors"]} >= {"first", "ok"}
    assert all(one["line"] > 0 and one["message"] for one in report["errors"])
    assert all(set(one) == {"message", "line", "column", "mainElementId", "elementIds"} for one in report["warnings"])
    assert "wrong.bpmn" in answer.json["message"]
    assert office.get("/deployment/count").json == {"count": 0}
    assert office.get("/process-definition/key/loop").status_code == 404


def test_tables_and_forms_come_along(office: Program) -> None:
    """A form is found by the id written in it; a missing one and a broken one are named."""
    with_form = LOOP.replace('camunda:assignee="office"', 'camunda:assignee="office" camunda:formRef="verdict"')
    refused = office.deploy({"loop.bpmn20.xml": with_form})
    assert refused.status_code == 400
    assert "verdict" in refused.json["message"]
    broken = office.deploy({"loop.bpmn": with_form, "a.form": "{"})
    assert broken.status_code == 400
    assert "a.form" in broken.json["details"]
    assert office.deploy({"loop.bpmn20.xml": with_form, "some.form": FORM}).status_code == 200
    parts = set(db.session.execute(select(VersionPart.kind, VersionPart.name)).all())
    assert parts == {("bpmn", "loop"), ("form", "verdict")}
    case_id = office.start()
    task = office.task(case_id)
    assert task["camundaFormRef"]["key"] == "verdict"
    assert office.complete(task["id"], {"amount": 1}).status_code == 400
    assert office.complete(task["id"], {"approved": True}).status_code == 204


def test_several_diagrams_are_one_deployment(office: Program) -> None:
    """Each diagram becomes a version of its own process under one deployment."""
    other = LOOP.replace('id="loop"', 'id="Other_1"')
    made = office.deploy({"loop.bpmn": LOOP, "other.bpmn": other}).json
    keys = {one["key"] for one in made["deployedProcessDefinitions"].values()}
    assert keys == {"loop", "Other_1"}
    assert len(office.get("/process-definition", deploymentId=made["id"]).json) == 2
    assert office.deploy({"loop.bpmn": LOOP, "other.bpmn": other}).json["id"] == made["id"]
    assert office.deploy({"loop.bpmn": LOOP}).json["id"] != made["id"]


def test_what_cannot_be_deployed_is_named(office: Program) -> None:
    """Other kinds of files, no diagram, tenants, unknown fields, odd ids: each a 400 that names it."""
    bad_id = LOOP.replace('process id="loop"', 'process id="ä"')
    for files, fields, word in (
        ({"model.cmmn": "<a/>", "loop.bpmn": LOOP}, {}, "model.cmmn"),
        ({"a.form": FORM}, {}, ".bpmn"),
        ({}, {}, ".bpmn"),
        ({"loop.bpmn": LOOP}, {"tenant_id": "t"}, "tenant-id"),
        ({"loop.bpmn": LOOP}, {"deployment_activation_time": "x"}, "deployment-activation-time"),
        ({"loop.bpmn": LOOP}, {"deploy_changed_only": "maybe"}, "deploy-changed-only"),
        ({"loop.bpmn": bad_id}, {}, "ä"),
        ({"loop.bpmn": "<!DOCTYPE x><x/>"}, {}, "DOCTYPE"),
        ({"loop.bpmn": b"\xff\xfe"}, {}, "loop.bpmn"),
    ):
        answer = office.deploy(files, **fields)
        assert answer.status_code == 400, (files, fields)
        assert word in answer.json["message"], answer.json
    assert office.post("/deployment/create").status_code == 415


def test_only_process_owners_deploy(app: Flask) -> None:
    """Without the permission of the studio a deployment is a 403 that names it; a vendor may not even start."""
    for user_name in ("office", "director", "vendor_a_lead", "sysadmin"):
        answer = program(app, user_name).deploy()
        assert (answer.status_code, answer.json["type"]) == (403, "AuthorizationException")
        assert answer.json["missingAuthorizations"][0]["permissionName"] == "processes.edit"
    assert desk(app).deploy().status_code == 200
    refused = program(app, "vendor_a_lead").post("/process-definition/key/loop/start")
    assert (refused.status_code, refused.json["type"]) == (403, "AuthorizationException")
