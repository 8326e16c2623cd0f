"""The list of emergencies: what goes on first, then what is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.emergency.models import Emergency
from app.emergency.pages.board import Plate, lamp_of, plate_of
from app.emergency.pages.lamps import elapsed
from app.emergency.queries.emergencies import PAGE, past, running
from app.emergency.queries.listing import cases_of
from app.emergency.rules import ENDINGS, KINDS
from app.emergency.views.acting import number
from app.emergency.views.blueprint import bp
from app.i18n import N_
from app.people.session import current_viewer
from app.web import filters, permission
from app.web.i18n import gettext
from app.work.models import Case
from app.work.pages.lamps import Lamp
from app.work.queries.casefile import open_steps

SEE: Final = "emergency.view"
FILTERS: Final = {"": N_("全部"), "real": N_("真实"), "drill": N_("演练")}


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    number: str
    title: str
    plate: Plate
    drill: bool
    kind: str
    site: str
    row: Emergency
    elapsed: str
    lamp: Lamp | None
    outcome: str


@bp.get("/emergency/")
@permission(SEE)
def emergencies() -> ResponseReturnValue:
    """Show what goes on and what is over; only drills or only real ones when asked."""
    session, viewer = db.session(), current_viewer()
    chosen = request.args.get("show", "")
    chosen = chosen if chosen in FILTERS else ""
    drill = {"": None, "real": False, "drill": True}[chosen]
    going = running(session, viewer, drill=drill) if number("before") is None else []
    over = past(session, viewer, drill=drill, before=number("before"))
    cases = cases_of(session, [*going, *over])
    open_ = open_steps(session, viewer, [one.case_id for one in going])
    at = filters.now()
    return render_template(
        "emergency/list.html",
        going=[_row(one, cases[one.case_id], lamp_of(open_.get(one.case_id, ()), at)) for one in going],
        over=[_row(one, cases[one.case_id], None) for one in over],
        chips=[
            (url_for("emergency.emergencies", show=key or None), gettext(word), None, key == chosen)
            for key, word in FILTERS.items()
        ],
        now_iso=filters.iso(at),
        more=url_for("emergency.emergencies", show=chosen or None, before=over[-1].id) if len(over) == PAGE else None,
        may_start=viewer.may("emergency.start"),
    )


def _row(one: Emergency, case: Case, lamp: Lamp | None) -> Row:
    until = one.closed_at or filters.now()
    return Row(
        number=case.number,
        title=case.title,
        plate=plate_of(one.grade),
        drill=one.drill,
        kind=gettext(KINDS.get(one.kind, one.kind)),
        site=one.site.name if one.site else "",
        row=one,
        elapsed=elapsed(until - one.began_at),
        lamp=lamp,
        outcome=gettext(ENDINGS[one.outcome]) if one.outcome else "",
    )
