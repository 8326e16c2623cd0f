"""Pages of columns: the tree of a site, one column, who may write, publish and manage where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.content.models import SiteColumn
from app.content.operations import columns as operations
from app.content.operations import grants
from app.content.operations.columns import STATES, ColumnFacts
from app.content.queries import columns as queries
from app.content.rules import KINDS, RIGHTS
from app.content.views.answering import SAVED, reading
from app.content.views.blueprint import bp
from app.errors import Invalid, NotFound
from app.i18n import N_
from app.people import queries as house
from app.people.models import Site
from app.people.rules import DEPARTMENT, OFFICE
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import INVALID, SEE_OTHER, settle, write
from app.web.i18n import gettext

NOT_A_NUMBER: Final = N_("写一个整数。")


@bp.get("/columns")
@permission("content.view")
def columns() -> ResponseReturnValue:
    """List the sites whose columns the reader manages; a single one is opened at once."""
    sites = queries.managed_sites(reading(), current_viewer())
    if len(sites) == 1:
        return redirect(url_for("content.site_columns", site_id=sites[0].id))
    trees = [(site, len(queries.managed_columns(reading(), current_viewer(), site.id))) for site in sites]
    return render_template("content/column_sites.html", sites=trees)


@bp.get("/columns/sites/<int:site_id>")
@permission("content.view")
def site_columns(site_id: int) -> ResponseReturnValue:
    """Show the tree of a site's columns and the rights given there."""
    return _site_page(site_id, {})


@bp.get("/columns/sites/<int:site_id>/new")
@permission("content.view")
def new_column(site_id: int) -> ResponseReturnValue:
    """Ask what a new column is."""
    return _column_page(_site(site_id), None, {}, {})


@bp.post("/columns/sites/<int:site_id>/new")
@permission("content.view")
def create_column(site_id: int) -> ResponseReturnValue:
    """Open a column."""
    site, viewer = _site(site_id), current_viewer()
    try:
        facts = _facts(request.form)
        write(lambda session, now: operations.create_column(session, viewer, site_id, facts, now))
    except Invalid as error:
        return _column_page(site, None, error.fields, request.form), INVALID
    flash(gettext("栏目已建好。"), "ok")
    return redirect(url_for("content.site_columns", site_id=site_id), SEE_OTHER)


@bp.get("/columns/<int:column_id>")
@permission("content.view")
def column(column_id: int) -> ResponseReturnValue:
    """Show what is said about a column."""
    row = queries.column(reading(), current_viewer(), column_id)
    return _column_page(row.site, row, {}, {})


@bp.post("/columns/<int:column_id>")
@permission("content.view")
def update_column(column_id: int) -> ResponseReturnValue:
    """Change what is said about a column."""
    viewer, seen = current_viewer(), request.form.get("row_version", type=int)
    row = queries.column(reading(), viewer, column_id)
    try:
        facts = _facts(request.form)
        write(lambda session, now: operations.update_column(session, viewer, column_id, facts, seen, now))
    except Invalid as error:
        return _column_page(row.site, row, error.fields, request.form), INVALID
    flash(gettext(SAVED), "ok")
    return redirect(url_for("content.site_columns", site_id=row.site_id), SEE_OTHER)


@bp.post("/columns/sites/<int:site_id>/grants")
@permission("content.view")
def give_right(site_id: int) -> ResponseReturnValue:
    """Give a right to a unit or a person."""
    viewer, typed = current_viewer(), request.form
    kind, _, number = typed.get("to", "").partition(":")
    given = int(number) if number.isdigit() else None
    wanted = grants.Wanted(
        right=typed.get("right", ""),
        column_id=typed.get("column", type=int),
        unit_id=given if kind == "unit" else None,
        user_id=given if kind == "user" else None,
    )
    try:
        write(lambda session, now: grants.grant(session, viewer, site_id, wanted, now))
    except Invalid as error:
        return _site_page(site_id, error.fields), INVALID
    flash(gettext("权限已给。"), "ok")
    return redirect(url_for("content.site_columns", site_id=site_id), SEE_OTHER)


@bp.post("/columns/sites/<int:site_id>/grants/<int:grant_id>/withdraw")
@permission("content.view")
def withdraw_right(site_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a right back."""
    viewer = current_viewer()
    return settle(
        lambda session, now: grants.withdraw(session, viewer, grant_id, now),
        N_("权限已收回。"),
        url_for("content.site_columns", site_id=site_id),
    )


def _site(site_id: int) -> Site:
    """Return a site all of whose columns the reader manages."""
    found = reading().get(Site, site_id)
    if found is None or not queries.manages_site(reading(), current_viewer(), site_id):
        raise NotFound(grants.NOT_YOURS)
    return found


def _site_page(site_id: int, errors: Mapping[str, str]) -> str:
    session, viewer = reading(), current_viewer()
    site = next((one for one in queries.managed_sites(session, viewer) if one.id == site_id), None)
    if site is None:
        raise NotFound(grants.NOT_YOURS)
    whole = queries.manages_site(session, viewer, site_id)
    return render_template(
        "content/columns.html",
        site=site,
        whole=whole,
        lines=queries.column_tree(session, viewer, site_id),
        kinds=KINDS,
        states=STATES,
        rights=RIGHTS,
        grants=queries.grants_of(session, site_id) if whole else (),
        units=house.unit_choices(session, viewer) if whole else (),
        people=house.people_choices(session, viewer) if whole else (),
        errors=errors,
        typed=request.form,
    )


def _column_page(site: Site, row: SiteColumn | None, errors: Mapping[str, str], typed: Mapping[str, Any]) -> str:
    session, viewer = reading(), current_viewer()
    others = [one for one in queries.managed_columns(session, viewer, site.id) if row is None or one.id != row.id]
    return render_template(
        "content/column.html",
        site=site,
        row=row,
        values={**_values(row), **(dict(typed.items()) if typed else {})},
        parent_choices=[(one.id, one.name) for one in others],
        units=house.unit_choices(session, viewer, (OFFICE, DEPARTMENT)),
        kind_choices=[(key, gettext(name)) for key, name in KINDS.items()],
        state_choices=[(key, gettext(name)) for key, name in STATES.items()],
        errors=errors,
    )


def _values(row: SiteColumn | None) -> dict[str, Any]:
    """Return what the page shows before anything is typed."""
    if row is None:
        return {"kind": "news", "warn_days": 3, "state": "open"}
    names = ("name", "name_en", "slug", "kind", "owner_id", "parent_id", "update_days", "warn_days", "note", "state")
    return {name: getattr(row, name) for name in (*names, "position")}


def _facts(typed: Mapping[str, str]) -> ColumnFacts:
    return ColumnFacts(
        name=typed.get("name", "").strip(),
        slug=typed.get("slug", "").strip(),
        kind=typed.get("kind", ""),
        owner_id=_number(typed, "owner_id") or 0,
        name_en=typed.get("name_en", "").strip(),
        parent_id=_number(typed, "parent_id"),
        update_days=_number(typed, "update_days"),
        warn_days=_number(typed, "warn_days") or 0,
        note=typed.get("note", "").strip(),
        position=_number(typed, "position") or 0,
        state=typed.get("state", "open"),
    )


def _number(typed: Mapping[str, str], name: str) -> int | None:
    """Return a number as it was typed; None for nothing."""
    text = typed.get(name, "").strip()
    if not text:
        return None
    if not text.isdigit() or len(text) > 9:  # noqa: PLR2004 - as a column holds
        raise Invalid(fields={name: NOT_A_NUMBER})
    return int(text)
