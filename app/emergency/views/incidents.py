"""The list of incident reports: each with its state, whether it came late, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.emergency.pages.lamps import step_lamp, worst
from app.emergency.queries.incidents import INCIDENT, PAGE, incident_reports, site_names, unit_names
from app.emergency.views.acting import number
from app.emergency.views.blueprint import bp
from app.i18n import N_
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import filters, menu, permission
from app.web.i18n import gettext, locale
from app.work.models import Case, WorkItem
from app.work.pages.lamps import Lamp, Seal, case_seal
from app.work.pages.words import case_result_word, name_of
from app.work.queries.casefile import case_data, open_steps

START: Final = "emergency.start"

menu.add("maintenance", "emergency.incidents", N_("事件汇报"), "file-text", START)


@dataclass(frozen=True)
class Row:
    """One report in the list. `emergency` says that it became one; `late` is empty when it came in time."""

    case: Case
    seal: Seal
    facts: tuple[str, ...]
    who: tuple[str, ...]
    late: str
    emergency: bool
    lamp: Lamp | None
    came: str


@bp.get("/emergency/incidents")
@permission(START)
def incidents() -> ResponseReturnValue:
    """Show the incident reports that this person may see, the latest first."""
    session, viewer = db.session(), current_viewer()
    found = incident_reports(session, viewer, number("before"))
    sites = site_names(session, {one.site_id for one in found})
    units = unit_names(session, {one.starter_unit_id for one in found})
    open_ = open_steps(session, viewer, [one.id for one in found])
    at = filters.now()
    rows = [_row(one, open_.get(one.id, ()), sites, units, viewer, at) for one in found]
    more = url_for("emergency.incidents", before=found[-1].id) if len(found) == PAGE else None
    return render_template(
        "emergency/incidents.html", rows=rows, more=more, form=url_for("work.start_form", slug=INCIDENT)
    )


def _row(
    case: Case,
    steps: Sequence[WorkItem],
    sites: Mapping[int, str],
    units: Mapping[int, str],
    viewer: Viewer,
    at: datetime,
) -> Row:
    data = case_data(case)
    overdue = any(one.due_at is not None and one.due_at < at for one in steps)
    site = sites.get(case.site_id or 0, "")
    said = [text for text in case.summary if text != site and text not in case.title]
    return Row(
        case=case,
        seal=case_seal(case, late=overdue),
        facts=tuple(filter(None, (*said, site))),
        who=_who(case, units, viewer),
        late=gettext("迟报：%(count)s 分钟后才报", count=data.get("late_minutes")) if data.get("late") else "",
        emergency="began_at" in data,
        lamp=worst(step_lamp(one, at) for one in steps),
        came=_came(case, steps),
    )


def _who(case: Case, units: Mapping[int, str], viewer: Viewer) -> tuple[str, ...]:
    """Return who reported it; a vendor reads names of its own people only."""
    unit = units.get(case.starter_unit_id, "")
    if viewer.is_vendor and case.starter_unit_id != viewer.unit_id:
        return ()
    return (case.starter_name, unit)


def _came(case: Case, steps: Sequence[WorkItem]) -> str:
    """Say what came of a report, or what is being done about it."""
    if case.status != "running":
        return gettext(
            "%(time)s %(result)s", time=filters.local_time(case.closed_at), result=case_result_word(case.result)
        )
    names = dict.fromkeys(name_of(one, locale()) for one in steps)
    return gettext("正在办：%(names)s。", names=gettext("、").join(names)) if names else ""
