"""What hands do beside clicking: keys, and the language of the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.factories.dispatch import Dispatch

Enter = Callable[..., Visit]


def test_the_inbox_by_keyboard(enter: Enter, dispatch: Dispatch) -> None:
    """J and K move through the rows, Enter opens one, / goes to the search, which does not take J and K."""
    for title in ("老年版字号调不回去", "站内信没有回执"):
        dispatch.to_acceptance(title)
    dept = enter("dept")
    dept.open("/inbox")
    rows = dept.page.locator("a.gj-row")
    dept.page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    dept.page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    dept.page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    dept.page.keyboard.press("/")
    search = dept.page.get_by_role("searchbox")
    expect(search).to_be_focused()
    dept.page.keyboard.type("jk")
    expect(search).to_have_value("jk")
    dept.open("/inbox")
    title = rows.nth(0).locator(".gj-row-title b").inner_text()
    dept.page.keyboard.press("j")
    dept.page.keyboard.press("Enter")
    expect(dept.page.get_by_role("heading", level=1)).to_have_text(title)
    dept.page.keyboard.press("?")
    expect(dept.page.locator(".gj-keys")).to_contain_text("Ctrl")


def test_ctrl_enter_submits(enter: Enter, dispatch: Dispatch) -> None:
    """Ctrl+Enter presses the first button of the bar, also while one types."""
    begun = dispatch.start("局长信箱验证码不显示")
    lead = enter("vendor_a_lead")
    lead.open(f"/tasks/{dispatch.item(begun.case_id)}")
    lead.field("promised_at").fill("2026-11-20T17:00")
    lead.field("restatement").fill("恢复验证码图片，周五前完成。")
    lead.page.keyboard.press("Control+Enter")
    assert lead.receipt()
    assert lead.house.ask(
        "select result from work_item where case_id = ? and node = 'vendor_accept'", begun.case_id
    ) == [("accept",)]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_language_switch(enter: Enter, width: int) -> None:
    """One press in the header turns the same page into English, another one back."""
    visit = enter("other_head", width=width, anew=True)
    visit.open("/inbox")
    html = visit.page.locator("html")
    expect(html).to_have_attribute("lang", "zh-CN")
    visit.page.get_by_role("button", name="English").click()
    expect(html).to_have_attribute("lang", "en")
    assert visit.page.url.endswith("/inbox")
    heading = visit.page.get_by_role("heading", level=1)
    expect(heading).not_to_have_text("待办")
    visit.page.get_by_role("button", name="中文").click()
    expect(html).to_have_attribute("lang", "zh-CN")
    expect(heading).to_have_text("待办")
