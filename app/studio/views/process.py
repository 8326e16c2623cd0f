"""One process (流程): its versions, drafts, rights and walks, and what is done with it as a whole."""

from __future__ import annotations

import io
from datetime import datetime

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.errors import Invalid, NotFound
from app.i18n import N_
from app.people import queries as house
from app.people.rules import ROLES, Viewer
from app.people.session import current_viewer
from app.processes import rights
from app.processes.models import ProcessVersion
from app.processes.operations import stored_source
from app.processes.walks import retire_walk
from app.studio import queries
from app.studio import queries_library as shelves
from app.studio import queries_versions as versions
from app.studio.operations import drafts
from app.studio.operations.bundles import bundle_of
from app.studio.operations.library import copy_process
from app.studio.views.blueprint import EDIT, SEE_OTHER, VIEW, actor, bp, draft_for, reading
from app.web import permission
from app.web.acting import Act, settle, told
from app.web.i18n import gettext

NO_PROCESS = N_("没有这个流程。")
SAVED = N_("已经改好。")


@bp.get("/studio/processes/<slug>")
@permission(VIEW)
def process(slug: str) -> ResponseReturnValue:
    """Show one process with everything that is kept about it."""
    session, viewer = reading(), current_viewer()
    line = shelves.line_of(session, viewer, slug)
    if line is None:
        raise NotFound(NO_PROCESS)
    found = line.process
    return render_template(
        "studio/process.html",
        line=line,
        process=found,
        versions=shelves.versions_of(session, found) if found else (),
        walks=shelves.all_walks(session, slug),
        may_edit=queries.may_edit_slug(session, viewer, slug),
        managers=shelves.managing(session, found) if found else frozenset(),
        editors=house.person_facts(session, house.holding(session, EDIT)).values(),
        units=shelves.units(session),
        roles=[role for role in ROLES.values() if "work.start" in role.permissions],
        categories=shelves.categories(session),
    )


@bp.post("/studio/processes/<slug>/drafts")
@permission(EDIT)
def begin_draft(slug: str) -> ResponseReturnValue:
    """Begin a draft from a version, by default the running one, and open it."""
    viewer, version_id = current_viewer(), _version(slug, request.form.get("version", type=int)).id
    _require_edit(viewer, slug)
    with transaction() as session:
        draft_id = drafts.begin_from(session, viewer, version_id, clock.now(session)).id
    return redirect(url_for("studio.draft", draft_id=draft_id), SEE_OTHER)


@bp.post("/studio/drafts/<int:draft_id>/discard")
@permission(EDIT)
def discard_draft(draft_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    viewer, slug = current_viewer(), draft_for(draft_id).slug
    with transaction() as session:
        drafts.discard(session, viewer, draft_id, clock.now(session))
    flash(gettext("草稿已丢弃。"), "ok")
    known = shelves.line_of(reading(), viewer, slug)
    return redirect(url_for("studio.process", slug=slug) if known else url_for("studio.library"), SEE_OTHER)


@bp.post("/studio/processes/<slug>/copy")
@permission(EDIT)
def copy(slug: str) -> ResponseReturnValue:
    """Begin another process with the texts of this one."""
    viewer, version_id = current_viewer(), _version(slug, None).id
    name, new_slug = request.form.get("name", ""), request.form.get("slug", "")
    try:
        with transaction() as session:
            draft_id = copy_process(session, viewer, version_id, name, new_slug, clock.now(session)).id
    except Invalid as error:
        flash(told(error), "error")
        return redirect(url_for("studio.process", slug=slug), SEE_OTHER)
    return redirect(url_for("studio.draft", draft_id=draft_id), SEE_OTHER)


@bp.post("/studio/processes/<slug>/details")
@permission(EDIT)
def set_details(slug: str) -> ResponseReturnValue:
    """Write category and description."""
    viewer, typed = current_viewer(), request.form
    category, text = typed.get("category", ""), typed.get("description", "")
    return _carry_out(slug, lambda session, now: rights.set_details(session, slug, viewer, category, text, now))


@bp.post("/studio/processes/<slug>/rights")
@permission(EDIT)
def set_rights(slug: str) -> ResponseReturnValue:
    """Say who may start and who may edit the process."""
    viewer, roles = current_viewer(), request.form.getlist("role")
    units = request.form.getlist("unit", type=int)
    managers = request.form.getlist("manager", type=int)

    def act(session: Session, now: datetime) -> None:
        rights.set_starters(session, slug, viewer, roles, units, now)
        rights.set_managers(session, slug, viewer, managers, now)

    return _carry_out(slug, act)


@bp.post("/studio/processes/<slug>/suspend")
@permission(EDIT)
def suspend(slug: str) -> ResponseReturnValue:
    """Let no new case start."""
    viewer, reason = current_viewer(), request.form.get("reason", "")
    return _carry_out(slug, lambda session, now: rights.suspend_process(session, slug, viewer, reason, now))


@bp.post("/studio/processes/<slug>/resume")
@permission(EDIT)
def resume(slug: str) -> ResponseReturnValue:
    """Let cases start again."""
    viewer, reason = current_viewer(), request.form.get("reason", "")
    return _carry_out(slug, lambda session, now: rights.resume_process(session, slug, viewer, reason, now))


@bp.post("/studio/processes/<slug>/walks/<int:walk_id>/retire")
@permission(EDIT)
def retire(slug: str, walk_id: int) -> ResponseReturnValue:
    """Walk a recorded walk no longer."""
    _require_edit(current_viewer(), slug)
    if walk_id not in {one.id for one in shelves.all_walks(reading(), slug)}:
        raise NotFound(NO_PROCESS)
    who = actor()
    return _carry_out(slug, lambda session, now: retire_walk(session, walk_id, who, now))


@bp.get("/studio/processes/<slug>/versions/<int:number>/<kind>")
@permission(VIEW)
def export(slug: str, number: int, kind: str) -> ResponseReturnValue:
    """Send one version: its diagram alone (`bpmn`) or everything in a zip (`bundle`)."""
    source = stored_source(reading(), _version(slug, number).id)
    if kind not in {"bpmn", "bundle"}:
        raise NotFound(NO_PROCESS)
    content, ending = (source.diagram, "bpmn") if kind == "bpmn" else (bundle_of(source), "zip")
    name = f"{slug}.{ending}" if kind == "bpmn" else f"{slug}-v{number}.{ending}"
    return send_file(io.BytesIO(content), "application/octet-stream", as_attachment=True, download_name=name)


def _carry_out(slug: str, act: Act[object]) -> ResponseReturnValue:
    """Do it and go back to the process with one sentence."""
    return settle(act, SAVED, url_for("studio.process", slug=slug))


def _require_edit(viewer: Viewer, slug: str) -> None:
    if not queries.may_edit_slug(reading(), viewer, slug):
        raise NotFound(NO_PROCESS)


def _version(slug: str, number: int | None) -> ProcessVersion:
    """Return a version by its number, without one the running version."""
    session = reading()
    found = versions.process_named(session, slug)
    if number is not None:
        return versions.version_numbered(session, found, number)
    running = versions.running_of(session, slug)
    if running is None:
        raise NotFound(NO_PROCESS)
    return running
