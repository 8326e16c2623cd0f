"""The table of steps in a real browser: a step is added by keyboard, undone, and mistakes stand in their cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter
from tests.browser.visit import House, Visit
from tests.factories.dispatch import Dispatch
from tests.factories.studio import draft_of_running

pytest_plugins = ["tests.browser.desks"]
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
ROW = {
    "name": "科室审核",
    "who": "本科室负责人",
    "limit": "4 工作小时",
    "form": "head_approval",
    "back": "提出需求",
    "remind": "到 80% 提醒；超期上报",
    "basis": "部门内控 第 5 条",
}
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"


@pytest.fixture
def draft(dispatch: Dispatch) -> int:
    """A draft of the dispatch process."""
    with dispatch.app.app_context():
        return draft_of_running("task_dispatch")


def opened(page: Page, draft_id: int) -> Locator:
    """Open the table of a draft and wait for its first check."""
    page.goto(f"/studio/drafts/{draft_id}?view=steps")
    table = page.locator("table.gj-steps")
    expect(table.locator("tbody tr")).to_have_count(22)
    expect(page.locator('[data-checks][data-state="done"]')).to_be_attached()
    return table


def cell(table: Locator, row: str, column: str) -> Locator:
    """Return one cell."""
    return table.locator(f'tr[data-id="{row}"] [data-column="{column}"]')


def type_in(page: Page, *texts: str) -> None:
    """Fill cell after cell of a row as somebody does who keeps their hands on the keyboard."""
    for text in texts:
        page.keyboard.press("Enter")
        page.keyboard.type(text)
        page.keyboard.press("Tab")


def step_named(house: House, draft_id: int, name: str) -> etree._Element | None:
    """Return a step of a draft as the database has it."""
    ((text,),) = house.ask("select text from draft_part where draft_id = ? and kind = 'bpmn'", draft_id)
    return etree.fromstring(str(text).encode()).find(f".//{{*}}userTask[@name='{name}']")


def test_a_review_is_added_by_keyboard(draft: int, owner: Visit, house: House) -> None:
    """科室审核 after 提出需求: person, limit, form, way back, basis; the checker finds no error, the draft has it."""
    page = owner.page
    table = opened(page, draft)
    cell(table, "demand", "name").focus()
    page.keyboard.press("Alt+Insert")
    page.keyboard.type("科室审核")
    page.keyboard.press("Tab")
    type_in(page, "本科室负责人", "4 个工作小时", "head_approval")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    type_in(page, "部门内控 第 5 条")
    row = table.locator("tr.is-new")
    expect(row.locator("th")).to_have_text("1a")
    for column, text in ROW.items():
        expect(row.locator(f'[data-column="{column}"]')).to_contain_text(text)
    expect(page.locator('[data-draft-saving], [data-saving="saved"]').first).to_be_attached()
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    expect(page.locator('[data-saving="saved"]')).to_be_attached()
    made = step_named(house, draft, "科室审核")
    assert made is not None
    assert made.get(f"{CAMUNDA}assignee") == "${head(case.unit)}"
    own = {one.get("name"): one.get("value") for one in made.iter(f"{CAMUNDA}property")}
    assert own["guanjia.limit"] == "4 工作小时"
    assert own["guanjia.back.to"] == "demand"
    expect(page.locator('[data-count="error"]')).to_be_hidden()


def test_undo_takes_the_step_back(draft: int, owner: Visit) -> None:
    """The row and its box on the diagram go together, and come back with redo; nothing overlaps it."""
    page = owner.page
    table = opened(page, draft)
    cell(table, "vendor_assign", "name").focus()
    page.keyboard.press("Alt+Insert")
    page.keyboard.press("Escape")
    expect(table.locator("tbody tr")).to_have_count(23)
    assert page.evaluate(OVERLAPS) == []
    page.keyboard.press("Control+z")
    expect(table.locator("tbody tr")).to_have_count(22)
    page.keyboard.press("Control+y")
    expect(table.locator("tr.is-new")).to_have_count(1)


def test_mistakes_stand_in_their_cells(draft: int, owner: Visit) -> None:
    """A step without people is red in 谁办; a limit nobody can read is said while typing and the old one stays."""
    page = owner.page
    table = opened(page, draft)
    cell(table, "office_rule", "limit").click()
    page.keyboard.type("很快")
    page.keyboard.press("Enter")
    expect(table.locator(".gj-field-error")).to_contain_text("2 个工作日")
    page.keyboard.press("Escape")
    expect(cell(table, "office_rule", "limit")).to_have_text("1 个工作日")
    cell(table, "office_rule", "who").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(cell(table, "office_rule", "who")).to_have_class("is-who is-error")
    expect(cell(table, "office_rule", "who")).to_contain_text("未指定")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('table.gj-steps', {resultTypes: ['violations']}).then(r => r.violations)")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}] == []


def test_a_narrow_screen_only_shows(draft: int, enter: Enter) -> None:
    """Below 1024 px no cell opens, and no row has a menu."""
    page = enter("owner", width=390).page
    page.goto(f"/studio/drafts/{draft}?view=steps")
    table = page.locator("table.gj-steps")
    expect(table.locator("tbody tr")).to_have_count(22)
    cell(table, "demand", "name").click()
    expect(table.locator("input")).to_have_count(0)
    expect(table.locator("details")).to_have_count(0)


OVERLAPS = """() => {
  const registry = document.querySelector("[data-studio]").studio.get("elementRegistry");
  const tasks = registry.filter((one) => one.type.endsWith("Task") && !one.labelTarget);
  const hit = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  return tasks.flatMap((a, n) => tasks.slice(n + 1).filter((b) => hit(a, b)).map((b) => `${a.id} ${b.id}`));
}"""
