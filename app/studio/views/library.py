"""The library (流程库): processes by category, one process with its versions and rights."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.studio.views.blueprint import VIEW, bp
from app.web import permission


@bp.get("/studio")
@permission(VIEW)
def library() -> ResponseReturnValue:
    """Show all processes."""
    return render_template("studio/library.html")
