"""What is drawn: the owner's XML as plain values, before anything is judged or compiled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from app.engine.attributes import PREFIX
from app.engine.port import DiagramRefused, Problem
from app.engine.xml import BPMN, child_text, children, descendants, local_name, read_xml
from app.i18n import N_, Listed

EXTENSIONS = (
    "http://camunda.org/schema/1.0/bpmn",
    "http://flowable.org/bpmn",
    "http://activiti.org/bpmn",
)
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
TimerKind = Literal["date", "duration", "cycle"]
ThrownKind = Literal["message", "signal", "error", "escalation"]
_NAMED: Mapping[str, tuple[str, str]] = {
    "message": ("messageRef", "name"),
    "signal": ("signalRef", "name"),
    "error": ("errorRef", "errorCode"),
    "escalation": ("escalationRef", "escalationCode"),
}
_TIMER_KINDS: Mapping[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


@dataclass(frozen=True, slots=True)
class Event:
    """What an event waits for or does: `kind` is `none`, `timer`, `message`, `signal`, `terminate` and so on.

    `name` is that of the message, signal or link, or the code of the error or escalation. `names_code` is the
    name under which a boundary event keeps the code it caught. `dangling` is a reference that leads nowhere.
    """

    kind: str
    name: str | None = None
    timer: TimerKind | None = None
    text: str | None = None
    definitions: int = 1
    names_code: str | None = None
    dangling: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One entry of `camunda:inputOutput`; `text` is None when it holds something else than text."""

    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Handed:
    """One entry `camunda:in` or `camunda:out` of a call activity."""

    source: str
    target: str
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """The marker of a node that runs several times; `condition` ends a multi-instance and keeps a loop going."""

    kind: Literal["parallel", "sequential", "loop"]
    cardinality: str | None
    collection: str | None
    element: str | None
    condition: str | None
    collect: str
    test_before: bool
    maximum: str | None


@dataclass(frozen=True, slots=True)
class Element:
    """One drawn node: `settings` are the attributes of the extension namespaces, `own` those of `guanjia.`.

    `flags` are the names of its own attributes that say `true`, `extensions` those of its extension elements.
    """

    id: str
    tag: str
    name: str
    line: int | None
    scope: str
    lane: str | None
    event: Event
    attached_to: str | None
    interrupting: bool
    default: str | None
    script: str | None
    script_format: str
    flags: frozenset[str]
    settings: Mapping[str, str]
    own: Mapping[str, str]
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    repeat: Repeat | None = None
    called: str | None = None
    hands_in: tuple[Handed, ...] = ()
    hands_out: tuple[Handed, ...] = ()
    extensions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """One sequence flow as drawn."""

    id: str
    name: str
    line: int | None
    scope: str
    source: str
    target: str
    condition: str | None
    own: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Something that stands in the drawing only: a data object or a data store."""

    id: str
    tag: str
    name: str
    line: int | None


@dataclass(frozen=True)
class Diagram:
    """One process as drawn, sub-processes included; `scope` tells in which of them a node lies."""

    process_id: str
    name: str
    line: int | None
    own: Mapping[str, str]
    elements: Mapping[str, Element]
    flows: Mapping[str, Line]
    lanes: Mapping[str, str | None]
    problems: tuple[Problem, ...] = ()
    data: tuple[Drawn, ...] = ()

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Line, ...]]:
        """The flows that leave each node, in the order of the document."""
        return self._flows_by("source")

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Line, ...]]:
        """The flows that enter each node, in the order of the document."""
        return self._flows_by("target")

    @cached_property
    def scopes(self) -> Mapping[str, tuple[Element, ...]]:
        """The nodes that lie directly in the process and in each sub-process."""
        ids = [self.process_id, *(one.id for one in self.elements.values() if one.tag == "subProcess")]
        return {one: tuple(e for e in self.elements.values() if e.scope == one) for one in ids}

    def attached(self, element_id: str) -> list[Element]:
        """Return the boundary events on a node."""
        return [one for one in self.elements.values() if one.attached_to == element_id]

    def _flows_by(self, end: str) -> dict[str, tuple[Line, ...]]:
        found: dict[str, tuple[Line, ...]] = dict.fromkeys(self.elements, ())
        for flow in self.flows.values():
            found[getattr(flow, end)] = (*found.get(getattr(flow, end), ()), flow)
        return found


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
        own=_own(process),
        elements=reader.elements,
        flows=reader.flows,
        lanes={one.get("name") or "": _own(one).get("name.en") for one in descendants(process, "lane")},
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
            one.get("id"): one.get(key) or one.get("name") or one.get("id")
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
            if not node.get("id") or not str(node.tag).startswith("{" + BPMN + "}"):
                continue
            if tag == "sequenceFlow":
                self.flows.setdefault(node.get("id"), _line(node, scope))
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
        inputs, outputs = _parameters(node)
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
            settings=_settings(node),
            own=_own(node),
            inputs=inputs,
            outputs=outputs,
            repeat=read_repeat(node),
            called=(node.get("calledElement") or "").strip() or None,
            hands_in=_handed(node, "in"),
            hands_out=_handed(node, "out"),
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
            return replace(_timer(definition), definitions=len(found))
        if kind == "link":
            return Event(kind, definition.get("name") or node.get("name"), definitions=len(found))
        reference = definition.get(_NAMED[kind][0]) if kind in _NAMED else None
        name = self.names.get(reference or "") or (node.get("name") if kind in {"message", "signal"} else None)
        return Event(
            kind,
            name,
            definitions=len(found),
            names_code=_settings(definition).get(f"{kind}CodeVariable"),
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


def read_repeat(node: Any) -> Repeat | None:
    """Read the marker of repetition of a node, with the names that the vendors of engines have given its parts."""
    found = children(node, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
    if not found:
        return None
    marker = found[0]
    several = local_name(marker) == "multiInstanceLoopCharacteristics"
    setting = _settings(marker).get
    item = next(iter(children(marker, "inputDataItem")), None)
    own = re.sub(r"\W", "_", node.get("id"))
    collect = _own(node).get("collect") or child_text(marker, "loopDataOutputRef") or f"{own}_answers"
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


def _handed(node: Any, direction: str) -> tuple[Handed, ...]:
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
    inherits = _settings(node).get("inheritVariables") == "true"
    return (*found, Handed("", "", everything=True)) if inherits and direction == "in" else tuple(found)


def _line(node: Any, scope: str) -> Line:
    return Line(
        id=node.get("id"),
        name=" ".join((node.get("name") or "").split()),
        line=node.sourceline,
        scope=scope,
        source=node.get("sourceRef") or "",
        target=node.get("targetRef") or "",
        condition=child_text(node, "conditionExpression"),
        own=_own(node),
    )


def _timer(definition: Any) -> Event:
    for tag, kind in _TIMER_KINDS.items():
        if children(definition, tag):
            return Event("timer", timer=kind, text=child_text(definition, tag))
    return Event("timer")


def _settings(node: Any) -> dict[str, str]:
    """Read `camunda:x`, or `flowable:x`, or `activiti:x`."""
    found: dict[str, str] = {}
    for namespace in reversed(EXTENSIONS):
        prefix = "{" + namespace + "}"
        found |= {key.removeprefix(prefix): value for key, value in node.attrib.items() if key.startswith(prefix)}
    return {key: value.strip() for key, value in found.items() if value.strip()}


def _own(node: Any) -> dict[str, str]:
    entries = [
        (entry.get("name") or "", entry.get("value") or "")
        for extension in children(node, "extensionElements")
        for holder in children(extension, "properties")
        for entry in children(holder, "property")
    ]
    return {name.removeprefix(PREFIX): value for name, value in entries if name.startswith(PREFIX)}


def _parameters(node: Any) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]]:
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
