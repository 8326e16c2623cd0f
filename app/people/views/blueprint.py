"""What the pages of the house share: the blueprint and the two ways a form or a button is carried out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.errors import Invalid, NotFound, Refused, UserError
from app.web.i18n import gettext

Act = Callable[[Session, datetime], object]
INVALID: Final = 422


class Takes(Protocol):
    """What can bear the sentences of a refused operation."""

    def take(self, error: Invalid, /) -> None:
        """Put them beside their fields."""


bp = Blueprint("people", "app.people", template_folder="templates")


def now() -> datetime:
    """Return the instant at which the page is drawn."""
    return clock.now(db.session())


def attempt(form: Takes, act: Act) -> bool:
    """Carry out one operation; sentences about what was typed go beside the fields."""
    try:
        with transaction() as session:
            act(session, clock.now(session))
    except Invalid as error:
        form.take(error)
        return False
    return True


def settle(act: Act, done: str, back: str) -> ResponseReturnValue:
    """Carry out what a single button asks for and go back with one sentence about it."""
    try:
        with transaction() as session:
            act(session, clock.now(session))
    except (Refused, Invalid) as error:
        flash(_sentence(error), "error")
    else:
        flash(gettext(done), "ok")
    return redirect(back, 303)


def asked(name: str) -> str:
    """Return one word of the address's query."""
    return request.args.get(name, "").strip()[:100]


def asked_id(name: str) -> int | None:
    """Return one id of the address's query."""
    text = asked(name)
    return int(text) if text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - as a column holds


def missing(sentence: str) -> NotFound:
    """Return the error of a thing that is not there."""
    return NotFound(sentence)


def _sentence(error: UserError) -> str:
    fields = error.fields if isinstance(error, Invalid) else {}
    if fields:
        return " ".join(gettext(sentence) for sentence in fields.values())
    return gettext(error.message, **error.values)
