"""Who is signed in: Flask-Login over rows of our own. The cookie holds a random token and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, cast

import flask_login
import structlog
from flask import Flask, Request, Response, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import db, transaction
from app.errors import NotFound, Unavailable
from app.i18n import N_
from app.people import queries, resume, rules
from app.people.operations import authors, signing
from app.people.operations.authors import Author
from app.people.queries import SessionFacts
from app.people.rules import Viewer
from app.web.errors import sign_in_needed, wants_fragment, wants_json
from app.web.filters import now as page_now

log = structlog.get_logger(__name__)

COOKIE: Final = "gj_session"
SECURE_COOKIE: Final = "__Host-gj_session"
NO_PAGE: Final = N_("没有这个页面，或者它不归您看。请核对地址。")
# what somebody who must change the password first may still open
WITHOUT_CHANGE: Final = frozenset({"people.password", "people.sign_out"})


@dataclass(frozen=True)
class SignedIn:
    """The person of this request, as Flask-Login wants a user to look."""

    viewer: Viewer
    facts: SessionFacts
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return the id Flask-Login asks for."""
        return str(self.viewer.user_id)


def init_app(app: Flask) -> None:
    """Recognise people by the cookie and keep their sessions alive."""
    manager = flask_login.LoginManager()
    manager.session_protection = None  # our own rows end a session; the browser's name is no proof
    manager.request_loader(_load)
    manager.init_app(app)
    app.before_request(_keep_alive)


def current_viewer() -> Viewer:
    """Return who is signed in; anybody else is sent to the sign-in page."""
    signed = _signed_in()
    if signed is None:
        abort(sign_in_answer())
    return signed.viewer


def current_viewer_or_none() -> Viewer | None:
    """Return who is signed in, if anybody."""
    signed = _signed_in()
    return signed.viewer if signed else None


def current_session_id() -> int | None:
    """Return the row of this browser's session."""
    signed = _signed_in()
    return signed.facts.session_id if signed else None


def current_author() -> Author:
    """Return the signed-in person as author of a change, with the address the request came from."""
    return authors.by_person(current_viewer(), client_address())


def client_address() -> str:
    """Return the address the request came from."""
    return request.remote_addr or ""


def check_permission(name: str) -> ResponseReturnValue | None:
    """Let the request pass, or send it to sign-in, to the forced password change, or away as missing."""
    signed = _signed_in()
    if signed is None:
        return sign_in_answer()
    if signed.viewer.must_change and request.endpoint not in WITHOUT_CHANGE:
        return redirect(url_for("people.password", next=_here()), 303)
    if not signed.viewer.may(name):
        raise NotFound(NO_PAGE)
    if "inspector" in signed.viewer.roles:
        _record_inspection(name)
    return None


def sign_in_answer() -> Response:
    """Answer a request that needs somebody signed in; what was posted is kept for after the sign-in."""
    url = url_for("people.sign_in")
    if request.method in {"GET", "HEAD"} or wants_json() or wants_fragment():
        return sign_in_needed(url)
    facts = ended_session()
    known = queries.viewer_of(db.session(), facts.user_id) if facts else None
    return resume.ask_to_sign_in(known, why_ended())


def why_ended() -> str | None:
    """Return how the session of this browser's cookie ended: idle, absolute, revoked; None without one."""
    facts = ended_session()
    return facts.ended if facts else None


def ended_session() -> SessionFacts | None:
    """Return the ended session this browser still holds the cookie of."""
    facts = _facts()
    return facts if facts and facts.ended else None


def remember(response: Response, token: str) -> None:
    """Give the browser its token. A session cookie: it ends with the browser, too."""
    response.set_cookie(
        _cookie_name(), token, path="/", httponly=True, samesite="Lax", secure=_is_secure(), max_age=None
    )


def forget(response: Response) -> None:
    """Take the token from the browser."""
    response.delete_cookie(_cookie_name(), path="/", httponly=True, samesite="Lax", secure=_is_secure())


def renew() -> None:
    """Start the browser anew after signing in or out: nothing of before, its form token included, holds."""
    session.clear()
    g.pop(current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"), None)
    g.pop("_login_user", None)
    g.pop("gj_session_facts", None)
    g.pop("gj_frame", None)


def become(viewer: Viewer, token: str) -> None:
    """Let the rest of this request know who has just signed in."""
    facts = queries.session_facts(db.session(), signing.token_hash(token), clock.now(db.session()))
    if facts is not None:
        g.gj_session_facts = facts
        g._login_user = SignedIn(viewer, facts)  # noqa: SLF001 - where Flask-Login keeps the user


def token() -> str | None:
    """Return the token the browser sent."""
    return request.cookies.get(_cookie_name())


def _signed_in() -> SignedIn | None:
    user = cast("Any", flask_login.current_user)
    return cast("SignedIn", user) if user.is_authenticated else None


def _load(_request: Request) -> SignedIn | None:
    facts = _facts()
    if facts is None or facts.ended:
        return None
    viewer = queries.viewer_of(db.session(), facts.user_id)
    return SignedIn(viewer, facts) if viewer else None


def _facts() -> SessionFacts | None:
    if "gj_session_facts" not in g:
        given = token()
        reading = db.session()
        g.gj_session_facts = queries.session_facts(reading, signing.token_hash(given), page_now()) if given else None
    facts: SessionFacts | None = g.gj_session_facts
    return facts


def _keep_alive() -> None:
    if request.endpoint in {None, "static", "web.healthz", "web.readyz"} or not token():
        return
    facts = _facts()
    if facts is None or facts.ended:
        return
    now = page_now()
    if now - facts.last_seen < rules.TOUCH:
        return
    try:
        with transaction() as writing:
            signing.touch(writing, facts.session_id, now)
    except Unavailable:
        # reading must go on while the database cannot be written
        log.warning("session_not_touched", session=facts.session_id)
        return
    g.gj_session_facts = replace(facts, last_seen=now)


def _record_inspection(name: str) -> None:
    by = current_author()
    with transaction() as writing:
        payload = {"path": request.full_path.rstrip("?"), "permission": name}
        authors.note(writing, by, "people:page:opened", payload, clock.now(writing))


def _here() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


def _cookie_name() -> str:
    return SECURE_COOKIE if _is_secure() else COOKIE


def _is_secure() -> bool:
    return bool(current_app.config.get("SESSION_COOKIE_SECURE"))
