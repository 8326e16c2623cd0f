"""What forms and tables of a draft have in common: found by name, added under a good one, kept while in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from app.engine import DiagramRefused
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_, Listed
from app.people.rules import Viewer
from app.studio import queries
from app.studio.models import DraftPart, ProcessDraft
from app.studio.operations import drafts

Found = TypeVar("Found")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
BAD_NAME = N_("名称“%(name)s”不能用。请用小写字母开头，只写小写字母、数字和下划线，最多 64 个。")
NO_FORM = N_("这份草稿里没有表单“%(name)s”。")
NO_TABLE = N_("这份草稿里没有决策表“%(name)s”。")
UNREADABLE = N_("流程图现在读不出来，没有改动。请先在流程图里改正它。")


def add_part(
    session: Session, viewer: Viewer, draft_id: int, new: drafts.Part, seen: int, now: datetime
) -> ProcessDraft:
    """Add a form or table; raise Invalid when its name cannot be used, Conflict when there is one already."""
    kind, name, _content = new
    if not NAME.fullmatch(name):
        raise Invalid(BAD_NAME, name=name)
    if find_part(session, draft_id, kind, name) is not None:
        raise Conflict(N_("已经有一个叫“%(name)s”的了。请换一个名称。"), name=name)
    return drafts.save_part(session, viewer, draft_id, new, seen, now)


def refuse_used(name: str, steps: Sequence[str]) -> None:
    """Raise Conflict when steps still use what is to be taken away."""
    if steps:
        raise Conflict(N_("“%(name)s”还在用：%(steps)s。先在流程图里换掉，再删除。"), name=name, steps=Listed(steps))


def change_diagram(
    session: Session, viewer: Viewer, draft_id: int, change: Callable[[bytes], bytes], seen: int, now: datetime
) -> ProcessDraft:
    """Write the diagram of a draft anew; raise Invalid when it cannot be read."""
    name, changed = _read(session, draft_id, change)
    return drafts.save_part(session, viewer, draft_id, ("bpmn", name, changed.decode()), seen, now)


def in_diagram(session: Session, draft_id: int, read: Callable[[bytes], Found]) -> Found:
    """Return what `read` finds in the diagram of a draft; raise Invalid when it cannot be read."""
    return _read(session, draft_id, read)[1]


def find_part(session: Session, draft_id: int, kind: str, name: str) -> DraftPart | None:
    """Return a form or table of a draft, None when it has none of that name."""
    return next((one for one in queries.parts_of(session, draft_id) if (one.kind, one.name) == (kind, name)), None)


def part(session: Session, draft_id: int, kind: str, name: str) -> DraftPart:
    """Return a form or table of a draft; raise NotFound when it has none of that name."""
    found = find_part(session, draft_id, kind, name)
    if found is None:
        raise NotFound(NO_FORM if kind == "form" else NO_TABLE, name=name)
    return found


def _read(session: Session, draft_id: int, read: Callable[[bytes], Found]) -> tuple[str, Found]:
    diagram = next(one for one in queries.parts_of(session, draft_id) if one.kind == "bpmn")
    try:
        return diagram.name, read(diagram.text.encode())
    except DiagramRefused as error:
        raise Invalid(UNREADABLE) from error
