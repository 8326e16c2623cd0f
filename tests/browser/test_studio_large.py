"""A diagram of hundreds of steps in the modeler: the page says what it does and does nothing too early."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.test_studio_modeler import canonical, opened, rename, saved, stored
from tests.browser.visit import House
from tests.factories.dispatch import Dispatch
from tests.factories.studio import draft_of

STEPS = 600
ACROSS = 40
LISTED = 200
SPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
)
# what the page says while it opens, kept for the test to read: it is gone when the diagram stands
LISTEN = """
    window.said = [];
    const hear = () => {
        const note = document.querySelector(".gj-opening > p");
        if (note && note.textContent && said[said.length - 1] !== note.textContent) said.push(note.textContent);
    };
    new MutationObserver(hear).observe(document, { subtree: true, childList: true, characterData: true });
"""


@pytest.fixture(scope="module")
def large_draft(dispatch: Dispatch) -> int:
    """A draft of many steps in rows, each with problems: the form they name does not exist."""
    with dispatch.app.app_context():
        return draft_of("large", drawing(STEPS), "很大的流程")


def test_a_large_diagram_says_what_it_does_and_lists_the_first_problems(enter: Enter, large_draft: int) -> None:
    """Reading and drawing are announced; all is drawn then; the first problems are listed, the rest on demand."""
    page = enter("owner").page
    page.add_init_script(LISTEN)
    opened(page, large_draft)
    read, drawn = page.evaluate("said")
    assert "正在读文件" in read
    assert f"一共 {2 * STEPS - 1} 个图形" in drawn
    expect(page.locator(".gj-opening")).to_have_count(0)
    assert page.locator(".djs-container .djs-shape").count() >= STEPS
    checks = page.locator("[data-checks]")
    expect(checks).to_have_attribute("data-state", "done")
    rows = checks.locator(".gj-check")
    expect(rows).to_have_count(LISTED + 1)
    rows.last.get_by_role("button").click()
    assert rows.count() > STEPS


def test_the_table_of_steps_waits_until_it_is_looked_at(enter: Enter, house: House, large_draft: int) -> None:
    """A table nobody sees has no rows; shown, it has all of them, with what was edited on the diagram meanwhile."""
    page = enter("owner").page
    opened(page, large_draft)
    rows = page.locator("[data-steps] tbody tr")
    assert rows.count() == 0
    rename(page, "step_1", "科长审核")
    saved(page)
    edited = drawing(STEPS).replace('name="第1个环节"', 'name="科长审核"')
    assert canonical(stored(house, large_draft)) == canonical(edited)
    page.locator("[data-draft-tab=steps]").click()
    expect(rows).to_have_count(STEPS)
    expect(page.locator('tr[data-id="step_1"]')).to_contain_text("科长审核")
    page.locator("[data-draft-tab=draft]").click()
    page.evaluate("document.querySelector('[data-studio]').studio.get('commandStack').undo()")
    page.locator("[data-draft-tab=steps]").click()
    expect(page.locator('tr[data-id="step_1"]')).to_contain_text("第1个环节")


def drawing(count: int) -> str:
    """Return a diagram of that many steps of people, one after the other, in rows."""
    steps = "\n".join(step(number) for number in range(count))
    flows = "\n".join(
        f'<bpmn:sequenceFlow id="f_{at}" sourceRef="step_{at - 1}" targetRef="step_{at}"/>' for at in range(1, count)
    )
    shapes = "\n".join(shape(number) for number in range(count))
    edges = "\n".join(edge(number) for number in range(1, count))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {SPACES} id="whole" targetNamespace="t">'
        f'<bpmn:process id="large" name="很大的流程" isExecutable="true">\n{steps}\n{flows}\n</bpmn:process>\n'
        f'<bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement="large">\n{shapes}\n{edges}\n'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>\n"
    )


def step(number: int) -> str:
    """Return one step with what steps usually say."""
    return (
        f'<bpmn:userTask id="step_{number}" name="第{number}个环节" camunda:candidateGroups="office"'
        ' camunda:formRef="withdraw"><bpmn:extensionElements><camunda:properties>'
        '<camunda:property name="guanjia.limit" value="2 工作日"/>'
        f'<camunda:property name="guanjia.name.en" value="Step {number}"/>'
        "</camunda:properties></bpmn:extensionElements></bpmn:userTask>"
    )


def place(number: int) -> tuple[int, int]:
    """Return where a step is drawn."""
    return 200 + number % ACROSS * 150, 100 + number // ACROSS * 120


def shape(number: int) -> str:
    """Return a step as it is drawn."""
    across, down = place(number)
    bounds = f'<dc:Bounds x="{across}" y="{down}" width="100" height="80"/>'
    return f'<bpmndi:BPMNShape id="d_{number}" bpmnElement="step_{number}">{bounds}</bpmndi:BPMNShape>'


def edge(number: int) -> str:
    """Return the line that leads to a step."""
    (left, top), (across, down) = place(number - 1), place(number)
    points = f'<di:waypoint x="{left + 100}" y="{top + 40}"/><di:waypoint x="{across}" y="{down + 40}"/>'
    return f'<bpmndi:BPMNEdge id="e_{number}" bpmnElement="f_{number}">{points}</bpmndi:BPMNEdge>'
