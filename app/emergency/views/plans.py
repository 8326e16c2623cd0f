"""The plan library: the plans and how they stand, one plan with its versions, a new version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from app.clock import local
from app.db import db
from app.emergency import readiness
from app.emergency.models import PlanVersion
from app.emergency.operations import plans as operations
from app.emergency.operations.plans import PlanText, delay_of
from app.emergency.queries import drills, library, numbers
from app.emergency.rules import DRILL_STATES, GROUPS, KINDS, TARGETS
from app.emergency.views.acting import number, rows_of, typed
from app.emergency.views.blueprint import bp
from app.errors import Conflict, Invalid
from app.formkit.richtext import show_rich
from app.i18n import N_
from app.people.session import current_viewer
from app.processes.models import Process
from app.review.diff import visual_diff
from app.review.subjects import Content
from app.web import menu, permission
from app.web.acting import INVALID, SEE_OTHER, now, write
from app.web.i18n import gettext

SEE: Final = "emergency.figures"
EMPTY_ROWS: Final = 3

menu.add("maintenance", "emergency.plans", N_("预案库"), "file-description", SEE)


@bp.get("/emergency/plans")
@permission(SEE)
def plans() -> ResponseReturnValue:
    """List the plans and say of each how it stands."""
    at = now()
    return render_template(
        "emergency/plans.html",
        lines=library.lines(db.session(), at),
        today=local(at).date(),
        lamp=readiness.drill_lamp,
        groups=GROUPS,
        kinds=KINDS,
    )


@bp.get("/emergency/plans/<int:plan_id>")
@permission(SEE)
def plan(plan_id: int) -> ResponseReturnValue:
    """Show a plan: text, targets, knowledge, whom it calls, its drills and versions."""
    session, at = db.session(), now()
    line = library.line(session, plan_id, at)
    held = library.drills_of(session, plan_id)
    return render_template(
        "emergency/plan.html",
        line=line,
        body=show_rich(line.version.body),
        versions=library.versions(session, plan_id),
        called=numbers.called_for(session, plan_id),
        phone_of=numbers.phone_of,
        is_valid=lambda one: readiness.is_valid(numbers.phone_of(one), one.checked_at, at),
        drills=held,
        drill_numbers=drills.numbers_of(session, held),
        states=DRILL_STATES,
        lamp=readiness.drill_lamp(line.due, local(at).date()),
        groups=GROUPS,
        kinds=KINDS,
        targets=TARGETS,
        minutes=minutes,
        process=_process(line.plan.process),
        may_manage=current_viewer().may(operations.MANAGE),
    )


@bp.get("/emergency/plans/<int:plan_id>/versions/<int:number>")
@permission(SEE)
def plan_version(plan_id: int, number: int) -> ResponseReturnValue:
    """Show an old text and what was changed in it."""
    session = db.session()
    found = library.plan(session, plan_id)
    version = library.version(session, plan_id, number)
    before = library.version(session, plan_id, number - 1) if number > 1 else None
    new = _content(version, found.name)
    return render_template(
        "emergency/plan_version.html",
        plan=found,
        version=version,
        diff=visual_diff(_content(before, found.name), new) if before else None,
        body=show_rich(version.body),
        newest=library.latest(session, plan_id).number,
    )


@bp.get("/emergency/plans/<int:plan_id>/edit")
@permission(operations.MANAGE)
def edit_plan(plan_id: int) -> ResponseReturnValue:
    """Show the plan as a form."""
    found, version = library.plan(db.session(), plan_id), library.latest(db.session(), plan_id)
    text = PlanText(
        found.name, found.drill_months, version.body, version.targets, tuple(version.knowledge), tuple(version.script)
    )
    return _edit_page(plan_id, text, version.number)


@bp.post("/emergency/plans/<int:plan_id>/edit")
@permission(operations.MANAGE)
def save_plan(plan_id: int) -> ResponseReturnValue:
    """Make a new version; what was typed stays on the page when it cannot be one."""
    viewer, text, seen = current_viewer(), _typed(), number("seen") or 0
    try:
        made = write(lambda session, at: operations.save_plan(session, viewer, plan_id, text, seen, at))
    except Invalid as error:
        return _edit_page(plan_id, text, seen, error.fields), INVALID
    except Conflict as error:
        return _edit_page(plan_id, text, seen, met=True), error.status
    if made is None:
        flash(gettext("没有改动，还是原来那一版。"), "info")
    else:
        flash(gettext("已存为第 %(number)s 版。", number=made.number), "ok")
    return redirect(url_for("emergency.plan", plan_id=plan_id), SEE_OTHER)


def minutes(after: str) -> int:
    """Return after how many minutes a line of a script comes."""
    delay = delay_of(after)
    return int(delay.total_seconds() // 60) if delay else 0


def _edit_page(
    plan_id: int, text: PlanText, seen: int, errors: Mapping[str, str] | None = None, *, met: bool = False
) -> str:
    """Draw the form; `met` says that somebody else saved meanwhile: then the next save goes on from theirs."""
    session = db.session()
    newest = library.latest(session, plan_id)
    return render_template(
        "emergency/plan_edit.html",
        plan=library.plan(session, plan_id),
        text=text,
        seen=newest.number if met else seen,
        newest=newest if met else None,
        errors=errors or {},
        targets=TARGETS,
        minutes=shown_delay,
        empty_rows=EMPTY_ROWS,
    )


def shown_delay(after: str) -> str:
    """Return a time of a script as it is typed; what was no time as it was typed."""
    return gettext("%(count)s 分钟", count=minutes(after)) if delay_of(after) else after


def _typed() -> PlanText:
    return PlanText(
        name=typed("name"),
        drill_months=number("drill_months") or 0,
        body=request.form.get("body", ""),
        targets={name: typed(f"target_{name}") for name in TARGETS},
        knowledge=rows_of("knowledge_title", "knowledge_note", "knowledge_url"),
        script=rows_of("script_after", "script_text"),
        note=typed("note"),
    )


def _content(version: PlanVersion, name: str) -> Content:
    """Return a version as something that can be compared: targets as facts, knowledge and script behind the text."""
    facts = tuple((gettext(TARGETS[key]), text) for key, text in version.targets.items() if key in TARGETS)
    knowledge = [" ".join(filter(None, (one["title"], one["note"], one["url"]))) for one in version.knowledge]
    script = [f"T+{minutes(one['after'])} {one['text']}" for one in version.script]
    body = show_rich(version.body) + _listed(gettext("知识"), knowledge) + _listed(gettext("演练脚本"), script)
    return Content(name, str(body), facts)


def _listed(title: str, lines: Sequence[str]) -> Markup:
    items = Markup().join(Markup("<li><p>{}</p></li>").format(line) for line in lines)
    return Markup("<h2>{}</h2><ul>{}</ul>").format(title, items) if lines else Markup()


def _process(slug: str) -> str | None:
    """Return the slug of the plan's process when it is there to look at."""
    may = current_viewer().may("studio.view")
    return slug if may and db.session.scalar(select(Process.id).where(Process.slug == slug)) else None
