"""What is drawn, as plain values: nodes, flows and the process they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from app.engine.port import Problem

TimerKind = Literal["date", "duration", "cycle"]
ThrownKind = Literal["message", "signal", "error", "escalation"]
THROWN: Mapping[str, ThrownKind] = {
    "message": "message",
    "signal": "signal",
    "error": "error",
    "escalation": "escalation",
}


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
