"""What the pages of the studio share: the blueprint, the instant, the draft of the address, answers to scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from flask import Blueprint, current_app
from sqlalchemy.orm import Session

from app import clock
from app.db import db
from app.ledger import Actor
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.studio import queries
from app.studio.models import ProcessDraft
from app.work.operations.act import person
from app.work.runtime import Runtime

bp = Blueprint("studio", "app.studio", template_folder="templates")
SEE_OTHER: Final = 303
VIEW, EDIT, APPROVE = "studio.view", "processes.edit", "processes.approve"


def reading() -> Session:
    """Return the request's reading session."""
    return db.session()


def now() -> datetime:
    """Return the instant at which the page is drawn."""
    return clock.now(db.session())


def runtime() -> Runtime:
    """Return the machinery of the running application."""
    found: Runtime = current_app.extensions["guanjia.runtime"]
    return found


def draft_for(draft_id: int, viewer: Viewer | None = None) -> ProcessDraft:
    """Return a draft this person may edit; raise NotFound for any other."""
    return queries.draft_for(reading(), viewer or current_viewer(), draft_id)


def actor(viewer: Viewer | None = None) -> Actor:
    """Return the person of this request as the ledger writes them."""
    return person(viewer or current_viewer())


def saved(draft: ProcessDraft) -> dict[str, Any]:
    """Return what a script needs to know after a save: the new row version and the time to show."""
    return {"row_version": draft.row_version, "saved_at": clock.local(draft.updated_at).strftime("%H:%M")}
