"""The command board of an emergency: the page, the part of it that is asked for again, one-tap calls, the log."""

from __future__ import annotations

from typing import Final

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.emergency.operations.log import note
from app.emergency.pages.board import Board, board_of
from app.emergency.queries import of_number
from app.emergency.queries.board import is_call, load
from app.emergency.rules import LOG_KINDS, OUTCOMES, WRITTEN_KINDS
from app.emergency.views.acting import typed
from app.emergency.views.blueprint import bp
from app.errors import NotFound
from app.i18n import N_
from app.people.session import current_viewer
from app.web import filters, menu, permission
from app.web.acting import settle
from app.work.operations import complete_work_item
from app.work.queries.scope import find_item
from app.work.views.blueprint import runtime

SEE: Final = "emergency.view"

menu.add("maintenance", "emergency.emergencies", N_("应急指挥"), "urgent", SEE, count="emergencies", tab=N_("应急"))


@bp.get("/emergency/<number>")
@permission(SEE)
def board(number: str) -> ResponseReturnValue:
    """Show the command board."""
    return _drawn("emergency/board.html", number)


@bp.get("/emergency/<number>/now")
@permission(SEE)
def board_now(number: str) -> ResponseReturnValue:
    """Answer with the moving parts of the board; with 304 when nothing but the clock has changed."""
    return _drawn("emergency/board_now.html", number)


@bp.post("/emergency/<number>/log")
@permission("work.act")
def write_log(number: str) -> ResponseReturnValue:
    """Write a decision, news or a resource into the log."""
    viewer = current_viewer()
    kind, text = typed("kind"), typed("text")
    emergency_id = of_number(db.session(), viewer, number).id
    if not _board(number).takes_part:
        raise NotFound
    back = url_for("emergency.board", number=number, _anchor="board-log")
    return settle(
        lambda session, at: note(session, viewer, emergency_id, kind, text, at),
        N_("已经记下。"),
        back,
    )


@bp.post("/emergency/<number>/calls/<int:item_id>")
@permission("work.act")
def call_ended(number: str, item_id: int) -> ResponseReturnValue:
    """Note in one tap what came of a call; the same tap again changes nothing."""
    viewer, outcome = current_viewer(), typed("decision")
    item, case = find_item(db.session(), viewer, item_id)
    if case.number != number or not is_call(item) or outcome not in OUTCOMES:
        raise NotFound
    answers, key = {"decision": outcome}, f"board-{item_id}-{outcome}"
    back = url_for("emergency.board", number=number)
    return settle(
        lambda session, at: complete_work_item(session, runtime(), item_id, viewer, answers, key, at),
        N_("通话结果已经记下，带时间。"),
        back,
    )


def _drawn(template: str, number: str) -> Response:
    shown = _board(number)
    answer = make_response(
        render_template(
            template,
            board=shown,
            kinds=[(kind, LOG_KINDS[kind]) for kind in WRITTEN_KINDS],
            now_iso=filters.iso(filters.now()),
            everything="all" in request.args,
        )
    )
    answer.set_etag(shown.tag)
    if template.endswith("_now.html"):
        answer.make_conditional(request)
    return answer


def _board(number: str) -> Board:
    viewer, session = current_viewer(), db.session()
    file = load(session, viewer, number)
    definition = runtime().library.bundle(session, file.case.version_id, file.case.called).definition
    return board_of(file, viewer, definition.nodes, filters.now(), everything="all" in request.args)
