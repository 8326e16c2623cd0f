"""The process owner's main job: a foreign diagram becomes a running process, and is changed while cases run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app import clock
from app.db import transaction
from app.people.operations import by_person
from app.people.operations.house import change_setting
from app.people.queries import viewer_named
from tests.browser.conftest import Enter
from tests.browser.visit import Visit
from tests.factories.dispatch import Dispatch

pytest_plugins = ["tests.browser.desks"]
FOREIGN = Path(__file__).parents[1] / "factories/bpmn/foreign/notice_three_levels.bpmn"
NAME = "公告三级审批"


@pytest.fixture
def four_eyes(dispatch: Dispatch) -> Iterator[None]:
    """The house asks for a second person while this test runs."""
    for wanted in (True, False):
        with dispatch.inside(), transaction() as session:
            admin = viewer_named(session, "sysadmin")
            assert admin is not None
            change_setting(session, by_person(admin), "four_eyes", wanted, clock.now(session))
        if wanted:
            yield


def section(page: Page, title: str) -> Locator:
    """Return a question of the panel."""
    return page.locator("[data-panel] .gj-panel-section").filter(
        has=page.get_by_role("heading", name=title, exact=True)
    )


def ready(page: Page) -> None:
    """Wait until the diagram is there and was checked."""
    expect(page.locator("[data-ready=true]")).to_be_visible()
    expect(page.locator('[data-checks][data-state="done"]')).to_be_attached()


def select(page: Page, id_: str) -> None:
    """Press an element of the diagram."""
    page.locator(f'g.djs-element[data-element-id="{id_}"]').first.click()
    expect(section(page, "谁来办")).to_be_visible()


def give(page: Page, person: str) -> None:
    """Say in the panel that one person does the selected step."""
    who = section(page, "谁来办")
    who.get_by_label("谁来办").select_option("users")
    who.get_by_role("button", name="+ 添加").click()
    who.get_by_role("combobox", name="输入名称查找").fill(person)
    page.keyboard.press("Enter")
    expect(who).to_contain_text(f"今天会是：{person}")


def saved(page: Page) -> None:
    """Wait until the draft is on the server."""
    page.evaluate("document.querySelector('[data-studio]').studio.saver.flush()")
    expect(page.locator('[data-saving="saved"]')).to_be_attached()


def stored(page: Page, text: str) -> AbstractContextManager[Any]:
    """Wait until a save with this text came back."""
    return page.expect_response(lambda one: one.request.method == "PUT" and text in (one.request.post_data or ""))


def bring_in(owner: Visit) -> str:
    """Import the foreign diagram, accept four of its six repairs; return the draft's address."""
    page = owner.page
    owner.open("/studio/import")
    page.locator('input[name="files"]').set_input_files(FOREIGN)
    page.get_by_role("button", name="导入成草稿").click()
    for step in ("二审", "终审"):
        page.locator("tr", has_text=f"“{step}”没有写由谁办理").get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="改好勾选的，打开流程图").click()
    ready(page)
    return str(re.sub(r"\?.*", "", page.url))


def mend(page: Page) -> None:
    """Press both errors of the checker and say who does these steps; then the first review, a limit, a reminder."""
    expect(page.locator('[data-checks] [data-count="error"]')).to_contain_text("2")
    for step, person in (("二审", "方既白"), ("终审", "叶青梧")):
        found = page.locator("[data-checks] .gj-check", has_text="没有写由谁办理").filter(has_text=step)
        found.get_by_role("button", name="去修改").click()
        expect(page.locator("[data-panel] h2")).to_have_text(step)
        give(page, person)
    expect(page.locator('[data-checks] [data-count="error"]')).to_be_hidden()
    select(page, "first")
    give(page, "沈明溪")
    select(page, "second")
    limit = section(page, "多久办完")
    limit.get_by_label("时间单位").select_option("工作日")
    limit.get_by_label("多少").fill("2")
    limit.get_by_label("多少").press("Enter")
    limit.locator("summary").click()
    limit.get_by_label("过了时限的百分之几提醒").fill("50")
    limit.get_by_label("过了时限的百分之几提醒").press("Enter")
    page.locator("[data-panel] h2").click()
    expect(limit).to_contain_text("到百分之 50 提醒本人")
    saved(page)


def draw_form(owner: Visit, draft: str) -> None:
    """Make the form of the first step: a title, whether it is urgent, and why if it is."""
    page = owner.page
    page.goto(f"{draft}/forms")
    page.locator("#new-name").fill("notice")
    page.locator("main").get_by_role("button", name="新建表单").click()
    add_field(page, "单行文字", "标题", "Title", required=True)
    add_field(page, "勾选", "加急", "Urgent")
    add_field(page, "单行文字", "加急的理由", "Why urgent")
    page.get_by_role("button", name="加一个条件").click()
    with stored(page, "conditional"):
        page.get_by_label("哪一项").select_option(label="加急")
    page.goto(draft)
    ready(page)
    select(page, "write")
    section(page, "填什么").get_by_role("combobox").select_option("notice")
    saved(page)


def add_field(page: Page, kind: str, label: str, english: str, *, required: bool = False) -> None:
    """Add a field at the end of the form."""
    page.locator("[data-palette]").get_by_role("button", name=kind, exact=True).click()
    page.get_by_label("标题", exact=True).fill(label)
    page.get_by_label("英文标题").fill(english)
    if required:
        page.get_by_role("checkbox", name="必填").check()


def try_both(owner: Visit, draft: str) -> None:
    """Play the draft: sent back once, then through to the end."""
    page = owner.page
    page.goto(f"{draft}/try")
    page.get_by_role("button", name="开始试走").click()
    for approved in ("否", "是"):
        act = page.locator(".gj-try-acts .gj-act").first
        expect(page.locator(".gj-try-desk h2")).to_have_text("拟稿")
        page.locator("#try-form").get_by_label("标题").fill("停水通知")
        act.click()
        expect(page.locator(".gj-try-desk h2")).to_have_text("一审")
        page.locator("#try-form").get_by_label(approved, exact=True).check()
        page.locator(".gj-try-acts .gj-act").first.click()
    for step in ("二审", "终审"):
        expect(page.locator(".gj-try-desk h2")).to_have_text(step)
        page.locator(".gj-try-acts .gj-act").first.click()
    expect(page.locator("#try-panel")).to_contain_text("走完了")


def publish(owner: Visit, draft: str, second: Visit, note: str) -> None:
    """Send the draft to the second person, who approves it."""
    page = owner.page
    page.goto(f"{draft}/publish")
    owner.field("note").fill(note)
    for tick in page.locator('input[name="tick"]').all():
        tick.check()
    page.get_by_role("button", name="送去批准").click()
    page.wait_for_url("**/studio/proposals/*")
    second.open("/studio/proposals")
    second.page.get_by_role("link", name=NAME).first.click()
    second.page.get_by_role("button", name="批准发布").click()
    expect(second.page.locator("#main")).to_contain_text("已发布")


def start(dept: Visit, title: str) -> None:
    """Start a real case."""
    dept.open("/start")
    dept.page.locator(".gj-start a", has_text=NAME).click()
    dept.page.locator("#main").get_by_label("标题").fill(title)
    dept.page.locator(".gj-bar .gj-act").first.click()
    dept.receipt()


def do(visit: Visit, step: str, approved: str = "") -> None:
    """Do the newest open step of that name."""
    visit.open("/inbox")
    visit.page.locator("a.gj-row", has_text=step).first.click()
    if approved:
        visit.page.locator("#main").get_by_label(approved, exact=True).check()
    visit.page.locator(".gj-bar .gj-act").first.click()
    visit.receipt()


@pytest.mark.usefixtures("four_eyes")
def test_a_foreign_diagram_becomes_a_process_and_is_changed_while_cases_run(enter: Enter, owner: Visit) -> None:
    """Import, repair, assign, form, limit, checks, both branches, a second person, a real case; then a new form."""
    director, dept, office = enter("director"), enter("dept"), enter("office")
    draft = bring_in(owner)
    mend(owner.page)
    draw_form(owner, draft)
    try_both(owner, draft)
    publish(owner, draft, director, "从旧系统搬来")
    start(dept, "停水通知")
    do(office, "一审", "是")
    do(director, "二审")
    do(owner, "终审")
    start(dept, "旧表单的一件")
    do(office, "一审", "否")

    owner.open("/studio/processes/notice_three_levels")
    owner.page.get_by_role("button", name="改这个流程").click()
    ready(owner.page)
    second = str(owner.page.url)
    owner.page.goto(f"{second}/forms/notice")
    with stored(owner.page, "Number"):
        add_field(owner.page, "单行文字", "文号", "Number")
    publish(owner, second, director, "加上文号")
    dept.open("/inbox")
    dept.page.locator("a.gj-row", has_text="旧表单的一件").or_(
        dept.page.locator("a.gj-row", has_text="拟稿")
    ).first.click()
    expect(dept.page.locator("#main")).not_to_contain_text("文号")
    dept.open("/start")
    dept.page.locator(".gj-start a", has_text=NAME).click()
    expect(dept.page.locator("#main")).to_contain_text("文号")
