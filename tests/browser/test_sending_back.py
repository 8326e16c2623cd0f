"""退回 in the action bar of a real browser: a choice, a reason, what follows; whole on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app import runtime_of
from tests.browser.conftest import Enter
from tests.factories.dispatch import Dispatch
from tests.factories.drawn import asked, publish_drawn, start_drawn
from tests.factories.small import open_item
from tests.processes.diagrams import chain, end, properties, start, user


@pytest.fixture
def waiting(dispatch: Dispatch) -> int:
    """Bring a case of a drawn process to a step that may be sent back; return its item."""
    check = user("check", properties({"back.to": "ask", "basis": "办法 第 9 条"}), camunda_formRef="do")
    with dispatch.app.app_context():
        publish_drawn("sent_back", start(), asked(), check, end(), chain("s", "ask", "check", "e"))
        return open_item(start_drawn(runtime_of(dispatch.app), "sent_back").case_id).id


def test_an_item_is_sent_back_on_a_phone(waiting: int, enter: Enter) -> None:
    """The only step is chosen already; without a reason the panel stays open and says so; then the item is gone."""
    page = enter("dept", width=390).page
    page.goto(f"/tasks/{waiting}")
    page.locator(".gj-back > summary").click()
    panel = page.locator(".gj-back form")
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] >= 0
    panel.get_by_role("button", name="退回").click()
    expect(page.locator("#back-reason-error")).to_be_visible()
    page.locator("#back_reason").fill("缺附件清单")
    page.locator(".gj-back form").get_by_role("button", name="退回").click()
    page.wait_for_url("**/inbox")
    expect(page.locator("body")).to_contain_text("已退回")
