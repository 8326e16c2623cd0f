"""The maintenance register (系统维护登记): every declared operation on a production system, to search per site."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.dispatch import queries
from app.dispatch.queries import Filters
from app.people import queries as house
from app.people.session import current_viewer
from app.web import permission

LONGEST, DIGITS = 100, 9

bp = Blueprint("dispatch", "app.dispatch", template_folder="templates")


@bp.get("/maintenance")
@permission("dispatch.maintenance")
def maintenance() -> ResponseReturnValue:
    """Search the register by site, vendor, date and text."""
    viewer, session, filters = current_viewer(), db.session(), _filters()
    found = queries.maintenance(session, viewer, filters, _asked("after"))
    return render_template(
        "dispatch/maintenance.html",
        filters=filters,
        page=found,
        more=url_for("dispatch.maintenance", **filters.named, after=found.after) if found.after else None,
        sites=house.site_choices(session, viewer),
        vendors=[] if viewer.is_vendor else house.vendor_choices(session, viewer),
        without=[(name, _address_without(filters, name)) for name in filters.named],
    )


@bp.get("/maintenance/<int:entry_id>")
@permission("dispatch.maintenance")
def maintenance_entry(entry_id: int) -> ResponseReturnValue:
    """Show one entry in full, with the case it belongs to."""
    line = queries.maintenance_entry(db.session(), current_viewer(), entry_id)
    return render_template("dispatch/maintenance_entry.html", line=line, entry=line.entry)


def _filters() -> Filters:
    return Filters(
        text=_asked("text"),
        site=_asked_id("site"),
        vendor=_asked_id("vendor"),
        first=_asked_day("first"),
        last=_asked_day("last"),
    )


def _address_without(filters: Filters, name: str) -> str:
    kept = {key: value for key, value in filters.named.items() if key != name}
    return url_for("dispatch.maintenance", **kept)


def _asked(name: str) -> str:
    return request.args.get(name, "").strip()[:LONGEST]


def _asked_id(name: str) -> int | None:
    text = _asked(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def _asked_day(name: str) -> date | None:
    try:
        return date.fromisoformat(_asked(name))
    except ValueError:
        return None
