"""The demo's handbook (docs/demo.zh.md) is walked in a browser, word by word, on a freshly loaded demo."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect

from app.clock import ZONE
from app.demo import files
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
HANDBOOK = ROOT / "docs" / "demo.zh.md"
STEP = re.compile(r"^\d+\. ")
WORD = re.compile(
    r"登录页点\*\*(?P<enter>[^*]+)\*\*"
    r"|点\*\*(?P<press>[^*]+)\*\*"
    r"|每条选\*\*(?P<all>[^*]+)\*\*"
    r"|“(?P<field>[^”]+)”填\*\*(?P<text>[^*]+)\*\*"
    r"|“(?P<list>[^”]+)”选\*\*(?P<option>[^*]+)\*\*"
    r"|“(?P<box>[^”]+)”传\*\*(?P<file>[^*]+)\*\*"
    r"|选\*\*(?P<choice>[^*]+)\*\*"
    r"|(?<!\*)\*(?P<seen>[^*]+)\*(?!\*)"
)
LOADING, LOOKING = 600, 10_000
# sixty days of a city are played before the first of these tests
pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Script:
    """One role's five minutes: the person and the steps as they are written."""

    title: str
    steps: tuple[str, ...]


def scripts() -> list[Script]:
    """Read the scripts out of the handbook."""
    found = []
    for part in HANDBOOK.read_text("utf-8").split("\n### ")[1:]:
        lines = part.split("\n## ")[0].splitlines()
        found.append(Script(lines[0], tuple(line for line in lines if STEP.match(line))))
    return found


@dataclass
class Presenter:
    """Somebody who does what the handbook says."""

    page: Page
    folder: Path

    def do(self, step: str) -> None:
        """Do and see everything one step names, in its order."""
        for word in WORD.finditer(step):
            asked = {name: text for name, text in word.groupdict().items() if text is not None}
            if "enter" in asked:
                self.enter(asked["enter"])
            elif "press" in asked:
                self.press(asked["press"])
            elif "all" in asked:
                self.choose_all(asked["all"])
            elif "field" in asked:
                self.fill(asked["field"], asked["text"])
            elif "list" in asked:
                self.pick(asked["list"], asked["option"])
            elif "box" in asked:
                self.upload(asked["box"], asked["file"])
            elif "choice" in asked:
                self.page.get_by_label(asked["choice"], exact=True).check()
            else:
                expect(self.page.locator("#main")).to_contain_text(asked["seen"])

    def enter(self, name: str) -> None:
        """Click a card of the sign-in page."""
        self.page.goto("/sign-in")
        self.page.locator("button.gj-card", has_text=name).click()
        expect(self.page).not_to_have_url(re.compile("/sign-in"))

    def press(self, text: str) -> None:
        """Click the act, row, button, tab or link that says so; a figure may stand behind its words."""
        whole = re.compile(f"^\\s*{re.escape(text)}\\s*\\d*\\s*$")
        self._first(
            self.page.locator(".gj-bar .gj-act", has=self.page.locator("b", has_text=whole)),
            self.page.get_by_role("button", name=whole),
            self.page.get_by_role("link", name=whole),
            self.page.locator("a.gj-row", has_text=text),
            self.page.locator("main summary", has_text=text),
            self.page.locator("main").get_by_role("link", name=text),
        ).click()

    def choose_all(self, verdict: str) -> None:
        """Answer every acceptance criterion alike."""
        for radio in self.page.locator(".gj-criteria.is-open").get_by_role("radio", name=verdict, exact=True).all():
            radio.check()

    def fill(self, label: str, text: str) -> None:
        """Write into the field with this label; a bare time is one of today."""
        field = self._field(label)
        today = datetime.now(ZONE).date()
        is_time = re.fullmatch(r"\d\d:\d\d", text)
        field.fill(f"{today}T{text}" if is_time else text)

    def pick(self, label: str, option: str) -> None:
        """Choose from a list or among round buttons."""
        listed = self._group(label).locator("select option", has_text=option)
        if listed.count():
            value = listed.first.get_attribute("value")
            self._group(label).locator("select").select_option(value=value)
        else:
            self._group(label).get_by_label(option, exact=True).check()

    def upload(self, label: str, name: str) -> None:
        """Hand in a small real file of this name and wait until it is there."""
        path = self.folder / name
        picture = files.page_picture(len(name), good="后" in name)
        path.write_bytes(picture if name.endswith(".png") else files.text([name]))
        self._group(label).locator("input[type=file]").set_input_files(path)
        expect(self._group(label).locator(".gj-file-name b", has_text=name)).to_be_visible()

    def _group(self, label: str) -> Locator:
        """Return the part of the form whose label begins with these words."""
        words = self.page.locator(":scope > .gj-label", has_text=re.compile(f"^\\s*{re.escape(label)}"))
        return self.page.locator("#main form *:has(> .gj-label)", has=words)

    def _field(self, label: str) -> Locator:
        return self._group(label).locator("textarea, input:not([type=hidden])").first

    def _first(self, *places: Locator) -> Locator:
        found = places[0]
        for place in places[1:]:
            found = found.or_(place)
        expect(found.first).to_be_visible()
        return next(place.first for place in places if place.count())


@pytest.fixture(scope="module")
def address(loaded_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A copy of the demo that the command line has loaded, served by a process of its own."""
    folder = shutil.copytree(loaded_demo, tmp_path_factory.mktemp("demo") / "data")
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(folder), "--port", str(port)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GUANJIA_")}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(f"http://127.0.0.1:{port}", process, folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = datetime.now(ZONE) + timedelta(seconds=LOADING)
    while datetime.now(ZONE) < end:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            threading.Event().wait(0.3)
    raise AssertionError("the demo did not come up")


@pytest.fixture
def presenter(browser: Browser, address: str, tmp_path: Path) -> Iterator[Presenter]:
    """A fresh browser before the demo's sign-in page."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        base_url=address,
        reduced_motion="reduce",
    )
    context.set_default_timeout(LOOKING)
    yield Presenter(context.new_page(), tmp_path)
    context.close()


def test_the_handbook_has_a_script_for_every_role() -> None:
    """Every role has a script and every step names something to do or to see."""
    found = scripts()
    assert len(found) == 20
    assert [script.title for script in found if not script.steps] == []
    speechless = [step for script in found for step in script.steps if not WORD.search(step)]
    assert len(speechless) <= 1


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.title.partition("（")[0])
def test_the_script_can_be_walked(script: Script, presenter: Presenter) -> None:
    """Everything the handbook tells a role to press is there, and everything it promises is seen."""
    for step in script.steps:
        presenter.do(step)
