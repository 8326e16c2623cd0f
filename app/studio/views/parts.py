"""What the pages of forms and of tables have in common: changes to the list, the editor's data, what is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from flask import request, url_for
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.errors import Invalid
from app.i18n import N_
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.studio.models import ProcessDraft
from app.studio.views.blueprint import draft_for

UNREADABLE = N_("这次提交读不出来，什么都没有改动。")
What = TypeVar("What")
Change = Callable[[Session, Viewer, int, What, int, datetime], ProcessDraft]


def add(draft_id: int, new: Change[str], copy: Change[tuple[str, str]]) -> str:
    """Add an empty form or table, or a copy of the one the page names; return its name."""
    name, old = typed_name(), request.form.get("from", "")
    if old:
        change(draft_id, copy, (old, name))
    else:
        change(draft_id, new, name)
    return name


def change(draft_id: int, act: Change[What], what: What) -> None:
    """Do one change to the draft as the page last saw it."""
    draft_for(draft_id)
    viewer, seen = current_viewer(), seen_in(request.form)
    with transaction() as session:
        act(session, viewer, draft_id, what, seen, clock.now(session))


def typed_name() -> str:
    """Return the name typed in the list."""
    return request.form.get("name", "").strip()


def editor_data(draft: ProcessDraft, kind: str, name: str, text: str) -> dict[str, Any]:
    """Return what the editor of any form or table needs to know."""
    return {
        "name": name,
        "text": text,
        "open": draft.state == "open",
        "row_version": draft.row_version,
        "part": url_for("studio.draft_part", draft_id=draft.id, kind=kind, name=name),
        "check": url_for(f"studio.check_draft_{kind}", draft_id=draft.id, name=name),
    }


def body_of() -> dict[str, Any]:
    """Return the JSON object of this request; raise Invalid when it sent something else."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid(UNREADABLE)
    return body


def text_in(body: Mapping[str, Any], name: str) -> str:
    """Return a text of the body; raise Invalid when it is none."""
    value = body.get(name)
    if not isinstance(value, str):
        raise Invalid(UNREADABLE)
    return value


def seen_in(fields: Mapping[str, Any]) -> int:
    """Return the row version that the page last saw."""
    text = str(fields.get("row_version", ""))
    if not text.isdecimal():
        raise Invalid(UNREADABLE)
    return int(text[:9])
