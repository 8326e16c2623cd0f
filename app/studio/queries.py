"""Reads of the studio: drafts somebody may edit, their texts, who else has them open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.i18n import N_
from app.people.models import User
from app.people.rules import Viewer
from app.processes.models import Process, ProcessManager
from app.processes.source import Source
from app.studio.models import DISCARDED, DraftEditor, DraftPart, ProcessDraft

PRESENT = timedelta(seconds=40)
NO_DRAFT = N_("没有这份草稿，或者它不归您改。")


def may_edit_slug(session: Session, viewer: Viewer, slug: str) -> bool:
    """Say whether this person may edit the process of `slug`."""
    if not viewer.may("processes.edit"):
        return False
    managers = session.scalars(
        select(ProcessManager.user_id)
        .join(Process, Process.id == ProcessManager.process_id)
        .where(Process.slug == slug)
    ).all()
    return not managers or viewer.user_id in managers


def draft_for(session: Session, viewer: Viewer, draft_id: int) -> ProcessDraft:
    """Return a draft that is not thrown away and that this person may edit; raise NotFound for any other."""
    draft = session.get(ProcessDraft, draft_id)
    if draft is None or draft.state == DISCARDED or not may_edit_slug(session, viewer, draft.slug):
        raise NotFound(NO_DRAFT)
    return draft


def parts_of(session: Session, draft_id: int) -> Sequence[DraftPart]:
    """Return the texts of a draft: diagram, tables, forms."""
    query = select(DraftPart).where(DraftPart.draft_id == draft_id).order_by(DraftPart.kind, DraftPart.name)
    return session.scalars(query).all()


def source_of(session: Session, draft: ProcessDraft) -> Source:
    """Return a draft as the value that is checked and published."""
    parts = parts_of(session, draft.id)
    (diagram,) = [part.text for part in parts if part.kind == "bpmn"]
    tables = {part.name: part.text.encode() for part in parts if part.kind == "table"}
    return Source(
        draft.slug, diagram.encode(), tables, {part.name: part.text for part in parts if part.kind == "form"}
    )


def others_in(session: Session, draft_id: int, viewer: Viewer, now: datetime) -> Sequence[str]:
    """Return the names of the other people who have the draft open."""
    query = (
        select(User.name)
        .join(DraftEditor, DraftEditor.user_id == User.id)
        .where(DraftEditor.draft_id == draft_id, User.id != viewer.user_id, DraftEditor.seen_at > now - PRESENT)
        .order_by(User.name)
    )
    return session.scalars(query).all()
