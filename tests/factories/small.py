"""The three-node process `small` of the tests: published, started and walked."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.ledger import Actor
from app.people.queries import viewer_named
from app.people.rules import Viewer
from app.processes.operations import load_folders
from app.work.models import Case, WorkItem
from app.work.operations import Receipt, complete_work_item, start_case
from app.work.runtime import Runtime

HERE = Path(__file__).parent


def publish_small() -> None:
    """Publish the process."""
    with transaction() as session:
        load_folders(session, HERE / "bpmn", HERE / "forms", Actor("setup", "setup"), clock.now(session))


def viewer(session: Session, user_name: str) -> Viewer:
    """Return a person of the city."""
    found = viewer_named(session, user_name)
    assert found is not None, user_name
    return found


def start_small(runtime: Runtime, title: str = "附件打不开", key: str | None = None, by: str = "dept") -> Receipt:
    """Start a case as a person of the department."""
    with transaction() as session:
        answers = {"title": title, "wanted": "请修好。"}
        return start_case(
            session, runtime, "small", viewer(session, by), answers, key or uuid4().hex, clock.now(session)
        )


def complete(runtime: Runtime, item_id: int, by: str, answers: dict[str, Any], key: str | None = None) -> Receipt:
    """Complete a work item as a person of the city."""
    with transaction() as session:
        return complete_work_item(
            session, runtime, item_id, viewer(session, by), answers, key or uuid4().hex, clock.now(session)
        )


def open_item(case_id: int) -> WorkItem:
    """Return the one open item of a case."""
    db.session.rollback()
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open")
    return db.session.scalars(query).one()


def case_of(case_id: int) -> Case:
    """Return a case as it is now."""
    db.session.rollback()
    return db.session.get_one(Case, case_id)
