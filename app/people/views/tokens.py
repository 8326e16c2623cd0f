"""Tokens of programs: issue, list, revoke. A token is shown once, on the answer to issuing it."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.db import db
from app.i18n import N_
from app.people import operations, session
from app.people.forms import TokenForm
from app.people.tokens import tokens as all_tokens
from app.people.views.blueprint import attempt, bp
from app.web import permission
from app.web.acting import INVALID, now, settle


@bp.get("/tokens")
@permission("people.tokens")
def tokens() -> ResponseReturnValue:
    """List the tokens of programs, with the form to issue one."""
    return _page(TokenForm())


@bp.post("/tokens")
@permission("people.tokens")
def issue_token() -> ResponseReturnValue:
    """Issue a token and show it this once."""
    form, by = TokenForm(request.form), session.current_author()
    made: list[str] = []
    user_name, name, last_day = form.user_name.data or "", form.name.data or "", form.last_day.data
    if form.validate() and attempt(
        form,
        lambda writing, at: made.append(operations.issue_token(writing, by, user_name, name, at, last_day)),
    ):
        return _page(TokenForm(), made[0])
    return _page(form), INVALID


@bp.post("/tokens/<int:token_id>/revoke")
@permission("people.tokens")
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End a token."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.revoke_token(writing, by, token_id, at),
        N_("令牌已收回，用它的程序从现在起连不上。"),
        url_for("people.tokens"),
    )


def _page(form: TokenForm, shown: str | None = None) -> str:
    return render_template("people/tokens.html", form=form, shown=shown, tokens=all_tokens(db.session()), at=now())
