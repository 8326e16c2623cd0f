"""The steps one can take in a try-out, as `Play.do` reads them and a walk keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.engine.state import clean, to_json
from app.i18n import N_
from app.studio.trying.play import Step
from app.work.rules import reason_of

CLOCK, BEGUN = N_("拨钟"), N_("发起")


def start(event: str | None, data: Mapping[str, Any], who: Mapping[str, Any]) -> Step:
    """Begin at a start event, the usual one by default, with the values it comes with."""
    return {"act": "start", "node": event, "data": to_json(clean(data)), "title": BEGUN, "who": dict(who)}


def answer(answers: Mapping[str, Any], who: Mapping[str, Any], choice: str = "") -> Step:
    """Complete a step in the name of `who` (`id`, `name`); `choice` is the action in words."""
    return {"act": "answer", "answers": dict(answers), "who": dict(who), "choice": choice}


def back(to: str, reason: str, who: Mapping[str, Any]) -> Step:
    """Send a step back to one done before; raise Invalid without a reason."""
    return {"act": "back", "to": to, "reason": reason_of(reason), "who": dict(who)}


def serve(result: Mapping[str, Any]) -> Step:
    """Answer an automatic step with the values its handler would return."""
    return {"act": "serve", "result": to_json(clean(result))}


def fail(code: str, reason: str) -> Step:
    """Let an automatic step fail with an error code, or as an incident without one."""
    return {"act": "fail", "code": code, "reason": reason}


def message(name: str, values: Mapping[str, Any], *, signal: bool = False) -> Step:
    """Let a message or signal arrive."""
    return {"act": "message", "name": name, "values": to_json(clean(values)), "signal": signal, "title": name}


def wait(by: timedelta | None) -> Step:
    """Move the clock forward by `by`, or to the next timer that is due."""
    return {"act": "time", "to": "due" if by is None else int(by.total_seconds()), "title": CLOCK}
