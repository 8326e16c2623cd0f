"""Drills: the plan of a year, one drill, starting it, what drills showed; the rules of micro-drills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import local
from app.db import db
from app.emergency import readiness
from app.emergency.models import Drill
from app.emergency.operations import drilling
from app.emergency.operations import micro as micro_operations
from app.emergency.operations.drilling import Scene
from app.emergency.operations.micro import RuleFacts
from app.emergency.operations.plans import MANAGE
from app.emergency.queries import drills as queries
from app.emergency.queries import library, micro
from app.emergency.rules import DRILL_STATES, GROUPS, KINDS, PLANNED, TARGETS
from app.emergency.views.acting import day, number, rows_of, typed
from app.emergency.views.blueprint import bp
from app.emergency.views.plans import EMPTY_ROWS, minutes, shown_delay
from app.errors import Invalid, NotFound, UserError
from app.i18n import N_
from app.people import queries as house
from app.people.session import current_viewer
from app.web import menu, permission
from app.web.acting import INVALID, SEE_OTHER, now, settle, told, write
from app.web.i18n import gettext

SEE: Final = "emergency.figures"

menu.add("maintenance", "emergency.drills", N_("演练"), "checklist", SEE)


@bp.get("/emergency/drills")
@permission(SEE)
def drills() -> ResponseReturnValue:
    """Show the drills of a year and which plans are behind."""
    session, at = db.session(), now()
    year = _year()
    rows = queries.of_year(session, year)
    today = local(at).date()
    return render_template(
        "emergency/drills.html",
        year=year,
        years=queries.years(session, at),
        rows=rows,
        numbers=queries.numbers_of(session, rows),
        late=[one for one in library.lines(session, at) if readiness.drill_lamp(one.due, today) != readiness.GREEN],
        lamp=readiness.drill_lamp,
        today=today,
        states=DRILL_STATES,
        may_manage=current_viewer().may(MANAGE),
    )


@bp.get("/emergency/drills/new")
@permission(MANAGE)
def new_drill() -> ResponseReturnValue:
    """Ask what a drill is to be; a plan that was chosen brings its script along."""
    plan_id = number("plan")
    if plan_id is None:
        plans = library.lines(db.session(), now())
        return render_template("emergency/drill_plans.html", lines=plans, kinds=KINDS)
    script = library.latest(db.session(), library.plan(db.session(), plan_id).id).script
    return _edit_page(None, Scene(plan_id, None, None, "", tuple(script)))


@bp.post("/emergency/drills/new")
@permission(MANAGE)
def create_drill() -> ResponseReturnValue:
    """Plan a drill."""
    viewer, scene = current_viewer(), _scene(number("plan") or 0)
    try:
        made = write(lambda session, at: drilling.plan_drill(session, viewer, scene, at).id)
    except Invalid as error:
        return _edit_page(None, scene, error.fields), INVALID
    flash(gettext("演练已经安排。到那一天在这里开始。"), "ok")
    return redirect(url_for("emergency.drill", drill_id=made), SEE_OTHER)


@bp.get("/emergency/drills/<int:drill_id>")
@permission(SEE)
def drill(drill_id: int) -> ResponseReturnValue:
    """Show a drill and, once it is over, how it compares with the targets."""
    session = db.session()
    row = queries.drill(session, drill_id)
    return render_template(
        "emergency/drill.html",
        row=row,
        site=_site_name(row),
        numbers=queries.numbers_of(session, [row]),
        states=DRILL_STATES,
        kinds=KINDS,
        targets=TARGETS,
        minutes=minutes,
        PLANNED=PLANNED,
        today=local(now()).date(),
        may_manage=current_viewer().may(MANAGE),
    )


@bp.get("/emergency/drills/<int:drill_id>/edit")
@permission(MANAGE)
def edit_drill(drill_id: int) -> ResponseReturnValue:
    """Show a planned drill as a form."""
    row = queries.drill(db.session(), drill_id)
    return _edit_page(row, Scene(row.plan_id, row.site_id, row.planned_on, row.scene, tuple(row.script)))


@bp.post("/emergency/drills/<int:drill_id>/edit")
@permission(MANAGE)
def change_drill(drill_id: int) -> ResponseReturnValue:
    """Change a planned drill."""
    viewer, seen = current_viewer(), number("row_version")
    row = queries.drill(db.session(), drill_id)
    scene = _scene(row.plan_id)
    try:
        write(lambda session, at: drilling.change_drill(session, viewer, drill_id, scene, seen, at))
    except Invalid as error:
        return _edit_page(row, scene, error.fields), INVALID
    flash(gettext("已经改好。"), "ok")
    return redirect(url_for("emergency.drill", drill_id=drill_id), SEE_OTHER)


@bp.post("/emergency/drills/<int:drill_id>/start")
@permission(MANAGE)
def start_drill(drill_id: int) -> ResponseReturnValue:
    """Begin a drill and go to its board."""
    viewer, runtime = current_viewer(), current_app.extensions["guanjia.runtime"]
    try:
        code = write(lambda session, at: drilling.start_drill(session, runtime, viewer, drill_id, at).number)
    except NotFound as error:
        if error.message == queries.NO_DRILL:
            raise
        flash(told(error), "error")
        return redirect(url_for("emergency.drill", drill_id=drill_id), SEE_OTHER)
    except UserError as error:
        flash(told(error), "error")
        return redirect(url_for("emergency.drill", drill_id=drill_id), SEE_OTHER)
    flash(gettext("演练开始了。"), "ok")
    return redirect(f"{request.script_root}/emergency/{code}", SEE_OTHER)


@bp.post("/emergency/drills/<int:drill_id>/drop")
@permission(MANAGE)
def drop_drill(drill_id: int) -> ResponseReturnValue:
    """Let a planned drill not take place."""
    viewer = current_viewer()
    return settle(
        lambda session, at: drilling.drop_drill(session, viewer, drill_id, at),
        N_("这次演练不办了，仍留在表上。"),
        url_for("emergency.drill", drill_id=drill_id),
    )


@bp.get("/emergency/drills/figures")
@permission(SEE)
def drill_figures() -> ResponseReturnValue:
    """Show what the drills and micro-drills of a year showed."""
    return _figures_page()


@bp.post("/emergency/drills/micro/<group>")
@permission(MANAGE)
def change_micro_rule(group: str) -> ResponseReturnValue:
    """Change when the people of a group are tried by surprise."""
    viewer = current_viewer()
    names = ("per_month", "from_hour", "to_hour", "answer_minutes")
    facts = RuleFacts(*(-1 if (found := number(name)) is None else found for name in names))
    try:
        write(lambda session, at: micro_operations.change_rule(session, viewer, group, facts, at))
    except Invalid as error:
        return _figures_page(group, told(error)), INVALID
    flash(gettext("已经改好，下一次的时间重新抽过。"), "ok")
    return redirect(url_for("emergency.drill_figures", _anchor="micro"), SEE_OTHER)


def _figures_page(wrong_group: str = "", problem: str = "") -> str:
    session, at = db.session(), now()
    year = _year()
    return render_template(
        "emergency/drill_figures.html",
        year=year,
        years=queries.years(session, at),
        lines=queries.figures(session, year),
        micro=queries.micro_figures(session, year),
        tries=queries.recent_tries(session),
        rules=micro.rules(session),
        groups=GROUPS,
        targets=TARGETS,
        wrong_group=wrong_group,
        problem=problem,
        typed=request.form,
        may_manage=current_viewer().may(MANAGE),
    )


def _year() -> int:
    found = number("year") or local(now()).year
    return min(max(found, 2000), 2100)


def _scene(plan_id: int) -> Scene:
    return Scene(plan_id, number("site"), day("planned_on"), typed("scene"), rows_of("script_after", "script_text"))


def _edit_page(row: Drill | None, scene: Scene, errors: Mapping[str, str] | None = None) -> str:
    session, viewer = db.session(), current_viewer()
    values: dict[str, Any] = {**vars(scene), "planned_on": typed("planned_on") or scene.planned_on or ""}
    return render_template(
        "emergency/drill_edit.html",
        row=row,
        plan=library.plan(session, scene.plan_id),
        values=values,
        sites=house.site_choices(session, viewer),
        errors=errors or {},
        own_delay=shown_delay,
        empty_rows=EMPTY_ROWS,
        today=local(now()).date(),
    )


def _site_name(row: Drill) -> str:
    if row.site_id is None:
        return ""
    try:
        return house.site(db.session(), current_viewer(), row.site_id).name
    except NotFound:
        return ""
