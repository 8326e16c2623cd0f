"""Forms and tables of a draft: new ones, copies, other names, rights of steps; each saved as one change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.engine import DiagramRefused
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_, Listed
from app.people.rules import Viewer
from app.studio import queries
from app.studio.diagrams import Change, uses_of_forms, with_form_renamed, with_rights
from app.studio.models import DraftPart, ProcessDraft
from app.studio.operations import drafts

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
BAD_NAME = N_("名称“%(name)s”不能用。请用小写字母开头，只写小写字母、数字和下划线，最多 64 个。")
NO_FORM = N_("这份草稿里没有表单“%(name)s”。")
UNREADABLE = N_("流程图现在读不出来，没有改动。请先在流程图里改正它。")


def new_form(session: Session, viewer: Viewer, draft_id: int, name: str, seen: int, now: datetime) -> ProcessDraft:
    """Add a form with one field to fill in."""
    field = {"id": f"{name}_field_1", "type": "textfield", "key": "field_1", "label": "第一项"}
    schema = {"schemaVersion": 16, "type": "default", "id": name, "components": [field]}
    return add_part(session, viewer, draft_id, ("form", name, _text(schema)), seen, now)


def copy_form(
    session: Session, viewer: Viewer, draft_id: int, names: tuple[str, str], seen: int, now: datetime
) -> ProcessDraft:
    """Add a copy of the first form under the second name."""
    old, new = names
    text = part(session, draft_id, "form", old).text
    return add_part(session, viewer, draft_id, ("form", new, _renamed(text, new)), seen, now)


def rename_form(
    session: Session, viewer: Viewer, draft_id: int, names: tuple[str, str], seen: int, now: datetime
) -> ProcessDraft:
    """Give a form another name, in the diagram too."""
    old, new = names
    text = part(session, draft_id, "form", old).text
    draft = add_part(session, viewer, draft_id, ("form", new, _renamed(text, new)), seen, now)
    diagram = diagram_of(session, draft_id)
    try:
        changed = with_form_renamed(diagram.text.encode(), old, new).decode()
    except DiagramRefused as error:
        raise Invalid(UNREADABLE) from error
    drafts.save_part(session, viewer, draft_id, ("bpmn", diagram.name, changed), draft.row_version, now)
    return drafts.remove_part(session, viewer, draft_id, "form", old, draft.row_version, now)


def remove_form(session: Session, viewer: Viewer, draft_id: int, name: str, seen: int, now: datetime) -> ProcessDraft:
    """Take a form away that no step shows; raise Conflict naming the steps that do."""
    part(session, draft_id, "form", name)
    try:
        steps = [use.name for use in uses_of_forms(diagram_of(session, draft_id).text.encode()) if use.form == name]
    except DiagramRefused as error:
        raise Invalid(UNREADABLE) from error
    refuse_used(name, steps)
    return drafts.remove_part(session, viewer, draft_id, "form", name, seen, now)


def change_rights(
    session: Session, viewer: Viewer, draft_id: int, changes: Iterable[Change], seen: int, now: datetime
) -> ProcessDraft:
    """Say in the diagram what steps may do with fields."""
    diagram = diagram_of(session, draft_id)
    try:
        changed = with_rights(diagram.text.encode(), changes).decode()
    except DiagramRefused as error:
        raise Invalid(UNREADABLE) from error
    return drafts.save_part(session, viewer, draft_id, ("bpmn", diagram.name, changed), seen, now)


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


def diagram_of(session: Session, draft_id: int) -> DraftPart:
    """Return the diagram of a draft."""
    return next(one for one in queries.parts_of(session, draft_id) if one.kind == "bpmn")


def find_part(session: Session, draft_id: int, kind: str, name: str) -> DraftPart | None:
    """Return a form or table of a draft, None when it has none of that name."""
    return next((one for one in queries.parts_of(session, draft_id) if (one.kind, one.name) == (kind, name)), None)


def part(session: Session, draft_id: int, kind: str, name: str) -> DraftPart:
    """Return a form or table of a draft; raise NotFound when it has none of that name."""
    found = find_part(session, draft_id, kind, name)
    if found is None:
        raise NotFound(NO_FORM if kind == "form" else N_("这份草稿里没有决策表“%(name)s”。"), name=name)
    return found


def _renamed(text: str, name: str) -> str:
    """Write the form's own id anew; a text that is no JSON stays as it is."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _text({**schema, "id": name}) if isinstance(schema, dict) else text


def _text(schema: object) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
