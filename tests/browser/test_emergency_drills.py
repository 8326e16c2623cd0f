"""A scripted drill of every kind of emergency, from the alarm to the review, by those whose work it is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from pypdf import PdfReader
from sqlalchemy import select

from app import create_app
from app.db import db
from app.emergency.models import Drill, EmergencyReport, GradeChange, Inject
from app.emergency.rules import KINDS
from app.errors import UserError
from app.ledger import verify
from app.ledger.models import Record
from app.web.filters import instant
from app.work.models import Incident, WorkItem
from app.work.queries.casefile import token_data
from tests.browser.conftest import Enter, serving
from tests.browser.test_pages import AXE, LOOK, RUN_AXE
from tests.browser.visit import HEIGHTS, PICTURES, House, Visit
from tests.conftest import settings_for
from tests.factories.city import PASSWORD
from tests.factories.emergency import Running, publish_emergency
from tests.factories.handling import answers_for
from tests.factories.reviewing import CHECKS

TOLD = "首页横幅被换成不明图片"
SITE = "住建局门户"
EVIDENCE = "被篡改的首页.csv"
ROUNDS = 100
TWO_HOURS = 121
# what makes each kind grave enough to be reported, and how: by its facts, by time, or by the commander's word
GRAVE: dict[str, dict[str, Any]] = {
    "ddos": {"unreachable": True},
    "outage": {},
    "leak": {"leaked_people": 2_000_000},
    "malware": {"harmful_other": True},
    "content_error": {"forwarded": 2000},
    "supply": {"operator_kind": "cii", "unreachable": True},
}
TIMES = {"ddos": TWO_HOURS, "malware": TWO_HOURS, "supply": TWO_HOURS}
ENDS_AT = {"outage": 2, "supply": 2}
MORE = {"outage": {"police"}, "supply": {"police"}, "leak": {"followup"}}
REPORTS = {"phone_report", "first_report", "police_report", "followup_report", "closing_report"}
RECEIVED = {"receiver_name": "市网信办值班室", "receipt": "SW-118"}
URGENT = ("review_1", "secrecy", "review_3")
IMPROVEMENT = "后台改为双因素登录"
REVIEW = {
    "cause": "口令太弱",
    "measures": "断开、取证、清除、恢复",
    "damage": "首页异常半小时",
    "lessons": "口令要查",
}
# the four people and one more sign in, and some sixty pages are opened: on a busy machine that takes minutes
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def city(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A city with plans for emergencies, people on call, and a clock that the drills move."""
    folder = tmp_path_factory.mktemp("command")
    shutil.copy(prepared_file, folder / "guanjia.db")
    app = create_app(settings_for(folder))
    with app.app_context():
        publish_emergency()
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def house(city: Flask) -> Iterator[House]:
    """The product, serving that city."""
    with serving(city.extensions["guanjia.settings"]) as found:
        yield found


@dataclass
class Played:
    """A drill as people play it: each at a browser of their own, through the pages of the steps."""

    run: Running
    enter: Enter
    proof: Path
    windows: dict[str, Visit] = field(default_factory=dict)

    def at(self, name: str) -> Visit:
        """Return the window of a person."""
        if name not in self.windows:
            self.windows[name] = self.enter(name, anew=True)
        return self.windows[name]

    def open(self, name: str, path: str) -> Visit:
        """Let a person open a page; who did nothing for half an hour signs in again and is back where they were."""
        visit = self.at(name)
        visit.open(path)
        if "/sign-in" in visit.page.url:
            visit.field("password").fill(PASSWORD)
            visit.page.get_by_role("button", name="登录", exact=True).click()
            visit.page.wait_for_url(f"**{path}")
        return visit

    @property
    def board(self) -> str:
        return f"/emergency/{self.run.case.number}"

    def waits(self, node: str) -> WorkItem:
        """Return an open step; what is owed the server does in its own time."""
        for _ in range(ROUNDS):
            if node in (found := self.run.items()):
                return found[node]
            next(iter(self.windows.values())).page.wait_for_timeout(100)
        raise AssertionError(f"{node} never came, but {self.run.open()}")

    def act(self, name: str, node: str, label: str, answers: Mapping[str, Any], *, from_board: bool = False) -> None:
        """Open one's step, fill its form in and press the button."""
        item = self.waits(node)
        if from_board:
            visit = self.open(name, self.board)
            turn = visit.page.locator(".gj-turn", has_text=item.name)
            turn.get_by_role("link", name="去办理").click()
            visit.page.wait_for_url(f"**/tasks/{item.id}")
        else:
            visit = self.open(name, f"/tasks/{item.id}")
        fill(visit, answers, self.proof)
        (visit.act(label) if label else visit.page.locator('.gj-bar .gj-act[name="decision"]').first).click()
        visit.receipt()


def fill(visit: Visit, answers: Mapping[str, Any], proof: Path) -> None:
    """Fill controls in by what they are."""
    for name, value in answers.items():
        control = visit.field(name)
        kind = control.first.get_attribute("type")
        if kind == "file":
            control.set_input_files(proof)
            expect(visit.page.locator(".gj-upload-list .gj-file-name b").first).to_have_text(proof.name)
        elif kind in {"radio", "checkbox"}:
            for one in value if isinstance(value, list) else [value]:
                visit.page.locator(f'#main [name="{name}"][value="{one}"]').check()
        elif control.first.evaluate("one => one.tagName") == "SELECT":
            control.select_option(value=str(value))
        else:
            control.fill(str(value)[:16] if kind == "datetime-local" else str(value))


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A file that was found."""
    found = tmp_path / EVIDENCE
    found.write_text("文件,摘要\nindex.html,变了\n", "utf-8")
    return found


def judge(visit: Visit, path: str, name: str) -> None:
    """The page is whole on a screen and on a phone; pictures of both are kept when asked for."""
    for width, height in HEIGHTS.items():
        visit.page.set_viewport_size({"width": width, "height": height})
        visit.width = width
        visit.open(path)
        if PICTURES:
            visit.shoot(f"drill-{name}")
        assert visit.page.evaluate(LOOK) == [], (name, width)
        visit.page.evaluate(AXE)
        assert visit.page.evaluate(RUN_AXE) == [], (name, width)
    visit.page.goto("about:blank")
    visit.width = 1440
    visit.page.set_viewport_size({"width": 1440, "height": HEIGHTS[1440]})


def plan_it(office: Visit) -> str:
    """Plan the drill for today with its script; return its address."""
    office.open("/emergency/drills/new")
    office.page.get_by_role("link", name="网页篡改应急预案").click()
    office.field("planned_on").fill("2026-11-17")
    office.pick("site", SITE)
    office.field("scene").fill(TOLD)
    office.page.get_by_role("button", name="安排好").click()
    expect(office.page.get_by_role("heading", level=1)).to_contain_text("演练：网页篡改应急预案")
    return office.page.url.removeprefix(office.house.url)


def start_it(phone: Visit, address: str) -> int:
    """Raise the alarm of the drill by one tap on a phone; return the case."""
    phone.open(address)
    phone.page.get_by_role("button", name="现在开始演练").click()
    phone.page.wait_for_url(re.compile(r"/emergency/YJ"))
    expect(phone.page.locator("#board-head")).to_contain_text(TOLD)
    expect(phone.page.locator("#main")).to_contain_text("演练")
    number = phone.page.url.rpartition("/")[2]
    phone.page.goto("about:blank")  # a board that nobody looks at need not be drawn
    return int(phone.house.ask("select id from case_file where number = ?", number)[0][0])


def report(play: Played, node: str, **more: Any) -> None:
    """Read the draft of a report and register it as sent."""
    liaison = play.open("liaison", f"/tasks/{play.waits(node).id}")
    assert "网页篡改" in liaison.field("report_text").input_value()
    fill(liaison, {"channel": "phone", **RECEIVED, **more}, play.proof)
    liaison.act("已经报出").click()
    liaison.receipt()


def repair(play: Played) -> int:
    """Do through the pages everything the technical process asks; return how many steps it was."""
    count = 0
    while "verify_recovered" not in (opened := play.run.items()):
        (node,) = [name for name, one in opened.items() if one.node.startswith(f"handle_{play.run.kind}:")]
        play.act("tech_lead", node, "", answers_for(f"handle_{play.run.kind}", node, files=[1]))
        count += 1
    return count


def state_it(play: Played) -> None:
    """Write the statement for the public, let the levels of review pass it, and register where it was published."""
    words = {
        "statement_title": "关于网站临时维护的说明",
        "statement_body": "网站首页今晨异常，正在修复，中午前再说明。",
    }
    play.act("publicity", "draft_statement", "送审", words)
    for level in URGENT:
        known = token_data(db.session(), play.run.case_id, play.waits(level).token)
        play.run.do(level, decision="pass", seen=known["review_digest"], **CHECKS[level])
    play.act("publicity", "publish_statement", "已经发布", {"statement_url": "https://www.example.gov.cn/notice"})


def finish(play: Played) -> None:
    """Close it, send the last report, and hand in the review with one improvement."""
    play.act("commander", "commander_close", "宣布结束", {"close_note": "已恢复并核实"}, from_board=True)
    report(play, "closing_report", channel="system")
    duty = play.open("duty", f"/tasks/{play.waits('review_report').id}")
    fill(duty, REVIEW, play.proof)
    duty.page.get_by_role("button", name="增加一行").click()
    duty.page.locator('#main [data-gj-row] [name$="what"]').fill(IMPROVEMENT)
    duty.act("交总结").click()
    duty.receipt()


def holds(run: Running, visit: Visit) -> None:
    """It ended as it should, no step stood still, and the dossier is the ledger in print."""
    assert run.case.status == "ended"
    assert run.row.outcome == "closed"
    assert db.session.scalars(select(Incident.reason).where(Incident.case_id == run.case_id)).all() == []
    records = db.session.scalars(select(Record).where(Record.case_id == run.case_id).order_by(Record.seq)).all()
    assert {one.mode for one in records} == {"drill"}
    assert verify(db.session(), f"case:{run.case_id}").clean
    answer = visit.page.request.get(f"/emergency/{run.case.number}/dossier.pdf")
    assert answer.ok, answer.status
    equal(squeezed("".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages)), records)


def squeezed(text: str) -> str:
    """Return a text without white space: a line that is broken is the same line."""
    return re.sub(r"\s+", "", text)


def equal(printed: str, records: Sequence[Record]) -> None:
    """Every record stands in the print in order, with number, time, receipt and, of a person's step, what and who."""
    place = printed.index("时间线")
    for record in records:
        place = printed.index(f"{record.seq}{squeezed(instant(record.at))}", place)
        end = printed.index(record.code, place)
        said = (record.actor_name, record.node_name) if record.kind == "work:item:completed" else ()
        assert all(squeezed(one or "") in printed[place:end] for one in said), record.seq
        place = end


def grades(run: Running) -> list[int]:
    """Return the grades it had, in order."""
    query = select(GradeChange.after).where(GradeChange.emergency_id == run.row.id).order_by(GradeChange.id)
    return list(db.session.scalars(query))


def sent(run: Running) -> list[str]:
    """Return the kinds of the reports that were registered, in order."""
    query = select(EmergencyReport.kind).where(EmergencyReport.emergency_id == run.row.id)
    return list(db.session.scalars(query.order_by(EmergencyReport.id)))


def test_a_drill_of_tampering_goes_all_its_way_through_the_pages(city: Flask, enter: Enter, proof: Path) -> None:
    """Alarm, confirmation, containment, grade by time, reports, command, statement, repair, verification, review."""
    office, phone = enter("office", anew=True), enter("office", width=390, anew=True)
    run = Running(city, drill=True)
    play = Played(run, enter, proof, {"office": office})
    run.case_id = start_it(phone, plan_it(office))

    run.wait(3)
    facts = {"portal": "yes", "operator_kind": "other", "place": "city", "harmful_home": "true"}
    play.act("duty", "confirm_incident", "确有其事", facts, from_board=True)
    run.wait(5)
    cut = {"measure": "static", "evidence": [1], "contain_note": "已换静态页"}
    play.act("tech_lead", "first_containment", "已经控制", cut, from_board=True)
    order = {"publicity_needed": "true", "command_note": "全站停止更新，先取证。"}
    play.act("commander", "commander_activate", "启动指挥", order, from_board=True)
    run.wait(25)
    report(play, "phone_report")
    report(play, "first_report", channel="fax")
    play.act("tech_lead", "status_report", "报情况", {"status_text": "正在清除", "harmful_home": "true"})
    judge(play.open("commander", play.board), play.board, "middle")

    state_it(play)
    assert repair(play) == 5
    play.act("duty", "verify_recovered", "确已恢复", {"checks": ["home", "files"], "verify_note": "逐页看过"})
    finish(play)
    assert grades(run) == [4, 3]
    assert sent(run) == ["phone", "written", "closing"]
    delivered = db.session.scalars(select(Inject.delivered_at).where(Inject.emergency_id == run.row.id)).all()
    assert len(delivered) == 2
    assert all(delivered)
    holds(run, play.open("office", play.board))
    judge(play.open("commander", play.board), play.board, "end")
    drill = db.session.scalars(select(Drill).where(Drill.case_id == run.case_id)).one()
    office.open(f"/emergency/drills/{drill.id}")
    expect(office.page.locator("#main")).to_contain_text("达到")


def lead(run: Running) -> None:
    """Confirm, contain, activate, and let it become as grave as it gets; proven through the pages above."""
    run.wait(3)
    run.confirm("duty", **GRAVE[run.kind])
    run.wait(4)
    run.do("first_containment", "duty", decision="contained", measure="isolate", evidence=[], contain_note="已断开")
    word = {"new_grade": "2", "grade_reason": "全市办事受影响"} if run.kind == "outage" else {}
    run.do("commander_activate", "commander", decision="activate", publicity_needed=False, **word)
    run.wait(TIMES.get(run.kind, 5))


def tell(run: Running) -> None:
    """Register every report that is owed."""
    for node in sorted(run.open() & REPORTS):
        text = run.items()[node].node
        said = {"decision": "sent", "report_text": f"初步情况 {text}", "channel": "phone", **RECEIVED}
        run.do(node, "liaison", **said)


def learn(play: Played) -> None:
    """Say on the case's page that something new is known: a further report is owed."""
    liaison = play.open("liaison", f"/cases/{play.run.case.number}")
    form = liaison.page.locator('form[action*="new_fact"]')
    form.locator("textarea").fill("外面又发现一个下载地址。")
    form.get_by_role("button").click()
    play.waits("followup_report")


def end(run: Running) -> None:
    """Somebody else than those who repaired verifies; the commander closes; the review is handed in."""
    found = {"decision": "pass", "checks": ["home"], "verify_note": "逐页看过"}
    with pytest.raises(UserError):
        run.do("verify_recovered", "duty", **found)
    run.do("verify_recovered", "duty2", **found)
    run.do("commander_close", "commander", decision="close", close_note="已恢复")
    tell(run)
    run.do("review_report", "duty", decision="submit", improvements=[{"what": IMPROVEMENT}], **REVIEW)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "tamper"])
def test_a_drill_of_each_other_kind(city: Flask, enter: Enter, proof: Path, kind: str) -> None:
    """Every form of its repairs is opened and handed in at the browser; the rest are the same steps as above."""
    run = Running(city, kind, drill=True).begin()
    play = Played(run, enter, proof)
    lead(run)
    if kind == "leak":
        learn(play)
    tell(run)
    assert repair(play) >= 4
    end(run)
    assert grades(run)[-1] == ENDS_AT.get(kind, 3)
    assert set(sent(run)) == {"phone", "written", "closing"} | MORE.get(kind, set())
    holds(run, play.open("tech_lead", play.board))


def test_one_tap_on_a_phone_raises_a_real_alarm_and_a_false_one_ends_it(city: Flask, enter: Enter) -> None:
    """What kind, one sentence, one button: the board is there; looked at and found false, it is over."""
    phone = enter("duty", width=390, anew=True)
    phone.open("/emergency/new")
    phone.page.get_by_text("网站瘫痪").click()
    phone.field("told").fill("市民说打不开")
    phone.page.get_by_role("button", name="马上报警").click()
    phone.page.wait_for_url(re.compile(r"/emergency/YJ"))
    address = phone.page.url
    phone.page.locator(".gj-turn", has_text="确认是不是事件").get_by_role("link", name="去办理").click()
    phone.field("confirm_note").fill("核对过，是误报")
    phone.act("误报").click()
    phone.receipt()
    phone.open(address.removeprefix(phone.house.url))
    expect(phone.page.locator("#board-head")).to_contain_text("误报")
    expect(phone.page.locator("#main")).not_to_contain_text("演练：")
