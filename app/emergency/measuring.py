"""Facts of an emergency, as people report them, and the numbers that the grading table asks for. Pure.

Three things last: the site is down, harmful content stands on the home page, or on other pages. Each is kept as
`<name>_from` (since when, while it lasts) and `<name>_before` (minutes of times that ended), so that the
duration grows by itself until somebody says that it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.clock import ZONE
from app.emergency.rules import NUMBERS, minutes_between

# the name in a form → the name of the duration
LASTING: Final[Mapping[str, str]] = {
    "unreachable": "down",
    "harmful_home": "harmful_home",
    "harmful_other": "harmful_other",
}
KEPT: Final = ("portal", "operator_kind", "place", *NUMBERS)
ASKED: Final = ("operator_kind", "place", "portal", *(f"{name}_minutes" for name in LASTING.values()), *NUMBERS)
Facts = Mapping[str, Any]


def merge(known: Facts, told: Facts, now: datetime, since: datetime | None = None) -> dict[str, Any]:
    """Return the facts after somebody told some; what they left open stays as it was.

    `since` is when what they say began; without it, now.
    """
    facts = {**known, **{name: told[name] for name in KEPT if told.get(name) is not None}}
    for name, lasting in LASTING.items():
        if told.get(name) is not None:
            facts |= _lasting(facts, lasting, told[name] is True, now, since or now)
    return facts


def _lasting(facts: Facts, name: str, goes_on: bool, now: datetime, since: datetime) -> dict[str, Any]:
    running = facts.get(f"{name}_from")
    if goes_on:
        return {} if running else {f"{name}_from": since.isoformat()}
    if not running:
        return {}
    return {f"{name}_from": None, f"{name}_before": _minutes(facts, name, now)}


def measures(facts: Facts, until: datetime) -> dict[str, Any]:
    """Return what the grading table reads; unknown numbers are 0."""
    lasted = {f"{name}_minutes": _minutes(facts, name, until) for name in LASTING.values()}
    numbers = {name: facts.get(name) or 0 for name in NUMBERS}
    kinds = {"operator_kind": facts.get("operator_kind") or "other", "place": facts.get("place") or "county"}
    return {**kinds, "portal": is_yes(facts.get("portal")), **lasted, **numbers}


def _minutes(facts: Facts, name: str, until: datetime) -> int:
    before: int = facts.get(f"{name}_before") or 0
    running = facts.get(f"{name}_from")
    return before + (minutes_between(instant(running), until) if running else 0)


def is_yes(value: Any) -> bool:
    """Say whether a form's choice means yes."""
    return value in (True, "yes", "true")


def instant(value: Any) -> datetime:
    """Return an instant that a form wrote; without a zone it is meant here."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=ZONE)
