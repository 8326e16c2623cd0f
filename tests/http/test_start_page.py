"""The start page: favourites first, by category, searched; suspended processes say why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.db import db, transaction
from app.people.queries import viewer_named
from app.processes import rights
from app.processes.favourites import favourites_of
from tests.factories.small import publish_small

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def small(app: Flask) -> Flask:
    """The city with one small process that staff may begin."""
    publish_small()
    return app


def test_a_favourite_is_put_first_and_taken_away_again(small: Flask, sign_in: SignIn) -> None:
    """The star marks the process for this person alone, and a second press takes the mark away."""
    browser = sign_in("dept")
    assert browser.post("/start/small/favourite").status_code == 303
    assert 'aria-pressed="true"' in browser.get("/start").get_data(as_text=True)
    assert 'aria-pressed="true"' not in sign_in("dept_head").get("/start").get_data(as_text=True)
    browser.post("/start/small/favourite")
    viewer = viewer_named(db.session(), "dept")
    assert viewer is not None
    assert favourites_of(db.session(), viewer.user_id) == frozenset()


def test_nobody_marks_what_they_cannot_begin(small: Flask, sign_in: SignIn) -> None:
    """A process that is not theirs, or that there is not, reads as missing."""
    assert sign_in("vendor_a_tech").post("/start/small/favourite").status_code == 404
    assert sign_in("dept").post("/start/nothing/favourite").status_code == 404


def test_the_description_and_category_stand_on_the_page_and_are_searched(small: Flask, sign_in: SignIn) -> None:
    """What the owner wrote helps to find the card; a word that fits nothing is named."""
    _as_owner(
        lambda session, owner, now: rights.set_details(session, "small", owner, "网站运维", "栏目有错时用", now)
    )
    browser = sign_in("dept")
    page = browser.get("/start", query_string={"q": "栏目"}).get_data(as_text=True)
    assert "<h2>网站运维</h2>" in page
    assert "栏目有错时用" in page
    missed = browser.get("/start", query_string={"q": "没有的词"}).get_data(as_text=True)
    assert "没有找到“没有的词”" in missed
    assert "/start/small" not in missed


def test_a_suspended_process_is_shown_with_its_reason_and_cannot_be_opened(small: Flask, sign_in: SignIn) -> None:
    """The card says who stopped it and why, and leads nowhere."""
    _as_owner(lambda session, owner, now: rights.suspend_process(session, "small", owner, "规程修订中", now))
    page = sign_in("dept").get("/start").get_data(as_text=True)
    assert "叶青梧停用了，现在不能发起：规程修订中" in page
    assert 'href="/start/small"' not in page


def _as_owner(act: Callable[..., None]) -> None:
    owner = viewer_named(db.session(), "owner")
    with transaction() as session:
        act(session, owner, clock.now(session))
