"""Steps of an emergency in the browser: the number to dial, and who may report a new fact."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.emergency import Running, publish_emergency

SignIn = Callable[[str], FlaskClient]
REPORT = "报告新情况"


@pytest.fixture
def run(app: Flask) -> Running:
    """An emergency that nobody has confirmed yet."""
    publish_emergency()
    return Running(app).begin()


def test_a_call_shows_whom_to_dial(run: Running, sign_in: SignIn) -> None:
    """The step names the person and links the number for the telephone; no field asks for it again."""
    run.wait(11)
    page = sign_in("office").get(f"/tasks/{run.items()['call'].id}").text
    assert '<a href="tel:13900000101">13900000101</a>' in page
    assert 'name="callee_phone"' not in page


def test_a_new_fact_is_reported_by_liaison_command_and_duty(run: Running, sign_in: SignIn) -> None:
    """They are offered the message while the response goes on and open a follow-up report by it; others are not."""
    run.confirm()
    address = f"/cases/{run.case.number}"
    assert REPORT in sign_in("commander2").get(address).text
    assert REPORT not in sign_in("tech_lead").get(address).text
    liaison = sign_in("liaison")
    done = liaison.post(f"{address}/messages/new_fact", data={"reason": "后台还有一个不明账号"})
    assert done.status_code in {200, 302, 303}
    assert "followup_report" in run.open()


def test_what_the_diagram_tells_itself_is_offered_to_nobody(run: Running, sign_in: SignIn) -> None:
    """The one who raised the alarm can neither end the status reports nor the response by a message."""
    run.confirm()
    run.do("first_containment", "tech_lead", decision="contained", measure="static", evidence=[])
    address = f"/cases/{run.case.number}"
    for name in ("restored", "handled", "over", "grade_rose", "facts_changed"):
        assert sign_in("duty").post(f"{address}/messages/{name}", data={"reason": "x"}).status_code == 403
    assert "status_report" in run.open()
