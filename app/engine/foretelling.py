"""What a decision will find and a call will hand over, told from the data alone; nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from app.engine.definition import Definition, Node
from app.engine.specs.scopes import Call
from app.engine.specs.tasks import DecisionTask
from app.errors import UserError
from app.expressions import Budget, Expression

CASE: Final = "case."


def foretell(definition: Definition, node: Node, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a decision writes, or a call sets inside, with the data `known`; None when that cannot be said."""
    scope = definition.specs.get(node.scope)
    spec = scope.task_specs.get(node.id) if scope is not None else None
    if isinstance(spec, Call):
        return {**_not_handed(definition, node, spec), **_handed(spec, known)}
    # a table would take what is not known yet for empty
    if not isinstance(spec, DecisionTask) or not spec.decision.names <= known.keys():
        return None
    try:
        return _placed(known, spec.decision.decide(_over(known)).variables(spec.variable, spec.mapping))
    except UserError:
        return None


def _over(known: Mapping[str, Any]) -> Callable[..., Any]:
    def evaluate(expression: Expression, extra: Mapping[str, Any] | None = None, budget: Budget | None = None) -> Any:
        return expression.evaluate({**known, **(extra or {})}, budget=budget)

    return evaluate


def _handed(spec: Call, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a call hands over, as far as it is known."""
    found: dict[str, Any] = {}
    for one in spec.takes_in.chosen:
        if one.text.expression is None or one.text.expression.names <= known.keys():
            with suppress(UserError):
                found[one.target] = one.text.value(_over(known))
    return found


def _not_handed(definition: Definition, node: Node, spec: Call) -> dict[str, Any]:
    """Return what tables of the called process ask for and nobody hands over: inside it is empty for certain."""
    inside = definition.specs.get(definition.called.get(node.calls or "", ""))
    if inside is None or spec.shares or spec.takes_in.everything:
        return {}
    asked = {
        name for one in inside.task_specs.values() if isinstance(one, DecisionTask) for name in one.decision.names
    }
    return dict.fromkeys(asked - {one.target for one in spec.takes_in.chosen})


def _placed(known: Mapping[str, Any], written: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return what was written as expressions see it: `case.x` within the data of the case."""
    found = dict(written)
    own = {name.removeprefix(CASE): found.pop(name) for name in list(found) if name.startswith(CASE)}
    return {**found, "case": {**(known.get("case") or {}), **own}} if own else found
