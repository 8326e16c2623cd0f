"""Who did the step before may not do the next one where the diagram says so."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger import Actor
from app.processes.operations import publish
from app.processes.source import Source
from app.work.models import WorkItem
from app.work.operations import complete_work_item, open_case
from tests.factories.small import viewer
from tests.processes import diagrams as d


def drawn(assignee: str, **own: str) -> bytes:
    second = d.node(
        "userTask",
        "b",
        d.extension(d.properties({"name.en": "b", **{name.replace("_", "."): value for name, value in own.items()}})),
        camunda_assignee=assignee,
    )
    return d.diagram(d.start(), d.user("a", assignee="dept"), second, d.end(), d.chain("s", "a", "b", "e"))


def second_item(app: Flask, diagram: bytes) -> WorkItem:
    """Complete the first step as `dept` and return the second."""
    with transaction() as session:
        publish(session, Source("p", diagram), Actor("setup", "setup"), clock.now(session))
    with transaction() as session:
        who = viewer(session, "office")
        case_id = open_case(session, runtime_of(app), "p", who, {}, uuid4().hex, clock.now(session)).id
    first = db.session.scalars(select(WorkItem.id)).one()
    db.session.rollback()
    with transaction() as session:
        who = viewer(session, "dept")
        complete_work_item(session, runtime_of(app), first, who, {}, uuid4().hex, clock.now(session))
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.node == "b")
    return db.session.scalars(query).one()


@pytest.mark.parametrize("assignee", ["dept", "${earlier('a')}"])
def test_whoever_did_the_step_just_before_is_barred(app: Flask, assignee: str) -> None:
    """The completion that is under way counts as well: the step falls to the supervisor."""
    item = second_item(app, drawn(assignee, distinct_from="a"))
    assert item.assignee_name == "周予安"


def test_whoever_did_the_step_just_before_is_found(app: Flask) -> None:
    """`earlier('a')` names the person who completes `a` in this very act."""
    item = second_item(app, drawn("${earlier('a')}"))
    assert item.assignee_name == "林知行"
