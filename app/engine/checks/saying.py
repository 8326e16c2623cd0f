"""How a rule says that something is wrong."""

from __future__ import annotations

from typing import Any

from app.engine.diagram import Drawn, Element, Line
from app.engine.port import Problem, Severity

Where = Element | Line


def problem(
    rule: str, where: Where | Drawn | None, message: str, fix: str, severity: Severity = "error", **values: Any
) -> Problem:
    """Return the problem of one element, or of the whole process."""
    element, name, line = (where.id, where.name or None, where.line) if where else (None, None, None)
    return Problem(rule, severity, element, name, line, message, {"id": element, **values}, fix)
