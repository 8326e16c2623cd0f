"""The approval sheet (信息发布审批表): what the record says, on one A4 page."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.db import db
from app.people.session import current_viewer
from app.review.sheets import sheet_of
from app.review.views.blueprint import bp
from app.web import permission


@bp.get("/review/<kind>-<int:number>/sheet")
@permission("review.view")
def sheet(kind: str, number: int) -> ResponseReturnValue:
    """Print who passed which version of a content."""
    found = sheet_of(db.session(), current_viewer(), f"{kind}:{number}")
    return render_template("review/sheet.html", sheet=found)
