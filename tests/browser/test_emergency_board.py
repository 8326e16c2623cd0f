"""The command board on a screen and on a phone: whole, readable for everybody, one tap does it, the clock ticks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app import clock, create_app
from app.db import db, transaction
from app.emergency.operations.log import note
from tests.browser.conftest import serving
from tests.browser.test_pages import AXE, LOOK, RUN_AXE
from tests.browser.visit import HEIGHTS, PICTURES, House, Visit
from tests.conftest import settings_for
from tests.factories.emergency import Running, publish_emergency
from tests.factories.small import viewer


@pytest.fixture(scope="module")
def scene(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, str]]]:
    """A house of its own with a drill in full swing, a fresh alarm that nobody took up, and a false one."""
    folder = tmp_path_factory.mktemp("alarm")
    shutil.copy(prepared_file, folder / "guanjia.db")
    app = create_app(settings_for(folder))
    with app.app_context():
        publish_emergency()
        false = Running(app, kind="outage").begin()
        false.do("confirm_incident", "duty", decision="false_alarm", confirm_note="计划内停机")
        drill = Running(app, kind="tamper", drill=True).begin()
        drill.wait(2)
        drill.confirm(unreachable=True, harmful_home=True)
        drill.wait(35)
        with transaction() as session:
            row = viewer(session, "duty")
            note(session, row, drill.row.id, "decision", "暂不恢复动态页，先全站比对。", clock.now(session))
        fresh = Running(app, kind="ddos").begin()
        fresh.wait(11)
        numbers = {"drill": drill.case.number, "fresh": fresh.case.number, "false": false.case.number}
        db.session.remove()
    with serving(app.extensions["guanjia.settings"]) as house:
        yield house, numbers
    with app.app_context():
        db.engine.dispose()


def enter(browser: Browser, house: House, name: str, width: int = 1440) -> Visit:
    visit = Visit.begin(browser, house, width=width)
    visit.sign_in(name)
    return visit


def judge(visit: Visit, name: str) -> None:
    """Nothing sideways, cut off or covered; nothing serious for axe; a picture when asked for."""
    if PICTURES:
        visit.shoot(f"emergency-{name}")
    assert visit.page.evaluate(LOOK) == [], name
    visit.page.evaluate(AXE)
    assert visit.page.evaluate(RUN_AXE) == [], name
    assert visit.troubles == []


@pytest.mark.parametrize("width", list(HEIGHTS))
def test_the_pages_are_whole(browser: Browser, scene: tuple[House, dict[str, str]], width: int) -> None:
    house, numbers = scene
    visit = enter(browser, house, "duty", width)
    pages = {"list": "/emergency/", "new": "/emergency/new"} | {k: f"/emergency/{v}" for k, v in numbers.items()}
    for name, path in pages.items():
        visit.open(path)
        judge(visit, name)


@pytest.mark.parametrize("width", list(HEIGHTS))
def test_the_plate_stands_on_the_task_page(browser: Browser, scene: tuple[House, dict[str, str]], width: int) -> None:
    house, numbers = scene
    visit = enter(browser, house, "duty", width)
    visit.open(f"/emergency/{numbers['drill']}")
    visit.page.locator("#board-mine a.is-primary").first.click()
    expect(visit.page.locator(".gj-plate-line")).to_be_visible()
    judge(visit, "task")
    visit.open(f"/cases/{numbers['drill']}")
    expect(visit.page.locator(".gj-plate-line")).to_be_visible()


def test_on_a_phone_my_step_stands_directly_under_the_clock(
    browser: Browser, scene: tuple[House, dict[str, str]]
) -> None:
    house, numbers = scene
    visit = enter(browser, house, "office", 390)
    visit.open(f"/emergency/{numbers['fresh']}")
    mine = visit.page.locator("#board-mine").bounding_box()
    branches = visit.page.locator("#board-branches").bounding_box()
    assert mine is not None
    assert branches is not None
    assert mine["y"] < branches["y"]
    assert mine["y"] < HEIGHTS[390]
    expect(visit.page.locator("#board-mine a[href^='tel:']")).to_be_visible()


def test_the_clock_ticks_and_news_comes_by_itself(browser: Browser, scene: tuple[House, dict[str, str]]) -> None:
    """What one person writes, another sees without doing anything; what is being typed stays."""
    house, numbers = scene
    one, other = enter(browser, house, "duty"), enter(browser, house, "duty2")
    path = f"/emergency/{numbers['drill']}"
    one.open(path)
    before = one.read("[data-since]")
    one.page.locator("#board-text").fill("还在写")
    other.open(path)
    other.page.locator("#board-text").fill("备用机房已经通电")
    other.page.get_by_role("button", name="记下").click()
    expect(one.page.locator("#board-lines")).to_contain_text("备用机房已经通电")
    expect(one.page.locator("#board-text")).to_have_value("还在写")
    assert one.read("[data-since]") != before
    assert one.troubles == []


def test_one_tap_notes_what_came_of_a_call(browser: Browser, scene: tuple[House, dict[str, str]]) -> None:
    house, numbers = scene
    visit = enter(browser, house, "office")
    visit.open(f"/emergency/{numbers['fresh']}")
    whom = visit.read(".gj-turn-whom b")
    visit.page.get_by_role("button", name="无人接").first.click()
    expect(visit.page.locator("#board-lines")).to_contain_text(f"呼叫{whom}：无人接")
    expect(visit.page.locator(".gj-turn-whom b").first).not_to_have_text(whom)
