"""The list of a person's notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import db, transaction
from app.errors import NotFound
from app.i18n import N_
from app.outbox import operations, queries
from app.outbox.models import Notice
from app.people.session import current_viewer
from app.web import own_path, permission
from app.web.i18n import gettext, locale

bp = Blueprint("outbox", __name__, template_folder="templates")
PAGE = 30


@dataclass(frozen=True)
class Line:
    """One notice as it is read."""

    id: int
    text: str
    at: datetime
    is_new: bool
    leads_on: bool


@bp.get("/notices")
@permission("account.self")
def notices() -> ResponseReturnValue:
    """Show a person's notices, newest first."""
    viewer = current_viewer()
    session = db.session()
    before = request.args.get("before", type=int)
    found = queries.notices(session, viewer.user_id, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    return render_template(
        "outbox/notices.html",
        lines=[_line(one) for one in shown],
        unread=queries.unread_count(session, viewer.user_id),
        next_url=url_for("outbox.notices", before=shown[-1].id) if len(found) > PAGE else None,
    )


@bp.post("/notices/<int:notice_id>/open")
@permission("account.self")
def open_notice(notice_id: int) -> ResponseReturnValue:
    """Mark a notice as read and go where it leads."""
    user_id = current_viewer().user_id
    found = queries.notice(db.session(), user_id, notice_id)
    if found is None:
        raise NotFound(N_("没有这条消息，或者它不是给您的。"))
    url = found.url
    with transaction() as session:
        operations.mark_read(session, user_id, clock.now(session), notice_id=notice_id)
    return redirect(own_path(url, url_for("outbox.notices")), 303)


@bp.post("/notices/read")
@permission("account.self")
def read_all() -> ResponseReturnValue:
    """Mark all notices as read."""
    user_id = current_viewer().user_id
    with transaction() as session:
        operations.mark_read(session, user_id, clock.now(session))
    return redirect(url_for("outbox.notices"), 303)


def _in_language(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a notice; one named `x_en` is the English of `x`."""
    english = {name.removesuffix("_en"): value for name, value in named.items() if name.endswith("_en") and value}
    return {**named, **(english if locale() == "en" else {})}


def _line(notice: Notice) -> Line:
    return Line(
        id=notice.id,
        text=gettext(notice.message, **_in_language(notice.named)),
        at=notice.created_at,
        is_new=notice.read_at is None,
        leads_on=bool(notice.url),
    )
