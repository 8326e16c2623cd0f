"""The main job, as its people do it: demand, acceptance, assignment, result with a file, rework, rating."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.visit import House, Visit
from tests.factories.dispatch import CRITERIA, Dispatch

TITLE = "领导信箱页面的提交按钮点不动"
# what the ledger holds of one case with one rework: each node that completed, as often as it did
STEPS = {"demand": 1, "vendor_accept": 1, "vendor_assign": 1, "vendor_execute": 2, "requester_accept": 2, "rating": 1}
RULES = {
    "how_raised": 1,
    "match_contract": 1,
    "dispatch_routing": 1,
    "goes_where": 1,
    "send_to_vendor": 1,
    "vendor_said": 1,
    "taken": 1,
    "is_accepted": 1,
    "register_maintenance": 2,
    "acceptance_said": 2,
    "third_round": 1,
    "count_round": 1,
    "close_case": 1,
    "closed": 1,
}
Enter = Callable[..., Visit]


def demand(dept: Visit) -> str:
    """Fill the form of a demand in and send it; return the receipt."""
    dept.open("/start")
    dept.page.get_by_role("link", name="提出需求").click()
    dept.field("title").fill(TITLE)
    dept.field("wanted").fill("手机上点“提交”没有反应，电脑上正常。请修好，并说明从哪天起坏的。")
    dept.field("criteria").fill("\n".join(CRITERIA))
    dept.pick("site", "住建局门户")
    dept.pick("category", "内容维护")
    dept.page.get_by_label("加急").check()
    dept.act("提交").click()
    return dept.receipt()


def open_first(visit: Visit, title: str) -> None:
    """Open a case of one's own to-do list."""
    visit.open("/inbox")
    visit.page.locator("a.gj-row", has_text=title).click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(title)


def accept_and_assign(lead: Visit) -> list[str]:
    """Accept with a restatement, then give it to the engineer; return both receipts."""
    open_first(lead, TITLE)
    lead.field("restatement").fill("修好手机上的提交按钮，查清从哪天起坏的，周五前完成。")
    lead.field("promised_at").fill("2026-11-20T17:00")
    lead.act("受理").click()
    first = lead.receipt()
    lead.page.get_by_role("link", name="现在办“派工”").click()
    lead.pick("engineer", "陆小满")
    lead.act("派工").click()
    return [first, lead.receipt()]


def hand_in(tech: Visit, file: Path, note: str) -> str:
    """Submit the result with a real file; return the receipt."""
    open_first(tech, TITLE)
    tech.field("results").set_input_files(file)
    expect(tech.page.locator(".gj-upload-list .gj-file-name b")).to_have_text(file.name)
    tech.field("result_note").fill(note)
    tech.field("operation_log").fill("10:02 登录后台\n10:20 替换脚本\n10:31 三部手机上试过")
    tech.page.get_by_label("没有", exact=True).check()
    tech.act("提交成果").click()
    return tech.receipt()


def judge(dept: Visit, verdicts: list[bool], note: str, act: str) -> str:
    """Answer each criterion and decide; return the receipt."""
    open_first(dept, TITLE)
    for number, met in enumerate(verdicts):
        row = dept.page.locator(".gj-criteria.is-open li").nth(number)
        row.get_by_role("radio", name="达到" if met else "未达到", exact=True).check()
    dept.field("accept_note").fill(note)
    dept.act(act).click()
    return dept.receipt()


def rate(dept: Visit) -> str:
    """Rate the work; return the receipt."""
    open_first(dept, TITLE)
    dept.page.get_by_label("满意", exact=True).check()
    dept.field("rating_text").fill("第二次就好了。")
    dept.act("提交评价").click()
    return dept.receipt()


def test_the_main_job(enter: Enter, house: House, dispatch: Dispatch, tmp_path: Path) -> None:
    """One demand goes all its way through the pages; every completed node has one record and the chain holds."""
    first, second = tmp_path / "修复说明.csv", tmp_path / "修复说明-第二轮.csv"
    first.write_text("机型,结果\n甲,通过\n", "utf-8")
    second.write_text("机型,结果\n甲,通过\n乙,通过\n", "utf-8")
    dept, lead, tech = enter("dept"), enter("vendor_a_lead"), enter("vendor_a_tech")
    receipts = [demand(dept)]
    receipts += accept_and_assign(lead)
    receipts.append(hand_in(tech, first, "换了提交脚本，10 月 28 日升级后坏的。"))
    receipts.append(judge(dept, [True, False], "另一部手机上还是点不动。", "退回返工"))
    open_first(tech, TITLE)
    assert "另一部手机上还是点不动。" in tech.read()
    receipts.append(hand_in(tech, second, "两部手机都试过了。"))
    receipts.append(judge(dept, [True, True], "符合要求。", "通过验收"))
    receipts.append(rate(dept))
    assert len(set(receipts)) == sum(STEPS.values())
    number = str(house.ask("select number from case_file where title = ?", TITLE)[0][0])
    see_it_closed(dept, number, receipts)
    keep_others_out(enter("vendor_b_lead"), dispatch, number)
    read_the_ledger(house, number, receipts)


def see_it_closed(dept: Visit, number: str, receipts: list[str]) -> None:
    """The case page says it is done and lists every receipt; so does the page of one's own receipts."""
    dept.open(f"/cases/{number}")
    expect(dept.page.locator(".gj-object .gj-seal")).to_have_text("已办")
    expect(dept.page.locator(".gj-diagram[data-ready] svg").first).to_be_visible()
    records = dept.read("#records")
    assert [code for code in receipts if code not in records] == []
    dept.page.get_by_role("button", name="核对记录").click()
    expect(dept.page.locator("#verify")).to_contain_text("记录链完整")
    dept.open("/receipts")
    mine = dept.read()
    assert [code for code in (receipts[0], receipts[4], receipts[6], receipts[7]) if code not in mine] == []


def keep_others_out(rival: Visit, dispatch: Dispatch, number: str) -> None:
    """To another vendor the case, its steps and its files are not there at all."""
    items = rival.house.ask("select id from work_item where case_id = ?", dispatch.case_id(number))
    files = rival.house.ask("select id from upload where case_id = ?", dispatch.case_id(number))
    assert len(items) == sum(STEPS.values())
    assert len(files) == 2
    for path in (f"/cases/{number}", f"/tasks/{items[-1][0]}", f"/tasks/{items[1][0]}", f"/files/{files[0][0]}"):
        rival.open(path, 404)
        assert TITLE not in rival.page.content()
    rival.open(f"/search?q={number}")
    assert TITLE not in rival.page.content()


def read_the_ledger(house: House, number: str, receipts: list[str]) -> None:
    """One record per completed node, automatic ones too, all receipts among them, and nothing broken."""
    records = house.ask(
        "select record.kind, record.node, record.code, record.actor_kind from record join case_file"
        " on case_file.id = record.case_id where case_file.number = ? and record.node is not null"
        " and record.kind <> 'work:item:opened'",
        number,
    )
    people = [row for row in records if row[0] == "work:item:completed"]
    rules = [row for row in records if row[0] != "work:item:completed"]
    assert Counter(node for _, node, _, _ in people) == STEPS
    assert Counter(node for _, node, _, _ in rules) == RULES
    assert [code for _, _, code, _ in people] == receipts
    assert {kind for _, _, _, kind in people} == {"person"}
    assert {kind for _, _, _, kind in rules} == {"rule"}


@pytest.mark.usefixtures("scenes")
def test_verify_names_a_changed_record(house: House, tmp_path: Path) -> None:
    """The chain of the running house is clean; one changed byte in a copy makes `ledger verify` name that record."""
    clean = house.run("ledger", "verify")
    assert clean.returncode == 0, clean.stderr
    assert clean.stdout.startswith("clean:")
    copy = house.copy(tmp_path)
    chain, seq, body = copy.execute(
        "select chain, seq, body from record where kind = 'work:item:completed' order by id limit 1"
    ).fetchone()
    copy.execute("drop trigger record_no_update")
    copy.execute("update record set body = ? where chain = ? and seq = ?", (body[:-2] + " " + body[-2:], chain, seq))
    copy.commit()
    copy.close()
    broken = house.run("ledger", "verify", data=tmp_path)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert chain in broken.stdout
    assert f"{seq}" in broken.stdout
