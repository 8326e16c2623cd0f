"""Pages of emergencies with addresses nobody would type: they answer, whatever the day or the number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.emergency import Running, publish_emergency
from tests.factories.ready import user_id, with_plans

SignIn = Callable[[str], FlaskClient]


def test_nobody_is_being_called_once_the_calling_is_over(app: Flask, sign_in: SignIn) -> None:
    """Who stood next on the roster when somebody confirmed was never called, and is not called for ever after."""
    publish_emergency()
    run = Running(app).begin()
    run.wait(12)
    run.do("call", "office", decision="no_answer")
    browser = sign_in("office")
    board = f"/emergency/{run.case.number}"
    assert "呼叫中" in browser.get(board).text
    run.confirm("duty")
    assert run.open().isdisjoint({"call"})
    assert "呼叫中" not in browser.get(board).text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "9999-12-27", "2026-02-30", "x"])
def test_a_week_at_the_end_of_all_days_is_a_page(app: Flask, sign_in: SignIn, day: str) -> None:
    with_plans(app)
    assert sign_in("office").get(f"/emergency/duty?week={day}").status_code == 200


def test_a_shift_in_the_last_week_of_all_is_shown_or_refused(app: Flask, sign_in: SignIn) -> None:
    with_plans(app)
    browser = sign_in("office")
    typed = {"user": user_id("duty"), "starts_at": "9999-12-31 08:00", "ends_at": "9999-12-31 20:00", "week": ""}
    assert browser.post("/emergency/duty", data=typed, follow_redirects=True).status_code in {200, 422}
    typed |= {"starts_at": "0001-01-01 00:00", "ends_at": "0001-01-01 08:00"}
    assert browser.post("/emergency/duty", data=typed, follow_redirects=True).status_code == 422


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_drill_on_a_day_out_of_all_time_is_refused_or_listed(app: Flask, sign_in: SignIn, day: str) -> None:
    with_plans(app)
    browser = sign_in("office")
    answer = browser.post("/emergency/drills/new", data={"plan": "1", "planned_on": day}, follow_redirects=True)
    assert answer.status_code in {200, 422}
    assert browser.get("/emergency/drills").status_code == 200
    for year in ("0", "9999", "99999999999999"):
        assert browser.get(f"/emergency/drills?year={year}").status_code == 200
        assert browser.get(f"/emergency/drills/figures?year={year}").status_code == 200
