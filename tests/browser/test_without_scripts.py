"""With JavaScript off: sign-in and the task page do all they must."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.factories.dispatch import Dispatch

Enter = Callable[..., Visit]


def test_sign_in_says_what_is_wrong(enter: Enter) -> None:
    """A wrong password is said in words and the account stays typed; the right one leads in."""
    visit = enter(scripts=False)
    visit.open("/sign-in")
    visit.field("user_name").fill("dept_head")
    visit.field("password").fill("wrong")
    visit.page.get_by_role("button", name="登录", exact=True).click()
    expect(visit.page.locator(".gj-note.is-error")).to_be_visible()
    expect(visit.field("user_name")).to_have_value("dept_head")
    visit.sign_in("dept_head")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("待办")


def test_a_task_is_done_without_scripts(enter: Enter, dispatch: Dispatch, tmp_path: Path) -> None:
    """An incomplete submit keeps text and file beside its sentences; completed, it gives the receipt."""
    begun = dispatch.to_execution("首页无障碍按钮没有声音")
    file = tmp_path / "朗读测试记录.csv"
    file.write_text("页面,结果\n首页,通过\n", "utf-8")
    visit = enter("vendor_a_tech", scripts=False)
    visit.open(f"/tasks/{dispatch.item(begun.case_id)}")
    visit.field("result_note").fill("恢复了朗读脚本，首页、栏目页都试过。")
    visit.field("results").set_input_files(file)
    visit.page.get_by_label("操作了", exact=True).check()
    visit.act("提交成果").click()
    expect(visit.page.locator(".gj-note.is-error")).to_be_visible()
    expect(visit.field("result_note")).to_have_value("恢复了朗读脚本，首页、栏目页都试过。")
    expect(visit.page.locator(".gj-upload-list b")).to_have_text(file.name)
    expect(visit.page.get_by_label("操作了", exact=True)).to_be_checked()
    expect(visit.page.locator("#gj-operation_log-error")).to_be_visible()
    visit.field("operation_log").fill("10:02 登录后台\n10:20 换回脚本")
    visit.field("change_object").fill("门户首页朗读脚本")
    visit.field("change_from").fill("2026-11-17T10:02")
    visit.field("change_to").fill("2026-11-17T10:20")
    visit.field("change_done").fill("换回上一版脚本。")
    visit.field("backup").fill("备份盘 1117")
    visit.field("rollback").fill("解包覆盖")
    visit.field("watched_by").fill("许听澜")
    visit.act("提交成果").click()
    code = visit.receipt()
    stored = visit.house.ask("select name from upload where case_id = ?", begun.case_id)
    assert stored == [(file.name,)]
    assert visit.house.ask("select count(*) from maintenance_entry where case_id = ?", begun.case_id) == [(1,)]
    assert visit.house.ask("select node from record where code = ?", code) == [("vendor_execute",)]


def test_what_else_is_asked_comes_without_scripts(enter: Enter, dispatch: Dispatch) -> None:
    """A button asks for the fields an answer brings with it; what was typed stays."""
    begun = dispatch.to_execution("栏目页脚仍是旧的备案号")
    visit = enter("vendor_a_tech", scripts=False)
    visit.open(f"/tasks/{dispatch.item(begun.case_id)}")
    visit.field("operation_log").fill("10:02 登录后台")
    expect(visit.field("change_object")).to_have_count(0)
    visit.page.get_by_label("操作了", exact=True).check()
    visit.page.get_by_role("button", name="按已填的内容更新下面要填的项").click()
    expect(visit.field("change_object")).to_be_visible()
    expect(visit.field("operation_log")).to_have_value("10:02 登录后台")
    assert dispatch.item(begun.case_id) > 0
