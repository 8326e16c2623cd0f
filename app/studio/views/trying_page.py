"""The page of a try-out: what it begins with, or how far it is, whole or as the part that htmx swaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import render_template, request, url_for
from markupsafe import Markup

from app.engine import DiagramRefused
from app.errors import Invalid, NotFound, UserError
from app.formkit import BoundForm
from app.people.operations import resolve
from app.people.queries import people_choices
from app.people.session import current_viewer
from app.studio import queries, queries_try
from app.studio.models import TryOut
from app.studio.operations import trying
from app.studio.trying import Play
from app.studio.views.blueprint import draft_for, reading, runtime
from app.studio.views.modeler import frame
from app.studio.views.trying_desk import PERSON, SEEN
from app.studio.views.trying_scene import Looking, Scene, scene_of
from app.web.errors import Problem, wants_fragment
from app.web.i18n import gettext

FORM = "try-form"
CONTROLS = {"starter": "try-starter", "name": "try-walk", "values": "try-result", "reason": "try-back-why"}


def page_of(
    draft_id: int, *, on: str = "", bound: BoundForm | None = None, error: UserError | None = None, done: str = ""
) -> str:
    """Draw the page of a try-out, or the part of it that htmx asks for; `bound` is a form as it was typed."""
    draft = draft_for(draft_id)
    row = queries_try.try_out_of(reading(), current_viewer(), draft_id)
    source = queries.source_of(reading(), draft)
    stale = row is not None and trying.stale(row, source.digest)
    scene = _scene(row, on) if row is not None and not stale else None
    if scene is not None and scene.desk is not None:
        bound = bound or scene.desk.desk.draw()
        scene = replace(scene, bound=bound, form=form_html(draft_id, scene.desk.turn.token, bound))
    context = {
        "scene": scene,
        "stale": row if stale else None,
        "start": _start(draft_id) if scene is None and not stale else None,
        "problem": _problem(error, bound),
        "errors": error.fields if isinstance(error, Invalid) else {},
        "typed": request.form if error else {},
        "done": done,
        "form_id": FORM,
        "names": {"person": PERSON, "seen": SEEN},
    }
    template = "studio/try_panel.html" if wants_fragment() else "studio/try.html"
    return render_template(template, **context, **frame(draft))


def _scene(row: TryOut, on: str) -> Scene:
    play, diagram = play_of(row)
    viewer = current_viewer()
    # whoever was played in the step just taken has no part in the next one
    person = person_played() if on or request.method == "GET" else None
    return scene_of(row, play, diagram, Looking(viewer, on or request.args.get("on", ""), person))


def _start(draft_id: int) -> dict[str, Any]:
    """Return what a try-out begins with; `refused` says why it cannot."""
    session, viewer = reading(), current_viewer()
    source = queries.source_of(session, draft_for(draft_id))
    usual = resolve(session, {"rule": "role", "role": "staff"}, starter_id=None, earlier={}).user_ids
    found: dict[str, Any] = {"people": people_choices(session, viewer), "usual": str(usual[0]), "refused": ""}
    try:
        machine = queries_try.machine_for(session, runtime(), source, queries_try.pins_of(session, runtime(), source))
    except DiagramRefused as error:
        said = [gettext(one.message, **one.values) for one in error.problems]
        return {**found, "refused": gettext(error.message, **error.values), "problems": said, "starts": []}
    except UserError as error:
        return {**found, "refused": gettext(error.message, **error.values), "problems": [], "starts": []}
    return {**found, "starts": machine.definition.starts}


def row_of(draft_id: int) -> TryOut:
    """Return this person's try-out of a draft; raise NotFound without one."""
    row = queries_try.try_out_of(reading(), current_viewer(), draft_id)
    if row is None:
        raise NotFound(trying.NOT_BEGUN)
    return row


def play_of(row: TryOut) -> tuple[Play, str]:
    """Return a try-out as the play it is, and the diagram it runs on."""
    session = reading()
    source = queries.source_of(session, draft_for(row.draft_id))
    machine = queries_try.machine_for(session, runtime(), source, row.state["called"])
    return queries_try.play_of(session, machine, row), source.diagram.decode()


def form_html(draft_id: int, token: str, bound: BoundForm | None) -> Markup:
    """Return a step's form as the page shows it."""
    if bound is None:
        return Markup()
    return bound.html(refresh_url=url_for("studio.try_form", draft_id=draft_id, token=token), upload_url="")


def _problem(error: UserError | None, bound: BoundForm | None) -> Problem | None:
    if error is None:
        return None
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    known = bound.fields if bound else {}
    beside = {
        (f"gj-{name}" if name in known else CONTROLS.get(name, name)): gettext(said) for name, said in fields.items()
    }
    kind = "error" if isinstance(error, Invalid) else "warn"
    return Problem(error.status, gettext(error.message, **error.values), kind, fields=beside)


def person_played() -> int | None:
    """Return the id of the person chosen to be played, if one was."""
    return request.values.get(PERSON, type=int)
