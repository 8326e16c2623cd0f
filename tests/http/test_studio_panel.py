"""What the properties panel asks the server: choices, who it would be today, names known at a point, conditions."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app import clock
from app.db import db, transaction
from app.people.queries import viewer_named
from app.processes.source import Source
from app.studio.operations import drafts
from tests.conftest import signed_in

JSON = {"Accept": "application/json"}
FORM = """{"type": "default", "schemaVersion": 16, "id": "ask", "components": [
  {"id": "amount", "type": "number", "key": "amount", "label": "金额"},
  {"id": "kind", "type": "radio", "key": "kind", "label": "类别",
   "values": [{"value": "a", "label": "甲类"}, {"value": "b", "label": "乙类"}]},
  {"id": "helper", "type": "select", "key": "helper", "label": "经办人", "properties": {"widget": "person"}}]}"""
DIAGRAM = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">
  <bpmn:process id="drawn" name="试画" isExecutable="true">
    <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="ask" name="申请" camunda:formRef="ask" camunda:assignee="${starter}">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:userTask id="judge" name="审核" camunda:assignee="${head(starter.unit)}">
      <bpmn:extensionElements><camunda:properties>
        <camunda:property name="guanjia.actions" value="agree:同意:Agree:primary|refuse:不同意:Refuse:danger" />
      </camunda:properties></bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="said" default="no"><bpmn:incoming>f3</bpmn:incoming>
      <bpmn:outgoing>yes</bpmn:outgoing><bpmn:outgoing>no</bpmn:outgoing></bpmn:exclusiveGateway>
    <bpmn:scriptTask id="count" name="记数"><bpmn:incoming>yes</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
      <bpmn:script>total_amount = amount * 2</bpmn:script></bpmn:scriptTask>
    <bpmn:endEvent id="done"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="over"><bpmn:incoming>no</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="ask" />
    <bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="judge" />
    <bpmn:sequenceFlow id="f3" sourceRef="judge" targetRef="said" />
    <bpmn:sequenceFlow id="yes" sourceRef="said" targetRef="count" />
    <bpmn:sequenceFlow id="no" sourceRef="said" targetRef="over" />
    <bpmn:sequenceFlow id="f4" sourceRef="count" targetRef="done" />
  </bpmn:process>
</bpmn:definitions>"""

TODAY = (
    ("assignee", "${starter}", ["林知行"]),
    ("assignee", "office", ["沈明溪"]),
    ("candidateUsers", "office,director", ["沈明溪", "方既白"]),
    ("assignee", "${head(starter.unit)}", ["许听澜"]),
    ("candidateGroups", "${role('vendor_lead', case.vendor)}", ["顾长川"]),
    ("assignee", "${duty('督办')}", ["周予安"]),
)


@pytest.fixture
def panel(app: Flask) -> Panel:
    """The panel of a drawn process, for its owner."""
    return Panel(app)


class Panel:
    """The addresses of one draft, asked as a script does."""

    def __init__(self, app: Flask) -> None:
        with transaction() as session:
            owner = viewer_named(session, "owner")
            assert owner is not None
            source = Source("drawn", DIAGRAM.encode(), {}, {"ask": FORM})
            self.draft = drafts.begin(session, owner, source, "试画", clock.now(session)).id
        db.session.remove()
        self.client = signed_in(app, "owner")

    def get(self, what: str) -> dict[str, Any]:
        """Read an address of the panel."""
        answer = self.client.get(f"/studio/drafts/{self.draft}/panel/{what}", headers=JSON)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.get_json()
        return found

    def ask(self, what: str, **body: Any) -> dict[str, Any]:
        """Ask an address of the panel."""
        answer = self.client.post(f"/studio/drafts/{self.draft}/panel/{what}", json=body, headers=JSON)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.get_json()
        return found


def test_choices_name_what_can_be_picked(panel: Panel) -> None:
    """People with their unit, business roles, posts, topics in words, the draft's forms with their fields."""
    found = panel.get("choices")
    assert {"code": "dept", "name": "林知行", "unit": "市住建局"} in found["people"]
    assert "sysadmin" not in {one["code"] for one in found["roles"]}
    assert "科长" in {one["code"] for one in found["posts"]}
    assert {"code": "dispatch.send", "name": "派给外包单位"} in found["topics"]
    ((form,),) = [found["forms"]]
    assert [one["code"] for one in form["fields"]] == ["amount", "kind", "helper"]
    assert form["fields"][1]["choices"] == [{"code": "a", "name": "甲类"}, {"code": "b", "name": "乙类"}]
    assert found["starter"] == "dept"


def test_a_rule_is_tried_at_once(either_app: Flask) -> None:
    """The people a rule names now, in a case that somebody of a department starts, or that the chosen one starts."""
    panel = Panel(either_app)
    for attr, text, names in TODAY:
        found = panel.ask("who", attr=attr, text=text)
        assert (found["names"], found["fell_back"]) == (names, False), text
    other = panel.ask("who", attr="assignee", text="${head(starter.unit)}", starter="other_dept")
    assert other["names"] == ["梁既明"]


def test_what_only_a_case_knows_is_named(panel: Panel) -> None:
    """A field, another step's person and a rule for nobody are said for what they are."""
    assert panel.ask("who", attr="assignee", text="${helper}")["needs"] == ["helper"]
    assert panel.ask("who", attr="assignee", text="${earlier('ask')}")["earlier"] == ["ask"]
    nobody = panel.ask("who", attr="assignee", text="${duty('没有的岗')}")
    assert nobody["fell_back"]
    assert nobody["names"] == ["沈明溪"]
    wrong = panel.ask("who", attr="assignee", text="${head(}")
    assert wrong["problem"]
    assert wrong["column"]


def test_names_are_those_of_the_steps_before(panel: Panel) -> None:
    """A flow knows the decision of the step before with its choices and earlier fields, not what comes later."""
    found = {one["code"]: one for one in panel.ask("names", element="yes")["names"]}
    assert found["decision"]["choices"] == [{"code": "agree", "name": "同意"}, {"code": "refuse", "name": "不同意"}]
    assert found["amount"] | {"choices": 0} == {
        "code": "amount",
        "name": "金额",
        "kind": "number",
        "choices": 0,
        "step": "申请",
        "many": False,
    }
    assert "total_amount" not in found
    assert "total_amount" in {one["code"] for one in panel.ask("names", element="f4")["names"]}
    assert not {"amount", "decision"} & {one["code"] for one in panel.ask("names", element="f1")["names"]}


def test_names_follow_the_diagram_on_the_page(panel: Panel) -> None:
    """What is drawn but not yet saved counts; a text that is no diagram is said."""
    changed = DIAGRAM.replace("agree:同意:Agree:primary", "pass:放行:Pass:primary")
    found = {one["code"]: one for one in panel.ask("names", element="yes", xml=changed)["names"]}
    assert found["decision"]["choices"][0] == {"code": "pass", "name": "放行"}
    assert panel.ask("names", element="yes", xml="<nothing")["problem"]


def test_a_condition_is_judged_with_its_place(panel: Panel) -> None:
    """A readable condition is silent, a broken one names the column, one without ${…} says so."""
    assert panel.ask("condition", text="${amount > 3 && decision == 'agree'}")["problem"] is None
    broken = panel.ask("condition", text="${amount > }")
    assert broken["problem"]
    assert broken["column"]
    assert "${" in panel.ask("condition", text="amount > 3")["problem"]


def test_what_cannot_be_read_is_refused_in_words(panel: Panel) -> None:
    """A body that is no object gets a sentence."""
    for what in ("who", "names", "condition"):
        answer = panel.client.post(f"/studio/drafts/{panel.draft}/panel/{what}", json=[1], headers=JSON)
        assert answer.status_code == 422
        assert answer.get_json()["error"]


def test_others_find_no_panel(panel: Panel, app: Flask) -> None:
    """Who may not edit processes reads that there is no such page."""
    other = signed_in(app, "dept")
    assert other.get(f"/studio/drafts/{panel.draft}/panel/choices", headers=JSON).status_code in {403, 404}
