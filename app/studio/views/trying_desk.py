"""A step of a try-out before whoever plays it: the real form with the step's rights; values typed line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.engine import OpenNode
from app.engine.state import to_json
from app.errors import Invalid, NotFound
from app.formkit import Sources
from app.formkit.values import plain
from app.i18n import N_
from app.people.queries import viewer_of
from app.people.rules import Viewer
from app.studio.models import TryOut
from app.studio.operations import trying
from app.studio.trying import Play
from app.studio.views.blueprint import reading
from app.web.i18n import gettext
from app.work.pages.handling import read, text_of
from app.work.views.desk import FormDesk
from app.work.views.sources import sources_for

PERSON, SEEN = "try.person", "try.seen"
NO_EQUALS = N_("第 %(line)s 行没有等号。写成“名称 = 值”，一行一个。")
NOBODY = N_("没有这个人，换一位来办。")
QUOTES = 2


@dataclass(frozen=True)
class TryDesk(FormDesk):
    """A form at a step of a try-out; files handed in are known by name only."""

    row: TryOut

    @property
    def ignored(self) -> frozenset[str]:
        """Return the names of the page's own controls."""
        return super().ignored | {PERSON, SEEN}

    @property
    def _sources(self) -> Sources:
        own = sources_for(reading(), self.viewer)
        return replace(own, uploads=lambda ids: trying.files_of(self.row, ids), upload_url=None, subject=None)


def desk_of(row: TryOut, play: Play, opened: OpenNode, viewer: Viewer) -> TryDesk:
    """Return an open step as `viewer` would have it."""
    node = play.machine.definition.nodes[opened.node]
    known = {**opened.data, "case": dict(play.live.case_data)}
    stored = {name: plain(value) for name, value in known.items()}
    return TryDesk(viewer=viewer, node=node, form=play.machine.form_of(node), stored=stored, row=row)


def played(user_id: int) -> Viewer:
    """Return the person somebody plays; raise NotFound when there is none."""
    found = viewer_of(reading(), user_id)
    if found is None:
        raise NotFound(NOBODY)
    return found


def values_of(text: str) -> dict[str, Any]:
    """Read values typed as `name = value`, one a line: numbers, true, false, lists and maps as JSON, else text."""
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name and not equals:
            continue
        if not name or not equals:
            raise Invalid(fields={"values": gettext(NO_EQUALS, line=number)})
        found[name] = _value(value)
    return found


def lines_of(values: Mapping[str, Any]) -> str:
    """Write values as they are typed."""
    return "\n".join(f"{name} = {_line(value)}" for name, value in values.items())


def _value(text: str) -> Any:
    if len(text) >= QUOTES and text[0] == text[-1] == '"':
        return text[1:-1]
    return read(text, "none")


def _line(value: Any) -> str:
    if isinstance(value, str) and _value(value) != value:
        return f'"{value}"'
    return text_of(value)


def words_of(value: Any) -> str:
    """Return a value as a reader sees it in a table."""
    if isinstance(value, list | dict):
        return str(to_json(value))
    return text_of(value)
