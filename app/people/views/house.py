"""Administration of units, websites and settings."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.i18n import N_
from app.people import operations, queries, rules, session
from app.people.forms import SettingsForm, SiteForm, UnitForm, translated
from app.people.models import Site, Unit
from app.people.rules import Viewer
from app.people.views.blueprint import attempt, bp
from app.web import permission
from app.web.acting import INVALID, asked, settle
from app.web.i18n import gettext


@bp.get("/units")
@permission("people.view")
def units() -> ResponseReturnValue:
    """Show the tree of units."""
    viewer = session.current_viewer()
    return render_template(
        "people/units.html",
        lines=queries.units(db.session(), viewer, search=asked("q"), state=asked("state")),
        kinds=rules.UNIT_KINDS,
        may_edit=viewer.may("people.edit"),
    )


@bp.route("/units/new", methods=["GET", "POST"])
@permission("people.edit")
def new_unit() -> ResponseReturnValue:
    """Create a unit."""
    form = _unit_form(session.current_viewer(), None)
    if request.method == "POST" and form.validate():
        by = session.current_author()
        kind = form.kind.data or ""
        if attempt(form, lambda writing, at: operations.create_unit(writing, by, kind=kind, **form.values(), now=at)):
            flash(gettext("单位已建好。"), "ok")
            return redirect(url_for("people.units"), 303)
    return render_template("people/unit.html", form=form, unit=None), INVALID if form.problems else 200


@bp.route("/units/<int:unit_id>", methods=["GET", "POST"])
@permission("people.edit")
def unit(unit_id: int) -> ResponseReturnValue:
    """Show and change a unit."""
    viewer = session.current_viewer()
    found = queries.unit(db.session(), viewer, unit_id)
    form = _unit_form(viewer, found)
    if request.method == "POST" and form.validate():
        by = session.current_author()
        if attempt(
            form,
            lambda writing, at: operations.update_unit(
                writing, by, unit_id, **form.values(), version=form.seen, now=at
            ),
        ):
            flash(gettext("已保存。"), "ok")
            return redirect(url_for("people.unit", unit_id=unit_id), 303)
        found = queries.unit(db.session(), viewer, unit_id)
    return render_template("people/unit.html", form=form, unit=found), INVALID if form.problems else 200


@bp.post("/units/<int:unit_id>/disable")
@permission("people.edit")
def disable_unit(unit_id: int) -> ResponseReturnValue:
    """Close a unit."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.disable_unit(writing, by, unit_id, at),
        N_("单位已停用。"),
        url_for("people.unit", unit_id=unit_id),
    )


@bp.post("/units/<int:unit_id>/enable")
@permission("people.edit")
def enable_unit(unit_id: int) -> ResponseReturnValue:
    """Open a unit again."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.enable_unit(writing, by, unit_id, at),
        N_("单位已启用。"),
        url_for("people.unit", unit_id=unit_id),
    )


@bp.get("/sites")
@permission("sites.view")
def sites() -> ResponseReturnValue:
    """List websites."""
    viewer = session.current_viewer()
    return render_template(
        "people/sites.html",
        page=queries.sites(
            db.session(), viewer, search=asked("q"), state=asked("state"), after=asked("after") or None
        ),
        states=rules.SITE_STATES,
        state_choices=translated(rules.SITE_STATES, gettext),
        may_edit=viewer.may("sites.edit"),
    )


@bp.route("/sites/new", methods=["GET", "POST"])
@permission("sites.edit")
def new_site() -> ResponseReturnValue:
    """Register a website."""
    form = _site_form(session.current_viewer(), None)
    if request.method == "POST" and form.validate():
        by = session.current_author()
        if attempt(form, lambda writing, at: operations.create_site(writing, by, **form.values(), now=at)):
            flash(gettext("网站已登记。"), "ok")
            return redirect(url_for("people.sites"), 303)
    return render_template("people/site.html", form=form, site=None), INVALID if form.problems else 200


@bp.route("/sites/<int:site_id>", methods=["GET", "POST"])
@permission("sites.edit")
def site(site_id: int) -> ResponseReturnValue:
    """Show and change a website."""
    viewer = session.current_viewer()
    found = queries.site(db.session(), viewer, site_id)
    form = _site_form(viewer, found)
    if request.method == "POST" and form.validate():
        by = session.current_author()
        if attempt(
            form,
            lambda writing, at: operations.update_site(
                writing, by, site_id, **form.values(), version=form.seen, now=at
            ),
        ):
            flash(gettext("已保存。"), "ok")
            return redirect(url_for("people.site", site_id=site_id), 303)
        found = queries.site(db.session(), viewer, site_id)
    return render_template("people/site.html", form=form, site=found), INVALID if form.problems else 200


@bp.route("/settings", methods=["GET", "POST"])
@permission("settings.edit")
def settings() -> ResponseReturnValue:
    """Show and change the settings of the house."""
    form = SettingsForm(request.form if request.method == "POST" else None, data=queries.settings(db.session()))
    if request.method == "POST" and form.validate():
        by, values = session.current_author(), dict(form.data)
        if attempt(form, lambda writing, at: _change_settings(writing, by, values, at)):
            flash(gettext("设置已改，马上生效。"), "ok")
            return redirect(url_for("people.settings"), 303)
    page = render_template("people/settings.html", form=form, rules=rules.SETTINGS)
    return page, INVALID if form.problems else 200


def _change_settings(writing: Any, by: operations.Author, values: dict[str, Any], at: Any) -> None:
    for key in rules.SETTINGS:
        operations.change_setting(writing, by, key, values.get(key), at)


def _unit_form(viewer: Viewer, found: Unit | None) -> UnitForm:
    form = UnitForm(
        request.form if request.method == "POST" else None,
        obj=found,
        version=found.row_version if found else "",
    )
    form.kind.offer(translated(rules.UNIT_KINDS, gettext))
    if found:
        form.kind.data = found.kind
    form.parent_id.offer(queries.unit_choices(db.session(), viewer))
    return form


def _site_form(viewer: Viewer, found: Site | None) -> SiteForm:
    form = SiteForm(
        request.form if request.method == "POST" else None,
        obj=found,
        version=found.row_version if found else "",
    )
    form.owner_id.offer(queries.unit_choices(db.session(), viewer, (rules.OFFICE, rules.DEPARTMENT)))
    form.parent_id.offer(queries.site_choices(db.session(), viewer))
    form.state.offer(translated(rules.SITE_STATES, gettext))
    if not found and request.method == "GET":
        form.state.data = "open"
    return form
