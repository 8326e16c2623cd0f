"""Events that a person reports: whoever began the case says that it happened."""

from __future__ import annotations

from typing import Any

from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import append, definitions_of, elements, label_of, name_of, tag_of
from app.engine.xml import BPMN


def by_hand(drawing: Drawing, node: Any, rule: str, message: str, old: str | None, **values: Any) -> None:
    """Let an event wait for a message that whoever began the case may send."""
    name = free_name(drawing, name_of(node))
    if not drawing.repair(rule, node, message, old=old, new=name, **values):
        return
    reference = drawing.declare("message", name)
    if tag_of(node) == "receiveTask":
        node.set("messageRef", reference)
    else:
        for one in definitions_of(node):
            node.remove(one)
        append(node, node.makeelement(f"{{{BPMN}}}messageEventDefinition", messageRef=reference))
    drawing.set_own(node, "offer.to", "${starter}")


def free_name(drawing: Drawing, name: str) -> str:
    """Return a name that no message or signal of the file has."""
    taken = {label_of(one) for one in elements(drawing.root) if tag_of(one) in {"message", "signal"}}
    return next(one for one in (name, *(f"{name} {n}" for n in range(2, 1000))) if one not in taken)
