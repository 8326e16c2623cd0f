"""The action bar: only what this step allows, each button with its consequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine import Node
from app.formkit import CompiledForm
from app.i18n import N_
from app.web.i18n import gettext
from app.work.pages.route import Outlook
from app.work.rules import Action, actions_of, words

REASONS = ("reason", "opinion")
ICONS = {"primary": "check"}
ALL_MET = N_("第 %(lines)s 条没有达到，不能选“%(action)s”。可以退回，或改选达到。")
SOME_UNMET = N_("每一条都选了达到，不用“%(action)s”。把没有达到的改过来，或者选通过。")


@dataclass(frozen=True)
class Button:
    """One way to complete the step: its code, its verb and what follows."""

    code: str
    label: str
    consequence: str
    style: str
    icon: str


def buttons(node: Node, outlook: Outlook) -> list[Button]:
    """Return the buttons of a step, the primary one first."""
    found = [_button(node, action, outlook) for action in actions_of(node.properties)]
    return sorted(found, key=lambda one: one.style != "primary")


def _button(node: Node, action: Action, outlook: Outlook) -> Button:
    style = action.style if action.style in {"primary", "danger"} else ""
    said = outlook.consequence(node, action)
    return Button(action.code, action.label(outlook.locale), said, style, ICONS.get(style, ""))


def chosen(node: Node, code: str | None) -> Action | None:
    """Return the action somebody chose; the only one when there is one, None for an unknown code."""
    actions = actions_of(node.properties)
    if not code and len(actions) == 1:
        return actions[0]
    return next((action for action in actions if action.code == code), None)


def reason_field(form: CompiledForm | None) -> str | None:
    """Return the key of the form's field in which a reason is written, if it has one."""
    leaves = form.scope.leaves if form else {}
    by_kind = next((key for key, part in leaves.items() if part.kind == "opinion"), None)
    return next((key for key in REASONS if key in leaves), by_kind)


def required_by(node: Node, action: Action, form: CompiledForm | None) -> list[str]:
    """Return the fields this action needs besides those the form always asks: `required.for`, reason, evidence."""
    leaves = form.scope.leaves if form else {}
    found = [key for key, part in leaves.items() if action.code in words(part.properties.get("required.for"))]
    reason = reason_field(form)
    if reason and not found and action.code in words(node.properties.get("reason.required")):
        found.append(reason)
    if action.code in words(node.properties.get("evidence.required")):
        found += [key for key, part in leaves.items() if part.kind == "files"][:1]
    return found


def contradictions(
    action: Action, form: CompiledForm | None, answers: Mapping[str, Any], locale: str
) -> dict[str, str]:
    """Return the criteria lists whose verdicts do not fit the action: `all.met.for`, `some.unmet.for`."""
    found = {}
    for key, part in (form.scope.leaves if form else {}).items():
        lines = answers.get(key)
        if part.kind != "criteria" or not isinstance(lines, list):
            continue
        unmet = [str(number) for number, line in enumerate(lines, 1) if line.get("met") is False]
        if unmet and action.code in words(part.properties.get("all.met.for")):
            found[key] = gettext(ALL_MET, lines=gettext("、").join(unmet), action=action.label(locale))
        if lines and not unmet and action.code in words(part.properties.get("some.unmet.for")):
            found[key] = gettext(SOME_UNMET, action=action.label(locale))
    return found
