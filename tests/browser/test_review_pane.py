"""What a reviewer has before them in Chromium: the change, the remarks, the stamps, on a screen and on a phone."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app import clock, create_app
from app.db import db, transaction
from tests.browser.conftest import ROOT, _wait
from tests.browser.visit import House, Visit
from tests.conftest import settings_for
from tests.factories.reviewed import NEW, NOTES, OLD, Reviewed, a_text

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
RUN_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations
    .filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => one.id))"""
SERVE = "import tests.factories.reviewed; from app.cli import main; main()"


@dataclass(frozen=True)
class Staged:
    """The running product, its text, and a step that waits for its reviewer."""

    house: House
    made: Reviewed
    item: int

    def visit(self, browser: Browser, width: int = 1440, *, scripts: bool = True) -> Visit:
        """Open the step as its reviewer."""
        visit = Visit.begin(browser, self.house, width=width, scripts=scripts)
        visit.sign_in("dept")
        visit.open(f"/tasks/{self.item}")
        return visit


@pytest.fixture(scope="module")
def staged(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """Two levels passed the first version; the author changed it; the first level has it again."""
    folder = tmp_path_factory.mktemp("review")
    shutil.copy(prepared_file, folder / "guanjia.db")
    settings = settings_for(folder)
    made = Reviewed(create_app(settings), folder / "notes.json")
    with made.app.app_context():
        made.publish()
        case_id = made.start().case_id
        first = made.passed(case_id, "dept", "review_1", "一审")
        _later(38)
        second = made.passed(case_id, "dept_head", "review_2", "二审")
        _later(10)
        made.change(NEW, first, second)
        item = made.item(case_id).id
        db.session.remove()
    with _served(folder, settings.database_url, settings.secret_key) as house:
        yield Staged(house, made, item)
    with made.app.app_context():
        db.engine.dispose()


def _later(minutes: int) -> None:
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(minutes=minutes))


class _served:  # noqa: N801 - used like a function
    """A server on that folder; its process knows the texts too."""

    def __init__(self, folder: Path, url: str, key: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-c", SERVE]
        env = {**os.environ, "GUANJIA_DATABASE_URL": url, "GUANJIA_SECRET_KEY": key}
        self.house = House(f"http://127.0.0.1:{port}", folder, command, env)
        self.words = ["serve", "--data", str(folder), "--port", str(port)]

    def __enter__(self) -> House:
        with (self.house.data / "server.log").open("wb") as log:
            command = [*self.house.command, *self.words]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.house.env, stdout=log, stderr=log)
        _wait(self.house.url, self.process)
        return self.house

    def __exit__(self, *_error: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


@pytest.fixture(autouse=True)
def present(staged: Staged) -> None:
    """Every test begins with the same two versions."""
    NOTES.write(a_text(OLD), a_text(NEW))
    del staged


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_drawn_as_designed(browser: Browser, staged: Staged, width: int) -> None:
    """Warning, text with marks, stamps and form; nothing sideways, nothing serious for axe, no complaint."""
    visit = staged.visit(browser, width)
    page = visit.page
    expect(page.locator(".gj-review-warning")).to_contain_text("这 2 次通过因此作废")
    expect(page.locator(".gj-review-text ins").first).to_be_visible()
    expect(page.locator(".gj-stamp.is-void")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    visit.shoot("review-pane")
    visit.open("/review/note-1/sheet")
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    visit.shoot("review-sheet")
    assert visit.troubles == []


def test_going_from_change_to_change(browser: Browser, staged: Staged) -> None:
    """Arrows and the keys J and K move through the changes and count; a click on a change goes there."""
    visit = staged.visit(browser)
    page = visit.page
    count, here = page.locator("[data-review-count]"), page.locator(".gj-review-text .is-here")
    page.get_by_role("button", name="下一处改动").click()
    expect(count).to_contain_text("改动 1 / ")
    expect(here.last).to_contain_text("2027")
    page.keyboard.press("j")
    expect(count).to_contain_text("改动 2 / ")
    expect(here.last).to_have_text("申请材料多、等待时间长，")
    page.keyboard.press("k")
    expect(count).to_contain_text("改动 1 / ")
    page.locator(".gj-review-text ins", has_text="五个工作日内").click()
    expect(here.last).to_contain_text("五个工作日内")
    page.locator("[name=note]").press_sequentially("jk")
    expect(here.last).to_contain_text("五个工作日内")


@pytest.mark.parametrize("scripts", [True, False])
def test_reading_the_new_text_alone(browser: Browser, staged: Staged, scripts: bool) -> None:
    """只看新稿 leaves out what went, with scripts and without, and typed words stay."""
    visit = staged.visit(browser, scripts=scripts)
    page = visit.page
    page.locator("[name=note]").fill("日期已核对")
    expect(page.locator(".gj-review-text del").first).to_be_visible()
    page.locator("label", has_text="只看新稿").click()
    expect(page.locator(".gj-review-text del").first).to_be_hidden()
    expect(page.locator(".gj-review-text")).to_contain_text("2027 年 1 月 1 日")
    expect(page.locator("[name=note]")).to_have_value("日期已核对")


def test_remarks_stand_beside_their_words(browser: Browser, staged: Staged) -> None:
    """Each remark is as high as the words it quotes; a click on it selects them."""
    visit = staged.visit(browser)
    page = visit.page
    note = page.locator(".gj-review-note", has_text="新增承诺")
    words = page.locator(".gj-review-text ins", has_text="五个工作日内")
    first, second = note.bounding_box(), words.bounding_box()
    assert first is not None
    assert second is not None
    assert abs(first["y"] - second["y"]) < 60
    note.click()
    assert page.evaluate("getSelection().toString()") == "五个工作日内"


def test_a_text_that_changes_while_the_page_is_open(browser: Browser, staged: Staged) -> None:
    """The decision is not taken: the page says so, shows the newest change and keeps what was typed."""
    visit = staged.visit(browser)
    page = visit.page
    page.locator("[name=dates][value=yes]").check()
    page.locator("[name=note]").fill("与原件一致")
    NOTES.write(a_text(OLD), a_text(NEW), a_text(NEW.replace("九年", "八年").replace("八年", "九年")))
    visit.act("通过").click()
    expect(page.locator("#main")).to_contain_text("您打开以后，稿件改成了第 3 版。您写的意见都在，请看过改动再决定。")
    expect(page.locator("[name=note]")).to_have_value("与原件一致")
    expect(page.locator("[name=dates][value=yes]")).to_be_checked()
    expect(page.locator(".gj-review-text ins", has_text="九")).to_be_visible()


def test_an_answer_that_redraws_the_form_keeps_what_was_seen(browser: Browser, staged: Staged) -> None:
    """The form changes under the open page, the hash it posts does not."""
    visit = staged.visit(browser)
    page = visit.page
    seen = page.locator("[name=seen]").get_attribute("value")
    NOTES.write(a_text(OLD), a_text(NEW), a_text(NEW + "<p>又一段。</p>"))
    page.locator("[name=linked]:not([type=hidden])").check()
    expect(page.locator("[name=note]")).to_have_count(0)
    assert page.locator("[name=seen]").get_attribute("value") == seen


def test_five_megabytes_open_and_stay_usable(browser: Browser, staged: Staged) -> None:
    """A very long text with one change: the page opens and the arrow leads to the change."""
    paragraph = "住宅专项维修资金的使用应当由专有部分面积占比三分之二以上的业主参与表决。" * 8
    long = "".join(f"<p>第 {number} 条　{paragraph}</p>" for number in range(6_000))
    NOTES.write(a_text(long), a_text(long.replace("第 4321 条", "第 4321 条之一")))
    with staged.made.app.app_context():
        case_id = staged.made.start().case_id
        staged.made.passed(case_id, "dept", "review_1", "一审")
        item = staged.made.item(case_id).id
        db.session.remove()
    NOTES.write(a_text(long), a_text(long.replace("第 4321 条", "第 4321 条之一")), a_text(long))
    visit = staged.visit(browser)
    visit.open(f"/tasks/{item}")
    page = visit.page
    expect(page.locator("[data-review-count]")).to_have_text("改动 1 处")
    page.get_by_role("button", name="下一处改动").click()
    expect(page.locator(".gj-review-text .is-here")).to_be_in_viewport()
