"""Whatever goes wrong, what somebody typed is still there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect
from sqlalchemy import select

from app import clock
from app.db import transaction
from app.people.models import AuthSession
from tests.browser.visit import Visit
from tests.factories.city import PASSWORD
from tests.factories.dispatch import Dispatch

TYPED = "第一个附件已能下载，第二个点开后仍提示找不到，请核对服务器路径。"
Enter = Callable[..., Visit]


def at_acceptance(enter: Enter, dispatch: Dispatch, title: str, *, anew: bool = False) -> tuple[Visit, int]:
    """Open a fresh case's acceptance as the requester; return the case, too."""
    begun = dispatch.to_acceptance(title)
    dept = enter("dept", anew=anew)
    dept.open(f"/tasks/{dispatch.item(begun.case_id)}")
    return dept, begun.case_id


def answer(visit: Visit, *met: bool) -> None:
    """Answer the criteria line by line."""
    for number, is_met in enumerate(met):
        row = visit.page.locator(".gj-criteria.is-open li").nth(number)
        row.get_by_role("radio", name="达到" if is_met else "未达到", exact=True).check()


def end_session(dispatch: Dispatch, user_name: str) -> None:
    """End the newest session of a person, as an administrator's reset does."""
    user_id = dispatch.user_id(user_name)
    with dispatch.inside(), transaction() as session:
        newest = select(AuthSession).where(AuthSession.user_id == user_id).order_by(AuthSession.id.desc()).limit(1)
        session.scalars(newest).one().revoked_at = clock.now(session)


def test_a_refused_submit_keeps_everything(enter: Enter, dispatch: Dispatch) -> None:
    """A line left open is named beside the line; text and the other answers stay, and the next submit succeeds."""
    dept, _case = at_acceptance(enter, dispatch, "办事指南的样表打不开")
    answer(dept, True)
    dept.field("accept_note").fill(TYPED)
    dept.act("退回返工").click()
    expect(dept.page.locator(".gj-note.is-error")).to_be_visible()
    expect(dept.page.locator("#gj-checked-error")).to_be_visible()
    expect(dept.field("accept_note")).to_have_value(TYPED)
    first = dept.page.locator(".gj-criteria.is-open li").first
    expect(first.get_by_role("radio", name="达到", exact=True)).to_be_checked()
    answer(dept, True, False)
    expect(dept.page.locator("#gj-checked-error")).to_have_count(0)
    dept.act("退回返工").click()
    assert dept.receipt()


def test_somebody_was_faster(enter: Enter, dispatch: Dispatch) -> None:
    """The page says who finished the step and when, shows the text, and can send it as a remark."""
    dept, case_id = at_acceptance(enter, dispatch, "预约平台的时段显示错一天")
    answer(dept, True, False)
    dept.field("accept_note").fill(TYPED)
    dispatch.check(case_id, "pass", True, True)
    with dept.page.expect_response(lambda response: response.request.method == "POST") as answered:
        dept.act("退回返工").click()
    assert answered.value.status == 409
    expect(dept.page.locator(".gj-note.is-warn")).to_contain_text("已由林知行办完")
    expect(dept.page.locator(".gj-kept")).to_contain_text(TYPED)
    dept.page.get_by_role("button", name="作为讨论发到这件事里").click()
    expect(dept.page.locator(".gj-talk")).to_contain_text(TYPED)


def test_the_session_ended_while_typing(enter: Enter, dispatch: Dispatch) -> None:
    """A submit after the session has ended leads through sign-in; the text is shown and sent with one button."""
    dept, case_id = at_acceptance(enter, dispatch, "移动端导航盖住正文", anew=True)
    answer(dept, True, False)
    dept.field("accept_note").fill(TYPED)
    end_session(dispatch, "dept")
    dept.act("退回返工").click()
    expect(dept.page.locator(".gj-kept")).to_contain_text(TYPED)
    expect(dept.field("user_name")).to_have_value("dept")
    dept.field("password").fill(PASSWORD)
    dept.page.get_by_role("button", name="登录", exact=True).click()
    expect(dept.page.get_by_role("heading", level=1)).to_have_text("您写的内容都在")
    expect(dept.page.locator(".gj-kept")).to_contain_text(TYPED)
    dept.page.get_by_role("button", name="继续提交").click()
    assert dept.receipt()
    assert dept.house.ask(
        "select result, answers ->> 'accept_note' from work_item where case_id = ? and node = 'requester_accept'",
        case_id,
    ) == [("rework", TYPED)]


def test_the_draft_notices_that_the_session_ended(enter: Enter, dispatch: Dispatch) -> None:
    """A draft that cannot be kept says so with a way to sign in; afterwards the text is back in its place."""
    dept, _case = at_acceptance(enter, dispatch, "年报栏目少一份附件", anew=True)
    end_session(dispatch, "dept")
    dept.field("accept_note").fill(TYPED)
    again = dept.page.locator("#gj-problem").get_by_role("link", name="重新登录")
    expect(again).to_be_visible()
    again.click()
    dept.field("password").fill(PASSWORD)
    dept.page.get_by_role("button", name="登录", exact=True).click()
    expect(dept.field("accept_note")).to_have_value(TYPED)
    expect(dept.page.locator("#gj-problem")).to_contain_text("已放回原处")


def test_a_draft_is_kept(enter: Enter, dispatch: Dispatch) -> None:
    """What is typed is saved by itself, and is there after a reload, on another computer, and in the drafts box."""
    dept, _case = at_acceptance(enter, dispatch, "搜索结果页第二页是空白")
    answer(dept, False)
    dept.field("accept_note").fill(TYPED)
    expect(dept.page.locator("[data-draft-state]")).to_contain_text("草稿已保存")
    address = dept.page.url
    for visit in (dept, enter("dept")):
        visit.open(address.removeprefix(dept.house.url))
        expect(visit.field("accept_note")).to_have_value(TYPED)
        first = visit.page.locator(".gj-criteria.is-open li").first
        expect(first.get_by_role("radio", name="未达到", exact=True)).to_be_checked()
    dept.open("/inbox?box=drafts")
    expect(dept.page.locator("#main")).to_contain_text("搜索结果页第二页是空白")


def test_work_goes_on_while_the_form_asks_anew(enter: Enter, dispatch: Dispatch, tmp_path: Path) -> None:
    """An answer that brings further fields takes nothing away that is typed or uploaded before the server answers."""
    file = tmp_path / "提醒任务清单.csv"
    file.write_text("时间,结果\n10:20,通过\n", "utf-8")
    begun = dispatch.to_execution("信箱回复超期没有提醒")
    tech = enter("vendor_a_tech")
    tech.open(f"/tasks/{dispatch.item(begun.case_id)}")
    held: list[Route] = []
    tech.page.route("**/tasks/*/form", lambda route: held.append(route))  # noqa: PLW0108 - Playwright wants a function
    with tech.page.expect_request("**/tasks/*/form"):
        tech.page.get_by_label("操作了", exact=True).check()
    tech.field("result_note").fill("补上了提醒任务。")
    tech.field("operation_log").fill("10:02 登录后台")
    tech.field("results").set_input_files(file)
    expect(tech.page.locator(".gj-upload-list b")).to_have_text(file.name)
    for route in held:
        route.continue_()
    expect(tech.field("change_object")).to_be_visible()
    expect(tech.field("result_note")).to_have_value("补上了提醒任务。")
    expect(tech.field("operation_log")).to_have_value("10:02 登录后台")
    expect(tech.page.locator(".gj-upload-list b")).to_have_text(file.name)
