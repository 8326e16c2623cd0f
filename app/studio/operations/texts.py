"""What may be kept as a text of a draft: XML that can be read and holds nothing dangerous."""

from __future__ import annotations

from app.engine import DiagramRefused, read_xml
from app.errors import Invalid

ROOTS = frozenset({"bpmn", "table"})


def require_readable(kind: str, text: str) -> None:
    """Raise Invalid with the reason when a diagram or table is not XML fit to be read: too large, with a DOCTYPE."""
    if kind not in ROOTS:
        return
    try:
        read_xml(text.encode(), "definitions")
    except DiagramRefused as error:
        (problem,) = error.problems
        raise Invalid(problem.message, **problem.values) from error
