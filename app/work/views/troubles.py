"""What the tab 处置 of the case page is drawn from: what stands still, and what may be done to the whole case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine import restore
from app.web.i18n import gettext, locale
from app.work.models import Case, Incident
from app.work.operations.cases import rows_of
from app.work.pages.handling import Trouble, Typed, trouble
from app.work.pages.steering import Asked, Choice, steers
from app.work.pages.words import name_of
from app.work.queries import casefile, incidents
from app.work.views.blueprint import reading, runtime
from app.work.views.telling import Telling


@dataclass(frozen=True)
class Left:
    """What a submit left on the tab: what was typed about incidents, by their ids, and what was asked of the case."""

    incidents: Mapping[int, Typed] = field(default_factory=dict)
    steers: Mapping[str, Asked] = field(default_factory=dict)


def handling_of(told: Telling, left: Left) -> dict[str, Any]:
    """Return what the tab shows."""
    case, viewer = told.case, told.viewer
    standing = incidents.open_of(reading(), case.id) if viewer.may("work.repair") else ()
    return {
        "troubles": [_trouble(case, one, left) for one in standing],
        "kept": _kept(standing, left),
        "steers": steers(
            case,
            viewer,
            items=told.file.open,
            places=_places(told, standing),
            definition=told.bundle.definition,
            locale=locale(),
            asked=left.steers,
        ),
    }


def known_to(case: Case, incident: Incident) -> dict[str, Any]:
    """Return the values of the token that stands still, and those of the whole case as `case.name`."""
    own = {f"case.{name}": value for name, value in casefile.case_data(case).items()}
    return {**casefile.token_data(reading(), case.id, incident.token), **own}


def step_of(incident: Incident) -> str:
    """Return the step's name in the reader's language."""
    return incident.node_name_en if locale() == "en" else incident.node_name


def _trouble(case: Case, incident: Incident, left: Left) -> Trouble:
    typed = left.incidents.get(incident.id, Typed())
    return trouble(incident, known_to(case, incident), typed, locale())


def _kept(standing: Any, left: Left) -> list[tuple[str, str]]:
    """Return what was typed about incidents that no longer stand still."""
    ids = {one.id for one in standing}
    return [(gettext("理由"), one.reason) for id_, one in left.incidents.items() if id_ not in ids and one.reason]


def _places(told: Telling, standing: Any) -> tuple[Choice, ...]:
    """Return where the case is now: every token that waits or stands still."""
    if told.case.status != "running" or not told.viewer.may("work.repair"):
        return ()
    definition = told.bundle.definition
    live = restore(definition, rows_of(reading(), told.case.id), told.case.header)
    waiting = [(one.token, definition.nodes[one.node]) for one in runtime().engine.open_nodes(live)]
    found = {token: name_of(node, locale()) or node.id for token, node in waiting if node.attached_to is None}
    stopped = runtime().engine.stopped(live)
    return tuple((found | {one.token: step_of(one) for one in standing if one.token in stopped}).items())
