"""Reading and cutting the XML of a drawing: what every repair needs, free of any rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.engine.diagram import EXTENSIONS
from app.engine.xml import BPMN

CAMUNDA = EXTENSIONS[0]
OPERATON = "http://operaton.org/schema/1.0/bpmn"
VENDORS = (*EXTENSIONS, OPERATON)
HUMAN = frozenset({"userTask", "manualTask", "task"})
TASKS = frozenset({*HUMAN, "scriptTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"})
SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = frozenset({*TASKS, *SCOPES, "callActivity"})
GATEWAYS = frozenset(
    {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "eventBasedGateway"}
)
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS


def is_element(one: Any) -> bool:
    """Whether it is an element, not a comment or an instruction."""
    return isinstance(one.tag, str)


def elements(parent: Any) -> Iterator[Any]:
    """Return the elements directly below."""
    return (one for one in parent if is_element(one))


def tag_of(element: Any) -> str:
    """Return the local name of a BPMN element; empty for everything else."""
    prefix, _, name = element.tag.rpartition("}") if is_element(element) else ("", "", "")
    return str(name) if prefix == "{" + BPMN else ""


def children(element: Any, *tags: str) -> list[Any]:
    """Return the BPMN elements directly below with one of these names."""
    return [one for one in elements(element) if tag_of(one) in tags]


def label_of(element: Any) -> str:
    """Return what stands on a shape."""
    return " ".join((element.get("name") or "").split())


def name_of(element: Any) -> str:
    """Return what stands on a shape, or its id."""
    return label_of(element) or str(element.get("id"))


def definitions_of(event: Any) -> list[Any]:
    """Return the event definitions in an event."""
    return [one for one in elements(event) if tag_of(one).endswith("EventDefinition")]


def kind_of(event: Any) -> str:
    """Return what an event waits for or does: `none`, `timer`, `message` and so on."""
    found = definitions_of(event)
    return tag_of(found[0]).removesuffix("EventDefinition") if found else "none"


def setting(node: Any, name: str) -> str:
    """Read `camunda:name` or the same under another vendor's prefix."""
    found = (node.get(f"{{{namespace}}}{name}") for namespace in VENDORS)
    return next((one.strip() for one in found if one and one.strip()), "")


def condition_of(flow: Any) -> str:
    """Return the text of a flow's condition."""
    return child_text_of(flow, "conditionExpression")


def child_text_of(element: Any, tag: str) -> str:
    """Return the text of the first child with this name."""
    found = children(element, tag)
    return str(found[0].xpath("string()")).strip() if found else ""


def cut(element: Any) -> None:
    """Remove an element and leave the text after it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and element.tail.strip():
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    elif before is not None:
        before.tail = element.tail
    parent.remove(element)


def append(parent: Any, new: Any) -> None:
    """Add `new` as the last child, on a line of its own where the others have one."""
    last = parent[-1] if len(parent) else None
    if last is not None:
        new.tail, last.tail = last.tail, parent.text
    parent.append(new)


def insert_after(parent: Any, new: Any, tags: tuple[str, ...]) -> None:
    """Insert `new` after the last child with one of these names, or as the first."""
    mates = children(parent, *tags)
    if not mates:
        new.tail = parent.text if len(parent) else None
        parent.insert(0, new)
        return
    last = mates[-1]
    new.tail = last.tail
    if last.getnext() is None:
        last.tail = parent.text
    parent.insert(parent.index(last) + 1, new)
