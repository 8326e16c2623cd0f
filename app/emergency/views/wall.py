"""The wall of the command room: every running emergency at a glance, no menus, drawn anew by itself."""

from __future__ import annotations

from typing import Final

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from app.db import db
from app.emergency.pages.board import Board, board_of
from app.emergency.queries.board import load
from app.emergency.queries.emergencies import running
from app.emergency.queries.listing import cases_of
from app.emergency.views.blueprint import bp
from app.people.session import current_viewer
from app.web import filters, permission
from app.work.views.blueprint import runtime

SEE: Final = "emergency.view"
EVERY: Final = "10"  # seconds; the clocks tick between
SHOWN: Final = 4  # more cannot be read from the other end of a room


@bp.get("/emergency/wall")
@permission(SEE)
def wall() -> ResponseReturnValue:
    """Show what goes on in large type; real emergencies before drills, the latest first."""
    session, viewer = db.session(), current_viewer()
    going = sorted(running(session, viewer), key=lambda one: one.drill)
    cases = cases_of(session, going)
    boards = [_board(cases[one.case_id].number) for one in going[:SHOWN]]
    now = filters.now()
    answer = make_response(
        render_template(
            "emergency/wall.html", boards=boards, rest=len(going) - len(boards), now=now, now_iso=filters.iso(now)
        )
    )
    answer.headers["Refresh"] = EVERY
    return answer


def _board(number: str) -> Board:
    viewer, session = current_viewer(), db.session()
    file = load(session, viewer, number)
    nodes = runtime().library.bundle(session, file.case.version_id, file.case.called).definition.nodes
    return board_of(file, viewer, nodes, filters.now())
