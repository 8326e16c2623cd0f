"""The grade plate above the pages of an emergency's case, with the way to its board."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from app.emergency.pages.board import plate_of
from app.work.models import Case
from app.work.queries.casefile import case_data


def grade_band(case: Case) -> Markup:
    """Return the band of an emergency; nothing for other cases. It reads only what the case row holds."""
    data = case_data(case)
    if "began_at" not in data or "kind" not in data:
        return Markup()
    return Markup(render_template("emergency/band.html", plate=plate_of(data.get("grade")), number=case.number))  # noqa: S704 - our own template
