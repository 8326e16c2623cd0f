"""Incidents (异常): the list of all, what is done about one, and what is done to the course of a whole case."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.people.rules import Viewer
from app.people.session import current_viewer
from app.web import filters, permission
from app.web.i18n import gettext, locale
from app.work.models import Case, Incident
from app.work.operations import holding, moves
from app.work.operations import incidents as work
from app.work.pages.handling import Typed, changes
from app.work.pages.lamps import Lamp
from app.work.pages.rows import Row
from app.work.pages.steering import WORDS, Asked, instant
from app.work.queries import incidents
from app.work.queries.names import names_for
from app.work.queries.scope import find_case
from app.work.views.blueprint import SEE_OTHER, bp, now, reading, runtime
from app.work.views.cases import case_page
from app.work.views.troubles import Left, known_to, step_of

VALUE = "value-"
DONE = {
    "retry": N_("已重试，“%(node)s”不再停着。"),
    "repair": N_("已改数据并重试，“%(node)s”不再停着。"),
    "skip": N_("已跳过“%(node)s”，流程接着走了。"),
}


@bp.get("/incidents")
@permission("work.repair")
def incident_list() -> ResponseReturnValue:
    """List what stands still, the oldest first."""
    viewer = current_viewer()
    page = incidents.open_page(reading(), viewer, request.args.get("after"))
    names = names_for(reading(), viewer)
    return render_template(
        "work/incidents.html",
        rows=[_row(incident, case, names.process(case.slug, locale())) for incident, case in page.rows],
        total=incidents.open_count(reading(), viewer),
        more=url_for("work.incident_list", after=page.more) if page.more else None,
    )


@bp.post("/cases/<number>/incidents/<int:incident_id>")
@permission("work.repair")
def solve(number: str, incident_id: int) -> ResponseReturnValue:
    """Retry, repair or skip; what was typed stays in its boxes when it cannot be accepted."""
    viewer = current_viewer()
    found = find_case(reading(), viewer, number)
    incident = incidents.incident_of(reading(), found.id, incident_id)
    name, how, typed = step_of(incident), request.form.get("how", ""), _typed()
    try:
        moved = _solve(viewer, found, incident, how, typed)
    except (Invalid, Conflict) as error:
        return _again(viewer, number, error, Left({incident_id: replace(typed, errors=_told(error))}))
    if moved:
        flash(gettext(DONE[how], node=name), "ok")
    else:
        flash(gettext("又没有办成，“%(node)s”还停在这里。原因写在下面。", node=name), "error")
    return redirect(url_for("work.case", number=number, tab="handling"), SEE_OTHER)


@bp.post("/cases/<number>/steer/<kind>")
@permission("work.steer")
def steer(number: str, kind: str) -> ResponseReturnValue:
    """Suspend, resume or end the case, move it to another step, change a deadline; the reason is asked for."""
    if kind not in WORDS:
        raise NotFound
    viewer = current_viewer()
    case_id = find_case(reading(), viewer, number).id
    try:
        _steer(kind, case_id, viewer)
    except (Invalid, Conflict) as error:
        asked = Asked(request.form.to_dict(), _told(error))
        return _again(viewer, number, error, Left(steers={kind: asked}))
    flash(gettext("%(action)s：已办好，记录在案。", action=gettext(WORDS[kind][0])), "ok")
    return redirect(url_for("work.case", number=number, tab="handling"), SEE_OTHER)


def _again(viewer: Viewer, number: str, error: Invalid | Conflict, left: Left) -> ResponseReturnValue:
    """Show the tab once more with what was typed and what is in the way."""
    if not _told(error):
        flash(gettext(error.message, **error.values), "error")
    return case_page(viewer, find_case(reading(), viewer, number), tab="handling", left=left), error.status


def _told(error: Invalid | Conflict) -> dict[str, str]:
    fields = error.fields if isinstance(error, Invalid) else {}
    return {name: gettext(sentence, **error.values) for name, sentence in fields.items()}


def _typed() -> Typed:
    form = request.form
    texts = {key.removeprefix(VALUE): _text(text) for key, text in form.items() if key.startswith(VALUE)}
    return Typed(form.get("reason", ""), texts, form.get("new_name", "").strip(), form.get("new_text", ""))


def _text(text: str) -> str:
    # browsers send every new line of a box as two characters
    return text.replace("\r\n", "\n")


def _solve(viewer: Viewer, case: Case, incident: Incident, how: str, typed: Typed) -> bool:
    if how not in DONE:
        raise Invalid(fields={"how": N_("还没有选怎么处置。")})
    values = {} if how == "retry" else changes(known_to(case, incident), typed)
    incident_id, reason = incident.id, typed.reason
    with transaction() as session:
        at = clock.now(session)
        if how == "retry":
            return work.retry(session, runtime(), incident_id, viewer, reason, at)
        act = work.repair if how == "repair" else work.skip
        return act(session, runtime(), incident_id, viewer, values, reason, at)


def _steer(kind: str, case_id: int, viewer: Viewer) -> None:
    form = request.form
    reason, token, node = form.get("reason", ""), form.get("token", ""), form.get("node", "")
    due = instant(form.get("due", "")) if kind == "due" else None
    item_id = incidents.item_of(reading(), case_id, form.get("item", 0, type=int)) if due else 0
    with transaction() as session:
        at = clock.now(session)
        if due is not None:
            holding.change_deadline(session, runtime(), item_id, viewer, due, reason, at)
        elif kind == "jump":
            moves.jump(session, runtime(), case_id, viewer, token, node, reason, at)
        else:
            act = {"suspend": holding.suspend, "resume": holding.resume_case, "terminate": moves.terminate}[kind]
            act(session, runtime(), case_id, viewer, reason, at)


def _row(incident: Incident, case: Case, process: str) -> Row:
    since = filters.span(now() - incident.raised_at, 24)
    tries = gettext("%(count)s 次没有办成", count=incident.tries)
    return Row(
        url=url_for("work.case", number=case.number, tab="handling"),
        title=case.title,
        number=case.number,
        facts=(process, incident.reason),
        lamp=Lamp("red", gettext("停了 %(time)s", time=since), tries),
        step=step_of(incident),
        origin=incident.owner_en if locale() == "en" else incident.owner,
        time=incident.raised_at,
    )
