"""Forms of a draft: new ones, copies, other names, rights of steps; each saved as one change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.people.rules import Viewer
from app.studio.diagrams import Change, uses_of_forms, with_form_renamed, with_rights
from app.studio.models import ProcessDraft
from app.studio.operations import drafts
from app.studio.operations.parts import add_part, change_diagram, in_diagram, part, refuse_used


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
    added = add_part(session, viewer, draft_id, ("form", new, _renamed(text, new)), seen, now)
    draft = change_diagram(
        session, viewer, draft_id, lambda xml: with_form_renamed(xml, old, new), added.row_version, now
    )
    return drafts.remove_part(session, viewer, draft_id, "form", old, draft.row_version, now)


def remove_form(session: Session, viewer: Viewer, draft_id: int, name: str, seen: int, now: datetime) -> ProcessDraft:
    """Take a form away that no step shows; raise Conflict naming the steps that do."""
    part(session, draft_id, "form", name)
    refuse_used(name, [use.name for use in in_diagram(session, draft_id, uses_of_forms) if use.form == name])
    return drafts.remove_part(session, viewer, draft_id, "form", name, seen, now)


def change_rights(
    session: Session, viewer: Viewer, draft_id: int, changes: Iterable[Change], seen: int, now: datetime
) -> ProcessDraft:
    """Say in the diagram what steps may do with fields."""
    return change_diagram(session, viewer, draft_id, lambda xml: with_rights(xml, changes), seen, now)


def _renamed(text: str, name: str) -> str:
    """Write the form's own id anew; a text that is no JSON stays as it is."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _text({**schema, "id": name}) if isinstance(schema, dict) else text


def _text(schema: object) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
