"""The properties panel in a real browser: what is chosen there is what the diagram says, and undo takes it back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app import clock
from app.db import transaction
from app.people.queries import viewer_named
from app.processes.source import Source
from app.studio.operations import drafts
from tests.browser.visit import Visit
from tests.factories.dispatch import Dispatch

pytest_plugins = ["tests.browser.desks"]
NAMESPACES = """xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn\""""
STUDIO = "document.querySelector('[data-studio]').studio"
PLACES = {
    "begin": (100, 100, 36, 36),
    "ask": (200, 78, 100, 80),
    "judge": (360, 78, 100, 80),
    "said": (520, 93, 50, 50),
    "done": (660, 100, 36, 36),
    "over": (660, 220, 36, 36),
}
FLOWS = {
    "f1": ("begin", "ask"),
    "f2": ("ask", "judge"),
    "f3": ("judge", "said"),
    "yes": ("said", "done"),
    "no": ("said", "over"),
}
PROCESS = """
  <bpmn:process id="drawn" name="试画" isExecutable="true">
    <bpmn:startEvent id="begin" name="开始" />
    <bpmn:userTask id="ask" name="申请" camunda:formRef="ask" camunda:assignee="${starter}" />
    <bpmn:userTask id="judge" name="审核">
      <bpmn:extensionElements><camunda:properties>
        <camunda:property name="other.tool" value="kept" />
      </camunda:properties></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="said" name="同意？" default="no" />
    <bpmn:endEvent id="done" name="办结" /><bpmn:endEvent id="over" name="未办" />"""
FORM = """{"type": "default", "schemaVersion": 16, "id": "ask", "components": [
  {"id": "amount", "type": "number", "key": "amount", "label": "金额"}]}"""


def diagram() -> str:
    """Return the diagram with its picture."""
    flows = "".join(
        f'<bpmn:sequenceFlow id="{id_}" sourceRef="{a}" targetRef="{b}" />' for id_, (a, b) in FLOWS.items()
    )
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{id_}_di" bpmnElement="{id_}"><dc:Bounds x="{x}" y="{y}" width="{w}" height="{h}" />'
        "</bpmndi:BPMNShape>"
        for id_, (x, y, w, h) in PLACES.items()
    )
    edges = "".join(
        f'<bpmndi:BPMNEdge id="{id_}_di" bpmnElement="{id_}">'
        f'<di:waypoint x="{PLACES[a][0] + PLACES[a][2]}" y="118" /><di:waypoint x="{PLACES[b][0]}" '
        f'y="{PLACES[b][1] + 18}" /></bpmndi:BPMNEdge>'
        for id_, (a, b) in FLOWS.items()
    )
    plane = f'<bpmndi:BPMNDiagram id="pic"><bpmndi:BPMNPlane id="plane" bpmnElement="drawn">{shapes}{edges}'
    return (
        f'<bpmn:definitions {NAMESPACES} id="d" targetNamespace="t">{PROCESS}{flows}</bpmn:process>'
        f"{plane}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
    )


@pytest.fixture
def draft(dispatch: Dispatch) -> int:
    """A draft of a small process."""
    with dispatch.inside(), transaction() as session:
        owner = viewer_named(session, "owner")
        assert owner is not None
        source = Source("drawn", diagram().encode(), {}, {"ask": FORM})
        return drafts.begin(session, owner, source, "试画", clock.now(session)).id


class Panel:
    """The panel of an open draft."""

    def __init__(self, visit: Visit, draft: int) -> None:
        self.page: Page = visit.page
        visit.open(f"/studio/drafts/{draft}")
        expect(self.page.locator("[data-ready=true]")).to_be_visible()
        self.node = self.page.locator("[data-panel]")

    def select(self, id_: str) -> None:
        """Select an element."""
        self.page.evaluate(f"id => {STUDIO}.select(id)", id_)

    def section(self, title: str) -> Locator:
        """Return the section with this heading."""
        return self.node.locator(".gj-panel-section").filter(
            has=self.page.get_by_role("heading", name=title, exact=True)
        )

    def element(self, id_: str) -> str:
        """Return the element of the diagram as it would be saved."""
        xml = str(self.page.evaluate(f"() => {STUDIO}.xml()"))
        return element_of(xml, id_)

    def undo(self) -> None:
        """Take the last change back."""
        self.page.evaluate(f"() => {STUDIO}.get('commandStack').undo()")

    def can_undo(self) -> bool:
        """Say whether there is a change to take back."""
        return bool(self.page.evaluate(f"() => {STUDIO}.get('commandStack').canUndo()"))


def element_of(xml: str, id_: str) -> str:
    """Return the text of one element, its name and attributes included."""
    found = re.search(rf'<bpmn:(\w+) id="{id_}"[^>]*?(/>|>.*?</bpmn:\1>)', xml, re.DOTALL)
    assert found is not None, id_
    return found[0]


def attributes(text: str) -> dict[str, Any]:
    """Return the camunda attributes and our own properties of an element."""
    found: dict[str, Any] = dict(re.findall(r'camunda:(\w+)="([^"]*)"', text.partition(">")[0]))
    return found | dict(re.findall(r'name="([\w.]+)" value="([^"]*)"', text))


def test_a_step_is_described_in_the_owners_words(owner: Visit, draft: int) -> None:
    """Person, limit and action chosen in the panel are exactly what is written; undo takes each of them back."""
    panel = Panel(owner, draft)
    before = panel.element("judge")
    panel.select("judge")
    who = panel.section("谁来办")
    who.get_by_label("谁来办").select_option("users")
    who.get_by_role("button", name="+ 添加").click()
    who.get_by_role("combobox", name="输入名称查找").fill("方既")
    panel.page.keyboard.press("Enter")
    expect(who).to_contain_text("今天会是：方既白")
    assert attributes(panel.element("judge")) == {"assignee": "director", "other.tool": "kept"}

    limit = panel.section("多久办完")
    limit.get_by_label("时间单位").select_option("工作日")
    limit.get_by_label("多少").fill("2")
    limit.get_by_label("多少").press("Enter")
    actions = panel.section("可以怎么办")
    actions.get_by_role("button", name="+ 添加").click()
    actions.get_by_label("按钮上的字").fill("同意")
    actions.get_by_label("英文").fill("Agree")
    actions.get_by_label("必须写理由").check()
    assert attributes(panel.element("judge")) == {
        "assignee": "director",
        "other.tool": "kept",
        "guanjia.limit": "2 工作日",
        "guanjia.actions": "agree:同意:Agree:primary",
        "guanjia.reason.required": "agree",
    }
    undone = 0
    while panel.can_undo():
        panel.undo()
        undone += 1
    assert undone >= 6  # person, unit, amount, action, its name, its English name, the reason
    assert panel.element("judge") == before


def test_a_condition_is_built_from_what_is_known(owner: Visit, draft: int) -> None:
    """The rows offer the fields of earlier steps and write one `${…}`; a broken text names its place and is kept."""
    panel = Panel(owner, draft)
    before = panel.element("yes")
    panel.select("yes")
    condition = panel.section("什么情况走这条")
    condition.get_by_label("看哪一项").select_option(label="金额（申请）")
    condition.get_by_label("怎样比").select_option(label="大于")
    condition.get_by_label("比什么").fill("500")
    condition.get_by_label("比什么").press("Tab")
    assert "${amount &gt; 500}" in panel.element("yes")
    panel.undo()
    assert panel.element("yes") == before
    condition.get_by_role("button", name="自己写表达式").click()
    text = condition.get_by_label("表达式")
    text.fill("${amount > }")
    text.press("Control+Enter")
    expect(condition).to_contain_text("个字：")
    expect(text).to_have_value("${amount > }")


def test_typing_keeps_the_focus_and_what_the_checker_says_stands_at_its_question(owner: Visit, draft: int) -> None:
    """A limit that cannot be read is written and answered where it was asked; the box one types in stays the same."""
    panel = Panel(owner, draft)
    panel.select("judge")
    expect(panel.section("谁来办")).to_contain_text("没有写由谁办理。")
    limit = panel.section("多久办完")
    limit.get_by_label("时间单位").select_option("text")
    box = limit.get_by_label("时限", exact=True)
    box.press_sequentially("明天")
    expect(limit.locator(".gj-panel-error")).to_contain_text("明天")
    expect(box).to_be_focused()
    expect(box).to_have_value("明天")
    with panel.page.expect_response(re.compile("/parts/bpmn/")):
        box.press_sequentially("后天")
    expect(box).to_have_value("明天后天")
