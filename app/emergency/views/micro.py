"""Micro-drills for those who are asked: one tap says “I am here”."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.db import db
from app.emergency.operations import micro as operations
from app.emergency.queries import micro as queries
from app.emergency.views.blueprint import bp
from app.i18n import N_
from app.people.session import current_viewer
from app.web import own_path, permission
from app.web.acting import settle


@bp.get("/emergency/micro")
@permission("emergency.answer")
def micro() -> ResponseReturnValue:
    """Show whether somebody waits for the reader's tap, and how the reader answered lately."""
    session, viewer = db.session(), current_viewer()
    return render_template(
        "emergency/micro.html",
        call=queries.asked_of(session, viewer.user_id),
        calls=queries.calls_of(session, viewer.user_id),
    )


@bp.post("/emergency/micro/<int:call_id>")
@permission("emergency.answer")
def answer_micro(call_id: int) -> ResponseReturnValue:
    """Note that the reader is there, and go on where the tap was made."""
    viewer = current_viewer()
    back = own_path(request.form.get("back"), "/emergency/micro")
    return settle(lambda session, at: operations.answer(session, viewer, call_id, at), N_("收到，您在。谢谢。"), back)
