"""Every main page on a screen and on a phone: nothing sideways, cut off or covered; axe finds nothing serious."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import expect

from tests.browser.scenes import Scenes
from tests.browser.visit import PICTURES, SHOTS, Visit

HERE = Path(__file__).parent
LOOK = (HERE / "look.js").read_text("utf-8")
AXE = (HERE.parents[1] / "node_modules/axe-core/axe.min.js").read_text("utf-8")
RUN_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`))"""
LEAST_SHAPES = 30
# Noto's glyphs of these characters are shared with radicals, and Chromium writes the radical into the PDF
RADICALS = str.maketrans("⻚⻔⻅⻋", "页门见车")
Enter = Callable[..., Visit]

# name, address, who opens it
PAGES = (
    ("inbox", "/inbox", "dept"),
    ("inbox-started", "/inbox?box=started", "dept"),
    ("task", "/tasks/{acceptance_item}", "dept"),
    ("task-execution", "/tasks/{execution_item}", "vendor_a_tech"),
    ("case", "/cases/{acceptance}", "dept"),
    ("case-form", "/cases/{acceptance}?tab=form", "office"),
    ("case-talk", "/cases/{acceptance}?tab=talk", "dept"),
    ("case-handling", "/cases/{stopped}?tab=handling", "owner"),
    ("incidents", "/incidents", "owner"),
    ("start", "/start", "dept"),
    ("start-demand", "/start/task_dispatch?as=demand", "dept"),
    ("start-intake", "/start/task_dispatch?as=intake", "office"),
    ("receipt", "/tasks/{finished_item}/receipt", "dept"),
    ("receipts", "/receipts", "dept"),
    ("cases", "/cases", "office"),
    ("search", "/search?q=附件", "office"),
    ("overview", "/overview", "director"),
    ("overview-list", "/overview/list", "director"),
    ("records", "/records", "auditadmin"),
    ("maintenance", "/maintenance", "office"),
    ("people", "/people", "sysadmin"),
    ("person", "/people/6", "secadmin"),
    ("units", "/units", "sysadmin"),
    ("sites", "/sites", "sysadmin"),
    ("contracts", "/contracts", "office"),
    ("contract", "/contracts/1", "office"),
    ("contract-edit", "/contracts/1/edit", "office"),
    ("calendar", "/calendar", "office"),
    ("settings", "/settings", "sysadmin"),
    ("notices", "/notices", "dept"),
    ("account", "/account", "dept"),
    ("password", "/account/password", "dept"),
    ("print-task", "/tasks/{acceptance_item}/print", "dept"),
    ("print-case", "/cases/{acceptance}/print", "dept"),
    ("print-overview", "/overview/print", "director"),
)
PRINTS = (
    ("task", "/tasks/{acceptance_item}/print", "dept", 2, "政策文件栏目"),
    ("case", "/cases/{finished}/print", "dept", 1, "政务公开目录"),
    ("overview", "/overview/print", "director", 1, "需要您过问"),
)


def address(path: str, scenes: Scenes) -> str:
    """Fill the ids of the staged cases into an address."""
    return path.format_map(vars(scenes))


def look_at(visit: Visit, name: str) -> None:
    """Judge the page that is open; keep a picture of it when asked for (GUANJIA_TEST_PICTURES=1)."""
    if PICTURES:
        visit.shoot(name)
    assert visit.page.evaluate(LOOK) == []
    visit.page.evaluate(AXE)
    assert visit.page.evaluate(RUN_AXE) == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(("name", "path", "who"), PAGES, ids=[page[0] for page in PAGES])
def test_a_page_is_whole(enter: Enter, scenes: Scenes, name: str, path: str, who: str, width: int) -> None:
    """Nothing scrolls sideways, is cut off, covered or without a name; the page has its heading."""
    visit = enter(who, width=width)
    visit.open(address(path, scenes))
    if visit.page.locator("[data-diagram]").count():
        expect(visit.page.locator("[data-diagram][data-ready]")).to_be_visible()
    look_at(visit, name)


ENGLISH = {
    "dept": ("inbox", "task", "case", "start-demand", "receipts"),
    "vendor_a_tech": ("task-execution",),
    "director": ("overview",),
    "office": ("contract-edit", "calendar", "cases"),
}


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("who", ENGLISH)
def test_english_fits_too(enter: Enter, scenes: Scenes, who: str, width: int) -> None:
    """English words are longer; still nothing scrolls sideways or is cut off."""
    visit = enter(who, width=width, anew=True)
    visit.open("/inbox" if who != "director" else "/overview")
    visit.page.get_by_role("button", name="English").click()
    expect(visit.page.locator("html")).to_have_attribute("lang", "en")
    for name, path, _who in PAGES:
        if name in ENGLISH[who]:
            visit.open(address(path, scenes))
            if PICTURES:
                visit.shoot(f"english-{name}")
            assert visit.page.evaluate(LOOK) == [], name


@pytest.mark.parametrize("width", [1440, 390])
def test_the_sign_in_page_is_whole(enter: Enter, width: int) -> None:
    """The page before everything, as it is and after a wrong password."""
    visit = enter(width=width)
    visit.open("/sign-in")
    look_at(visit, "sign-in")
    visit.field("user_name").fill("dept")
    visit.field("password").fill("wrong")
    visit.page.get_by_role("button", name="登录", exact=True).click()
    expect(visit.page.locator(".gj-note.is-error")).to_be_visible()
    look_at(visit, "sign-in-wrong")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_missing_page_is_whole(enter: Enter, width: int) -> None:
    """A wrong address answers in words, with a way on."""
    visit = enter("dept", width=width)
    visit.open("/cases/RW-1999-0001", 404)
    look_at(visit, "missing")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_diagram_is_drawn(enter: Enter, scenes: Scenes, width: int) -> None:
    """The case's diagram has its shapes, is large enough to see, and bpmn.io's watermark is not hidden."""
    visit = enter("dept", width=width)
    visit.open(f"/cases/{scenes.acceptance}")
    place = visit.page.locator("[data-diagram][data-ready]")
    expect(place).to_be_visible()
    assert place.locator(".djs-shape").count() >= LEAST_SHAPES
    assert (place.locator("svg").first.bounding_box() or {"height": 0})["height"] >= 200
    assert place.locator(".gj-is-done").count() > 0
    assert place.locator(".gj-is-now").count() == 1
    now = place.locator(".gj-is-now .djs-visual").first.bounding_box()
    frame = place.bounding_box()
    assert now is not None
    assert frame is not None
    assert frame["x"] <= now["x"]
    assert now["x"] + now["width"] <= frame["x"] + frame["width"] + 1
    mark = place.locator(".bjs-powered-by")
    expect(mark).to_be_visible()
    assert mark.evaluate("""(one) => { one.scrollIntoView(); const box = one.getBoundingClientRect();
        return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); }""")


@pytest.mark.parametrize(("name", "path", "who", "pages", "words"), PRINTS, ids=[one[0] for one in PRINTS])
def test_a_print_is_a4(enter: Enter, scenes: Scenes, name: str, path: str, who: str, pages: int, words: str) -> None:
    """A print has its number of A4 pages, each says which of how many, and its Chinese can be read back."""
    visit = enter(who)
    visit.open(address(path, scenes))
    data = visit.page.pdf(prefer_css_page_size=True)
    if PICTURES:
        (SHOTS / f"print-{name}.pdf").write_bytes(data)
    paper = pypdf.PdfReader(io.BytesIO(data))
    assert len(paper.pages) == pages
    texts = [text_of(page) for page in paper.pages]
    assert words in "".join(texts)
    for number, text in enumerate(texts, 1):
        assert f"第{number}页,共{pages}页" in text
    sizes = {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in paper.pages}
    assert sizes == {(595, 842)}


def text_of(page: Any) -> str:
    """Return the words of a printed page without the spaces between them."""
    text = unicodedata.normalize("NFKC", "".join(page.extract_text().split()))
    return text.translate(RADICALS)
