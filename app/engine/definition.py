"""A compiled diagram: what pages need to know of it, and the specifications the engine runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

HUMAN = frozenset({"user", "manual"})


@dataclass(frozen=True, slots=True)
class Node:
    """One drawn node. `properties` are its `guanjia.` attributes without the prefix.

    `kind` is `user`, `manual`, `script`, `service`, `decision`, `gateway`, `start`, `end`, `event`, `timer`,
    `message` or `subprocess`; `scope` is the process or sub-process in which the node lies.
    """

    id: str
    kind: str
    name: str
    name_en: str | None
    lane: str | None
    scope: str
    form: str | None = None
    assignee: str | None = None
    candidate_users: str | None = None
    candidate_groups: str | None = None
    priority: str | None = None
    topic: str | None = None
    attached_to: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def human(self) -> bool:
        """Whether a person completes the node."""
        return self.kind in HUMAN


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow."""

    id: str
    name: str
    name_en: str | None
    source: str
    target: str
    condition: str | None
    default: bool


@dataclass(frozen=True, slots=True)
class Following:
    """A human node that may come next, and the first named flow on the way to it."""

    node: Node
    flow: str | None
    flow_en: str | None


@dataclass(frozen=True)
class Definition:
    """One process ready to run; immutable and safe in threads. `lanes` gives each lane's English name."""

    process_id: str
    name: str
    name_en: str | None
    properties: Mapping[str, str]
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    lanes: Mapping[str, str | None]
    specs: Mapping[str, Any] = field(repr=False, compare=False)

    def following(self, node_id: str) -> tuple[Following, ...]:
        """Return the human nodes that may come next after `node_id` along the flows, in drawn order."""
        found: dict[str, Following] = {}
        for node, flow in self._reach(node_id, None, set()):
            name, name_en = (flow.name, flow.name_en) if flow else (None, None)
            found.setdefault(node.id, Following(node, name, name_en))
        return tuple(found.values())

    def leaving(self, node_id: str) -> tuple[Flow, ...]:
        """Return the flows that leave a node, in drawn order."""
        return tuple(flow for flow in self.flows.values() if flow.source == node_id)

    def _reach(self, node_id: str, named: Flow | None, seen: set[str]) -> Iterator[tuple[Node, Flow | None]]:
        for flow in self.leaving(node_id):
            yield from self._enter(flow.target, named or (flow if flow.name else None), seen)
        node = self.nodes[node_id]
        if node.kind == "end" and node.scope != self.process_id:
            yield from self._reach(node.scope, named, seen)

    def _enter(self, node_id: str, named: Flow | None, seen: set[str]) -> Iterator[tuple[Node, Flow | None]]:
        node = self.nodes[node_id]
        if node.human:
            yield node, named
        elif node_id not in seen:
            seen.add(node_id)
            if node.kind != "subprocess":
                yield from self._reach(node_id, named, seen)
                return
            for inner in self.nodes.values():
                if inner.scope == node_id and inner.kind == "start":
                    yield from self._reach(inner.id, named, seen)
