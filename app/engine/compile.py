"""Turns what is drawn into what the engine runs. The owner's XML stays as it is.

SpiffWorkflow's specifications are built directly from the drawn nodes, in the order of the document, so that
moving a shape in the drawing never changes which condition is asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions import (
    MessageEventDefinition,
    NoneEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from app.engine import specs
from app.engine.decisions import Decision
from app.engine.definition import Node
from app.engine.diagram import THROWN, Diagram, Element, Line
from app.engine.parts import (
    Branch,
    Thrown,
    read_candidates,
    read_handover,
    read_parameters,
    read_repetition,
    read_script,
    read_timer,
)
from app.expressions import juel

GUARD = ".Guard"
RUN = ".Run"
SPLIT = ".Split"
INVISIBLE = (GUARD, RUN, SPLIT)
KINDS: Mapping[str, str] = {
    "startEvent": "start",
    "endEvent": "end",
    "userTask": "user",
    "manualTask": "manual",
    "task": "manual",
    "scriptTask": "script",
    "serviceTask": "service",
    "businessRuleTask": "decision",
    "sendTask": "event",
    "receiveTask": "message",
    "exclusiveGateway": "gateway",
    "parallelGateway": "gateway",
    "inclusiveGateway": "gateway",
    "eventBasedGateway": "gateway",
    "intermediateCatchEvent": "message",
    "intermediateThrowEvent": "event",
    "boundaryEvent": "message",
    "subProcess": "subprocess",
    "callActivity": "call",
}
_CATCHING = frozenset({"intermediateCatchEvent", "boundaryEvent", "receiveTask"})
_BY_EVENT: Mapping[str, str] = {
    "timer": "timer",
    "error": "error",
    "escalation": "escalation",
    "link": "event",
}
_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
_GATEWAYS = frozenset({*_CHOOSING, "parallelGateway", "eventBasedGateway"})
_OUTSIDE = frozenset({"serviceTask", "sendTask", "businessRuleTask"})


def kind_of(element: Element) -> str:
    """Return the kind of node as records and pages name it."""
    if is_external(element):
        return "service"
    if element.tag in _CATCHING and element.event.kind in _BY_EVENT:
        return _BY_EVENT[element.event.kind]
    return KINDS[element.tag]


def is_external(element: Element) -> bool:
    """Return whether the node is done by a topic outside the engine."""
    return element.tag in _OUTSIDE and element.settings.get("type") == "external"


def form_of(element: Element) -> str | None:
    """Return the id of the form of a node: `camunda:formRef`, or the file name in a `formKey`."""
    key = element.settings.get("formRef") or element.settings.get("formKey")
    return key.rsplit(":", 1)[-1].removesuffix(".form") if key else None


class ScopeBuilder:
    """Builds the specification of the process or of one sub-process."""

    def __init__(
        self,
        name: str,
        diagram: Diagram,
        decisions: Mapping[str, Decision],
        nodes: Mapping[str, Node],
        called: Mapping[str, str],
    ) -> None:
        self.called = called
        self.diagram = diagram
        self.decisions = decisions
        self.nodes = nodes
        self.process = specs.ProcessSpec(name)
        self.elements = diagram.scopes[name]
        self.entries: dict[str, Any] = {}
        self.made: dict[str, Any] = {}
        self.makers: Mapping[str, Callable[[Element], Any]] = {
            "startEvent": self._start,
            "endEvent": self._end,
            "userTask": self._person,
            "manualTask": self._person,
            "task": self._person,
            "scriptTask": self._script,
            "businessRuleTask": self._decision,
            "sendTask": self._send,
            "receiveTask": self._receive,
            "exclusiveGateway": self._choice,
            "parallelGateway": self._parallel,
            "inclusiveGateway": self._inclusive,
            "eventBasedGateway": self._event_choice,
            "intermediateCatchEvent": self._catch,
            "intermediateThrowEvent": self._throw,
            "boundaryEvent": self._boundary,
            "subProcess": self._sub_process,
            "callActivity": self._call,
        }

    def build(self) -> specs.ProcessSpec:
        """Make all nodes, then draw all flows between them."""
        for element in self.elements:
            self.made[element.id] = self._whole(element)
        for element in self.elements:
            self._guard(element)
        for element in self.elements:
            self._connect(element)
        starts = [one for one in self.elements if one.tag == "startEvent"]
        usual = [one for one in starts if one.event.kind == "none"] or starts
        self.process.entry = usual[0].id
        return self.process

    def _whole(self, element: Element) -> Any:
        """Make the specification of a node; of one that repeats, that of the whole repetition."""
        if element.repeat is None:
            return self._make(element)
        run = self._make(replace(element, id=element.id + RUN))
        make = specs.Loop if element.repeat.kind == "loop" else specs.Multiple
        whole = make(self.process, element.id)
        whole.node = self.nodes[element.id]
        whole.plan, whole.run, run.whole = read_repetition(element.repeat), run, whole
        return whole

    def _make(self, element: Element) -> Any:
        made = self._service(element) if is_external(element) else self.makers[element.tag](element)
        made.node = self.nodes[element.id.removesuffix(RUN)]
        made.bpmn_name, made.lane = element.name, element.lane
        made.takes, made.gives = read_parameters(element.inputs), read_parameters(element.outputs)
        return made

    def _guard(self, element: Element) -> None:
        """Put a guard before a node that has boundary events."""
        events = self.diagram.attached(element.id)
        self.entries[element.id] = self.made[element.id]
        if events:
            guard = self.entries[element.id] = specs.Guard(self.process, element.id + GUARD)
            for one in (element, *events):
                guard.link(self.made[one.id])

    def _connect(self, element: Element) -> None:
        made, outgoing = self.made[element.id], self.diagram.outgoing[element.id]
        if element.tag == "startEvent":
            self.process.start.link(made)
        if element.tag not in _GATEWAYS and any(flow.condition for flow in outgoing):
            made = self._split(made, element)
        for flow in outgoing:
            made.link(self.entries[flow.target])
        if not outgoing:
            made.link(self.process.end)
        if element.tag in _CHOOSING or isinstance(made, specs.Split):
            self._branch(made, element, outgoing)

    def _split(self, made: Any, element: Element) -> Any:
        """Put a choice behind a node whose own flows carry conditions."""
        split = specs.Split(self.process, element.id + SPLIT)
        split.origin = made.node
        made.link(split)
        return split

    def _branch(self, made: Any, element: Element, outgoing: tuple[Line, ...]) -> None:
        alone = len(outgoing) == 1 and element.tag in _CHOOSING
        branches = [(flow, self._read_branch(flow)) for flow in outgoing]
        open_way = [one for flow, one in branches if flow.id == element.default or alone]
        made.default = open_way[0] if open_way else None
        made.branches = tuple(one for _flow, one in branches if one is not made.default)

    def _read_branch(self, flow: Line) -> Branch:
        condition = juel.braced(flow.condition) if flow.condition else None
        return Branch(flow.id, flow.name, self.entries[flow.target].name, condition)

    def _start(self, element: Element) -> Any:
        return specs.Start(self.process, element.id, NoneEventDefinition())

    def _end(self, element: Element) -> Any:
        terminates = element.event.kind == "terminate"
        definition = TerminateEventDefinition() if terminates else NoneEventDefinition()
        made = specs.End(self.process, element.id, definition)
        made.terminates, made.throws = terminates, _thrown(element)
        return made

    def _person(self, element: Element) -> Any:
        made = specs.Person(self.process, element.id)
        made.candidates = read_candidates(element)
        return made

    def _script(self, element: Element) -> Any:
        made = specs.Script(self.process, element.id, element.script)
        made.lines = read_script(element.script or "")
        return made

    def _service(self, element: Element) -> Any:
        return specs.Service(self.process, element.id)

    def _decision(self, element: Element) -> Any:
        made = specs.DecisionTask(self.process, element.id)
        made.decision = self.decisions[element.settings["decisionRef"]]
        made.variable = element.settings.get("resultVariable")
        made.mapping = element.settings.get("mapDecisionResult")
        return made

    def _choice(self, element: Element) -> Any:
        return specs.Choice(self.process, element.id)

    def _parallel(self, element: Element) -> Any:
        return specs.Parallel(self.process, element.id)

    def _inclusive(self, element: Element) -> Any:
        return specs.Inclusive(self.process, element.id)

    def _event_choice(self, element: Element) -> Any:
        return specs.EventChoice(self.process, element.id, NoneEventDefinition())

    def _catch(self, element: Element) -> Any:
        if element.event.kind == "link":
            return specs.Throw(self.process, element.id, NoneEventDefinition())
        return self._waiting(element, specs.Catch(self.process, element.id, _definition(element)))

    def _receive(self, element: Element) -> Any:
        return self._waiting(element, specs.Receive(self.process, element.id, _definition(element)))

    def _boundary(self, element: Element) -> Any:
        definition = _definition(element)
        made = specs.Boundary(self.process, element.id, definition, cancel_activity=element.interrupting)
        if element.event.kind not in {"error", "escalation"}:
            return self._waiting(element, made)
        made.caught, made.names_code, made.wait = _thrown(element), element.event.names_code, None
        return made

    def _waiting(self, element: Element, made: Any) -> Any:
        if element.event.kind == "timer":
            made.timer, made.wait = read_timer(element.event), "timer"
        else:
            made.message, made.signal = element.event.name, element.event.kind == "signal"
        return made

    def _throw(self, element: Element) -> Any:
        made = specs.Throw(self.process, element.id, _definition(element))
        made.throws = _thrown(element)
        return made

    def _send(self, element: Element) -> Any:
        made = specs.Send(self.process, element.id, _definition(element))
        made.throws = _thrown(element)
        return made

    def _sub_process(self, element: Element) -> Any:
        return specs.SubProcess(self.process, element.id, element.id.removesuffix(RUN))

    def _call(self, element: Element) -> Any:
        scope = self.called.get(element.called or "", "")
        made = specs.Call(self.process, element.id, scope)
        made.takes_in, made.takes_out = read_handover(element.hands_in), read_handover(element.hands_out)
        return made


def _thrown(element: Element) -> Thrown | None:
    kind = THROWN.get(element.event.kind)
    return Thrown(kind, element.event.name) if kind else None


def _definition(element: Element) -> Any:
    """Return the library's description of an event, for its tools; our events look at the compiled parts."""
    if element.event.kind == "timer":
        return TimerEventDefinition(element.id, element.event.text)
    if element.event.kind in {"message", "signal"}:
        return MessageEventDefinition(element.event.name)
    return NoneEventDefinition()
