"""What the pages of content share: the reading session, one act with one sentence, what an address asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.errors import Invalid, NotFound, UserError
from app.i18n import N_
from app.web.i18n import gettext

Made = TypeVar("Made")
SEE_OTHER: Final = 303
INVALID: Final = 422
SAVED: Final = N_("已经改好。")
UNREADABLE: Final = N_("这次提交读不出来，什么都没有改动。")


def reading() -> Session:
    """Return the request's reading session."""
    return db.session()


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


def asked(name: str) -> str:
    """Return one word of the address's query."""
    return request.args.get(name, "").strip()[:100]


def asked_id(name: str) -> int | None:
    """Return one number of the address's query."""
    return request.args.get(name, type=int)


def body_of() -> dict[str, Any]:
    """Return the object a script sent."""
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise Invalid(UNREADABLE)
    return found
