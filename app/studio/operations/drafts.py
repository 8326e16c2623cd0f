"""Drafts: begin one, save a part of it, say that one has it open, throw it away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app import clock
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.people.rules import Viewer
from app.processes.models import Process, ProcessVersion, VersionPart
from app.processes.source import Source
from app.studio import queries
from app.studio.models import DISCARDED, OPEN, DraftEditor, DraftPart, ProcessDraft
from app.studio.operations.texts import require_readable

LARGEST = 4_000_000  # characters of one text
PART_KINDS = frozenset({"bpmn", "table", "form"})
Part = tuple[str, str, str]


def begin(
    session: Session,
    viewer: Viewer,
    source: Source,
    name: str,
    now: datetime,
    *,
    base_version_id: int | None = None,
) -> ProcessDraft:
    """Begin a draft with these texts."""
    draft = ProcessDraft(
        slug=source.slug,
        name=name,
        base_version_id=base_version_id,
        state=OPEN,
        created_at=now,
        created_by_id=viewer.user_id,
        updated_at=now,
        updated_by_id=viewer.user_id,
        updated_by=viewer.name,
        reasons={},
    )
    session.add(draft)
    session.flush()
    _fill(session, draft, source.parts())
    return draft


def begin_from(session: Session, viewer: Viewer, version_id: int, now: datetime) -> ProcessDraft:
    """Begin a draft from a published version."""
    version = session.get_one(ProcessVersion, version_id)
    process = session.get_one(Process, version.process_id)
    parts = session.scalars(select(VersionPart).where(VersionPart.version_id == version_id)).all()
    (diagram,) = [part.text for part in parts if part.kind == "bpmn"]
    tables = {part.name: part.text.encode() for part in parts if part.kind == "table"}
    forms = {part.name: part.text for part in parts if part.kind == "form"}
    source = Source(process.slug, diagram.encode(), tables, forms)
    return begin(session, viewer, source, process.name, now, base_version_id=version_id)


def save_part(
    session: Session,
    viewer: Viewer,
    draft_id: int,
    part: Part,
    seen: int,
    now: datetime,
) -> ProcessDraft:
    """Write one text of a draft; `seen` is the row version the writer's page last saw.

    Raise Conflict with who and when if somebody else saved in between, Invalid if the text is too long.
    """
    kind, name, text = part
    if kind not in PART_KINDS or not name:
        raise Invalid(N_("草稿里没有这种内容。"))
    if len(text) > LARGEST:
        raise Invalid(N_("内容太大，没有保存：最多 400 万字。"))
    require_readable(kind, text)
    draft = lock_draft(session, viewer, draft_id, seen)
    found = _part(session, draft.id, kind, name)
    if found is None:
        session.add(DraftPart(draft_id=draft.id, kind=kind, name=name, text=text))
    else:
        found.text = text
    _touch(draft, viewer, now)
    session.flush()
    return draft


def remove_part(
    session: Session, viewer: Viewer, draft_id: int, kind: str, name: str, seen: int, now: datetime
) -> ProcessDraft:
    """Take a form or a table out of a draft."""
    draft = lock_draft(session, viewer, draft_id, seen)
    found = _part(session, draft.id, kind, name)
    if found is not None and kind != "bpmn":
        session.delete(found)
    _touch(draft, viewer, now)
    session.flush()
    return draft


def lock_draft(session: Session, viewer: Viewer, draft_id: int, seen: int) -> ProcessDraft:
    """Return a draft for writing; raise Conflict when it is no longer open or somebody else saved after `seen`."""
    draft = queries.draft_for(session, viewer, draft_id)
    if draft.state != OPEN:
        raise Conflict(N_("这份草稿已经送去发布，不能再改。您的改动还在这个页面上。"))
    if draft.row_version != seen:
        at = clock.local(draft.updated_at).strftime("%H:%M:%S")
        raise Conflict(N_("%(who)s在 %(when)s 存过这份草稿。您的改动还在这个页面上。"), who=draft.updated_by, when=at)
    return draft


def stay(session: Session, viewer: Viewer, draft_id: int, now: datetime) -> None:
    """Note that this person has the draft open."""
    row = session.get(DraftEditor, (draft_id, viewer.user_id))
    if row is None:
        session.add(DraftEditor(draft_id=draft_id, user_id=viewer.user_id, seen_at=now))
    else:
        row.seen_at = now


def discard(session: Session, viewer: Viewer, draft_id: int, now: datetime) -> None:
    """Throw a draft away; its texts stay in the database and can be brought back."""
    draft = queries.draft_for(session, viewer, draft_id)
    draft.state = DISCARDED
    _touch(draft, viewer, now)


def _touch(draft: ProcessDraft, viewer: Viewer, now: datetime) -> None:
    draft.updated_at, draft.updated_by_id, draft.updated_by = now, viewer.user_id, viewer.name
    flag_modified(draft, "updated_at")  # two saves within one tick of the clock are two versions all the same


def _part(session: Session, draft_id: int, kind: str, name: str) -> DraftPart | None:
    query = select(DraftPart).where(DraftPart.draft_id == draft_id, DraftPart.kind == kind, DraftPart.name == name)
    return session.scalar(query)


def _fill(session: Session, draft: ProcessDraft, parts: Iterable[Part]) -> None:
    session.add_all(DraftPart(draft_id=draft.id, kind=kind, name=name, text=text) for kind, name, text in parts)
    session.flush()
