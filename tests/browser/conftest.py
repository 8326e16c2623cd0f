"""A real Chromium in front of a real server: one process per run on a prepared city, a fresh browser per person."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from app import create_app
from app.config import Settings
from app.db import db
from tests.browser.scenes import Scenes, stage
from tests.browser.visit import House, Visit
from tests.conftest import settings_for
from tests.factories.dispatch import Dispatch

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHROMIUM = shutil.which("chromium")
MISSING = pytest.StashKey[list[str]]()
FAILED = pytest.StashKey[bool]()
Enter = Callable[..., Visit]
# how long a page may take on a busy machine; speed is measured in the bench, not here
expect.set_options(timeout=20_000)


def what_is_missing() -> list[str]:
    """Name what these tests need and this machine lacks."""
    fonts = ""
    if shutil.which("fc-list"):
        fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    lacks = {
        "chromium": CHROMIUM is None,
        "a Chinese font (fonts-noto-cjk)": not fonts.strip(),
        "the built front end (make front)": not (ROOT / "app/static/dist/manifest.json").is_file(),
        "axe-core (npm ci)": not (ROOT / "node_modules/axe-core/axe.min.js").is_file(),
    }
    return [name for name, is_missing in lacks.items() if is_missing]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark this folder's tests; on a machine without a browser they are not run, and that is said aloud."""
    own = [item for item in items if HERE in item.path.parents]
    missing = what_is_missing() if own else []
    config.stash[MISSING] = missing
    for item in own:
        item.add_marker(pytest.mark.browser)
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"NOT RUN, missing: {', '.join(missing)}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say at the end, in red, that the browser tests were not run and why."""
    missing = config.stash.get(MISSING, [])
    if missing:
        terminalreporter.section("THE BROWSER TESTS WERE NOT RUN", sep="#", red=True, bold=True)
        terminalreporter.line(f"Missing on this machine: {', '.join(missing)}.", red=True, bold=True)


@pytest.fixture(scope="session")
def dispatch(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dispatch]:
    """The dispatch process in a city that all browser tests share; each test begins its own case in it."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(prepared_file, folder / "guanjia.db")
    city = Dispatch(create_app(settings_for(folder)))
    city.publish()
    yield city
    with city.app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def scenes(dispatch: Dispatch) -> Scenes:
    """Cases in all states, for pages worth looking at; no test changes them."""
    return stage(dispatch)


@pytest.fixture(scope="session")
def house(dispatch: Dispatch, scenes: Scenes) -> Iterator[House]:
    """The product, serving that city."""
    del scenes  # staged before anybody looks
    with serving(dispatch.app.extensions["guanjia.settings"]) as found:
        yield found


@contextmanager
def serving(settings: Settings) -> Iterator[House]:
    """Serve a prepared city in a process of its own, as the command line starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from app.cli import main; main()"]
    env = {**os.environ, "GUANJIA_DATABASE_URL": settings.database_url, "GUANJIA_SECRET_KEY": settings.secret_key}
    words = ["serve", "--data", str(settings.data), "--port", str(port)]
    with (settings.data / "server.log").open("wb") as log:
        process = subprocess.Popen([*command, *words], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        found = House(f"http://127.0.0.1:{port}", settings.data, command, env)
        try:
            _wait(found.url, process)
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
    assert code == 0, "the server did not end cleanly"


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            assert process.poll() is None, "the server ended by itself"
        threading.Event().wait(0.1)
    raise AssertionError("the server did not come up")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The machine's Chromium."""
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield chromium
    chromium.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, so that its windows are pictured before they close."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def badges() -> dict[str, Any]:
    """Cookies of those who have signed in: a page worth looking at need not cost a sign-in each time."""
    return {}


@pytest.fixture
def enter(browser: Browser, house: House, badges: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Enter]:
    """Return a function that opens a browser for a person and signs them in; script errors fail the test."""
    visits: list[Visit] = []

    def enter_as(
        user_name: str | None = None, *, width: int = 1440, scripts: bool = True, anew: bool = False
    ) -> Visit:
        known = badges.get(user_name or "") if not anew else None
        visit = Visit.begin(browser, house, width=width, scripts=scripts, cookies=known)
        visits.append(visit)
        if user_name and not known:
            visit.sign_in(user_name)
        if user_name and not known and not anew:
            badges[user_name] = visit.page.context.storage_state()
        return visit

    yield enter_as
    for number, visit in enumerate(visits):
        if request.node.stash.get(FAILED, False):
            visit.shoot(f"failed-{request.node.name}-{number}")
        visit.page.context.close()
    assert [trouble for visit in visits for trouble in visit.troubles] == []
