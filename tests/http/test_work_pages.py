"""The pages of work on a three-node process: inbox, task, case, start, receipts, prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger.models import Record
from app.people import operations as house
from app.people.models import Unit
from app.work.models import Case, Comment, Draft, WorkItem
from app.work.operations import Receipt
from tests.factories.city import PASSWORD
from tests.factories.small import complete, open_item, publish_small, start_small

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def begun(app: Flask) -> Receipt:
    """Begin a case that waits for an engineer of vendor A."""
    publish_small()
    return start_small(runtime_of(app))


@pytest.fixture
def handed_in(app: Flask, begun: Receipt) -> Receipt:
    """Hand the same case in as vendor A; it waits for the department."""
    complete(runtime_of(app), open_item(begun.case_id).id, "vendor_a_tech", {"done": "已重传三个附件。"})
    return begun


def text_of(answer) -> str:  # type: ignore[no-untyped-def]
    """Return the page as text."""
    page: str = answer.get_data(as_text=True)
    return page


def post(browser: FlaskClient, item_id: int, **fields: str):  # type: ignore[no-untyped-def]
    """Submit the task page's form."""
    return browser.post(f"/tasks/{item_id}", data={"key": uuid4().hex, **fields})


# The inbox


def test_the_home_page_leads_to_the_inbox(sign_in: SignIn) -> None:
    """Whoever has a to-do list begins there."""
    answer = sign_in("dept").get("/")
    assert answer.status_code == 302
    assert answer.location == "/inbox"


def test_an_empty_inbox_is_good_news(sign_in: SignIn) -> None:
    """Nothing to do is said as such, not as an error."""
    assert "待办都办完了" in text_of(sign_in("dept").get("/inbox"))


def test_the_inbox_shows_what_waits_for_this_person(begun: Receipt, sign_in: SignIn) -> None:
    """A row names title, number, step and unit; nobody else has it."""
    page = text_of(sign_in("vendor_a_tech").get("/inbox"))
    assert "附件打不开" in page
    assert begun.number in page
    assert "市住建局" in page
    assert "附件打不开" not in text_of(sign_in("vendor_b_tech").get("/inbox"))


@pytest.mark.usefixtures("handed_in")
@pytest.mark.parametrize("box", ["done", "started", "copies", "drafts", "nonsense"])
def test_every_box_opens(sign_in: SignIn, box: str) -> None:
    """All five boxes answer, an unknown one shows the to-do list."""
    assert sign_in("dept").get(f"/inbox?box={box}").status_code == 200


@pytest.mark.usefixtures("begun")
def test_filters_without_result_name_the_condition_to_drop(sign_in: SignIn) -> None:
    """The page says which condition to drop and how many that gives."""
    page = text_of(sign_in("vendor_a_tech").get("/inbox?priority=urgent"))
    assert "去掉“特急”有 1 件" in page


@pytest.mark.usefixtures("begun")
def test_nonsense_in_the_address_is_no_error(sign_in: SignIn) -> None:
    """Broken keys, ids and chips are as good as none."""
    address = "/inbox?after=~x~&site=abc&vendor=-1&chip=zzz&n=-4&priority=%00"
    assert sign_in("vendor_a_tech").get(address).status_code == 200


def test_the_inbox_pages_without_losing_or_repeating_a_row(app: Flask, sign_in: SignIn) -> None:
    """Following 继续显示 shows every item exactly once."""
    publish_small()
    numbers = {start_small(runtime_of(app), title=f"第 {count} 件").number for count in range(23)}
    browser, address, seen = sign_in("vendor_a_tech"), "/inbox", []
    while address:
        page = text_of(browser.get(address))
        seen += re.findall(r'gj-mono">(XL-\d+-\d+)<', page)
        more = re.search(r'href="([^"]+)" data-key="more"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert sorted(seen) == sorted(numbers)


def test_the_inbox_takes_few_statements(app: Flask, sign_in: SignIn) -> None:
    """At most twelve statements, however many items wait."""
    publish_small()
    for count in range(3):
        start_small(runtime_of(app), title=f"第 {count} 件")
    browser = sign_in("vendor_a_tech")
    browser.get("/inbox")
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    assert browser.get("/inbox").status_code == 200
    event.remove(db.engine, "before_cursor_execute", note)
    reads = [one for one in statements if not one.startswith(("BEGIN", "PRAGMA"))]
    assert len(reads) <= 12, "\n---\n".join(reads)


def test_a_whole_number_jumps_to_the_case(begun: Receipt, sign_in: SignIn) -> None:
    """Searching a full number opens the case; part of a title lists it."""
    browser = sign_in("dept")
    assert browser.get(f"/search?q={begun.number.lower()}").location == f"/cases/{begun.number}"
    assert begun.number in text_of(browser.get("/search?q=附件"))
    assert "没有找到" in text_of(browser.get("/search?q=没有这个"))
    assert begun.number not in text_of(sign_in("vendor_b_lead").get("/search?q=附件"))


# The task


def test_the_task_page_shows_what_was_asked_and_what_follows(begun: Receipt, sign_in: SignIn) -> None:
    """The demand is readable, the button says the next step, the first opening is noted once."""
    item = open_item(begun.case_id)
    browser = sign_in("vendor_a_tech")
    page = text_of(browser.get(f"/tasks/{item.id}"))
    assert "请修好。" in page
    assert "下一步：验收" in page
    first = open_item(begun.case_id)
    assert first.first_opened_by == "陆小满"
    browser.get(f"/tasks/{item.id}")
    assert open_item(begun.case_id).first_opened_at == first.first_opened_at


def test_looking_on_does_not_count_as_opening(begun: Receipt, sign_in: SignIn) -> None:
    """Only somebody who may act opens a step; others see the page without buttons."""
    page = text_of(sign_in("dept").get(f"/tasks/{open_item(begun.case_id).id}"))
    assert 'name="decision"' not in page
    assert open_item(begun.case_id).first_opened_at is None


def test_a_submit_gives_a_receipt_and_the_next_step(begun: Receipt, sign_in: SignIn) -> None:
    """The way ends on a page with the code, the instant and what comes next."""
    item = open_item(begun.case_id)
    answer = post(sign_in("vendor_a_tech"), item.id, done="已重传。", decision="submit")
    assert answer.status_code == 303
    assert answer.location == f"/tasks/{item.id}/receipt"
    page = text_of(sign_in("vendor_a_tech").get(answer.location))
    db.session.rollback()
    assert db.session.get_one(WorkItem, item.id).receipt_code in page
    assert "下一步：验收" in page


def test_an_incomplete_form_comes_back_with_everything_typed(begun: Receipt, sign_in: SignIn) -> None:
    """The missing field is named, the error stands first, nothing is completed."""
    item = open_item(begun.case_id)
    answer = post(sign_in("vendor_a_tech"), item.id, done="   ", decision="submit")
    assert answer.status_code == 422
    assert "gj-done-error" in text_of(answer)
    assert open_item(begun.case_id).id == item.id


def test_the_same_key_twice_gives_the_same_receipt(begun: Receipt, sign_in: SignIn) -> None:
    """A double submit is one completion."""
    item, key = open_item(begun.case_id), uuid4().hex
    browser = sign_in("vendor_a_tech")
    fields = {"key": key, "done": "已重传。", "decision": "submit"}
    first, second = (browser.post(f"/tasks/{item.id}", data=fields) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    db.session.rollback()
    completed = select(Record).where(Record.item_id == item.id, Record.kind == "work:item:completed")
    assert len(db.session.scalars(completed).all()) == 1


def test_who_comes_second_keeps_the_words(app: Flask, begun: Receipt, sign_in: SignIn) -> None:
    """409 says who was faster and when, and shows what was written; it can go into the discussion."""
    item = open_item(begun.case_id)
    browser = sign_in("vendor_a_tech")
    complete(runtime_of(app), item.id, "vendor_a_tech", {"done": "先办的。"})
    answer = post(browser, item.id, done="晚了一步但是写了很多内容。", decision="submit")
    page = text_of(answer)
    assert answer.status_code == 409
    assert "陆小满" in page
    assert "晚了一步但是写了很多内容。" in page
    assert "作为讨论发到这件事里" in page


def test_somebody_elses_step_is_refused(handed_in: Receipt, sign_in: SignIn) -> None:
    """A person of the case who does not hold the step is refused with a sentence, not with an error page."""
    answer = post(sign_in("vendor_a_tech"), open_item(handed_in.case_id).id, decision="pass")
    assert answer.status_code in {403, 404}
    answer = post(
        sign_in("dept_head"), open_item(handed_in.case_id).id, decision="pass", opinion="我来替他验收一下吧。"
    )
    assert answer.status_code == 403
    assert "我来替他验收一下吧。" in text_of(answer)


@pytest.mark.parametrize(
    "fields", [{"decision": "nonsense"}, {"decision": "pass", "stranger": "x"}, {}, {"decision": ""}]
)
def test_what_is_posted_by_hand_is_refused_in_words(
    handed_in: Receipt, sign_in: SignIn, fields: dict[str, str]
) -> None:
    """Unknown actions and names the step does not ask answer 422 and change nothing."""
    item = open_item(handed_in.case_id)
    answer = post(sign_in("dept"), item.id, **fields)
    assert answer.status_code == 422
    assert open_item(handed_in.case_id).id == item.id


def test_a_return_opens_the_second_round(handed_in: Receipt, sign_in: SignIn) -> None:
    """The button of the return says so beforehand, and the step comes back marked."""
    item = open_item(handed_in.case_id)
    browser = sign_in("dept")
    page = text_of(browser.get(f"/tasks/{item.id}"))
    assert "回到办理，进入第 2 轮" in page
    assert "办结，没有下一步" in page
    post(browser, item.id, decision="back", opinion="第二个附件乱码。")
    page = text_of(sign_in("vendor_a_tech").get(f"/tasks/{open_item(handed_in.case_id).id}"))
    assert "第 2 轮" in page
    assert "第二个附件乱码。" in page


def test_a_program_completes_with_json(begun: Receipt, sign_in: SignIn) -> None:
    """The same form judges a JSON body: a receipt, or the sentences by field."""
    item, browser = open_item(begun.case_id), sign_in("vendor_a_tech")
    wrong = browser.post(f"/tasks/{item.id}", json={"answers": {"done": 5}, "key": "k1"}, headers=JSON)
    assert wrong.status_code == 422
    assert "done" in wrong.json["fields"]
    unknown = browser.post(f"/tasks/{item.id}", json={"answers": {"x": "1"}, "key": "k1"}, headers=JSON)
    assert unknown.status_code == 422
    assert browser.post(f"/tasks/{item.id}", json=[1], headers=JSON).status_code == 422
    right = browser.post(f"/tasks/{item.id}", json={"answers": {"done": "好了"}, "key": "k1"}, headers=JSON)
    assert right.status_code == 200
    assert re.fullmatch(r"[A-Z0-9]{4}-[A-Z0-9]{4}", right.json["receipt"])
    again = browser.post(f"/tasks/{item.id}", json={"answers": {"done": "好了"}, "key": "k1"}, headers=JSON)
    assert again.json["repeated"] is True
    other = browser.post(f"/tasks/{item.id}", json={"answers": {"done": "好了"}, "key": "k2"}, headers=JSON)
    assert other.status_code == 409


JSON = {"Accept": "application/json"}


def test_a_draft_comes_back(begun: Receipt, sign_in: SignIn) -> None:
    """What was typed is kept unjudged, shown again, and gone after the submit."""
    item, browser = open_item(begun.case_id), sign_in("vendor_a_tech")
    saved = browser.post(f"/tasks/{item.id}/draft", data={"done": "写到一半", "key": "k"}, headers=JSON)
    assert re.fullmatch(r"\d\d:\d\d:\d\d", saved.json["saved_at"])
    assert "写到一半" in text_of(browser.get(f"/tasks/{item.id}"))
    assert "写到一半" not in text_of(sign_in("dept").get(f"/tasks/{item.id}"))
    post(browser, item.id, done="写完了", decision="submit")
    assert db.session.scalars(select(Draft)).all() == []


def test_a_progress_note_reaches_both_sides(begun: Receipt, sign_in: SignIn) -> None:
    """The vendor's note stands on the timeline of the department."""
    item, browser = open_item(begun.case_id), sign_in("vendor_a_tech")
    assert browser.post(f"/tasks/{item.id}/progress", data={"text": "传了两个", "percent": "60"}).status_code == 303
    page = text_of(sign_in("dept").get(f"/cases/{begun.number}"))
    assert "传了两个" in page
    assert "完成 60%" in page
    assert browser.post(f"/tasks/{item.id}/progress", data={"text": " "}).status_code == 422


def test_a_transfer_needs_a_colleague_and_a_reason(handed_in: Receipt, sign_in: SignIn) -> None:
    """Without a reason, or to another unit, it is refused on the same page; else the item moves."""
    item, browser = open_item(handed_in.case_id), sign_in("dept")
    page = text_of(browser.get(f"/tasks/{item.id}"))
    to = re.search(r'<option value="(\d+)">许听澜', page)
    assert to
    assert browser.post(f"/tasks/{item.id}/transfer", data={"to": to[1], "reason": ""}).status_code == 422
    assert browser.post(f"/tasks/{item.id}/transfer", data={"to": "1", "reason": "出差"}).status_code == 422
    assert browser.post(f"/tasks/{item.id}/transfer", data={"to": to[1], "reason": "出差"}).status_code == 303
    assert open_item(handed_in.case_id).assignee_name == "许听澜"


def test_one_of_several_claims_or_simply_acts(app: Flask, sign_in: SignIn) -> None:
    """The form is readable before claiming; a claim takes the item from the others, a release gives it back."""
    publish_small()
    second_engineer()
    item = open_item(start_small(runtime_of(app)).case_id)
    first, second = sign_in("vendor_a_tech"), sign_in("vendor_a_two")
    page = text_of(first.get(f"/tasks/{item.id}"))
    assert "认领" in page
    assert 'name="done"' in page
    assert first.post(f"/tasks/{item.id}/claim").status_code == 303
    refused = second.post(f"/tasks/{item.id}/claim")
    assert refused.status_code == 403
    assert "陆小满" in text_of(refused)
    assert "附件打不开" not in text_of(second.get("/inbox"))
    assert first.post(f"/tasks/{item.id}/release").status_code == 303
    assert post(second, item.id, done="直接办了。").status_code == 303
    assert "谢临川" in text_of(first.get(f"/tasks/{item.id}"))


def second_engineer() -> None:
    """Give vendor A a second engineer."""
    with transaction() as session:
        unit_id = session.scalar(select(Unit.id).where(Unit.code == "vendor_a")) or 0
        house.create_user(
            session,
            house.by_setup(),
            user_name="vendor_a_two",
            name="谢临川",
            unit_id=unit_id,
            titles=("工程师",),
            password=PASSWORD,
            must_change=False,
            roles=("vendor_staff",),
            now=clock.now(session),
        )


# The case


def test_the_case_page_tells_the_whole_story(handed_in: Receipt, sign_in: SignIn) -> None:
    """Diagram, charged time, records and timeline stand on one page."""
    page = text_of(sign_in("dept").get(f"/cases/{handed_in.number}"))
    for words in ("data-diagram", "计时归属", "记录", "办理过程", "已重传三个附件。", "外包单位"):
        assert words in page
    for tab in ("form", "files", "data", "related", "talk", "nonsense"):
        assert sign_in("dept").get(f"/cases/{handed_in.number}?tab={tab}").status_code == 200


def test_the_diagram_is_sent_to_those_who_see_the_case(handed_in: Receipt, sign_in: SignIn) -> None:
    """The XML of the case's own version; 404 for strangers."""
    address = f"/cases/{handed_in.number}/diagram.bpmn"
    assert b"<process" in sign_in("dept").get(address).data
    assert sign_in("vendor_b_lead").get(address).status_code == 404


def test_checking_the_records_says_what_it_cannot_prove(handed_in: Receipt, sign_in: SignIn) -> None:
    """The verdict stands beside its limits."""
    page = text_of(sign_in("dept").post(f"/cases/{handed_in.number}/verify"))
    assert "记录链完整" in page
    assert "不能证明" in page


def test_urging_counts_and_is_limited(begun: Receipt, sign_in: SignIn) -> None:
    """The first urge is counted; the second within the hour is refused with the time."""
    browser = sign_in("dept")
    browser.post(f"/cases/{begun.number}/urge")
    assert open_item(begun.case_id).urged == 1
    page = text_of(browser.post(f"/cases/{begun.number}/urge", follow_redirects=True))
    assert "一小时内已经催过一次" in page
    assert open_item(begun.case_id).urged == 1
    assert "催办 1 次" in text_of(sign_in("vendor_a_tech").get("/inbox"))


def test_a_remark_goes_into_the_discussion(begun: Receipt, sign_in: SignIn) -> None:
    """Both sides read it; an empty one is refused in words."""
    browser = sign_in("dept")
    browser.post(f"/cases/{begun.number}/comments", data={"text": "请先修第一个。"})
    assert "请先修第一个。" in text_of(sign_in("vendor_a_tech").get(f"/cases/{begun.number}?tab=talk"))
    page = text_of(browser.post(f"/cases/{begun.number}/comments", data={"text": " "}, follow_redirects=True))
    assert "还没有写内容" in page
    assert len(db.session.scalars(select(Comment)).all()) == 1


def test_a_message_nothing_waits_for_is_refused(begun: Receipt, sign_in: SignIn) -> None:
    """Only messages that are offered can be sent."""
    answer = sign_in("dept").post(f"/cases/{begun.number}/messages/withdraw", data={"reason": "不要了"})
    assert answer.status_code == 403


def test_a_vendor_sees_the_case_only_while_it_has_part_in_it(handed_in: Receipt, sign_in: SignIn) -> None:
    """Vendor A reads its case; for vendor B there is none."""
    assert sign_in("vendor_a_lead").get(f"/cases/{handed_in.number}").status_code == 200
    for path in ("", "/print", "/diagram.bpmn"):
        assert sign_in("vendor_b_lead").get(f"/cases/{handed_in.number}{path}").status_code == 404
    for verb in ("verify", "urge", "comments", "messages/withdraw"):
        answer = sign_in("vendor_b_lead").post(f"/cases/{handed_in.number}/{verb}", data={"text": "x"})
        assert answer.status_code == 404


def test_the_list_of_cases_filters(handed_in: Receipt, sign_in: SignIn) -> None:
    """States, sides and nonsense all answer; a running case is under 在办 and not under 办结."""
    browser = sign_in("office")
    assert handed_in.number in text_of(browser.get("/cases?state=running"))
    assert handed_in.number not in text_of(browser.get("/cases?state=ended"))
    assert handed_in.number in text_of(browser.get("/cases?side=client"))
    assert handed_in.number not in text_of(browser.get("/cases?side=vendor"))
    assert browser.get("/cases?state=x&side=y&unit=z&after=q").status_code == 200


# Starting


def test_a_case_begins_with_a_form(sign_in: SignIn) -> None:
    """The first form is shown, judged, and gives a case with a receipt; the same key gives the same case."""
    publish_small()
    browser = sign_in("dept")
    assert "小流程" in text_of(browser.get("/start"))
    page = text_of(browser.get("/start/small"))
    assert "事项" in page
    assert browser.post("/start/small", data={"title": "", "key": "a"}).status_code == 422
    fields = {"title": "首页打不开", "wanted": "", "key": "a", "decision": "submit"}
    first, second = (browser.post("/start/small", data=fields) for _ in range(2))
    assert first.status_code == 303
    assert first.location == second.location
    assert "首页打不开" in text_of(browser.get("/inbox?box=started"))
    assert len(db.session.scalars(select(Case)).all()) == 1


def test_the_draft_of_a_start_waits_in_the_box(sign_in: SignIn) -> None:
    """It is listed under 草稿, comes back into the form, and goes once the case has begun."""
    publish_small()
    browser = sign_in("dept")
    browser.post("/start/small/draft", data={"title": "写到一半的题目"}, headers=JSON)
    assert "写到一半的题目" in text_of(browser.get("/inbox?box=drafts"))
    page = text_of(browser.get("/start/small"))
    assert "写到一半的题目" in page
    assert re.search(r"/drafts/\d+/discard", page)
    browser.post("/start/small", data={"title": "写完的题目", "key": "b", "decision": "submit"})
    assert db.session.scalars(select(Draft)).all() == []


def test_who_may_not_start_is_told_so(sign_in: SignIn) -> None:
    """A vendor begins no case of this process; an unknown process is missing."""
    publish_small()
    assert sign_in("vendor_a_tech").get("/start/small").status_code == 403
    assert sign_in("vendor_a_tech").post("/start/small", data={"title": "x"}).status_code == 403
    assert sign_in("dept").get("/start/nothing").status_code == 404


# Receipts and prints


def test_a_receipt_code_leads_to_its_record(handed_in: Receipt, sign_in: SignIn) -> None:
    """However it is typed; strangers learn nothing."""
    typed = handed_in.code.lower().replace("-", " ")
    assert handed_in.number in text_of(sign_in("dept").get(f"/receipts?code={typed}"))
    page = text_of(sign_in("vendor_b_lead").get(f"/receipts?code={handed_in.code}"))
    assert handed_in.number not in page
    assert "没有这个回执号的记录" in page
    assert "不能证明" in page
    assert sign_in("dept").get("/receipts?code=%F0%9F%98%80").status_code == 200


def test_the_prints_hold_steps_receipts_and_signatures(handed_in: Receipt, sign_in: SignIn) -> None:
    """The work order names number, steps with receipts, check code, limits and room to sign."""
    page = text_of(sign_in("dept").get(f"/cases/{handed_in.number}/print"))
    for words in ("小流程工单", handed_in.number, handed_in.code, "核对码", "签字", "本页不证明整条链未被更换"):
        assert words in page
    item = db.session.scalars(
        select(WorkItem).where(WorkItem.case_id == handed_in.case_id, WorkItem.node == "do")
    ).one()
    assert "已重传三个附件。" in text_of(sign_in("dept").get(f"/tasks/{item.id}/print"))


def test_an_inspector_reads_and_cannot_act(handed_in: Receipt, sign_in: SignIn) -> None:
    """Read-only means no button and no accepted post."""
    browser = sign_in("inspector")
    assert browser.get(f"/cases/{handed_in.number}").status_code == 200
    page = text_of(browser.get(f"/tasks/{open_item(handed_in.case_id).id}"))
    assert 'name="decision"' not in page
    assert post(browser, open_item(handed_in.case_id).id, decision="pass").status_code == 404


def test_every_page_reads_in_english(handed_in: Receipt, sign_in: SignIn) -> None:
    """Names of steps and actions follow the reader's language."""
    browser = sign_in("dept")
    browser.post("/language", data={"lang": "en", "next": "/"})
    page = text_of(browser.get(f"/tasks/{open_item(handed_in.case_id).id}"))
    assert "Pass" in page
    assert "Check" in page
