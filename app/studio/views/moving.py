"""Move running cases to another version, seen case by case before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app import clock
from app.db import db, transaction
from app.errors import Invalid, Refused, UserError
from app.i18n import N_
from app.people.session import current_viewer
from app.processes.models import Process, ProcessVersion
from app.studio import queries
from app.studio import queries_versions as versions
from app.studio.views.blueprint import EDIT, bp, reading, runtime
from app.web import permission
from app.web.i18n import gettext
from app.work.models import Case
from app.work.operations.migrating import MOST, migrate, preview

NONE_CHOSEN = N_("还没有选办件。在要换版本的办件前面打勾。")


@dataclass(frozen=True)
class Outcome:
    """What became of one case: moved, or why not."""

    number: str
    title: str
    refusal: str


@bp.get("/studio/processes/<slug>/migrate", endpoint="migrate")
@permission(EDIT)
def candidates(slug: str) -> ResponseReturnValue:
    """Show which cases under way could go on under a version, and why others could not."""
    process = _process(slug)
    return _page(process, _wanted(process, request.args.get("to", type=int)))


@bp.post("/studio/processes/<slug>/migrate")
@permission(EDIT)
def move_cases(slug: str) -> ResponseReturnValue:
    """Move the ticked cases, each in a transaction of its own, and tell what became of each."""
    process = _process(slug)
    version = _wanted(process, request.form.get("to", type=int))
    chosen = request.form.getlist("case", type=int)[:MOST]
    reason = request.form.get("reason", "").strip()
    errors = {} if chosen else {"case": gettext(NONE_CHOSEN)}
    if not reason:
        errors["reason"] = gettext("请写理由。")
    if errors:
        return _page(process, version, errors=errors, chosen=chosen, reason=reason), Invalid.status
    slug, version_id = process.slug, version.id
    done = [one for one in (_move(slug, case_id, version_id, reason) for case_id in chosen) if one is not None]
    process = _process(slug)
    return _page(process, _wanted(process, version.number), outcomes=done)


def _move(slug: str, case_id: int, version_id: int, reason: str) -> Outcome | None:
    case = reading().get(Case, case_id)
    if case is None or case.slug != slug:
        return None
    number, title = case.number, case.title
    try:
        with transaction() as session:
            migrate(session, runtime(), case_id, version_id, current_viewer(), reason, clock.now(session))
    except UserError as error:
        db.session.rollback()
        return Outcome(number, title, gettext(error.message, **error.values))
    return Outcome(number, title, "")


def _process(slug: str) -> Process:
    """Return a process whose cases this person may move."""
    process = versions.process_named(reading(), slug)
    if not queries.may_edit_slug(reading(), current_viewer(), slug):
        raise Refused(N_("这个流程由别人负责，您不能改。"))
    return process


def _wanted(process: Process, number: int | None) -> ProcessVersion:
    """Return the version of this number, by default the running one."""
    if number is not None:
        return versions.version_numbered(reading(), process, number)
    return reading().get_one(ProcessVersion, process.running_version_id)


def _page(
    process: Process,
    version: ProcessVersion,
    *,
    outcomes: Sequence[Outcome] = (),
    errors: Mapping[str, str] | None = None,
    chosen: Sequence[int] = (),
    reason: str = "",
) -> str:
    lines = preview(reading(), runtime(), process.slug, version.id)
    return render_template(
        "studio/migrate.html",
        process=process,
        version=version,
        versions=versions.versions_of(reading(), process),
        lines=sorted(lines, key=lambda one: not one.safe),
        safe=sum(one.safe for one in lines),
        most=MOST,
        outcomes=outcomes,
        errors=errors or {},
        chosen=chosen,
        reason=reason,
    )
