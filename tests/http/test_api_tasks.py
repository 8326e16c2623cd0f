"""Tasks over REST: what is seen, what may be written, what comes of doing a thing twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import runtime_of
from app.db import db
from app.ledger import verify
from app.ledger.models import Record
from app.work.models import Case, WorkItem
from tests.factories.rest import Program, desk, program
from tests.factories.small import open_item, publish_small, start_small

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


@pytest.fixture
def office(app: Flask) -> Program:
    """A program of the office with the loop deployed."""
    found = desk(app)
    assert found.deploy().status_code == 200
    return found


@pytest.fixture
def handling(app: Flask) -> tuple[int, str]:
    """A case of the department at vendor A: the case's and the open task's id."""
    publish_small()
    receipt = start_small(runtime_of(app), title="附件打不开")
    return receipt.case_id, str(open_item(receipt.case_id).id)


def test_a_case_is_walked_from_start_to_end(either_app: Flask) -> None:
    """Deploy, start, claim, complete, go round the loop and out of it; the ledger tells the program's name."""
    office = desk(either_app)
    office.deploy()
    case_id = office.start(businessKey="K-1", variables={"amount": {"value": 4, "type": "Integer"}})
    task = office.task(case_id)
    assert (task["taskDefinitionKey"], task["assignee"], task["processInstanceId"]) == ("first", "office", case_id)
    assert INSTANT.fullmatch(task["created"])
    assert office.complete(task["id"], {"approved": True}).status_code == 204
    second = office.task(case_id)
    assert (second["taskDefinitionKey"], second["assignee"]) == ("second", None)
    assert office.post(f"/task/{second['id']}/claim", {"userId": "office"}).status_code == 204
    assert office.complete(second["id"]).status_code == 204
    assert office.task(case_id)["taskDefinitionKey"] == "first"  # 4 is less than 10
    office.complete(office.task(case_id)["id"], {"amount": 12})
    office.complete(office.task(case_id)["id"])
    assert office.get(f"/process-instance/{case_id}").status_code == 404
    db.session.rollback()
    assert db.session.get_one(Case, int(case_id)).status == "ended"
    bodies = db.session.scalars(select(Record.body).where(Record.case_id == int(case_id))).all()
    assert all("REST Tests" in body for body in bodies if '"work:item:' in body)
    assert verify(db.session()).fault is None


def test_names_that_the_diagram_does_not_read_are_refused_by_name(office: Program) -> None:
    """A task without a form takes what conditions, scripts and tables read, and nothing else."""
    case_id = office.start()
    task = office.task(case_id)["id"]
    answer = office.complete(task, {"approved": True, "aproved": True, "case": 1})
    assert (answer.status_code, answer.json["type"]) == (400, "InvalidRequestException")
    assert "aproved" in answer.json["message"]
    assert "case" in answer.json["message"]
    assert office.get(f"/task/{task}").status_code == 200
    refused = office.post("/process-definition/key/loop/start", {"variables": {"colour": {"value": "red"}}})
    assert refused.status_code == 400
    assert "colour" in refused.json["message"]


WRONG = (
    ("String", 1),
    ("Boolean", "true"),
    ("Integer", 1.5),
    ("Integer", 2**31),
    ("Integer", True),
    ("Long", 2**63),
    ("Double", "1.5"),
    ("Date", "2026-11-17"),
    ("Json", "{"),
    ("Json", {"a": 1}),
    ("Null", 1),
    ("Object", {"a": 1}),
    ("File", "x"),
    (None, {"a": 1}),
)


def test_a_value_of_another_type_is_refused_by_name(office: Program) -> None:
    """The type says what the value must be; serialised objects are never taken."""
    task = office.task(office.start())["id"]
    for kind, value in WRONG:
        answer = office.complete(task, {"amount": {"value": value, "type": kind}})
        assert (answer.status_code, answer.json["type"]) == (400, "InvalidRequestException"), (kind, value)
        assert "amount" in answer.json["message"]


def test_values_come_back_with_their_types(office: Program) -> None:
    """What is written under a type is read under it, by one name and by all; numbers stay exact."""
    given = {
        "String": "十二",
        "Integer": 12,
        "Long": 2**40,
        "Double": 12.25,
        "Boolean": True,
        "Json": '{"a":[1,2.5]}',
        "Null": None,
    }
    for kind, value in given.items():
        case_id = office.start(variables={"amount": {"value": value, "type": kind}})
        told = office.get(f"/process-instance/{case_id}/variables/amount").json
        assert told == {"type": kind, "value": value, "valueInfo": {}}, kind
        assert office.get(f"/process-instance/{case_id}/variables").json["amount"] == told
    assert office.get(f"/process-instance/{case_id}/variables/nothing").status_code == 404
    date = {"value": "2026-11-17T09:20:00.000+0800", "type": "Date"}
    case_id = office.start(variables={"amount": date})
    stored = office.get(f"/process-instance/{case_id}/variables/amount").json
    assert stored["value"].startswith("2026-11-17T09:20:00")


def test_the_second_completion_is_a_conflict(office: Program) -> None:
    """A finished task answers 409 with who did it and when, and is no longer found; the case moved once."""
    case_id = office.start()
    task = office.task(case_id)["id"]
    assert office.complete(task).status_code == 204
    answer = office.complete(task)
    assert (answer.status_code, answer.json["type"]) == (409, "RestException")
    assert "沈明溪" in answer.json["message"]
    assert office.get(f"/task/{task}").status_code == 404
    assert office.get("/task/count", processInstanceId=case_id).json == {"count": 1}


def test_the_same_key_does_a_thing_once(app: Flask, office: Program) -> None:
    """A repeated start gives the same case and a repeated completion 204; another account's key is its own."""
    key = {"Idempotency-Key": "one"}
    ids = {office.post("/process-definition/key/loop/start", {}, **key).json["id"] for _ in range(2)}
    (case_id,) = ids
    task = office.task(case_id)["id"]
    assert [office.complete(task, **key).status_code for _ in range(2)] == [204, 204]
    other = program(app, "dept").post("/process-definition/key/loop/start", {}, **key)
    assert other.json["id"] != case_id


def test_a_form_decides_what_may_be_written(app: Flask, handling: tuple[int, str]) -> None:
    """The same form class as on the page: what it needs, what it does not ask, what only the other step may write."""
    tech = program(app, "vendor_a_tech")
    _case, task = handling
    needed = tech.complete(task)
    assert needed.status_code == 400
    assert "done" in needed.json["message"]
    foreign = tech.complete(task, {"done": "修好", "title": "改题目", "decision": "pass", "key": "x"})
    assert foreign.status_code == 400
    assert "key" in foreign.json["message"]
    unknown = tech.complete(task, {"done": "修好", "title": "改题目"})
    assert unknown.status_code == 400
    assert "title" in unknown.json["message"]
    wrong = tech.complete(task, {"done": {"value": True, "type": "Boolean"}})
    assert wrong.status_code == 400
    assert tech.get(f"/task/{task}/form-variables").json == {}
    assert tech.complete(task, {"done": "换了附件。"}).status_code == 204
    item = db.session.get_one(WorkItem, int(task), populate_existing=True)
    assert (item.answers or {})["done"] == "换了附件。"


def test_a_decision_is_one_of_the_steps_actions(app: Flask, handling: tuple[int, str]) -> None:
    """Where the page has several buttons, a program names one of them in `decision`."""
    case_id, task = handling
    program(app, "vendor_a_tech").complete(task, {"done": "换了附件。"})
    dept = program(app, "dept")
    check = dept.task(str(case_id))["id"]
    for decision in ({}, {"decision": "maybe"}, {"decision": 1}):
        assert dept.complete(check, decision).status_code == 400
    assert dept.complete(check, {"decision": "pass", "opinion": "可以"}).status_code == 204


def test_the_first_form_starts_a_case(app: Flask) -> None:
    """Where the first step is the starter's form, the variables are its answers: judged, completed, recorded."""
    publish_small()
    dept = program(app, "dept")
    start = "/process-definition/key/small/start"
    missing = dept.post(start, {"variables": {"wanted": {"value": "x"}}})
    assert missing.status_code == 400
    assert "title" in missing.json["message"]
    body = {"variables": {"title": {"value": "附件打不开", "type": "String"}}, "businessKey": "B-7"}
    answer = dept.post(start, {**body, "withVariablesInReturn": True})
    assert answer.status_code == 200, answer.text
    assert answer.json["variables"]["title"]["value"] == "附件打不开"
    assert dept.task(answer.json["id"])["taskDefinitionKey"] == "do"
    found = dept.get("/process-instance", businessKey="B-7").json
    assert [one["id"] for one in found] == [answer.json["id"]]
    assert dept.get("/task", processInstanceBusinessKey="B-7").json[0]["camundaFormRef"]["key"] == "do"


@pytest.mark.parametrize("user_name", ["vendor_b_lead", "vendor_b_tech", "other_dept"])
def test_strangers_find_nothing_of_a_case(app: Flask, handling: tuple[int, str], user_name: str) -> None:
    """Whatever they ask with the ids of another's case, it reads as missing, and nothing moves."""
    stranger = program(app, user_name)
    case_id, task = handling
    answers = [
        stranger.get(f"/task/{task}"),
        stranger.get(f"/task/{task}/variables"),
        stranger.get(f"/task/{task}/form-variables"),
        stranger.post(f"/task/{task}/claim"),
        stranger.post(f"/task/{task}/unclaim"),
        stranger.complete(task, {"done": "x"}),
        stranger.get(f"/process-instance/{case_id}"),
        stranger.get(f"/process-instance/{case_id}/variables"),
        stranger.get(f"/process-instance/{case_id}/variables/title"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert not any("附件打不开" in answer.text for answer in answers)
    assert stranger.get("/task").json == []
    assert stranger.get("/process-instance").json == []
    assert stranger.get("/process-instance/count").json == {"count": 0}
    missing = stranger.get("/task/999999")
    assert missing.json["message"].replace("999999", task) == answers[0].json["message"]
    assert open_item(case_id).id == int(task)


def test_a_vendor_reads_its_steps_and_not_the_whole_case(app: Flask, handling: tuple[int, str]) -> None:
    """Tokens carry what other parties wrote: a vendor's program gets the fields its own form shows."""
    tech = program(app, "vendor_a_tech")
    case_id, task = handling
    answer = tech.get(f"/process-instance/{case_id}/variables")
    assert (answer.status_code, answer.json["type"]) == (403, "AuthorizationException")
    assert "title" not in tech.get(f"/task/{task}/variables").json
    done = tech.post(
        f"/task/{task}/complete", {"variables": {"done": {"value": "好"}}, "withVariablesInReturn": True}
    )
    assert (done.status_code, done.json) == (200, {})


def test_who_may_see_a_task_may_not_always_do_it(app: Flask, handling: tuple[int, str]) -> None:
    """Others of the case see the task; claiming for another or completing another's is a 403 that says why."""
    _case, task = handling
    dept, tech = program(app, "dept"), program(app, "vendor_a_tech")
    assert dept.get(f"/task/{task}").status_code == 200
    refused = dept.complete(task, {"done": "x"})
    assert (refused.status_code, refused.json["type"]) == (403, "AuthorizationException")
    assert tech.post(f"/task/{task}/claim", {"userId": "vendor_a_lead"}).status_code == 403


def test_claim_and_unclaim_change_hands(app: Flask, office: Program) -> None:
    """A claimed task is its holder's; given back it is everybody's again."""
    case_id = office.start()
    office.complete(office.task(case_id)["id"])
    task, director = office.task(case_id)["id"], program(app, "director")
    assert office.get("/task", candidateUser="director", processInstanceId=case_id).json[0]["id"] == task
    assert office.post(f"/task/{task}/claim").status_code == 204
    assert office.get("/task", assignee="office", taskDefinitionKey="second").json[0]["id"] == task
    assert director.complete(task).status_code == 403
    assert director.post(f"/task/{task}/unclaim").status_code == 403
    assert office.post(f"/task/{task}/unclaim").status_code == 204
    assert director.complete(task).status_code == 204


def test_lists_are_filtered_sorted_and_cut(office: Program) -> None:
    """Filters narrow, both halves of the sorting belong together, stretches follow one another."""
    cases = [office.start(businessKey=f"B-{number}") for number in range(3)]
    newest = office.get("/task", sortBy="instanceId", sortOrder="desc").json
    assert [one["processInstanceId"] for one in newest] == cases[::-1]
    second = office.get("/task", sortBy="id", sortOrder="asc", firstResult=1, maxResults=1).json
    assert [one["processInstanceId"] for one in second] == cases[1:2]
    query = {"processDefinitionKey": "loop", "sorting": [{"sortBy": "created", "sortOrder": "asc"}]}
    assert len(office.post("/task?maxResults=2", query).json) == 2
    assert office.get("/task", processDefinitionKey="other").json == []
    assert office.get("/task", unassigned="true").json == []
    assert office.get("/task/count", assignee="office").json == {"count": 3}
    assert office.get("/task", sortBy="id").status_code == 400
    ids = ",".join(cases[:2])
    assert len(office.get("/process-instance", processInstanceIds=ids).json) == 2
    assert office.get("/process-instance", suspended="true").json == []
    assert office.get("/process-instance/count", active="true").json == {"count": 3}


def test_an_instance_is_ended_with_a_reason(app: Flask, office: Program) -> None:
    """Deleting wants a reason and somebody who may steer cases; the case ends, its records stay and tell why."""
    case_id = office.start()
    task, path = office.task(case_id)["id"], f"/process-instance/{case_id}"
    nameless = office.delete(path)
    assert (nameless.status_code, "deleteReason" in nameless.json["message"]) == (400, True)
    assert office.delete(path, deleteReason="重复", skipIoMappings="true").status_code == 400
    dept = program(app, "dept")
    own = dept.start()
    assert dept.delete(f"/process-instance/{own}", deleteReason="x").status_code == 403
    assert dept.delete(path, deleteReason="x").status_code == 404
    assert office.delete(path, deleteReason="重复").status_code == 204
    assert [office.get(one).status_code for one in (path, f"/task/{task}")] == [404, 404]
    assert office.complete(task).status_code == 409
    db.session.rollback()
    bodies = db.session.scalars(select(Record.body).where(Record.case_id == int(case_id))).all()
    assert any("重复" in body and "REST Tests" in body for body in bodies)


def test_a_step_without_a_form_is_done_on_its_page_too(
    office: Program, sign_in: Callable[[str], FlaskClient]
) -> None:
    """What a program started a person may go on with: the page of a step without fields has its button."""
    case_id = office.start()
    task, browser = office.task(case_id)["id"], sign_in("office")
    page = browser.get(f"/tasks/{task}")
    assert page.status_code == 200
    assert "First" in page.text
    assert browser.post(f"/tasks/{task}", data={"key": "k"}).status_code == 303
    assert office.task(case_id)["taskDefinitionKey"] == "second"


def test_chinese_names_and_long_texts_survive(office: Program) -> None:
    """What is sent in UTF-8 comes back the same; signs no database keeps are left out."""
    text = json.loads('"网站\\u0000\\ud800 🀄"')
    case_id = office.start(variables={"amount": {"value": text, "type": "String"}})
    assert office.get(f"/process-instance/{case_id}/variables/amount").json["value"] == "网站 🀄"
