"""A try-out in a real browser: both branches of a small draft, the diagram following, a walk kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from app import clock
from app.db import transaction
from app.processes.source import Source, read_source
from app.studio.operations import drafts
from tests.browser.visit import Visit
from tests.factories.dispatch import Dispatch
from tests.factories.small import HERE, viewer

pytest_plugins = ["tests.browser.desks"]
SHAPES = {
    "start": (60, 102, 36, 36),
    "ask": (150, 80, 100, 80),
    "do": (320, 80, 100, 80),
    "check": (490, 80, 100, 80),
    "gate": (660, 95, 50, 50),
    "end": (790, 102, 36, 36),
}
EDGES = {
    "to_ask": ((96, 120), (150, 120)),
    "to_do": ((250, 120), (320, 120)),
    "to_check": ((420, 120), (490, 120)),
    "to_gate": ((590, 120), (660, 120)),
    "passed": ((710, 120), (790, 120)),
    "again": ((685, 145), (685, 240), (370, 240), (370, 160)),
}


def drawn() -> Source:
    """Return the process `small` with a drawing."""
    source = read_source(HERE / "bpmn", HERE / "forms", "small")
    shapes = "".join(
        f'<bpmndi:BPMNShape id="s_{id_}" bpmnElement="{id_}">'
        f'<dc:Bounds x="{x}" y="{y}" width="{wide}" height="{high}"/></bpmndi:BPMNShape>'
        for id_, (x, y, wide, high) in SHAPES.items()
    )
    edges = "".join(
        f'<bpmndi:BPMNEdge id="e_{id_}" bpmnElement="{id_}">'
        + "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
        + "</bpmndi:BPMNEdge>"
        for id_, points in EDGES.items()
    )
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="small">{shapes}{edges}</bpmndi:BPMNPlane>'
    drawing = f'<bpmndi:BPMNDiagram id="drawing">{plane}</bpmndi:BPMNDiagram></definitions>'
    text = source.diagram.decode().replace("</definitions>", drawing)
    return replace(source, diagram=text.encode())


@pytest.fixture(scope="module")
def draft_id(dispatch: Dispatch) -> int:
    """A drawn draft of the process `small`."""
    with dispatch.app.app_context(), transaction() as session:
        return drafts.begin(session, viewer(session, "owner"), drawn(), "小流程", clock.now(session)).id


def answer(page: Page, name: str, text: str, button: str) -> None:
    """Fill a field of the step in hand and press a button."""
    page.locator(f'#try-form [name="{name}"]').fill(text)
    page.locator(".gj-try-acts .gj-act", has_text=button).click()


def test_both_branches_are_walked_and_kept(owner: Visit, draft_id: int) -> None:
    """The token goes where the answers send it, both ways of the gateway; a refused form says why and stays."""
    page = owner.page
    owner.open(f"/studio/drafts/{draft_id}/try")
    page.get_by_role("button", name="开始试走").click()
    expect(page.locator("[data-try-diagram][data-ready]")).to_be_visible()
    expect(page.locator(".gj-try-token")).to_have_count(1)
    answer(page, "title", "", "提交")
    expect(page.locator("#gj-title-error")).to_be_visible()
    answer(page, "title", "附件打不开", "提交")
    expect(page.locator('[data-element-id="do"].gj-is-now')).to_have_count(1)
    expect(page.locator('[data-element-id="to_do"].gj-is-trail')).to_have_count(1)
    answer(page, "done", "修好了。", "提交")
    expect(page.locator(".gj-try-desk h2")).to_have_text("验收")
    page.locator(".gj-try-acts .gj-act", has_text="退回").click()
    expect(page.locator('[data-element-id="again"].gj-is-trail')).to_have_count(1)
    expect(page.locator('[data-element-id="passed"].gj-is-future')).to_have_count(1)
    answer(page, "done", "又修好了。", "提交")
    page.locator(".gj-try-acts .gj-act", has_text="通过").click()
    expect(page.locator("#try-panel")).to_contain_text("走完了")
    expect(page.locator(".gj-try-token")).to_have_count(0)
    page.get_by_label("路线的名称").fill("退回一次")
    page.get_by_role("button", name="存下").click()
    expect(page.locator("#try-panel")).to_contain_text("已存成路线")
    owner.shoot("studio-try")
