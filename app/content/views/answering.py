"""What the pages of content share: the reading session and what a script sends."""

from __future__ import annotations

from typing import Any, Final

from flask import request
from sqlalchemy.orm import Session

from app.db import db
from app.errors import Invalid
from app.i18n import N_

SAVED: Final = N_("已经改好。")
UNREADABLE: Final = N_("这次提交读不出来，什么都没有改动。")


def reading() -> Session:
    """Return the request's reading session."""
    return db.session()


def body_of() -> dict[str, Any]:
    """Return the object a script sent."""
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise Invalid(UNREADABLE)
    return found
