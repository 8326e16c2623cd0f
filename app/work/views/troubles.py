"""What the case page shows of its incidents (异常)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.web.i18n import gettext, locale
from app.work.models import Case, Incident
from app.work.pages.handling import Trouble, Typed, trouble
from app.work.queries import casefile, incidents
from app.work.views.blueprint import reading


def troubles(case: Case, typed: Mapping[int, Typed]) -> list[Trouble]:
    """Return what stands still in a case, each with its values."""
    return [
        trouble(one, known_to(case, one), typed.get(one.id, Typed()), locale())
        for one in incidents.open_of(reading(), case.id)
    ]


def kept_of(case: Case, typed: Mapping[int, Typed]) -> list[tuple[str, str]]:
    """Return what was typed about incidents that no longer stand still."""
    standing = {one.id for one in incidents.open_of(reading(), case.id)}
    return [(gettext("理由"), one.reason) for id_, one in typed.items() if id_ not in standing and one.reason]


def known_to(case: Case, incident: Incident) -> dict[str, Any]:
    """Return the values of the token that stands still, and those of the whole case as `case.name`."""
    own = {f"case.{name}": value for name, value in casefile.case_data(case).items()}
    return {**casefile.token_data(reading(), case.id, incident.token), **own}


def name_of(incident: Incident) -> str:
    """Return the step's name in the reader's language."""
    return incident.node_name_en if locale() == "en" else incident.node_name
