"""A decision by phone in Chromium: the clerk records it with a scan, the leader confirms it in one tap."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from app import runtime_of
from app.db import db
from tests.browser.conftest import ROOT
from tests.browser.visit import Visit
from tests.factories.dictated import begin, publish_dictated, waiting_step
from tests.factories.dispatch import Dispatch

Enter = Callable[..., Visit]
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
RUN_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations
    .filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => one.id))"""


def looked_at(visit: Visit, name: str) -> None:
    """Nothing sideways, nothing serious for axe; a picture."""
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth") <= visit.width
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    visit.shoot(name)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_decision_on_paper_from_the_clerk_to_the_leader(enter: Enter, dispatch: Dispatch, width: int) -> None:
    """The clerk finds 代录 on the task page, hands in the scan, decides; the leader finds it on top of the inbox."""
    with dispatch.app.app_context():
        publish_dictated()
        item_id = waiting_step(begin(runtime_of(dispatch.app), title=f"关于停暖的说明 {width}")).id
        db.session.remove()
    clerk = enter("office", width=width)
    clerk.open(f"/tasks/{item_id}")
    page = clerk.page
    page.get_by_role("link", name="代录").click()
    page.get_by_label("谁作的决定").select_option(label="许听澜")
    page.get_by_label("纸面", exact=True).check()
    page.set_input_files("#told_scan", {"name": "批示.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"})
    expect(page.locator(".gj-upload-list")).to_contain_text("批示.pdf")
    page.locator("#gj-opinion").fill("同意印发。")
    looked_at(clerk, "transcribe")
    page.get_by_role("button", name="同意", exact=False).first.click()
    expect(page.locator("main")).to_contain_text("代录：沈明溪 按 许听澜 纸面意见录入，待本人确认")
    leader = enter("dept_head", width=width)
    leader.open("/inbox")
    expect(leader.page.locator(".gj-note").first).to_contain_text("待本人确认")
    leader.page.get_by_role("link", name="去确认").click()
    panel = leader.page.locator("section", has_text=f"关于停暖的说明 {width}")
    expect(panel).to_contain_text("批示.pdf")
    looked_at(leader, "transcriptions")
    panel.get_by_role("button", name="确认").click()
    expect(leader.page.locator("main")).to_contain_text("已确认，这是您本人的决定。")
    leader.open(f"/tasks/{item_id}")
    expect(leader.page.locator("main")).to_contain_text("本人已确认")
