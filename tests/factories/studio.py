"""Drafts for tests: of a published version, or of any diagram."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.people.models import User
from app.processes.models import Process, ProcessManager
from app.processes.source import Source, read_source
from app.studio.operations.drafts import begin, begin_from
from tests.factories.small import publish_small, viewer


def draft_of_small() -> int:
    """Publish `small` and begin a draft of it; return its id."""
    publish_small()
    return draft_of_running("small")


def draft_of_running(slug: str) -> int:
    """Begin a draft of the running version of a process; return its id."""
    with transaction() as session:
        version = session.scalars(select(Process.running_version_id).where(Process.slug == slug)).one()
        assert version is not None
        return begin_from(session, viewer(session, "owner"), version, clock.now(session)).id


def draft_of(slug: str, diagram: str, name: str = "新流程") -> int:
    """Begin a draft of a diagram that was never published; return its id."""
    with transaction() as session:
        source = Source(slug, diagram.encode())
        return begin(session, viewer(session, "owner"), source, name, clock.now(session)).id


def draft_of_files(slug: str) -> int:
    """Begin a draft of a process of this repository with its forms and tables; return its id."""
    root = Path(__file__).resolve().parents[2]
    with transaction() as session:
        source = read_source(root / "bpmn", root / "forms", slug)
        return begin(session, viewer(session, "owner"), source, "任务派发", clock.now(session)).id


def manage(slug: str, user_name: str) -> None:
    """Make somebody the one who may edit a process."""
    with transaction() as session:
        process = session.scalars(select(Process).where(Process.slug == slug)).one()
        user_id = session.scalars(select(User.id).where(User.user_name == user_name)).one()
        session.add(ProcessManager(process_id=process.id, user_id=user_id))
    db.session.rollback()
