"""The process studio (流程工作室): where owners draw, check, try, publish and compare processes."""

from __future__ import annotations

from flask import Flask

from app.i18n import N_
from app.web import permissions
from app.web.i18n import locale
from app.web.menu import menu
from app.work.pages.words import name_of


def init_app(app: Flask) -> None:
    """Add the pages of the studio and its menu entry."""
    from app.processes.announcing import followers  # noqa: PLC0415 - as below
    from app.studio import views  # noqa: PLC0415 - pages need the areas that create_app imports first
    from app.studio.operations.following import follow  # noqa: PLC0415 - as above

    permissions.register({"studio.view": N_("看流程库"), "processes.approve": N_("批准发布流程")})
    followers.add(follow)
    app.register_blueprint(views.bp)
    app.add_template_filter(lambda thing: name_of(thing, locale()), "named")
    menu.add("settings", "studio.library", N_("流程库"), "sitemap", "studio.view")
    menu.add("settings", "studio.proposals", N_("待批准的流程"), "file-check", "processes.approve", count="proposals")
