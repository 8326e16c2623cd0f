"""One person at one browser: sign in, look, fill, press; what the script complains about is kept."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.factories.city import PASSWORD

HEIGHTS = {1440: 900, 390: 844}
TALLEST = 6000
PICTURES = os.environ.get("GUANJIA_TEST_PICTURES") == "1"
SHOTS = Path(__file__).parent / "shots"
# what Chromium writes for every answer that is no success; the tests judge those by their page
ANSWERED = "Failed to load resource: the server responded with a status of"


@dataclass(frozen=True)
class House:
    """The running product and the folder of its data."""

    url: str
    data: Path
    command: list[str]
    env: dict[str, str]

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database without being able to change it."""
        connection = sqlite3.connect(f"file:{self.data / 'guanjia.db'}?mode=ro", uri=True)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def run(self, *words: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the product's command line on this house, or on a copy of its data."""
        env = {name: value for name, value in self.env.items() if name != "GUANJIA_DATABASE_URL"}
        where = ["--data", str(data or self.data)]
        return subprocess.run(
            [*self.command, *words, *where],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            cwd=SHOTS.parents[2],
        )

    def copy(self, folder: Path) -> sqlite3.Connection:
        """Copy the database as it is now into a folder; return a connection to the copy."""
        source = sqlite3.connect(f"file:{self.data / 'guanjia.db'}?mode=ro", uri=True)
        target = sqlite3.connect(folder / "guanjia.db")
        source.backup(target)
        source.close()
        return target


@dataclass
class Visit:
    """A browser window with one person before it."""

    page: Page
    house: House
    width: int
    troubles: list[str] = field(default_factory=list)

    @classmethod
    def begin(
        cls, browser: Browser, house: House, *, width: int = 1440, scripts: bool = True, cookies: Any = None
    ) -> Visit:
        """Open a window of its own; without cookies nobody is signed in."""
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            java_script_enabled=scripts,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=house.url,
            reduced_motion="reduce",
            storage_state=cookies,
        )
        context.set_default_timeout(30_000)
        visit = cls(context.new_page(), house, width)
        visit.page.on("console", visit._hear)
        visit.page.on("pageerror", lambda error: visit.troubles.append(f"{visit.page.url}: {error}"))
        return visit

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(ANSWERED):
            self.troubles.append(f"{self.page.url}: {message.text}")

    def sign_in(self, user_name: str) -> None:
        """Sign in through the page."""
        self.open("/sign-in")
        self.field("user_name").fill(user_name)
        self.field("password").fill(PASSWORD)
        self.page.get_by_role("button", name="登录", exact=True).click()
        expect(self.page).not_to_have_url(f"{self.house.url}/sign-in")

    def open(self, path: str, status: int = 200) -> None:
        """Go to a page that must answer with this status."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, (path, answer.status)

    def field(self, name: str) -> Locator:
        """Return the control with this name in the page's main part."""
        return self.page.locator(f'#main [name="{name}"]:not([type=hidden])')

    def pick(self, name: str, text: str) -> None:
        """Choose the option of a list whose words contain `text`."""
        option = self.field(name).locator("option", has_text=text)
        self.field(name).select_option(value=option.get_attribute("value"))

    def act(self, label: str) -> Locator:
        """Return a button of the action bar by what it does."""
        return self.page.locator(".gj-bar .gj-act", has=self.page.locator("b", has_text=label)).first

    def read(self, selector: str = "#main") -> str:
        """Return the text of a part of the page."""
        return self.page.locator(selector).first.inner_text()

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page to be looked at; bars stay at its foot as on a tall screen."""
        SHOTS.mkdir(exist_ok=True)
        suffix = "" if self.width == 1440 else f"-{self.width}"
        tall = max(self.page.evaluate("document.documentElement.scrollHeight"), HEIGHTS[self.width])
        self.page.set_viewport_size({"width": self.width, "height": min(tall, TALLEST)})
        self.page.screenshot(path=SHOTS / f"{name}{suffix}.png")
        self.page.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})

    def receipt(self) -> str:
        """Wait for the page with the receipt and return its code."""
        self.page.wait_for_url("**/tasks/*/receipt")
        code = self.page.locator("#main .gj-receipt .gj-mono, #main .gj-note .gj-mono").first.inner_text()
        assert len(code) == len("XXXX-XXXX"), code
        return code
