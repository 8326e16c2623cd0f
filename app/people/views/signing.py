"""Signing in and out."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import db, transaction
from app.people import operations, queries, resume, session
from app.people.forms import SignInForm
from app.people.rules import DemoCard, DemoGroup, Viewer
from app.people.views.blueprint import bp, missing
from app.web import own_path, public
from app.web.acting import INVALID
from app.web.i18n import COOKIE as LANGUAGE_COOKIE
from app.web.i18n import ONE_YEAR, gettext

UNAUTHORIZED = 401


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask for account and password; in a demo also offer the cards."""
    if session.current_viewer_or_none():
        return redirect(_next_page(request.args.get("next")))
    return _page(SignInForm())


@bp.post("/sign-in")
@public
def sign_in_submit() -> ResponseReturnValue:
    """Check account and password and open a session."""
    form = SignInForm(request.form)
    if not form.validate():
        return _page(form), INVALID
    proof = operations.prove(db.session(), form.user_name.data or "", form.password.data or "")
    with transaction() as writing:
        outcome = operations.sign_in(
            writing,
            proof,
            client=session.client_address(),
            agent=request.user_agent.string,
            now=clock.now(writing),
            old_token=session.token(),
        )
    if outcome.token is None or outcome.user_id is None:
        return _page(form, gettext(outcome.problem, **outcome.values)), UNAUTHORIZED
    return _welcome(outcome.user_id, outcome.token, request.form.get("next"))


@bp.post("/sign-in/demo")
@public
def demo_sign_in() -> ResponseReturnValue:
    """Sign in as the person of a card; exists in a demo only."""
    card = next((one for one in _cards() if one.user_name == request.form.get("user_name")), None)
    viewer = queries.viewer_named(db.session(), card.user_name) if card else None
    if card is None or viewer is None:
        raise missing(session.NO_PAGE)
    with transaction() as writing:
        token = operations.open_session(
            writing,
            viewer.user_id,
            client=session.client_address(),
            agent=request.user_agent.string,
            now=clock.now(writing),
        )
    return _welcome(viewer.user_id, token, card.url)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    session_id = session.current_session_id()
    if session_id is not None:
        by = session.current_author()
        with transaction() as writing:
            operations.sign_out(writing, by, session_id, clock.now(writing))
    session.renew()
    response = make_response(redirect(url_for("people.sign_in"), 303))
    session.forget(response)
    return response


def _page(form: SignInForm, problem: str = "") -> str:
    sealed = request.form.get("resume", "")
    ended = session.ended_session()
    if request.method == "GET" and ended and not form.user_name.data:
        known = queries.viewer_of(db.session(), ended.user_id)
        form.user_name.data = known.user_name if known else ""
    return render_template(
        "people/sign_in.html",
        form=form,
        problem=problem,
        next=own_path(request.values.get("next"), ""),
        ended=session.why_ended() if request.method == "GET" else None,
        sealed=sealed,
        kept=resume.unseal(sealed),
        groups=() if sealed else _groups(),
    )


def _welcome(user_id: int, token: str, next_page: str | None) -> Response:
    kept = resume.unseal(request.form.get("resume"))
    session.renew()
    viewer = queries.viewer_of(db.session(), user_id)
    assert viewer is not None  # noqa: S101 - the operation has just signed this account in
    if kept and kept.fields and kept.belongs_to(user_id) and not viewer.must_change:
        session.become(viewer, token)
        response = make_response(render_template("people/resume.html", kept=kept))
    else:
        response = make_response(redirect(_next_page(next_page), 303))
    session.remember(response, token)
    _speak(response, viewer)
    return response


def _speak(response: Response, viewer: Viewer) -> None:
    """Use the language the person has chosen, unless this browser has one already."""
    if LANGUAGE_COOKIE not in request.cookies:
        response.set_cookie(
            LANGUAGE_COOKIE,
            viewer.locale,
            max_age=ONE_YEAR,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure,
        )


def _next_page(text: str | None) -> str:
    return own_path(text, f"{request.script_root}/")


def _groups() -> Sequence[DemoGroup]:
    provide = current_app.extensions.get("guanjia.demo_cards")
    if provide is None or clock.kind(db.session()) != "demo":
        return ()
    groups: Sequence[DemoGroup] = tuple(provide())
    return groups


def _cards() -> list[DemoCard]:
    return [card for group in _groups() for card in group.cards]
