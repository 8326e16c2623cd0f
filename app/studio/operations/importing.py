"""Bring a process in: read the uploaded files, begin a draft with them, make the repairs that were accepted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import DiagramRefused, Repair
from app.errors import Invalid
from app.i18n import N_
from app.people.rules import Viewer
from app.processes.foreign import LONGEST, SLUG, process_called, repaired, repairs_for, slug_for
from app.processes.models import Process
from app.processes.source import Source
from app.studio import queries
from app.studio.models import ProcessDraft
from app.studio.operations import drafts
from app.studio.operations.library import is_drawn, is_taken, renamed
from app.studio.operations.uploads import Upload, read_uploads

LONGEST_NAME = 60
WRONG_SLUG = N_(
    "地址名“%(slug)s”不能用，改用 %(new)s：小写字母开头，只用小写字母、数字和下划线，2 到 40 个字符。"
    "想用别的，丢弃这份草稿再导入一次。"
)
NOT_YOURS = N_("“%(name)s”（%(slug)s）由别人负责，您改不了。这次导入成另一个流程，地址名 %(new)s。")
ANOTHER = N_("地址名 %(slug)s 已经有流程或草稿在用。这次导入成另一个流程，地址名 %(new)s。")


@dataclass(frozen=True)
class Imported:
    """The draft that came of an upload, and what to tell about its name; without a sentence it is as wished."""

    draft: ProcessDraft
    sentence: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def import_files(
    session: Session, viewer: Viewer, uploads: Sequence[Upload], slug: str, now: datetime, *, apart: bool = False
) -> Imported:
    """Begin a draft with the uploaded diagram, its forms and tables.

    Without `slug` the process is called by its id. One that exists already gets a draft for its next version, unless
    it is others' or the import is to stand `apart`: then the draft is of another process, under the next free name.
    Raise Invalid with the sentence for whatever cannot be taken in.
    """
    source, file = read_uploads(uploads)
    wanted = slug if SLUG.fullmatch(slug) else slug_for(source.diagram, file)
    process = session.scalar(select(Process).where(Process.slug == wanted))
    told = {"slug": slug[:LONGEST], "new": wanted} if slug not in {"", wanted} else None
    sentence = WRONG_SLUG if told else ""
    if process is not None and not queries.may_edit_slug(session, viewer, wanted):
        sentence, told, apart = NOT_YOURS, {"name": process.name, "slug": wanted}, True
    elif apart and is_taken(session, wanted):
        sentence, told = ANOTHER, {"slug": wanted}
    base = process.running_version_id if process is not None and not apart else None
    if apart:
        wanted, source = _apart(session, wanted, source)
    name = process_called(source.diagram)[1][:LONGEST_NAME] or wanted
    draft = drafts.begin(session, viewer, replace(source, slug=wanted), name, now, base_version_id=base)
    return Imported(draft, sentence, {**(told or {}), "new": wanted})


def _apart(session: Session, wanted: str, source: Source) -> tuple[str, Source]:
    """Return a name that nothing has yet, and the source whose process is called so."""
    if not is_taken(session, wanted):
        return wanted, source
    tried = (f"{wanted[: LONGEST - 4]}_{number}" for number in range(2, 1000))
    slug = next(one for one in tried if not is_taken(session, one) and not is_drawn(source.diagram, one))
    return slug, replace(source, diagram=renamed(source.diagram, slug))


def find_repairs(
    session: Session, draft: ProcessDraft, topics: Collection[str], called: Collection[str]
) -> tuple[Repair, ...]:
    """Return the repairs that would make a draft run; none when its diagram cannot be read."""
    try:
        return repairs_for(queries.source_of(session, draft), topics, called)
    except (DiagramRefused, Invalid):
        return ()


def accept_repairs(
    session: Session,
    viewer: Viewer,
    draft_id: int,
    accepted: Collection[str],
    seen: int,
    now: datetime,
    *,
    topics: Collection[str],
    called: Collection[str],
) -> ProcessDraft:
    """Make the accepted repairs in a draft; what is not accepted stays as it was drawn."""
    draft = drafts.lock_draft(session, viewer, draft_id, seen)
    before = queries.source_of(session, draft)
    after = repaired(before, topics, called, accepted)
    for kind, name, text in _changed(before, after):
        draft = drafts.save_part(session, viewer, draft_id, (kind, name, text), draft.row_version, now)
    return draft


def _changed(before: Source, after: Source) -> Iterator[tuple[str, str, str]]:
    known = {(kind, name): text for kind, name, text in before.parts()}
    return ((kind, name, text) for kind, name, text in after.parts() if known.get((kind, name)) != text)
