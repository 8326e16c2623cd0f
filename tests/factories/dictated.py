"""A step that one of two people decides and a clerk may record (代录): a diagram of its own, and acts in it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.ledger import Actor
from app.people.models import User
from app.processes.operations import publish
from app.processes.source import Source
from app.work.models import Transcription, WorkItem
from app.work.operations import Receipt, start_case, transcribe
from app.work.runtime import Runtime
from tests.factories.small import viewer
from tests.processes import diagrams as d

SLUG = "dictated"
OPINION = "同意印发。"


def publish_dictated(*, allowed: str = "true") -> None:
    """Publish the process: a person of a department writes, a head or the director decides, it ends."""
    source = Source(
        SLUG, _drawing(allowed), forms={"ask": _form("title", "标题"), "decide": _form("opinion", "意见")}
    )
    with transaction() as session:
        publish(session, source, Actor("setup", "setup"), clock.now(session))


def begin(runtime: Runtime, by: str = "dept", title: str = "关于停暖的说明") -> int:
    """Write, and return the case; it waits for the head of the department or the director."""
    with transaction() as session:
        who, now = viewer(session, by), clock.now(session)
        return start_case(session, runtime, SLUG, who, {"title": title}, uuid4().hex, now).case_id


def waiting_step(case_id: int) -> WorkItem:
    """Return the open step of a case."""
    db.session.rollback()
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open")
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def id_of(user_name: str) -> int:
    """Return the id of a person."""
    return db.session.scalars(select(User.id).where(User.user_name == user_name)).one()


def later(span: timedelta) -> datetime:
    """Move the clock on."""
    with transaction() as session:
        return clock.advance(session, clock.now(session) + span)


def record(
    runtime: Runtime,
    item_id: int,
    clerk: str = "office",
    leader: str = "dept_head",
    medium: str = "phone",
    *,
    claimed: timedelta = timedelta(),
    upload_id: int | None = None,
    key: str | None = None,
    note: str = "许听澜来电，说同意。",
    **answers: Any,
) -> Receipt:
    """Record a decision; `claimed` is how long before now it was made."""
    with transaction() as session:
        now = clock.now(session)
        given = {"opinion": OPINION, "decision": "agree", **answers}
        return transcribe(
            session,
            runtime,
            item_id,
            viewer(session, clerk),
            id_of_in(session, leader),
            given,
            medium,
            now - claimed,
            upload_id,
            key or uuid4().hex,
            now,
            note=note,
        )


def id_of_in(session: Session, user_name: str) -> int:
    """Return the id of a person, read in a transaction."""
    return session.scalars(select(User.id).where(User.user_name == user_name)).one()


def kept(case_id: int) -> Transcription:
    """Return the recorded decision of a case."""
    db.session.rollback()
    return db.session.scalars(select(Transcription).where(Transcription.case_id == case_id)).one()


def _form(key: str, label: str) -> str:
    part = {"id": "f1", "type": "textfield", "key": key, "label": label, "validate": {"required": True}}
    return json.dumps({"type": "default", "id": key, "components": [part]}, ensure_ascii=False)


def _drawing(allowed: str) -> bytes:
    own = {"name.en": "Decide", "actions": "agree:同意|refuse:不同意", "distinct.from": "ask", "limit": "2 工作日"}
    step = d.node(
        "userTask",
        "decide",
        d.extension(d.properties({**own, "transcribe": allowed})),
        camunda_candidateUsers="dept_head,director",
        camunda_formRef="decide",
        name="签发",
    )
    return d.diagram(
        d.start(),
        d.user("ask", name="拟稿", camunda_formRef="ask"),
        step,
        d.end(),
        d.chain("s", "ask", "decide", "e"),
        own={"title": "${title}", "number": "DL"},
    )
