"""Where all parts meet: settings, database, frame, areas, topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select, text

from app import (
    api,
    boards,
    clock,
    content,
    deadlines,
    dispatch,
    emergency,
    files,
    formkit,
    outbox,
    people,
    review,
    studio,
    web,
)
from app.config import Settings
from app.content.queries.reports import waiting as report_count
from app.db import db, prepare_engine
from app.deadlines.operations import listen
from app.emergency.pages.asked import asked_line
from app.emergency.queries.board import going_on
from app.emergency.queries.micro import asked_id_of
from app.files.models import Upload
from app.i18n import N_
from app.logs import configure_logs, log_requests
from app.outbox.queries import unread_of
from app.people import queries as house
from app.people.rules import DemoGroup, Viewer
from app.people.session import check_permission, current_viewer_or_none
from app.studio.queries_versions import waiting_for
from app.web.filters import now as page_now
from app.web.i18n import gettext
from app.web.routing import LateRule
from app.work import views as work
from app.work.operations.calendars import lock_cases, take_over
from app.work.queries.boxes import todo_count
from app.work.queries.incidents import open_count
from app.work.queries.scope import may_see_file
from app.work.runtime import Runtime


def assemble(settings: Settings) -> Flask:
    """Build the application from `settings`."""
    configure_logs(settings.log_level)
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = LateRule
    app.config.update(_flask_config(settings))
    app.extensions["guanjia.settings"] = settings
    runtime = app.extensions["guanjia.runtime"] = Runtime()
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    log_requests(app, _known_user_id)
    web.init_app(app, check=_check, ready=_not_ready, context=_frame, notes=_notes)
    formkit.init_app(app)
    for area in (people, outbox, deadlines):
        area.init_app(app)
    files.init_app(app, may_see=_may_see, viewer=current_viewer_or_none, folder=settings.data / "files")
    work.init_app(app, runtime)
    boards.init_app(app)
    studio.init_app(app)
    review.init_app(app, runtime)
    dispatch.init_app(app, runtime)
    content.init_app(app, runtime)
    emergency.init_app(app, runtime)
    api.init_app(app)
    app.extensions["guanjia.demo_cards"] = _demo_cards
    listen(lock_cases, partial(take_over, runtime))
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    """Return Flask's own settings. Sizes are set on purpose: a diagram or a long article is a large field."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 20, "max_overflow": 0, "pool_timeout": 20},
        "DIGEST": settings.digest,
        "MAX_CONTENT_LENGTH": 60 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
    }


def _check(permission: str) -> ResponseReturnValue | None:
    """Ask a program for its token and a person for the session."""
    if request.blueprint != api.bp.name:
        return check_permission(permission)
    api.check(permission)
    return None


def _may_see(upload: Upload, viewer: Viewer) -> bool:
    return may_see_file(db.session(), viewer, upload)


def _not_ready() -> str | None:
    """Return why the product cannot serve, or None."""
    try:
        db.session.execute(text("select 1 from chain_head limit 1"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"
        return type(error).__name__
    finally:
        db.session.rollback()
    return None


def _notes() -> Mapping[str, str]:
    """Return what else there is to say about the health of the product."""
    try:
        return clock.notes(db.session())
    finally:
        db.session.rollback()


def _known_user_id() -> int | None:
    """Return who the request turned out to come from, without asking the database again."""
    program = api.caller()
    if program is not None:
        return program.viewer.user_id
    user = g.get("_login_user")
    return user.viewer.user_id if user is not None and user.is_authenticated else None


def _frame() -> Mapping[str, Any]:
    """Return what every page shows around its content."""
    session = db.session()
    viewer = current_viewer_or_none()
    texts = house.settings(session)
    frame: dict[str, Any] = {
        "viewer": viewer,
        "demo": _demo(),
        "notice": _worded(texts["notice"]),
        "house": _worded(texts["house"]),
    }
    if viewer is not None and viewer.may("work.inbox"):
        frame["counts"] = {"todo": todo_count(session, viewer)}
        unread, call_id, running = session.execute(
            select(unread_of(viewer.user_id), asked_id_of(viewer.user_id), going_on(viewer))
        ).one()
        frame["counts"]["emergencies"] = running
        frame["bell"], frame["asked"] = outbox.bell(unread), asked_line(call_id)
    if viewer is not None and viewer.may("work.repair"):
        frame.setdefault("counts", {})["incidents"] = open_count(session, viewer)
    if viewer is not None and viewer.may("processes.approve"):
        frame.setdefault("counts", {})["proposals"] = waiting_for(session, viewer.user_id)
    if viewer is not None and viewer.may("content.correct"):
        frame.setdefault("counts", {})["reports"] = report_count(session)
    return frame


def _demo_cards() -> Sequence[DemoGroup]:
    # a real database never needs the demo
    from app.demo.cards import demo_cards  # noqa: PLC0415

    return demo_cards(db.session())


def _worded(text: str) -> str:
    """Return a setting's text; the shipped wording has an English twin, an edited one stands as it is."""
    return gettext(text) if text else text


def _demo() -> dict[str, str] | None:
    # what a database was born as never changes: asked once per process
    kinds = current_app.extensions.setdefault("guanjia.kind", [])
    if not kinds:
        kinds.append(clock.kind(db.session()))
    if kinds[0] != "demo":
        return None
    now = clock.local(page_now())
    return {"clock": f"{now:%Y-%m-%d} {gettext(WEEKDAYS[now.weekday()])} {now:%H:%M}"}


WEEKDAYS = (N_("星期一"), N_("星期二"), N_("星期三"), N_("星期四"), N_("星期五"), N_("星期六"), N_("星期日"))
