"""What everybody does with the own account: look, change the password, choose the language, end sessions."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.i18n import N_
from app.people import operations, queries, rules, session
from app.people.forms import PasswordForm
from app.people.views.blueprint import attempt, bp
from app.web import own_path, permission
from app.web.acting import INVALID, now, settle
from app.web.i18n import COOKIE as LANGUAGE_COOKIE
from app.web.i18n import ONE_YEAR, gettext


@bp.get("/account")
@permission("account.self")
def account() -> ResponseReturnValue:
    """Show the own account and where it is signed in."""
    viewer = session.current_viewer()
    return render_template(
        "people/account.html",
        person=queries.user(db.session(), viewer, viewer.user_id),
        sessions=queries.sessions_of(db.session(), viewer.user_id, now()),
        here=session.current_session_id(),
        browser=rules.browser,
    )


@bp.route("/account/password", methods=["GET", "POST"])
@permission("account.self")
def password() -> ResponseReturnValue:
    """Change the own password; forced after a reset."""
    viewer = session.current_viewer()
    form = PasswordForm(request.form)
    target = own_path(request.values.get("next"), url_for("people.account"))
    if request.method == "POST" and form.validate():
        by, keep = session.current_author(), session.current_session_id()
        proof = operations.prove(db.session(), viewer.user_name, form.old.data or "")
        new = form.new.data or ""
        if attempt(
            form,
            lambda writing, at: operations.change_password(writing, by, proof, new, session_id=keep, now=at),
        ):
            flash(gettext("密码已改。别处的登录都已结束。"), "ok")
            return redirect(target, 303)
    page = render_template("people/password.html", form=form, forced=viewer.must_change, next=target)
    return page, INVALID if form.problems else 200


@bp.post("/account/language")
@permission("account.self")
def language() -> ResponseReturnValue:
    """Choose the language of the own account."""
    by, user_id = session.current_author(), session.current_viewer().user_id
    chosen = "en" if request.form.get("locale") == "en" else "zh"
    response = make_response(
        settle(
            lambda writing, at: operations.set_locale(writing, by, user_id, chosen, at),
            N_("语言已改。"),
            url_for("people.account"),
        )
    )
    response.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=ONE_YEAR, samesite="Lax", httponly=True, secure=request.is_secure
    )
    return response


@bp.post("/account/sessions/<int:session_id>/end")
@permission("account.self")
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of the own sessions elsewhere."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.revoke(writing, by, session_id, at),
        N_("那一处已退出。"),
        url_for("people.account"),
    )
