"""The shell around every page: frame, parts, built files, headers, errors, language, permissions, menu.

`init_app` is the one call create_app makes; areas use `permission`, `public`, `menu` and the templates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app import clock
from app.db import db
from app.i18n import N_
from app.web import assets, errors, filters, i18n, incoming, permissions, security
from app.web.assets import wrap_static
from app.web.errors import sign_in_needed
from app.web.i18n import own_path
from app.web.menu import menu
from app.web.permissions import permission, public

__all__ = [
    "csrf",
    "init_app",
    "menu",
    "own_path",
    "permission",
    "public",
    "sign_in_needed",
    "wrap_static",
]

NOTICE = N_("本系统为非涉密系统，严禁存储、处理、传输国家秘密")
DAY = 24 * 3600
HTMX = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "historyCacheSize": 0,
    "selfRequestsOnly": True,
    "scrollBehavior": "instant",
    "defaultSettleDelay": 0,
    # style attributes would be refused by the page's policy
    "attributesToSettle": ["class"],
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "(401|403|404|409|413|422|500|503)", "swap": True, "error": False},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}

log = structlog.get_logger(__name__)
csrf = CSRFProtect()
bp = Blueprint("web", __name__, template_folder="templates")


@dataclass(frozen=True)
class _Shell:
    context: Callable[[], Mapping[str, Any]]
    ready: Callable[[], str | None]
    now: Callable[[], datetime]
    notes: Callable[[], Mapping[str, str]]


def init_app(
    app: Flask,
    *,
    check: permissions.Check,
    ready: Callable[[], str | None],
    context: Callable[[], Mapping[str, Any]],
    now: Callable[[], datetime] | None = None,
    dist: assets.Assets | None = None,
    notes: Callable[[], Mapping[str, str]] = dict,
) -> None:
    """Put the shell around `app`.

    `check(permission)` lets the request pass (None), answers it or raises. `ready()` returns None or the reason
    why the product cannot serve; `notes()` returns what else there is to say about its health. `context()` returns
    what the frame shows: viewer (None when nobody is signed in), demo ({"clock": text} or None), notice, counts
    (name to number), and optionally house, bell, home_url, asked ({"text", "button", "url"}: one tap somebody waits
    for).
    """
    app.extensions["guanjia_web"] = _Shell(context, ready, now or _database_now, notes)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # the token lives as long as the session
    incoming.install(app)
    i18n.install(app)
    security.install(app)
    permissions.install(app, check)
    csrf.init_app(app)
    errors.install(app)
    filters.install(app)
    assets.install(app, dist or assets.Assets(reload=app.debug))
    app.add_template_global(csrf_field)
    app.add_template_global(filters.now, "page_now")
    app.context_processor(_frame)
    app.register_blueprint(bp)


def _database_now() -> datetime:
    return clock.now(db.session())


def csrf_field() -> Markup:
    """Return the hidden field every form that posts must carry."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def _frame() -> dict[str, Any]:
    """Return what the frame shows; asked once per request."""
    if "gj_frame" not in g:
        g.gj_frame = {**_defaults(), **(_what_still_works() if g.get("gj_failed") else _supplied())}
    frame: dict[str, Any] = g.gj_frame
    return frame


def _what_still_works() -> dict[str, Any]:
    """Return the frame of an error page: without its reader when asking is what has failed."""
    try:
        db.session.rollback()
        return _supplied()
    except Exception:
        log.exception("frame_failed", path=request.path)
        return {}


def _shell() -> _Shell:
    shell: _Shell = current_app.extensions["guanjia_web"]
    return shell


def _defaults() -> dict[str, Any]:
    return {
        "viewer": None,
        "demo": None,
        "notice": i18n.gettext(NOTICE),
        "counts": {},
        "house": None,
        "bell": None,
        "asked": None,
        "home_url": f"{request.script_root}/",
        "html_lang": i18n.html_lang(),
        "htmx_config": HTMX,
        "menu_sections": (),
        "menu_tabs": (),
        "account_entries": (),
    }


def _supplied() -> dict[str, Any]:
    values = dict(_shell().context())
    viewer, counts = values.get("viewer"), values.get("counts") or {}
    if viewer is not None:
        pages = current_app.view_functions
        values["menu_sections"] = menu.sections(viewer, counts, pages)
        values["menu_tabs"] = menu.tabs(viewer, counts, pages)
        values["account_entries"] = menu.account_lines(pages)
    return values


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the process is alive."""
    return {"status": "alive"}


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Say whether the product can serve, and if not, why."""
    reason = _shell().ready()
    if reason is not None:
        return {"status": "not ready", "reason": reason}, 503
    return {"status": "ready", **_shell().notes()}, 200


@bp.get("/favicon.ico")
@public
def favicon() -> ResponseReturnValue:
    """Send the mark of the product to browsers that ask for it unbidden, as they do for a page without one."""
    answer = Response(assets.built("favicon.svg").read_bytes(), mimetype="image/svg+xml")
    answer.cache_control.max_age = DAY
    # a previewed page has no origin of its own, so this counts as somebody else's there
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


bp.post("/language")(i18n.language)
