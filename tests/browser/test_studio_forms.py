"""The form editor and the table editor in a browser: what an owner does there, and what must stay visible."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.db import db, transaction
from app.studio.models import DraftPart
from tests.browser.conftest import Enter
from tests.factories.dispatch import Dispatch
from tests.factories.studio import draft_of_files

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


def test_a_field_with_a_condition_and_an_english_label(enter: Enter, draft: int) -> None:
    """An owner adds a field, says when it shows and its English name, sees it in the preview; no English stays."""
    owner = enter("owner")
    owner.open(f"/studio/drafts/{draft}/forms/demand")
    page = owner.page
    page.locator('[data-canvas] .fjs-element[data-id="priority"]').click()
    palette = page.locator("[data-palette]")
    palette.get_by_role("button", name="单行文字").click()
    page.get_by_label("标题", exact=True).fill("补充说明")
    page.get_by_label("英文标题").fill("Anything else")
    page.get_by_role("button", name="加一个条件").click()
    page.get_by_label("哪一项").select_option(label="优先级")
    expect(page.locator(".gj-fe-condition select").last).to_have_value("urgent")
    assert not ENGLISH.search(palette.inner_text())
    page.get_by_role("tab", name="预览").click()
    preview = page.frame_locator("iframe")
    page.get_by_label("语言").select_option("en")
    expect(preview.get_by_text("Priority").first).to_be_visible()
    expect(preview.get_by_text("Anything else")).to_have_count(0)
    preview.locator('[name="priority"][value="urgent"]').check()
    expect(preview.get_by_text("Anything else")).to_be_visible(timeout=20_000)


def test_the_table_names_rules_that_meet_and_keeps_the_mark(enter: Enter, draft: int) -> None:
    """Under 唯一 the meeting rules of the dispatch table are listed; the watermark of bpmn.io stays visible."""
    owner = enter("owner")
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
