"""Boards (看板): the director's overview, the lists behind its numbers, and the ledger of the house to search."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_
from app.web import permissions
from app.web.menu import menu


def init_app(app: Flask) -> None:
    """Add the pages and their menu entries."""
    from app.boards import records, views  # noqa: PLC0415 - pages need the areas that create_app imports first

    permissions.register(
        {
            "work.overview": N_("看概览"),
            "ledger.view": N_("查全部记录"),
            "ledger.verify": N_("核对全部记录"),
        }
    )
    app.register_blueprint(views.bp)
    menu.add("tasks", "boards.overview", N_("概览"), "layout-dashboard", "work.overview")
    menu.add("audit", records.PAGE, N_("全部记录"), "fingerprint", "ledger.view")
