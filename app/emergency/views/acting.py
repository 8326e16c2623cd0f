"""How a button of these pages is carried out: one transaction, one sentence, back to the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final, TypeVar

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.errors import Invalid, NotFound, UserError
from app.web.i18n import gettext

Made = TypeVar("Made")
SEE_OTHER: Final = 303
INVALID: Final = 422


def write(act: Callable[[Session, datetime], Made]) -> Made:
    """Carry out one act in a transaction and return what it made."""
    with transaction() as session:
        return act(session, clock.now(session))


def settle(act: Callable[[Session, datetime], object], done: str, back: str) -> ResponseReturnValue:
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


def number(name: str) -> int | None:
    """Return a number that was typed or chosen, as a column holds it; None for nothing or something else."""
    text = request.values.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004


def typed(name: str) -> str:
    """Return a text that was typed."""
    return request.form.get(name, "").strip()


def day(name: str) -> date | None:
    """Return a day that was typed or asked for; None when it is none."""
    try:
        return date.fromisoformat(request.values.get(name, "").strip())
    except ValueError:
        return None


def rows_of(*names: str) -> tuple[dict[str, str], ...]:
    """Return the lines of a small table of fields that were sent as `name` several times each."""
    columns = [request.form.getlist(name) for name in names]
    short = [name.rpartition("_")[2] for name in names]
    return tuple(dict(zip(short, line, strict=True)) for line in zip(*columns, strict=False))
