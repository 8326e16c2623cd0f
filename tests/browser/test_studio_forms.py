"""The form editor and the table editor in a browser: what an owner does there, and what must stay visible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import select

from app.db import db, transaction
from app.studio.models import DraftPart
from tests.browser.visit import House, Visit
from tests.factories.dispatch import Dispatch
from tests.factories.studio import draft_of_files

pytest_plugins = ["tests.browser.desks"]
ENGLISH = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture(scope="module")
def draft(dispatch: Dispatch) -> int:
    """A draft of the dispatch process in the served city, its table under 唯一."""
    with dispatch.app.test_request_context():
        found = draft_of_files("task_dispatch")
        with transaction() as session:
            table = session.scalars(
                select(DraftPart).where(DraftPart.draft_id == found, DraftPart.kind == "table")
            ).one()
            table.text = table.text.replace('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"')
        db.session.remove()
    return found


def add_note(page: Page) -> None:
    """Add a field below 优先级 that shows when that is urgent, with a title in both languages."""
    page.locator('[data-canvas] .fjs-element[data-id="priority"]').click()
    page.locator("[data-palette]").get_by_role("button", name="单行文字").click()
    page.get_by_label("标题", exact=True).fill("补充说明")
    page.get_by_label("英文标题").fill("Anything else")
    page.get_by_role("button", name="加一个条件").click()
    page.get_by_label("哪一项").select_option(label="优先级")
    expect(page.locator(".gj-fe-condition select").last).to_have_value("urgent")


@contextmanager
def held(page: Page, address: str) -> Iterator[None]:
    """Let requests to an address wait until what is inside is done."""
    kept: list[Route] = []

    def keep(route: Route) -> None:
        kept.append(route)

    page.route(address, keep)
    yield
    while kept:
        kept.pop().continue_()
    page.unroute(address)


def test_a_field_with_a_condition_and_an_english_label(owner: Visit, draft: int) -> None:
    """An owner adds a field, says when it shows and its English name; what is tried in the preview stays there."""
    page, drawn = owner.page, list[Request]()
    owner.open(f"/studio/drafts/{draft}/forms/demand")
    page.on("request", lambda one: drawn.append(one) if one.is_navigation_request() else None)
    preview = page.frame_locator("iframe")
    urgent = preview.locator('[name="priority"][value="urgent"]')
    with held(page, "**/forms/demand/check"):
        add_note(page)
        assert not ENGLISH.search(page.locator("[data-palette]").inner_text())
        page.get_by_role("tab", name="预览").click()
        expect(preview.get_by_text("优先级").first).to_be_visible()
        page.get_by_label("语言").select_option("en")
        expect(preview.get_by_text("Priority").first).to_be_visible()
        expect(preview.get_by_text("Anything else")).to_have_count(0)
        urgent.check()
        expect(preview.get_by_text("Anything else")).to_be_visible()
    expect(page.locator("[data-uses]")).to_contain_text("补充说明")
    page.locator("[data-width]").select_option("phone")
    expect(urgent).to_be_checked()
    expect(preview.get_by_text("Anything else")).to_be_visible()
    page.get_by_label("语言").select_option("zh")
    expect(preview.get_by_text("优先级").first).to_be_visible()
    assert [one.url.rpartition("/")[2] for one in drawn] == ["preview"] * 3


def test_the_table_names_rules_that_meet_and_keeps_the_mark(owner: Visit, draft: int) -> None:
    """Under 唯一 the meeting rules of the dispatch table are listed; the watermark of bpmn.io stays visible."""
    owner.open(f"/studio/drafts/{draft}/tables/dispatch_routing")
    page = owner.page
    expect(page.locator("[data-canvas] .bjs-powered-by")).to_be_in_viewport()
    problem = page.locator("[data-problems] button", has_text="会同时成立").first
    expect(problem).to_contain_text("第 2 行")
    expect(page.locator("[data-canvas] td.is-bad").first).to_be_visible()
    page.locator("[data-try] label", has_text="合同内").locator("select").select_option("true")
    page.locator("[data-try] label", has_text="优先级").locator("input").fill("urgent")
    expect(page.locator("[data-result]")).to_contain_text("只允许一条规则成立")
    expect(page.locator("[data-canvas] td.is-hit").first).to_be_visible()


def test_menus_of_the_table_are_used_with_the_mouse(owner: Visit, draft: int, house: House) -> None:
    """A hit policy chosen with the mouse and a rule added from the menu of a cell are in the saved table."""
    owner.open(f"/studio/drafts/{draft}/tables/dispatch_routing")
    page = owner.page
    page.locator(".hit-policy .dms-input-select").click()
    page.locator(".dms-select-options .option", has_text="首条").click()
    expect(page.locator(".hit-policy .dms-input")).to_have_text("首条")
    rules = page.locator("[data-canvas] td.input-cell[data-row-id]")
    before = rules.count()
    rules.first.click(button="right")
    with page.expect_response(lambda one: one.request.method == "PUT"):
        page.locator(".context-menu").get_by_text("在下面加一条规则").click()
    expect(rules).to_have_count(before + 5)  # a cell for each of its five columns
    expect(page.locator(".gj-draft-page")).to_have_attribute("data-saving", "saved")
    ((text,),) = house.ask("select text from draft_part where draft_id = ? and kind = 'table'", draft)
    assert 'hitPolicy="FIRST"' in text
    assert text.count("<rule ") == before / 5 + 1
