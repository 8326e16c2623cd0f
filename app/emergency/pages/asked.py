"""The line on top of every page while somebody waits for the reader's tap."""

from __future__ import annotations

from flask import url_for

from app.i18n import N_
from app.web.i18n import gettext

ASK = N_("微演练：点一下表示您在")
HERE = N_("我在")


def asked_line(call_id: int | None) -> dict[str, str] | None:
    """Return the line for a tap that is waited for, its button and where the tap goes; None while nobody waits."""
    if call_id is None:
        return None
    url = url_for("emergency.answer_micro", call_id=call_id)
    return {"text": gettext(ASK), "button": gettext(HERE), "url": url}
