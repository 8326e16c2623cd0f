"""Every page of the studio on a screen and on a phone: drawn in full, nothing sideways or covered; axe is silent."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app import clock
from app.db import transaction
from app.processes.source import Source
from app.studio import queries
from app.studio.operations import drafts, importing
from app.studio.operations.publishing import publish_draft
from app.studio.operations.uploads import Upload
from tests.browser.conftest import Enter
from tests.browser.scenes import Scenes
from tests.browser.visit import PICTURES, Visit
from tests.factories.dispatch import SLUG, Dispatch
from tests.factories.small import HERE, viewer
from tests.factories.studio import draft_of_running

LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text("utf-8")
# what others draw is judged by them
RUN_AXE = """() => axe.run({exclude: [[".djs-container"], [".fjs-container"], [".dmn-decision-table-container"]]},
  {resultTypes: ["violations"]}).then(({violations}) => violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`))"""
FOREIGN = "notice_three_levels.bpmn"
BOOK = "look_book"
MEMBER = re.compile(r"<bpmn:flowNodeRef>(\w+)<")
YEARS = timedelta(days=900)

# name, address, what has to be large enough to work with, and how wide and high that is on a screen
PAGES = (
    ("library", "/studio", ".gj-library", 1000, 60),
    ("process", f"/studio/processes/{SLUG}", "", 0, 0),
    ("new", "/studio/new", "", 0, 0),
    ("import", "/studio/import", "", 0, 0),
    ("repairs", "/studio/drafts/{foreign}/repairs", "", 0, 0),
    ("diagram", "/studio/drafts/{changed}", "[data-canvas]", 900, 550),
    ("steps", "/studio/drafts/{changed}?view=steps", "table.gj-steps", 1200, 600),
    ("steps-print", "/studio/drafts/{changed}/steps/print", "", 0, 0),
    ("forms", "/studio/drafts/{changed}/forms", "", 0, 0),
    ("form", "/studio/drafts/{changed}/forms/intake", "#fe-design .fjs-container", 700, 500),
    ("tables", "/studio/drafts/{changed}/tables", "", 0, 0),
    ("table", "/studio/drafts/{changed}/tables/dispatch_routing", ".dmn-decision-table-container", 1200, 300),
    ("try", "/studio/drafts/{changed}/try", "", 0, 0),
    ("publish", "/studio/drafts/{changed}/publish", "", 0, 0),
    ("compare", "/studio/drafts/{changed}/compare", "[data-compared]", 800, 300),
    ("amendments", "/studio/drafts/{changed}/amendments", "", 0, 0),
    ("proposals", "/studio/proposals", "", 0, 0),
    ("proposal", "/studio/proposals/{proposal}", "[data-compared]", 600, 280),
    ("version", f"/studio/processes/{SLUG}/versions/1", "[data-used]", 1000, 280),
    ("migrate", f"/studio/processes/{SLUG}/migrate", "", 0, 0),
    ("replay", "/cases/{finished}/replay", "[data-replayed]", 700, 280),
)
TABS = ("预览", "各环节能填什么", "用在哪里")
ENGLISH = ("process", "diagram", "forms", "publish", "compare", "version")


def renamed(source: Source) -> Source:
    """Return the same process under another name."""
    diagram = source.diagram.replace(b'"task_dispatch"', b'"look_book"').replace("任务派发".encode(), "画册".encode())
    return replace(source, slug=BOOK, diagram=diagram)


@dataclass(frozen=True)
class Drafts:
    """The drafts and the proposal the pages show."""

    changed: int
    foreign: int
    proposal: int


@pytest.fixture(scope="module")
def shown(dispatch: Dispatch) -> Drafts:
    """A changed draft of the dispatch process, an imported one with repairs to make, a proposal for a later hour."""
    with dispatch.inside():
        changed = draft_of_running(SLUG)
    with dispatch.inside(), transaction() as session:
        owner, now = viewer(session, "owner"), clock.now(session)
        draft = queries.draft_for(session, owner, changed)
        text = queries.source_of(session, draft).diagram.decode()
        text = text.replace('name="科室负责人审批"', 'name="科室审批"', 1).replace('"1 工作日"', '"4 工作小时"', 1)
        drafts.save_part(session, owner, changed, ("bpmn", SLUG, text), draft.row_version, now)
        upload = Upload(FOREIGN, (HERE / "bpmn/foreign" / FOREIGN).read_bytes())
        foreign = importing.import_files(session, owner, [upload], "look_foreign", now).draft.id
        book = drafts.begin(session, owner, renamed(queries.source_of(session, draft)), "画册", now)
        made = publish_draft(session, owner, book.id, book.row_version, now, note="试排版", effective_at=now + YEARS)
        return Drafts(changed, foreign, made.id)


def look_at(visit: Visit, name: str) -> list[str]:
    """Return what is wrong with the open page; keep a picture of it when asked for."""
    if PICTURES:
        visit.shoot(f"studio-{name}")
    page = visit.page
    page.evaluate(AXE)
    found = [*page.evaluate(LOOK), *page.evaluate(RUN_AXE)]
    return [f"{name}: {one}" for one in found if "dmn-icon" not in one]


def drawn(page: Page, selector: str, wide: int, high: int) -> list[str]:
    """Return which parts are smaller than one can work with."""
    boxes = [one.bounding_box() or {"width": 0, "height": 0} for one in page.locator(selector).all()]
    assert boxes, selector
    return [f"{selector} is {box}" for box in boxes if box["width"] < wide or box["height"] < high]


def opened(visit: Visit, path: str) -> None:
    """Open a page and wait for what draws itself."""
    visit.open(path)
    expect(visit.page.locator(".gj-diagram-wait:visible, [data-waiting]:visible")).to_have_count(0)
    if visit.page.locator("[data-checks]").count():
        expect(visit.page.locator('[data-checks][data-state="done"]')).to_be_attached()


def turned(visit: Visit, tab: str) -> list[str]:
    """Turn to another page of the form editor and look at it."""
    visit.page.get_by_role("tab", name=tab).click()
    return look_at(visit, f"form-{tab}")


def tried(visit: Visit) -> list[str]:
    """Begin a try-out and look at its first step; on the phone it is begun already."""
    visit.page.get_by_role("button", name="开始试走").click()
    expect(visit.page.locator("[data-try-diagram][data-ready]")).to_be_visible()
    return drawn(visit.page, "[data-try-diagram]", 800, 400) + look_at(visit, "try-begun")


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_the_studio_is_whole(enter: Enter, shown: Drafts, scenes: Scenes, width: int) -> None:
    """What is drawn is large enough on a screen; nothing is cut off, covered or sideways; axe is silent."""
    visit = enter("owner", width=width)
    wrong: list[str] = []
    for name, path, part, wide, high in PAGES:
        opened(visit, path.format_map({**vars(shown), **vars(scenes)}))
        if part and width == 1440:
            wrong += drawn(visit.page, part, wide, high)
        wrong += look_at(visit, name)
        if name == "form":
            wrong += [one for tab in TABS for one in turned(visit, tab)]
        if name == "try" and width == 1440:
            wrong += tried(visit)
    assert wrong == []


def test_english_fits_too(enter: Enter, shown: Drafts) -> None:
    """English words are longer; on a phone still nothing scrolls sideways or is cut off."""
    visit = enter("owner", width=390, anew=True)
    visit.open("/studio")
    visit.page.get_by_role("button", name="English").click()
    expect(visit.page.locator("html")).to_have_attribute("lang", "en")
    wrong: list[str] = []
    for name, path, *_ in PAGES:
        if name in ENGLISH:
            opened(visit, path.format_map(vars(shown)))
            wrong += [f"{name}: {one}" for one in visit.page.evaluate(LOOK)]
    assert wrong == []


def test_a_new_step_leaves_the_lanes_of_others(enter: Enter, dispatch: Dispatch) -> None:
    """Room is made for a new step; steps of a subprocess that move for it stay in the lane the file names."""
    with dispatch.inside():
        draft = draft_of_running(SLUG)
        before = members(draft)
    page = enter("owner").page
    page.goto(f"/studio/drafts/{draft}?view=steps")
    expect(page.locator('[data-checks][data-state="done"]')).to_be_attached()
    page.locator('tr[data-id="demand"] [data-column="name"]').focus()
    page.keyboard.press("Alt+Insert")
    page.keyboard.type("科室审核")
    page.keyboard.press("Tab")
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    expect(page.locator('[data-saving="saved"]')).to_be_attached()
    with dispatch.inside():
        assert members(draft) - before == {"step_1"}
        assert before - members(draft) == set()


def members(draft: int) -> set[str]:
    """Return which nodes of a draft stand in a lane."""
    with transaction() as session:
        text = queries.source_of(session, queries.draft_for(session, viewer(session, "owner"), draft))
        return set(MEMBER.findall(text.diagram.decode()))
