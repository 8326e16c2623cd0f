"""One tap: what kind, which site, one sentence; the board opens at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.emergency.operations.opening import open_emergency
from app.emergency.rules import KINDS
from app.emergency.views.acting import number, typed
from app.emergency.views.blueprint import bp
from app.errors import Invalid, UserError
from app.i18n import N_
from app.people import queries as house
from app.people.session import current_viewer
from app.web import permission
from app.web.acting import INVALID, SEE_OTHER, told, write
from app.web.i18n import gettext
from app.work.views.blueprint import runtime

START: Final = "emergency.start"
INCIDENT: Final = "incident_report"
LAST_SITE: Final = "emergency_site"
HINTS: Final[Mapping[str, str]] = {
    "tamper": N_("页面被换、出现不明内容"),
    "ddos": N_("访问量突然暴增，打不开"),
    "outage": N_("网站整个打不开"),
    "leak": N_("个人信息或内部资料外传"),
    "malware": N_("浏览器报警，有恶意代码"),
    "content_error": N_("已发布的内容有严重错误"),
    "supply": N_("云、组件或外包方出了事"),
}


@bp.get("/emergency/new")
@permission(START)
def new() -> ResponseReturnValue:
    """Ask the three things that are needed to raise the alarm."""
    return _page({})


@bp.post("/emergency/new")
@permission(START)
def start() -> ResponseReturnValue:
    """Raise the alarm; the same submit again lands on the same board."""
    viewer, site_id = current_viewer(), number("site")
    # good for its own account only: what a browser sends must not meet a key that the product makes itself
    key = f"form:{viewer.user_id}:{typed('key') or uuid4().hex}"
    kind, sentence = typed("kind"), typed("told")
    try:
        opened = write(
            lambda at_work, at: (
                open_emergency(at_work, runtime(), viewer, kind, site_id, sentence, key=key, now=at).number
            )
        )
    except UserError as error:
        errors = dict(error.fields) if isinstance(error, Invalid) else {}
        return _page(errors, "" if errors else told(error)), error.status if not errors else INVALID
    session[LAST_SITE] = site_id
    return redirect(url_for("emergency.board", number=opened), SEE_OTHER)


@bp.get("/emergency/incident")
@permission(START)
def report_incident() -> ResponseReturnValue:
    """Go to the form with which anybody reports an incident."""
    return redirect(url_for("work.start_form", slug=INCIDENT))


def _page(errors: Mapping[str, str], problem: str = "") -> str:
    reading, viewer = db.session(), current_viewer()
    chosen = request.form.get("site") if request.form else str(session.get(LAST_SITE) or "")
    return render_template(
        "emergency/new.html",
        kinds=[(key, gettext(word), gettext(HINTS[key])) for key, word in KINDS.items()],
        sites=house.site_choices(reading, viewer),
        chosen=chosen,
        errors=errors,
        problem=problem,
        key=typed("key") or uuid4().hex,
        kind=typed("kind") or request.args.get("kind", ""),
        told=typed("told"),
    )
