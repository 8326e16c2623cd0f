"""What the pages of work share: the blueprint, the machinery, the instant and the language of the page."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint, current_app
from sqlalchemy.orm import Session

from app.db import db
from app.engine import Node
from app.people.rules import Viewer
from app.web import filters
from app.web.i18n import locale
from app.work.models import Case
from app.work.pages.rows import Reader
from app.work.queries.names import names_for
from app.work.runtime import Runtime

bp = Blueprint("work", "app.work", template_folder="templates")
KEYS: Final = frozenset({"csrf_token", "key", "decision"})
SEE_OTHER: Final = 303


def reading() -> Session:
    """Return the request's reading session."""
    return db.session()


def runtime() -> Runtime:
    """Return the machinery of the running application."""
    found: Runtime = current_app.extensions["guanjia.runtime"]
    return found


def now() -> datetime:
    """Return the instant at which the page is drawn."""
    return filters.now()


def reader_for(viewer: Viewer) -> Reader:
    """Return who reads a list, with the names they may know."""
    return Reader(viewer, locale(), names_for(reading(), viewer), now())


def node_of(case: Case, node_id: str) -> Node | None:
    """Return a node of the version a case runs on, from the library's cache."""
    return runtime().library.bundle(reading(), case.version_id, case.called).definition.nodes.get(node_id)
