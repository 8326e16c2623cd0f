"""Every expression of a diagram where it stands, and what is wrong with those that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.engine.checks.saying import Where, problem
from app.engine.diagram import Diagram, Element
from app.engine.parts import (
    read_candidates,
    read_handover,
    read_parameters,
    read_repetition,
    read_script,
    read_timer,
)
from app.engine.port import Problem
from app.expressions import Expression, ExpressionRefused, juel
from app.i18n import N_

PLACEHOLDER = re.compile(r"[$#]\{([^}]*)\}")
FIX = N_("请按提示改正表达式。")


@dataclass(frozen=True, slots=True)
class Placed:
    """One expression and the element it stands at; None is the process. `bare`: it may call no function of ours."""

    where: Where | None
    expression: Expression
    bare: bool = False


def read_all(diagram: Diagram) -> Iterator[Placed | Problem]:
    """Yield every expression of the diagram, or the problem of one that cannot be read."""
    for flow in diagram.flows.values():
        if flow.condition:
            yield _condition(flow, flow.condition)
    for one in diagram.elements.values():
        for rule, read in _READERS:
            yield from _read(rule, one, read)
    for where in (None, *diagram.elements.values(), *diagram.flows.values()):
        for value in (where.own if where else diagram.own).values():
            yield from _placeholders(where, value)


def refused(rule: str, where: Where | None, error: ExpressionRefused, text: str | None = None) -> Problem:
    """Return the problem of an expression that cannot be read, with the column of what is wrong."""
    message = N_("“%(text)s”：%(why)s") if text else N_("%(why)s")
    return problem(rule, where, message, FIX, text=text, why=error, column=error.column)


def _condition(where: Where, text: str) -> Placed | Problem:
    try:
        read = juel.braced(text)
    except ExpressionRefused as error:
        return refused("condition", where, error, text)
    if read is None:
        message = N_("条件“%(text)s”要写成 ${…}。")
        return problem("condition", where, message, N_("在外面加上 ${ }。"), text=text)
    return Placed(where, read)


def _read(rule: str, one: Element, read: Callable[[Element], list[Expression | None]]) -> Iterator[Placed | Problem]:
    try:
        found = read(one)
    except ExpressionRefused as error:
        yield refused(rule, one, error)
        return
    yield from (Placed(one, expression) for expression in found if expression is not None)


def _placeholders(where: Where | None, value: str) -> Iterator[Placed | Problem]:
    for match in PLACEHOLDER.finditer(value):
        try:
            yield Placed(where, juel.parse(match[1]), bare=True)
        except ExpressionRefused as error:
            yield refused("attribute-value", where, error, value)


def _script(one: Element) -> list[Expression | None]:
    return [line.text.expression for line in read_script(one.script or "")] if one.tag == "scriptTask" else []


def _timer(one: Element) -> list[Expression | None]:
    waits = one.event.kind == "timer" and one.tag in {"intermediateCatchEvent", "boundaryEvent"}
    return [read_timer(one.event).text.expression] if waits else []


def _repetition(one: Element) -> list[Expression | None]:
    if one.repeat is None:
        return []
    read = read_repetition(one.repeat)
    return [read.collection, read.condition, read.cardinality.expression if read.cardinality else None]


_READERS: tuple[tuple[str, Callable[[Element], list[Expression | None]]], ...] = (
    ("assignee", lambda one: [candidate.text.expression for candidate in read_candidates(one)]),
    ("parameter", lambda one: [entry.text.expression for entry in read_parameters(one.inputs)]),
    ("parameter", lambda one: [entry.text.expression for entry in read_parameters(one.outputs)]),
    ("script", _script),
    ("timer", _timer),
    ("repetition", _repetition),
    ("call", lambda one: [entry.text.expression for entry in read_handover(one.hands_in).chosen]),
)
