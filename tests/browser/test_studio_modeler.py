"""The modeler of a draft in a real browser: ready and whole, Chinese, true to the file, nothing lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter
from tests.browser.visit import House, Visit
from tests.factories.city import PASSWORD
from tests.factories.dispatch import Dispatch
from tests.factories.studio import draft_of, draft_of_running

pytest_plugins = ["tests.browser.desks"]
FOREIGN = Path(__file__).parents[1] / "factories" / "bpmn" / "foreign" / "leave_with_marks.bpmn"
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
LATIN = re.compile(r"[A-Za-z]{3,}")
KINDS = (
    "userTask",
    "serviceTask",
    "startEvent",
    "endEvent",
    "boundaryEvent",
    "exclusiveGateway",
    "subProcess",
    "sequenceFlow",
    "lane",
    "participant",
)


@pytest.fixture(scope="module")
def dispatch_draft(dispatch: Dispatch) -> int:
    """A draft of the dispatch process."""
    with dispatch.app.app_context():
        return draft_of_running("task_dispatch")


@pytest.fixture
def foreign_draft(dispatch: Dispatch) -> int:
    """A draft of a diagram that other tools left their marks in."""
    with dispatch.app.app_context():
        return draft_of("leave", FOREIGN.read_text(encoding="utf-8"), "请假")


def opened(page: Page, draft_id: int) -> Locator:
    """Open the modeler of a draft and wait until it is ready."""
    page.goto(f"/studio/drafts/{draft_id}")
    root = page.locator("[data-studio][data-ready]")
    expect(root).to_be_visible()
    return root


def stored(house: House, draft_id: int) -> str:
    """Return the diagram of a draft as the database has it."""
    ((text,),) = house.ask("select text from draft_part where draft_id = ? and kind = 'bpmn'", draft_id)
    return str(text)


def rename(page: Page, element_id: str, name: str) -> None:
    """Give an element another name, as typing it on the canvas does."""
    page.evaluate(
        """([id, name]) => {
            const studio = document.querySelector("[data-studio]").studio;
            studio.get("modeling").updateLabel(studio.get("elementRegistry").get(id), name);
        }""",
        [element_id, name],
    )


def saved(page: Page) -> None:
    """Wait until everything is on the server."""
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    expect(page.locator("[data-draft-presence]")).to_have_attribute("data-saving", "saved")


def test_the_modeler_fills_its_page(owner: Visit, dispatch_draft: int) -> None:
    """Canvas, palette, panel, checks and watermark have their places and hide nothing of each other."""
    page = owner.page
    opened(page, dispatch_draft)
    expect(page.locator("[data-checks]")).to_have_attribute("data-state", "done")
    boxes = {
        name: page.locator(selector).first.bounding_box()
        for name, selector in {
            "canvas": "[data-canvas]",
            "panel": "[data-panel]",
            "checks": "[data-checks]",
            "palette": ".djs-palette",
            "tools": ".gj-tools",
            "mark": ".bjs-powered-by",
            "rail": ".gj-side",
        }.items()
    }
    canvas, mark, palette = boxes["canvas"], boxes["mark"], boxes["palette"]
    assert canvas
    assert mark
    assert palette
    assert canvas["width"] >= 0.6 * 1440
    assert canvas["height"] >= 0.5 * 900
    assert boxes["rail"]
    assert boxes["rail"]["width"] == 60
    assert palette["y"] + palette["height"] < canvas["y"] + canvas["height"]
    middle = (mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    assert page.evaluate("([x, y]) => Boolean(document.elementFromPoint(x, y).closest('.bjs-powered-by'))", middle)
    inside = page.evaluate(
        """() => {
            const box = (one) => one.getBoundingClientRect();
            const view = box(document.querySelector("[data-canvas]"));
            const shapes = Array.from(document.querySelectorAll(".djs-container .djs-shape"), box);
            const across = (one) => one.left >= view.left && one.right <= view.right;
            const down = (one) => one.top >= view.top && one.bottom <= view.bottom;
            return shapes.length > 20 && shapes.every((one) => across(one) && down(one));
        }"""
    )
    assert inside
    owner.shoot("studio-modeler")
    findings = axe(page)
    assert findings == [], findings


def test_every_word_around_the_canvas_is_chinese(owner: Visit, dispatch_draft: int) -> None:
    """Palette, context pad and menus of every kind of element offer only what runs, in Chinese."""
    page = owner.page
    opened(page, dispatch_draft)
    texts = page.evaluate(MENUS, list(KINDS))
    assert len(texts) > 60
    assert [text for text in texts if LATIN.search(text)] == []
    gone = {"补偿", "事务", "临时子流程", "条件开始", "复杂网关", "数据对象", "数据存储", "取消"}
    assert [text for text in texts if any(word in text for word in gone)] == []
    assert page.evaluate("document.querySelector('[data-studio]').studio.untranslated()") == []


def test_what_is_not_edited_is_not_changed(owner: Visit, house: House, foreign_draft: int) -> None:
    """Opening saves nothing; renaming one step changes that name and nothing else, foreign marks included."""
    page = owner.page
    original = stored(house, foreign_draft)
    opened(page, foreign_draft)
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    assert stored(house, foreign_draft) == original
    rename(page, "decide", "科长审核")
    saved(page)
    edited = stored(house, foreign_draft)
    assert canonical(edited) == canonical(original.replace("科长审批", "科长审核"))
    assert edited.splitlines()[0] == original.splitlines()[0]


def test_new_and_removed_elements_leave_the_rest_alone(owner: Visit, house: House, foreign_draft: int) -> None:
    """An appended step gets a readable id; what is removed takes only its own with it; undo gives the file back."""
    page = owner.page
    original = stored(house, foreign_draft)
    opened(page, foreign_draft)
    page.evaluate(
        """() => {
            const studio = document.querySelector("[data-studio]").studio;
            const registry = studio.get("elementRegistry");
            const shape = studio.get("elementFactory").createShape({ type: "bpmn:UserTask" });
            studio.get("autoPlace").append(registry.get("ask"), shape);
            studio.get("modeling").removeElements([registry.get("note")]);
        }"""
    )
    saved(page)
    edited = etree.fromstring(stored(house, foreign_draft).encode())
    ids = set(edited.xpath("//@id"))
    assert "step_1" in ids
    assert {"note", "a1", "di_note", "di_a1"} & ids == set()
    for name in ("audit", "taskListener", "ioMapping", "sla", "review"):
        assert len(edited.findall(f".//{{*}}{name}")) == 1, name
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)
    assert stored(house, foreign_draft) == original


def test_a_closed_tab_loses_nothing(enter: Enter, house: House, foreign_draft: int) -> None:
    """What could not be sent before the tab was closed is offered on return and saved when taken."""
    visit = enter("owner")
    page = visit.page
    opened(page, foreign_draft)
    context = page.context
    context.set_offline(True)
    rename(page, "decide", "处长审批")
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    expect(page.locator("[data-draft-bar]")).to_contain_text("连不上服务器")
    page.close()
    visit.troubles.clear()  # the requests that were cut off
    context.set_offline(False)
    again = visit.page = context.new_page()
    opened(again, foreign_draft)
    bar = again.locator("[data-draft-bar]")
    expect(bar).to_contain_text("还没有保存到服务器")
    bar.get_by_role("button", name="接着用这些改动").click()
    expect(bar).to_be_hidden()
    saved(again)
    assert 'name="处长审批"' in stored(house, foreign_draft)


def test_two_editors_are_warned_and_choose(enter: Enter, owner: Visit, house: House, foreign_draft: int) -> None:
    """The slower one is told who saved, keeps the change on the page, and may save over the other's."""
    first, second = owner.page, enter("owner").page
    opened(first, foreign_draft)
    opened(second, foreign_draft)
    rename(first, "decide", "甲改的")
    saved(first)
    rename(second, "ask", "乙改的")
    second.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    bar = second.locator("[data-draft-bar]")
    expect(bar).to_contain_text("存过这份草稿")
    expect(bar.get_by_role("button", name="看对方的")).to_be_visible()
    bar.get_by_role("button", name="用我的覆盖").click()
    expect(bar).to_be_hidden()
    saved(second)
    assert 'name="乙改的"' in stored(house, foreign_draft)


def test_an_expired_session_goes_on_after_signing_in(enter: Enter, house: House, foreign_draft: int) -> None:
    """Signed out, the page says so and keeps the change; after signing in elsewhere it is saved."""
    visit = enter("owner")
    page = visit.page
    opened(page, foreign_draft)
    page.context.clear_cookies()
    rename(page, "decide", "主任审批")
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    link = page.locator("[data-draft-bar]").get_by_role("link", name="在新窗口登录")
    expect(link).to_be_visible()
    with page.context.expect_page() as opening:
        link.click()
    other = opening.value
    other.locator("#user_name").fill("owner")
    other.locator("#password").fill(PASSWORD)
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other).not_to_have_url(re.compile("sign-in"))
    other.close()
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    saved(page)
    assert 'name="主任审批"' in stored(house, foreign_draft)


def test_a_problem_leads_to_its_element(owner: Visit, foreign_draft: int) -> None:
    """The list names what is wrong, errors first, and 去修改 selects the element; its sign stands on the diagram."""
    page = owner.page
    opened(page, foreign_draft)
    checks = page.locator("[data-checks]")
    expect(checks.locator(".gj-check").first).to_contain_text("错误")
    expect(page.locator(".gj-check-sign").first).to_be_visible()
    checks.get_by_role("button", name="去修改").first.click()
    selected = page.evaluate("document.querySelector('[data-studio]').studio.selected().id")
    assert selected == "ask"
    checks.locator("[data-toggle]").click()
    expect(checks.locator(".gj-check").first).to_be_hidden()


def test_a_narrow_screen_reads(enter: Enter, dispatch_draft: int) -> None:
    """On a phone the diagram can be looked at, and the page says why it cannot be changed."""
    page = enter("owner", width=390).page
    opened(page, dispatch_draft)
    expect(page.get_by_text("屏幕太窄，这里只能看")).to_be_visible()
    expect(page.locator(".djs-palette")).to_have_count(0)


def canonical(text: str) -> bytes:
    """Return a file as canonical XML, comments included, without blanks between elements."""
    parser = etree.XMLParser(remove_blank_text=True)
    return bytes(etree.tostring(etree.fromstring(text.encode(), parser), method="c14n2", with_comments=True))


def axe(page: Page) -> list[str]:
    """Return what axe finds serious outside the canvas, which is bpmn-js's own."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """async () => {
            const runs = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] };
            const found = await axe.run({ include: [["body"]], exclude: [["[data-canvas]"]] }, runs);
            return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
                .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(" | ")}`);
        }"""
    )
    return list(found)


MENUS = """(kinds) => {
    const studio = document.querySelector("[data-studio]").studio;
    const registry = studio.get("elementRegistry");
    const said = (entries) => Object.values(entries).flatMap((entry) => [entry.title, entry.label]).filter(Boolean);
    const texts = said(studio.get("palette").getEntries());
    for (const kind of kinds) {
        const type = "bpmn:" + kind.charAt(0).toUpperCase() + kind.slice(1);
        const drawn = registry.find((element) => element.type === type && !element.labelTarget);
        const offers = studio.get("popupMenu")._getContext(drawn, "bpmn-replace");
        const pad = studio.get("contextPad").getEntries(drawn);
        texts.push(...said(pad), ...said(offers.entries), ...said(offers.headerEntries));
    }
    return texts;
}"""
