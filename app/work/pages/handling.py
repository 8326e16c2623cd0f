"""The tab 处置: what stands still, the values it stands on as lines to type in, and what was typed back as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.clock import ZONE
from app.engine.state import to_json, untag
from app.errors import Invalid
from app.i18n import N_
from app.web.i18n import gettext
from app.work.models import Incident
from app.work.operations.stuck import WHOLE

LONG = 40
NEW = "+"  # the name under which a value that is not there yet is typed
KINDS: Mapping[str, str] = {
    "text": N_("文字"),
    "number": N_("数字"),
    "flag": N_("是否"),
    "date": N_("日期"),
    "time": N_("时间"),
    "list": N_("清单"),
    "none": N_("空"),
}
FAULTS: Mapping[str, str] = {
    "number": N_("这里要填数字。"),
    "flag": N_("这里要选是或否。"),
    "date": N_("日期写成 2026-11-17 这样。"),
    "time": N_("时间写成 2026-11-17 09:30 这样。"),
    "list": N_("这里要填完整的 JSON，与原来的样子相同。"),
}
NAMELESS = N_("补的值要有名称。")
TAKEN = N_("上面已经有“%(name)s”，请在那一行改。")


@dataclass(frozen=True)
class Line:
    """One value of the table: its name, what kind it is, and the text in its box."""

    name: str
    kind: str
    text: str
    error: str = ""

    @property
    def word(self) -> str:
        """Return the kind in words."""
        return gettext(KINDS[self.kind])

    @property
    def long(self) -> bool:
        """Say whether the text needs a box of several lines."""
        return self.kind in {"text", "list"} and (len(self.text) > LONG or "\n" in self.text)


@dataclass(frozen=True)
class Typed:
    """What was typed about one incident: kept, whatever came of it."""

    reason: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    new_name: str = ""
    new_text: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """One incident as the tab shows it."""

    incident: Incident
    name: str
    owner: str
    lines: tuple[Line, ...]
    typed: Typed

    @property
    def whole(self) -> bool:
        """Say whether the whole case stands still, not one of its steps."""
        return self.incident.token == WHOLE


def trouble(incident: Incident, known: Mapping[str, Any], typed: Typed, locale: str) -> Trouble:
    """Return an incident with its values, in what was typed where something was."""
    english = locale == "en"
    return Trouble(
        incident=incident,
        name=incident.node_name_en if english else incident.node_name,
        owner=incident.owner_en if english else incident.owner,
        lines=tuple(_lines(known, typed)),
        typed=typed,
    )


def _lines(known: Mapping[str, Any], typed: Typed) -> Iterator[Line]:
    for name, value in known.items():
        yield Line(name, kind_of(value), typed.texts.get(name, text_of(value)), typed.errors.get(name, ""))


def kind_of(value: Any) -> str:
    """Return the kind of a value; what is typed in its place is read as the same kind."""
    kinds = ((bool, "flag"), (int | Decimal, "number"), (str, "text"), (datetime, "time"), (date, "date"))
    if value is None:
        return "none"
    return next((kind for type_, kind in kinds if isinstance(value, type_)), "list")


def text_of(value: Any) -> str:
    """Return a value as the text in its box."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(ZONE).replace(tzinfo=None).isoformat(" ")
    if isinstance(value, list | dict):
        return json.dumps(to_json(value), ensure_ascii=False)
    return str(value)


def changes(known: Mapping[str, Any], typed: Typed) -> dict[str, Any]:
    """Return the values that were changed or added; raise Invalid with a sentence for each that cannot be read."""
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, text in typed.texts.items():
        if name not in known or text == text_of(known[name]):
            continue
        try:
            found[name] = read(text, kind_of(known[name]))
        except ValueError as error:
            errors[name] = str(error)
    if typed.new_name and typed.new_name in known:
        errors[NEW] = TAKEN
    elif typed.new_name:
        found[typed.new_name] = read(typed.new_text, "none")
    elif typed.new_text:
        errors[NEW] = NAMELESS
    if errors:
        raise Invalid(fields=errors, name=typed.new_name)
    return found


def read(text: str, kind: str) -> Any:
    """Return what was typed as a value of this kind, nothing as null; raise ValueError with the sentence to show."""
    if kind == "text":
        return text
    plain = text.strip()
    if not plain:
        return None
    try:
        return READ[kind](plain)
    except (ValueError, InvalidOperation, RecursionError, TypeError) as error:
        raise ValueError(FAULTS[kind]) from error


def _number(text: str) -> int | Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return int(text) if text.lstrip("+-").isdecimal() else value


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text] if text in {"true", "false"} else _refuse(text)


def _refuse(text: str) -> bool:
    raise ValueError(text)


def _time(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=ZONE)


def _list(text: str) -> Any:
    value = untag(json.loads(text, parse_float=Decimal))
    if not isinstance(value, list | dict):
        raise TypeError(text)
    return value


def _anything(text: str) -> Any:
    """Read a number, yes or no, or a list as such, everything else as text."""
    for way in (_number, _flag, _list):
        try:
            return way(text)
        except (ValueError, InvalidOperation, RecursionError, TypeError):
            continue
    return text


READ: Mapping[str, Callable[[str], Any]] = {
    "number": _number,
    "flag": _flag,
    "date": date.fromisoformat,
    "time": _time,
    "list": _list,
    "none": _anything,
}
