"""Reads a file into a diagram; what cannot be read at all is a problem of the diagram, not a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.engine.diagram.entries import (
    read_event_timer,
    read_handed,
    read_line,
    read_own,
    read_parameters,
    read_repeat,
    read_settings,
)
from app.engine.diagram.model import Diagram, Drawn, Element, Event, Line
from app.engine.port import DiagramRefused, Problem
from app.engine.xml import BPMN, child_text, children, descendants, local_name, read_xml
from app.i18n import N_, Listed

MAX_NESTING = 10
_NOT_NODES = frozenset(
    {
        "sequenceFlow",
        "laneSet",
        "extensionElements",
        "documentation",
        "incoming",
        "outgoing",
        "textAnnotation",
        "association",
        "group",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "ioSpecification",
        "property",
        "dataInputAssociation",
        "dataOutputAssociation",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "auditing",
        "monitoring",
        "category",
        "artifact",
        "resourceRole",
        "performer",
        "correlationSubscription",
        "supports",
    }
)
_DRAWN = ("Task", "Event", "Gateway", "task", "Process", "Activity", "transaction")
_NAMED: Mapping[str, tuple[str, str]] = {
    "message": ("messageRef", "name"),
    "signal": ("signalRef", "name"),
    "error": ("errorRef", "errorCode"),
    "escalation": ("escalationRef", "escalationCode"),
}


def read_diagram(content: bytes) -> Diagram:
    """Read the executable process of a BPMN file; raise DiagramRefused when there is none to read."""
    root = read_xml(content, "definitions")
    process = _choose_process(root)
    reader = _Reader(root, process)
    reader.read_scope(process, process.get("id"), 0)
    reader.join_links()
    return Diagram(
        process_id=process.get("id"),
        name=process.get("name") or process.get("id"),
        line=process.sourceline,
        own=read_own(process),
        elements=reader.elements,
        flows=reader.flows,
        lanes={one.get("name") or "": read_own(one).get("name.en") for one in descendants(process, "lane")},
        problems=tuple(reader.problems),
        data=tuple(
            Drawn(one.get("id") or "", local_name(one), one.get("name") or "", one.sourceline)
            for tag in ("dataObjectReference", "dataStoreReference")
            for one in descendants(process, tag)
        ),
    )


class _Reader:
    """Walks through the scopes and keeps what it finds; an id that is used twice counts once."""

    def __init__(self, root: Any, process: Any) -> None:
        self.elements: dict[str, Element] = {}
        self.flows: dict[str, Line] = {}
        self.problems: list[Problem] = list(_id_problems(process))
        self.names = {
            one.get("id"): one.get(key) or (None if key == "name" else one.get("name") or one.get("id"))
            for tag, (_reference, key) in _NAMED.items()
            for one in children(root, tag)
        }
        self.lanes = {
            (ref.text or "").strip(): lane.get("name")
            for lane in descendants(process, "lane")
            for ref in children(lane, "flowNodeRef")
        }

    def read_scope(self, parent: Any, scope: str, depth: int) -> None:
        """Read the nodes and flows directly in `parent` and go on into its sub-processes."""
        if depth > MAX_NESTING:
            self._problem("nesting", parent, N_("子流程套得太深。"), N_("把里层的子流程移到外面。"))
            return
        for node in parent:
            tag = local_name(node)
            if not str(node.tag).startswith("{" + BPMN + "}"):
                continue
            if tag == "sequenceFlow":
                line = read_line(node, scope)
                self.flows.setdefault(line.id, line)
            elif not node.get("id"):
                continue
            elif tag not in _NOT_NODES:
                self._read_node(node, scope, depth)

    def join_links(self) -> None:
        """Draw a flow from every link that throws to the link of the same name that catches in the same scope."""
        links = [one for one in self.elements.values() if one.event.kind == "link"]
        for one in links:
            targets = [to for to in links if to.tag == "intermediateCatchEvent" and _linked(one, to)]
            if one.tag == "intermediateThrowEvent" and targets:
                to = targets[0]
                self.flows[f"{one.id}.link"] = Line(
                    f"{one.id}.link", "", one.line, one.scope, one.id, to.id, None, {}
                )

    def _read_node(self, node: Any, scope: str, depth: int) -> None:
        element = self._element(node, scope)
        if element.id in self.elements:
            return
        self.elements[element.id] = element
        if element.tag == "subProcess":
            self.read_scope(node, element.id, depth + 1)

    def _element(self, node: Any, scope: str) -> Element:
        identity = node.get("id")
        outer = self.elements.get(scope)
        lane = self.lanes.get(identity) or (outer.lane if outer else None)
        inputs, outputs = read_parameters(node)
        return Element(
            id=identity,
            tag=local_name(node),
            name=" ".join((node.get("name") or "").split()),
            line=node.sourceline,
            scope=scope,
            lane=lane,
            event=self._event(node),
            attached_to=node.get("attachedToRef"),
            interrupting=node.get("cancelActivity", "true") != "false",
            default=node.get("default"),
            script=child_text(node, "script"),
            script_format=(node.get("scriptFormat") or "").strip().lower(),
            flags=frozenset(name for name, value in node.attrib.items() if value == "true"),
            settings=read_settings(node),
            own=read_own(node),
            inputs=inputs,
            outputs=outputs,
            repeat=read_repeat(node),
            called=(node.get("calledElement") or "").strip() or None,
            hands_in=read_handed(node, "in"),
            hands_out=read_handed(node, "out"),
            extensions=frozenset(
                local_name(one) for extension in children(node, "extensionElements") for one in extension
            ),
        )

    def _event(self, node: Any) -> Event:
        found = [one for one in node if local_name(one).endswith("EventDefinition")]
        if not found:
            reference = node.get("messageRef") or ""
            named = self.names.get(reference)
            dangling = reference if reference not in self.names else None
            return Event("message", named or None, dangling=dangling) if reference else Event("none")
        definition = found[0]
        kind = local_name(definition).removesuffix("EventDefinition")
        if kind == "timer":
            return replace(read_event_timer(definition), definitions=len(found))
        if kind == "link":
            return Event(kind, definition.get("name") or node.get("name"), definitions=len(found))
        reference = definition.get(_NAMED[kind][0]) if kind in _NAMED else None
        name = self.names.get(reference or "") or (node.get("name") if kind in {"message", "signal"} else None)
        return Event(
            kind,
            name,
            definitions=len(found),
            names_code=read_settings(definition).get(f"{kind}CodeVariable"),
            dangling=reference if reference and reference not in self.names else None,
        )

    def _problem(self, rule: str, node: Any, message: str, fix: str) -> None:
        self.problems.append(
            Problem(rule, "error", node.get("id"), node.get("name"), node.sourceline, message, {}, fix)
        )


def _choose_process(root: Any) -> Any:
    drawn = [one for one in descendants(root, "process") if any(child.get("id") for child in one)]
    executable = [one for one in drawn if one.get("isExecutable") == "true"] or drawn[:1]
    if not executable or not executable[0].get("id"):
        problem = Problem("process", "error", None, None, None, N_("文件里没有流程。"), {}, N_("先画出流程再保存。"))
        raise DiagramRefused((problem,))
    if len(executable) > 1:
        names = Listed(one.get("name") or one.get("id") for one in executable)
        problem = Problem(
            "process",
            "error",
            None,
            None,
            executable[1].sourceline,
            N_("文件里有几个可执行的流程：%(names)s。"),
            {"names": names},
            N_("只留一个流程为可执行。"),
        )
        raise DiagramRefused((problem,))
    return executable[0]


def _id_problems(process: Any) -> Iterator[Problem]:
    """Find ids that are used twice and nodes that have none; the engine would drop them silently."""
    flow_tags = {"sequenceFlow"}
    nodes = [
        one
        for one in process.iter("{" + BPMN + "}*")
        if local_name(one) in flow_tags or local_name(one).endswith(_DRAWN)
    ]
    counted = Counter(one.get("id") for one in nodes)
    for node in nodes:
        identity, name, line = node.get("id"), node.get("name"), node.sourceline
        if not identity:
            fix = N_("给它一个 id。")
            yield Problem("id-missing", "error", None, name, line, N_("这个图形没有 id。"), {}, fix)
        elif counted[identity] > 1:
            message = N_("id “%(id)s”用了不止一次。")
            values = {"id": identity}
            yield Problem("id-twice", "error", identity, name, line, message, values, N_("给每个图形不同的 id。"))


def _linked(source: Element, target: Element) -> bool:
    return (source.event.name, source.scope) == (target.event.name, target.scope)
