"""Starting a process whose first step is somebody else's."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source
from app.work.models import Case, WorkItem
from tests.processes import diagrams as d

OFFICE_FIRST = d.diagram(d.start(), d.user("a", assignee="office"), d.end(), d.chain("s", "a", "e"))
TIMER_FIRST = d.diagram(
    d.start(),
    d.node("intermediateCatchEvent", "later", d.timer("Duration", "PT1H")),
    d.user("a", assignee="office"),
    d.end(),
    d.chain("s", "later", "a", "e"),
)


def published(diagram: bytes) -> None:
    with transaction() as session:
        publish(session, Source("p", diagram), Actor("setup", "setup"), clock.now(session))


def test_a_start_never_completes_the_step_of_somebody_else(app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    """The page opens the case and leaves the first step to whom it belongs."""
    published(OFFICE_FIRST)
    browser = sign_in("dept")
    page = browser.get("/start/p")
    assert page.status_code == 200
    assert "发起时不用填写内容" in page.text
    answer = browser.post("/start/p", data={"key": "k1", "decision": "submit"})
    assert answer.status_code == 303
    case = db.session.scalars(select(Case)).one()
    assert answer.location.endswith(f"/cases/{case.number}")
    item = db.session.scalars(select(WorkItem)).one()
    assert (item.node, item.status, item.assignee_name) == ("a", "open", "沈明溪")


def test_the_same_start_again_gives_the_same_case(app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    """Two clicks make one case."""
    published(OFFICE_FIRST)
    browser = sign_in("dept")
    first = browser.post("/start/p", data={"key": "k1", "decision": "submit"})
    second = browser.post("/start/p", data={"key": "k1", "decision": "submit"})
    assert first.location == second.location
    assert len(db.session.scalars(select(Case)).all()) == 1


def test_a_process_that_begins_with_a_wait_can_be_started(app: Flask, sign_in: Callable[[str], FlaskClient]) -> None:
    """Nobody's form stands at its beginning; the case waits for its time."""
    published(TIMER_FIRST)
    browser = sign_in("dept")
    assert browser.get("/start/p").status_code == 200
    assert browser.post("/start/p", data={"key": "k1", "decision": "submit"}).status_code == 303
    case = db.session.scalars(select(Case)).one()
    assert case.status == "running"
    assert case.next_due is not None
