"""Task dispatch (任务派发): the product's own topics of the process and the maintenance register."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_
from app.web import menu, permissions
from app.work.runtime import Runtime


def init_app(app: Flask, runtime: Runtime) -> None:
    """Add the pages, their menu entries and the topics of the dispatch process."""
    from app.dispatch import handlers, views  # noqa: PLC0415 - pages need the areas that create_app imports first

    handlers.register_topics(runtime)
    permissions.register({"dispatch.maintenance": N_("看系统维护登记")})
    app.register_blueprint(views.bp)
    menu.add("tasks", "dispatch.maintenance", N_("系统维护登记"), "tool", "dispatch.maintenance")
