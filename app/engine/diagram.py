"""What is drawn: the owner's XML as plain values, before anything is judged or compiled."""

from __future__ import annotations

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
TimerKind = Literal["date", "duration", "cycle"]
_TIMER_KINDS: Mapping[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


@dataclass(frozen=True, slots=True)
class Event:
    """What an event waits for or does: `kind` is `none`, `timer`, `message`, `signal`, `terminate` and so on."""

    kind: str
    name: str | None = None
    timer: TimerKind | None = None
    text: str | None = None
    definitions: int = 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """One entry of `camunda:inputOutput`; `text` is None when it holds something else than text."""

    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Element:
    """One drawn node. `settings` are the attributes of the extension namespaces, `own` those of `guanjia.`."""

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
    repeats: bool
    triggered: bool
    settings: Mapping[str, str]
    own: Mapping[str, str]
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]


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
    return Diagram(
        process_id=process.get("id"),
        name=process.get("name") or process.get("id"),
        line=process.sourceline,
        own=_own(process),
        elements=reader.elements,
        flows=reader.flows,
        lanes={one.get("name") or "": _own(one).get("name.en") for one in descendants(process, "lane")},
        problems=tuple(reader.problems),
    )


class _Reader:
    """Walks through the scopes and keeps what it finds; an id that is used twice counts once."""

    def __init__(self, root: Any, process: Any) -> None:
        self.elements: dict[str, Element] = {}
        self.flows: dict[str, Line] = {}
        self.problems: list[Problem] = list(_id_problems(process))
        self.names = {one.get("id"): one.get("name") for tag in ("message", "signal") for one in children(root, tag)}
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
            repeats=bool(children(node, "multiInstanceLoopCharacteristics", "standardLoopCharacteristics")),
            triggered=node.get("triggeredByEvent") == "true",
            settings=_settings(node),
            own=_own(node),
            inputs=inputs,
            outputs=outputs,
        )

    def _event(self, node: Any) -> Event:
        found = [one for one in node if local_name(one).endswith("EventDefinition")]
        if not found:
            reference = node.get("messageRef") or ""
            named = self.names.get(reference)
            return Event("message", named or None) if node.get("messageRef") else Event("none")
        definition = found[0]
        kind = local_name(definition).removesuffix("EventDefinition")
        if kind == "timer":
            return replace(_timer(definition), definitions=len(found))
        reference = definition.get("messageRef") or definition.get("signalRef") or ""
        name = self.names.get(reference) or node.get("name")
        return Event(kind, name, definitions=len(found))

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
        if local_name(one) in flow_tags or local_name(one).endswith(("Task", "Event", "Gateway", "task"))
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
