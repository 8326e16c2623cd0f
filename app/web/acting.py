"""How a button or a form of any page is carried out: one transaction, one sentence, back to the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.errors import Invalid, NotFound, UserError
from app.web.i18n import gettext

Made = TypeVar("Made")
Act = Callable[[Session, datetime], Made]
SEE_OTHER: Final = 303
INVALID: Final = 422


def write(act: Act[Made]) -> Made:
    """Carry out one act in a transaction and return what it made."""
    with transaction() as session:
        return act(session, clock.now(session))


def settle(act: Act[object], done: str, back: str) -> ResponseReturnValue:
    """Carry out what a single button asks for and go back with one sentence about it."""
    try:
        write(act)
    except NotFound:
        raise
    except UserError as error:
        flash(told(error), "error")
    else:
        flash(gettext(done), "ok")
    return redirect(back, SEE_OTHER)


def told(error: UserError) -> str:
    """Return what a refused act says, in one line."""
    fields = error.fields if isinstance(error, Invalid) else {}
    if fields:
        return " ".join(dict.fromkeys(gettext(sentence) for sentence in fields.values()))
    return gettext(error.message, **error.values)


def now() -> datetime:
    """Return the instant at which the page is drawn."""
    return clock.now(db.session())


def asked(name: str) -> str:
    """Return one word of the address's query."""
    return request.args.get(name, "").strip()[:100]


def asked_id(name: str) -> int | None:
    """Return one id of the address's query; None for nothing or something else."""
    return id_in(asked(name))


def id_in(text: str) -> int | None:
    """Return the number a text is, if it is one that a column holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
