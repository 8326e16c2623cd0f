"""Limits that follow the case: a grade that rises shortens what is still open, and what is done keeps what it had."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.db import db, transaction
from app.deadlines.models import Deadline
from app.ledger import Actor
from app.ledger.models import Record
from app.outbox.models import Notice
from app.processes.operations import publish
from app.processes.source import Source
from app.work.models import WorkItem
from app.work.operations import complete_work_item, open_case
from tests.factories.small import viewer
from tests.processes import diagrams as d

SLUG = "following"


def _step(name: str, own: dict[str, str]) -> str:
    said = d.extension(d.properties({"name.en": name, "limit.clock": "calendar", **own}))
    return d.node(
        "userTask", name, said, name=name, camunda_candidateUsers="office,supervisor", camunda_formRef="say"
    )


def _drawing() -> bytes:
    follows = {"limit": "${case.answer_limit}", "limit.follows": "true"}
    return d.diagram(
        d.start(),
        d.script("first", "case.answer_limit = '4 小时'\ncase.late_limit = null"),
        d.gateway("parallel", "fork"),
        _step("answer", follows),
        _step("other", {"limit": "${case.answer_limit}"}),
        _step("late", {"limit": "${case.late_limit}", "limit.follows": "true"}),
        _step("early", follows),
        _step("steer", {}),
        d.script("rise", "case.answer_limit = '30 分钟'\ncase.late_limit = '1 小时'"),
        d.end("e"),
        d.chain("s", "first", "fork"),
        *(d.chain("fork", one, "e") for one in ("answer", "other", "late", "early")),
        d.chain("fork", "steer", "rise", "e"),
        own={"starts": "off", "takes": "x"},
    )


@pytest.fixture
def started(either_app: Flask) -> int:
    """A case with five open steps of which one raises the others' grade."""
    part = {"id": "f1", "type": "textfield", "key": "said", "label": "说明", "properties": {"label.en": "Said"}}
    form = json.dumps({"type": "default", "id": "say", "components": [part]}, ensure_ascii=False)
    with transaction() as session:
        publish(session, Source(SLUG, _drawing(), forms={"say": form}), Actor("setup", "setup"), clock.now(session))
    with transaction() as session:
        who = viewer(session, "owner")
        case = open_case(session, runtime_of(either_app), SLUG, who, {"x": 1}, uuid4().hex, clock.now(session))
        return case.id


def items(case_id: int) -> dict[str, WorkItem]:
    db.session.rollback()
    query = select(WorkItem).where(WorkItem.case_id == case_id).execution_options(populate_existing=True)
    return {one.node: one for one in db.session.scalars(query)}


def advance(minutes: int) -> None:
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(minutes=minutes))


def do(app: Flask, case_id: int, node: str) -> None:
    with transaction() as session:
        item_id = items(case_id)[node].id
        now = clock.now(session)
        complete_work_item(session, runtime_of(app), item_id, viewer(session, "office"), {}, uuid4().hex, now)


def minutes(item: WorkItem) -> float | None:
    return round((item.due_at - item.opened_at).total_seconds() / 60) if item.due_at else None


def test_an_open_step_follows_and_a_finished_one_keeps_its_limit(either_app: Flask, started: int) -> None:
    """After an hour the limit becomes thirty minutes from the opening; finished and unmarked steps keep theirs."""
    do(either_app, started, "early")
    advance(60)
    do(either_app, started, "steer")
    found = items(started)
    assert {name: minutes(one) for name, one in found.items()} == {
        "answer": 30,
        "other": 240,
        "late": 60,
        "early": 240,
        "steer": None,
    }
    assert found["answer"].due_at is not None
    with transaction() as session:
        assert found["answer"].due_at < clock.now(session)


def test_the_change_is_on_record_and_told(either_app: Flask, started: int) -> None:
    """The deadline keeps its first limit and the change, the ledger has both instants, the holders are told."""
    do(either_app, started, "steer")
    item = items(started)["answer"]
    deadline = db.session.scalars(select(Deadline).where(Deadline.work_item_id == item.id)).one()
    assert (deadline.limit_text, [one.limit_text for one in deadline.changes]) == ("4 小时", ["30 分钟"])
    query = select(Record).where(Record.kind == "work:item:due_changed", Record.item_id == item.id)
    payload = json.loads(db.session.scalars(query).one().body)["payload"]
    assert payload["limit"] == "30 分钟"
    assert payload["due"]["old"] > payload["due"]["new"]
    told = db.session.scalars(select(Notice).where(Notice.message.contains("时限改为"))).all()
    assert {one.named["node"] for one in told} == {"answer", "late", "early"}


def test_the_same_values_again_change_nothing(either_app: Flask, started: int) -> None:
    """A step that is done although nothing of the case changes leaves every limit alone."""
    do(either_app, started, "other")
    count = db.session.scalars(select(Record).where(Record.kind == "work:item:due_changed")).all()
    assert count == []
