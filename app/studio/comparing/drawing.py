"""Reads a BPMN file into things with facts: every attribute and extension of an element is one of its facts.

Nothing is passed over: what has no words of its own is compared as canonical XML. Keys of facts: `name`, `a:x`
for attributes of engine vendors, `p:x` for properties, `in:x` and `out:x` for mappings, `x:tag` for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from app.engine.diagram import EXTENSIONS
from app.engine.xml import BPMN, children, descendants, local_name, read_xml

_OWNED = frozenset(
    {
        "extensionElements",
        "documentation",
        "conditionExpression",
        "script",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "ioSpecification",
        "property",
        "dataInputAssociation",
        "dataOutputAssociation",
        "text",
    }
)
_PASSED = frozenset({"laneSet", "incoming", "outgoing", "flowNodeRef", "supportedInterfaceRef"})
_REFERENCES = {"messageRef": "name", "signalRef": "name", "errorRef": "errorCode", "escalationRef": "escalationCode"}
_ROOTS = frozenset({"message", "signal", "error", "escalation"})
_KINDS = {"sourceRef": "source", "targetRef": "target", "attachedToRef": "attached", "cancelActivity": "interrupting"}


@dataclass
class Thing:
    """One element of the file: what it is, in which scope, and its facts."""

    id: str
    tag: str
    name: str
    scope: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawing:
    """A file as things by id, and where each of them lies on the canvas."""

    things: Mapping[str, Thing]
    places: Mapping[str, str]

    def called(self, id_: str) -> str:
        """Return the name of a thing, its id when it has none."""
        thing = self.things.get(id_)
        return thing.name or id_ if thing else id_


def read_drawing(content: bytes) -> Drawing:
    """Read a BPMN file; raise DiagramRefused when it is none."""
    root = read_xml(content, "definitions")
    things: dict[str, Thing] = {}
    for node in root:
        if _is_bpmn(node):
            _read(node, "", _names(root), things)
    for lane in descendants(root, "lane"):
        for ref in children(lane, "flowNodeRef"):
            thing = things.get((ref.text or "").strip())
            if thing is not None:
                thing.facts["lane"] = lane.get("name") or lane.get("id") or ""
    return Drawing(things, dict(_places(root)))


def _read(node: Any, scope: str, names: Mapping[str, str], things: dict[str, Thing]) -> None:
    tag, id_ = local_name(node), node.get("id")
    if tag in _PASSED:
        for one in node:
            _read(one, scope, names, things)
        return
    if not id_ or not _is_bpmn(node):
        return
    thing = Thing(id_, tag, " ".join((node.get("name") or "").split()), scope)
    things.setdefault(id_, thing)
    thing.facts.update(_attributes(node))
    for one in node:
        if _is_owned(one):
            _add_content(thing.facts, one, names)
        else:
            _read(one, id_ if tag in {"subProcess", "transaction"} else scope, names, things)
    if scope:
        thing.facts["scope"] = scope
    if tag in _ROOTS:
        thing.facts.pop("name", None)


def _is_bpmn(node: Any) -> bool:
    return str(node.tag).startswith("{" + BPMN + "}")


def _is_owned(node: Any) -> bool:
    return not _is_bpmn(node) or local_name(node) in _OWNED or local_name(node).endswith("EventDefinition")


def _attributes(node: Any) -> Iterator[tuple[str, str]]:
    for key, value in node.attrib.items():
        name = etree.QName(key)
        text = " ".join(value.split())
        if name.namespace in EXTENSIONS:
            yield f"a:{name.localname}", text
        elif name.namespace is not None:
            yield f"x:{name.localname}", text
        elif name.localname != "id" and text:
            yield _KINDS.get(name.localname, name.localname), text


def _add_content(facts: dict[str, str], node: Any, names: Mapping[str, str]) -> None:
    tag = local_name(node)
    if tag == "extensionElements":
        for one in node:
            for key, value in _extension(one):
                facts[key] = "\n".join(filter(None, (facts.get(key), value)))
    elif tag.endswith("EventDefinition"):
        facts[f"event:{tag.removesuffix('EventDefinition')}"] = _event(node, names)
    elif tag in {"conditionExpression", "script", "documentation", "text"}:
        facts[tag] = "".join(node.itertext()).strip()
    else:
        facts[f"x:{tag}"] = "\n".join(filter(None, (facts.get(f"x:{tag}"), canonical(node))))


def _extension(node: Any) -> Iterator[tuple[str, str]]:
    tag = local_name(node)
    if tag == "properties":
        for one in children(node, "property"):
            yield f"p:{one.get('name') or ''}", (one.get("value") or "").strip()
    elif tag == "inputOutput":
        for one in node:
            direction = "in" if local_name(one) == "inputParameter" else "out"
            yield f"{direction}:{one.get('name') or ''}", canonical(one) if len(one) else (one.text or "").strip()
    else:
        yield f"x:{tag}", canonical(node)


def _event(node: Any, names: Mapping[str, str]) -> str:
    """Return what an event waits for: the name of its message, the text of its timer, or just that it is one."""
    referred = [names.get(node.get(key) or "", "") for key in _REFERENCES if node.get(key)]
    written = [f"{local_name(one)} {''.join(one.itertext()).strip()}" for one in node if _is_bpmn(one)]
    others = [f"{etree.QName(key).localname}={value}" for key, value in node.attrib.items() if "{" in key]
    return " ".join(filter(None, (*referred, *written, *sorted(others))))


def _names(root: Any) -> dict[str, str]:
    return {
        one.get("id") or "": one.get("name")
        or one.get("errorCode")
        or one.get("escalationCode")
        or one.get("id")
        or ""
        for tag in _ROOTS
        for one in children(root, tag)
    }


def canonical(node: Any) -> str:
    """Write an element in the one form that does not depend on blanks or on the order of attributes."""
    lone = etree.fromstring(etree.tostring(node, with_tail=False), etree.XMLParser(remove_blank_text=True))
    for one in lone.iter():
        if one.text is not None and not one.text.strip():
            one.text = None
    etree.cleanup_namespaces(lone)
    return etree.tostring(lone, method="c14n").decode()


def _places(root: Any) -> Iterator[tuple[str, str]]:
    """Yield where each element lies: bounds, waypoints and colours."""
    for tag in ("BPMNShape", "BPMNEdge"):
        for one in descendants(root, tag):
            points = [
                f"{local_name(part)} {part.get('x')} {part.get('y')} {part.get('width')} {part.get('height')}"
                for part in one
                if local_name(part) in {"Bounds", "waypoint"}
            ]
            colours = [value for key, value in sorted(one.attrib.items()) if "{" in key]
            yield one.get("bpmnElement") or "", " ".join([*points, *colours])
