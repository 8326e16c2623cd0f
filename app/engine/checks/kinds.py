"""Which row of the table of BPMN elements a node belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.compile import is_external
from app.engine.coverage import ROWS, Row
from app.engine.diagram import Element

SCRIPTS = frozenset({"", "juel", "guanjia"})
_EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"},
)


def row_of(element: Element, process_id: str) -> Row:
    """Return the row a node belongs to."""
    return ROWS.get(key_of(element, process_id), ROWS["other"])


def key_of(element: Element, process_id: str) -> str:
    """Return the key of a node's row; one that no row has is not known."""
    tag = element.tag
    if tag in _EVENTS:
        return f"{tag}:{_event(element, inner=element.scope != process_id)}"
    variant = next(_variants(element), "")
    return f"{tag}:{variant}" if variant else tag


def _event(element: Element, *, inner: bool) -> str:
    kind = "cycle" if element.event.timer == "cycle" and element.tag != "startEvent" else element.event.kind
    if element.event.definitions > 1:
        return "parallelMultiple" if "parallelMultiple" in element.flags else "multiple"
    if element.tag == "startEvent" and inner and kind != "none":
        return "inner"
    beside = element.tag == "boundaryEvent" and not element.interrupting
    return f"{kind}.beside" if beside and f"{element.tag}:{kind}.beside" in ROWS else kind


def _variants(element: Element) -> Iterator[str]:
    if is_external(element):
        yield "external"
    if "triggeredByEvent" in element.flags:
        yield "event"
    if "instantiate" in element.flags:
        yield "instantiate"
    if element.tag == "scriptTask" and element.script_format not in SCRIPTS:
        yield "code"
    if element.tag == "sendTask" and element.event.kind == "none" and _calls_code(element):
        yield "code"
    if element.tag == "receiveTask" and element.event.kind == "none":
        yield "none"


def _calls_code(element: Element) -> bool:
    return any(element.settings.get(name) for name in ("class", "delegateExpression", "expression"))
