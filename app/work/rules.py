"""Pure rules of work: texts with `${…}`, actions of a node, sides, reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Invalid
from app.expressions import juel
from app.i18n import N_

HANDLING = "handling"  # the kind under which the vendor's limit of a whole case is armed
SIDES = ("vendor", "client", "office")
SIDE_OF_UNIT = {"vendor": "vendor", "office": "office", "department": "client"}
REASON_LENGTH = 2000
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Action:
    """One way to complete a work item: its code becomes `decision` in the answers."""

    code: str
    name: str
    name_en: str
    style: str

    def label(self, locale: str) -> str:
        """Return the verb in the reader's language."""
        return self.name_en if locale == "en" else self.name


SUBMIT = Action("submit", "提交", "Submit", "primary")


def actions_of(properties: Mapping[str, str]) -> tuple[Action, ...]:
    """Read `guanjia.actions` (`code:中文:English:style|…`); a node without it has the one action `submit`."""
    text = properties.get("actions", "")
    found = [_action(part) for part in text.split("|") if part.strip()]
    return tuple(found) or (SUBMIT,)


def _action(text: str) -> Action:
    code, name, name_en, style = ([*(part.strip() for part in text.split(":")), "", "", ""])[:4]
    return Action(code, name or code, name_en or name or code, style)


def fill(text: str, names: Mapping[str, Any]) -> Any:
    """Return `text` with every `${…}` replaced; a text that is one `${…}` gives the value itself."""
    whole = PLACEHOLDER.fullmatch(text.strip())
    if whole:
        return juel.parse(whole[1]).evaluate(names)
    return PLACEHOLDER.sub(lambda match: _text(juel.parse(match[1]).evaluate(names)), text)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def names_of(data: Mapping[str, Any], case_data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names an expression of a node's property may use: the token's data and `case`."""
    return {**data, "case": dict(case_data)}


def words(text: str | None) -> frozenset[str]:
    """Read a comma-separated property."""
    return frozenset(part.strip() for part in (text or "").split(",") if part.strip())


def side_of(properties: Mapping[str, str], unit_kind: str) -> str:
    """Return who is charged for the time at a node: the node says so, else the unit's kind."""
    return properties.get("side") or SIDE_OF_UNIT.get(unit_kind, "office")


def reason_of(text: str) -> str:
    """Return the reason given; raise Invalid when it is missing or too long."""
    plain = text.strip()
    if not plain:
        raise Invalid(fields={"reason": N_("要写明理由，写好后再提交。")})
    if len(plain) > REASON_LENGTH:
        raise Invalid(fields={"reason": N_("理由不超过 2000 字。")})
    return plain
