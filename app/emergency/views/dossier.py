"""Prints of an emergency: its dossier as a page and as a PDF, and one report, registered or still to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from app import clock
from app.db import db
from app.emergency.dossier import Dossier, dossier_of
from app.emergency.models import Emergency, EmergencyReport
from app.emergency.paper import Imprint, pdf_of
from app.emergency.queries import of_number
from app.emergency.queries.reporting import report_of, text_to_send
from app.emergency.rules import CHANNELS, REPORTS
from app.emergency.views.blueprint import bp
from app.errors import NotFound
from app.people.queries import settings
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import assets, filters, permission
from app.web.i18n import gettext
from app.work.models import Case
from app.work.pages.sections import everything
from app.work.views.telling import tell

SEE = "emergency.view"
FONT = "paper.ttf"


@dataclass(frozen=True)
class Sheet:
    """One report as it is printed; what is not sent yet has no row."""

    name: str
    body: str
    row: EmergencyReport | None


@bp.get("/emergency/<number>/dossier")
@permission(SEE)
def dossier(number: str) -> ResponseReturnValue:
    """Show the dossier as a page that can be printed."""
    viewer = current_viewer()
    emergency, case = _found(viewer, number)
    return render_template("emergency/dossier.html", dossier=_dossier(viewer, emergency, case), number=number)


@bp.get("/emergency/<number>/dossier.pdf")
@permission(SEE)
def dossier_pdf(number: str) -> ResponseReturnValue:
    """Send the dossier as a PDF."""
    viewer = current_viewer()
    emergency, case = _found(viewer, number)
    made = pdf_of(_dossier(viewer, emergency, case), _imprint(viewer), assets.built(FONT))
    answer: Response = make_response(made)
    answer.mimetype = "application/pdf"
    answer.headers.set("Content-Disposition", "inline", filename=f"{number}.pdf")
    return answer


@bp.get("/emergency/<number>/reports/<int:report_id>")
@permission(SEE)
def report_print(number: str, report_id: int) -> ResponseReturnValue:
    """Print a report as it was registered."""
    emergency, case = _found(current_viewer(), number)
    row = report_of(db.session(), emergency, report_id)
    return _print(emergency, case, Sheet(_report_name(row.kind), row.body, row))


@bp.get("/emergency/<number>/reports/<kind>")
@permission(SEE)
def report_draft(number: str, kind: str) -> ResponseReturnValue:
    """Print a report that is still to be sent: as it is typed, else as it was drafted."""
    viewer = current_viewer()
    emergency, case = _found(viewer, number)
    if kind not in REPORTS:
        raise NotFound
    text = text_to_send(db.session(), viewer, emergency, kind, _now())
    return _print(emergency, case, Sheet(_report_name(kind), text, None))


def _found(viewer: Viewer, number: str) -> tuple[Emergency, Case]:
    """Return what the reader asked for; prints name everybody and are not for vendors."""
    if viewer.is_vendor:
        raise NotFound
    emergency = of_number(db.session(), viewer, number)
    return emergency, db.session.get_one(Case, emergency.case_id)


def _dossier(viewer: Viewer, emergency: Emergency, case: Case) -> Dossier:
    told = tell(viewer, case)
    return dossier_of(db.session(), emergency, told.file, told.records(), everything(told.file, told.reading()))


def _imprint(viewer: Viewer) -> Imprint:
    session = db.session()
    notice = settings(session)["notice"]
    by = " ".join((filters.print_time(_now()), viewer.name, viewer.unit_name))
    return Imprint(
        printed=gettext("打印 %(time)s", time=by),
        notice=gettext(notice) if notice else "",
        demo=clock.kind(session) == "demo",
    )


def _print(emergency: Emergency, case: Case, sheet: Sheet) -> str:
    return render_template(
        "emergency/report_print.html", emergency=emergency, case=case, sheet=sheet, channels=CHANNELS
    )


def _report_name(kind: str) -> str:
    return gettext(REPORTS[kind])


def _now() -> datetime:
    return filters.now()
