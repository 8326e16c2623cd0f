"""REST in the shape of Camunda 7 / Operaton: same rights, forms, scopes and records as the pages."""

from __future__ import annotations

from flask import Flask

from app.api import definitions, deployments, document, instances, tasks  # noqa: F401 - each adds its routes
from app.api.auth import check
from app.api.errors import answer, retell
from app.api.routes import ROUTES, bp, caller
from app.errors import UserError
from app.i18n import N_
from app.processes.reads import Reads
from app.web import csrf
from app.web.errors import speak
from app.web.permissions import register

__all__ = ["ROUTES", "bp", "caller", "check", "init_app"]


def init_app(app: Flask) -> None:
    """Serve the interface under /engine-rest."""
    app.extensions["guanjia.reads"] = Reads()
    register({"processes.view": N_("看流程"), "processes.edit": N_("发布和改流程")})
    # only a bearer token opens these addresses, and no browser sends one by itself
    csrf.exempt(bp)
    speak(app, f"{bp.url_prefix}/", retell)
    app.register_blueprint(bp)


bp.register_error_handler(UserError, answer)
