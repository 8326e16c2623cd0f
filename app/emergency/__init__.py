"""Emergencies (应急): plans, rosters, drills, the command board and incident reports."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_
from app.web import permissions
from app.work.pages import words as work_words
from app.work.pages.bands import add_band
from app.work.runtime import Runtime


def init_app(app: Flask, runtime: Runtime) -> None:
    """Add the pages, their menu entries and the topics of the emergency processes."""
    # pages need the areas that create_app imports first
    from app.emergency import handlers, views, words_ready  # noqa: PLC0415
    from app.emergency.pages.band import grade_band  # noqa: PLC0415

    permissions.register(
        {
            "emergency.view": N_("看突发事件和演练"),
            "emergency.start": N_("报告突发事件"),
            "emergency.answer": N_("应答微演练"),
            "emergency.figures": N_("看应急统计和预案"),
            "emergency.manage": N_("管预案、名单和演练"),
        }
    )
    handlers.register_topics(runtime)
    add_band(grade_band)
    work_words.RECORDS.update(words_ready.RECORDS)
    app.register_blueprint(views.bp)
