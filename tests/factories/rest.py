"""A program at the REST interface: its token, its calls, a diagram to deploy."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.db import transaction
from app.people import operations as house

BASE = "/engine-rest"
LOOP = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="D" targetNamespace="http://example.org/b">
<bpmn:process id="loop" name="Loop" isExecutable="true">
<bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="first"/>
<bpmn:userTask id="first" name="First" camunda:assignee="office"/>
<bpmn:sequenceFlow id="f1" sourceRef="first" targetRef="second"/>
<bpmn:userTask id="second" name="Second" camunda:candidateUsers="office,director"/>
<bpmn:sequenceFlow id="f2" sourceRef="second" targetRef="g"/>
<bpmn:exclusiveGateway id="g" name="Approved?" default="back"/>
<bpmn:sequenceFlow id="back" name="no" sourceRef="g" targetRef="first"/>
<bpmn:sequenceFlow id="ok" name="yes" sourceRef="g" targetRef="end">
<bpmn:conditionExpression>${approved and amount &gt;= 10}</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:endEvent id="end"/></bpmn:process></bpmn:definitions>"""


@dataclass
class Program:
    """A client that acts with a token."""

    app: Flask
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: object) -> TestResponse:
        return self._open(path, method="GET", query_string=query)

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        return self._open(path, method="POST", json={} if body is None else body, headers=headers)

    def delete(self, path: str, **query: object) -> TestResponse:
        return self._open(path, method="DELETE", query_string=query)

    def deploy(self, files: dict[str, str | bytes] | None = None, **fields: str) -> TestResponse:
        files = {"loop.bpmn": LOOP} if files is None else files
        parts = {
            name: (BytesIO(text.encode() if isinstance(text, str) else text), name) for name, text in files.items()
        }
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        return self._open(
            "/deployment/create", method="POST", data={**named, **parts}, content_type="multipart/form-data"
        )

    def start(self, key: str = "loop", **body: object) -> str:
        answer = self.post(f"/process-definition/key/{key}/start", body)
        assert answer.status_code == 200, answer.text
        return str(answer.json["id"])

    def task(self, case_id: str) -> dict[str, Any]:
        (found,) = self.get("/task", processInstanceId=case_id).json
        return dict(found)

    def complete(self, task_id: str, variables: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        typed = {
            name: value if isinstance(value, dict) else {"value": value} for name, value in (variables or {}).items()
        }
        return self.post(f"/task/{task_id}/complete", {"variables": typed}, **headers)

    def _open(self, path: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        bearer = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().open(
            BASE + path, headers={**bearer, **self.headers, **(headers or {})}, **options
        )


def program(app: Flask, user_name: str, name: str = "Tests") -> Program:
    """Return a program with a token of this user."""
    with transaction() as session:
        token = house.issue_token(session, house.by_setup(), user_name, name, clock.now(session))
    return Program(app, token)


def desk(app: Flask) -> Program:
    """Return a program that may deploy, start and do what belongs to the office."""
    with transaction() as session:
        by, now = house.by_setup(), clock.now(session)
        from app.people.queries import viewer_named  # noqa: PLC0415

        viewer = viewer_named(session, "office")
        assert viewer is not None
        house.grant_role(session, by, viewer.user_id, "owner", unit_id=None, now=now)
    return program(app, "office")
