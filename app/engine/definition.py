"""A compiled diagram: what pages need to know of it, and the specifications the engine runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

HUMAN = frozenset({"user", "manual"})


@dataclass(frozen=True, slots=True)
class Node:
    """One drawn node. `properties` are its `guanjia.` attributes without the prefix.

    `kind` is `user`, `manual`, `script`, `service`, `decision`, `gateway`, `start`, `end`, `event`, `timer`,
    `message`, `error`, `escalation`, `subprocess` or `call`; `scope` is the process or sub-process in which the node
    lies. `calls` is the slug of the process a call activity calls, `throws` what an end event throws.
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
    calls: str | None = None
    throws: str | None = None
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
    """One process ready to run; immutable and safe in threads. `lanes` gives each lane's English name.

    `called` maps the slug of every called process that is part of it to the scope of its nodes; their ids begin
    with the slug and a colon. `source` is what it was compiled from.
    """

    process_id: str
    name: str
    name_en: str | None
    properties: Mapping[str, str]
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    lanes: Mapping[str, str | None]
    specs: Mapping[str, Any] = field(repr=False, compare=False)
    called: Mapping[str, str] = field(default_factory=dict)
    source: Any = field(default=None, repr=False, compare=False)

    @property
    def calls(self) -> Mapping[str, str]:
        """The slugs that call activities name, by node."""
        return {node.id: node.calls for node in self.nodes.values() if node.calls}

    @property
    def starts(self) -> tuple[Node, ...]:
        """The start events of the process itself, in drawn order."""
        return tuple(one for one in self.nodes.values() if one.kind == "start" and one.scope == self.process_id)

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

    def inside(self, node: Node) -> tuple[Node, ...]:
        """Return the start events at which a sub-process or called process begins; none for every other node."""
        scope = self.called.get(node.calls or "", "") if node.kind == "call" else node.id
        return tuple(one for one in self.nodes.values() if one.scope == scope and one.kind == "start")

    def outside(self, node: Node) -> tuple[Node, ...]:
        """Return the nodes that go on when the scope of `node` ends with it; none when the case does."""
        hosts = self._hosts(node)
        if node.throws != "error":
            return hosts
        caught = [one for host in hosts for one in self.nodes.values() if self._catches(one, host)]
        return tuple(caught) or tuple(one for host in hosts for one in self._beyond(host, node))

    def _hosts(self, node: Node) -> tuple[Node, ...]:
        if node.scope in self.nodes:
            return (self.nodes[node.scope],)
        return tuple(one for one in self.nodes.values() if one.calls and self.called.get(one.calls) == node.scope)

    def _beyond(self, host: Node, node: Node) -> tuple[Node, ...]:
        return self.outside(replace(node, scope=host.scope))

    def _catches(self, event: Node, host: Node) -> bool:
        return event.attached_to == host.id and event.kind == "error"

    def _reach(self, node_id: str, named: Flow | None, seen: set[str]) -> Iterator[tuple[Node, Flow | None]]:
        for flow in self.leaving(node_id):
            yield from self._enter(flow.target, named or (flow if flow.name else None), seen)
        node = self.nodes[node_id]
        if node.kind == "end":
            for host in self.outside(node):
                left = f"{host.id} left"
                if left not in seen:
                    seen.add(left)
                    yield from self._reach(host.id, named, seen)

    def _enter(self, node_id: str, named: Flow | None, seen: set[str]) -> Iterator[tuple[Node, Flow | None]]:
        node = self.nodes[node_id]
        if node.human:
            yield node, named
        elif node_id not in seen:
            seen.add(node_id)
            inner = self.inside(node)
            for one in inner:
                yield from self._reach(one.id, named, seen)
            if not inner:
                yield from self._reach(node_id, named, seen)
