"""The owner's window, kept for the whole run: the studio's scripts are large, and there they are fetched once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import FAILED
from tests.browser.visit import House, Visit


class Tab(Visit):
    """One page in a window that others use too."""

    @classmethod
    def of(cls, desk: Visit) -> Tab:
        """Open a page in the window of `desk`."""
        tab = cls(desk.page.context.new_page(), desk.house, desk.width)
        tab.listen()
        return tab

    def listen(self) -> None:
        """Keep what scripts complain about."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.troubles.append(f"{self.page.url}: {error}"))


@pytest.fixture(scope="session")
def desk(browser: Browser, house: House, badges: dict[str, Any]) -> Iterator[Visit]:
    """The owner's window."""
    visit = Visit.begin(browser, house, cookies=badges.get("owner"))
    if "owner" not in badges:
        visit.sign_in("owner")
        badges["owner"] = visit.page.context.storage_state()
    yield visit
    visit.page.context.close()


@pytest.fixture
def owner(desk: Visit, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A page of the owner's, for tests that leave cookies and connection alone; script errors fail the test."""
    tab = Tab.of(desk)
    yield tab
    if request.node.stash.get(FAILED, False):
        tab.shoot(f"failed-{request.node.name}")
    tab.page.close()
    assert tab.troubles == []
