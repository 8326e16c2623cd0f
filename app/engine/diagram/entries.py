"""Reads what stands inside a node: settings, properties, mappings, timers and the marker of repetition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from app.engine.attributes import PREFIX
from app.engine.diagram.model import Event, Handed, Line, Parameter, Repeat, TimerKind
from app.engine.xml import child_text, children, local_name

EXTENSIONS = (
    "http://camunda.org/schema/1.0/bpmn",
    "http://flowable.org/bpmn",
    "http://activiti.org/bpmn",
)
_TIMER_KINDS: Mapping[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def read_repeat(node: Any) -> Repeat | None:
    """Read the marker of repetition of a node, with the names that the vendors of engines have given its parts."""
    found = children(node, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
    if not found:
        return None
    marker = found[0]
    several = local_name(marker) == "multiInstanceLoopCharacteristics"
    setting = read_settings(marker).get
    item = next(iter(children(marker, "inputDataItem")), None)
    own = re.sub(r"\W", "_", node.get("id"))
    collect = read_own(node).get("collect") or child_text(marker, "loopDataOutputRef") or f"{own}_answers"
    kind: Literal["parallel", "sequential"] = "sequential" if marker.get("isSequential") == "true" else "parallel"
    return Repeat(
        kind=kind if several else "loop",
        cardinality=child_text(marker, "loopCardinality"),
        collection=setting("collection") or child_text(marker, "loopDataInputRef"),
        element=setting("elementVariable") or (item.get("name") or item.get("id") if item is not None else None),
        condition=child_text(marker, "completionCondition") or child_text(marker, "loopCondition"),
        collect=collect,
        test_before=marker.get("testBefore") == "true",
        maximum=marker.get("loopMaximum"),
    )


def read_handed(node: Any, direction: str) -> tuple[Handed, ...]:
    """Read `camunda:in` or `camunda:out`; a business key needs nothing, the called process runs in the same case."""
    found = [
        Handed(
            one.get("source") or one.get("sourceExpression") or "",
            one.get("target") or "",
            one.get("variables") == "all",
        )
        for extension in children(node, "extensionElements")
        for one in children(extension, direction)
        if not one.get("businessKey")
    ]
    inherits = read_settings(node).get("inheritVariables") == "true"
    return (*found, Handed("", "", everything=True)) if inherits and direction == "in" else tuple(found)


def read_line(node: Any, scope: str) -> Line:
    """Read a sequence flow."""
    source, target = node.get("sourceRef") or "", node.get("targetRef") or ""
    return Line(
        # one without an id is refused; until then it still shows where it leads
        id=node.get("id") or f"{source}.{target}",
        name=" ".join((node.get("name") or "").split()),
        line=node.sourceline,
        scope=scope,
        source=source,
        target=target,
        condition=child_text(node, "conditionExpression"),
        own=read_own(node),
    )


def read_event_timer(definition: Any) -> Event:
    """Read the definition of a timer."""
    for tag, kind in _TIMER_KINDS.items():
        if children(definition, tag):
            return Event("timer", timer=kind, text=child_text(definition, tag))
    return Event("timer")


def read_settings(node: Any) -> dict[str, str]:
    """Read `camunda:x`, or `flowable:x`, or `activiti:x`."""
    found: dict[str, str] = {}
    for namespace in reversed(EXTENSIONS):
        prefix = "{" + namespace + "}"
        found |= {key.removeprefix(prefix): value for key, value in node.attrib.items() if key.startswith(prefix)}
    return {key: value.strip() for key, value in found.items() if value.strip()}


def read_own(node: Any) -> dict[str, str]:
    """Read the `guanjia.` properties of a node, without the prefix."""
    entries = [
        (entry.get("name") or "", entry.get("value") or "")
        for extension in children(node, "extensionElements")
        for holder in children(extension, "properties")
        for entry in children(holder, "property")
    ]
    return {name.removeprefix(PREFIX): value for name, value in entries if name.startswith(PREFIX)}


def read_parameters(node: Any) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]]:
    """Read the input and output parameters of `camunda:inputOutput`."""
    holders = [
        holder for extension in children(node, "extensionElements") for holder in children(extension, "inputOutput")
    ]
    return (
        tuple(_parameter(one) for holder in holders for one in children(holder, "inputParameter")),
        tuple(_parameter(one) for holder in holders for one in children(holder, "outputParameter")),
    )


def _parameter(node: Any) -> Parameter:
    plain = not len(node)
    return Parameter((node.get("name") or "").strip(), (node.text or "").strip() if plain else None)
