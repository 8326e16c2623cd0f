"""How often every node of a version was passed and every flow taken, derived from what is on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.engine import Definition, Flow, Node
from app.work.operations.advance import TAGS

_RECORDED = frozenset(TAGS) | {"manual"}


@dataclass(frozen=True)
class Count:
    """How many cases and how many times; None where the records do not tell."""

    cases: int | None
    times: int | None


NONE = Count(0, 0)
UNKNOWN = Count(None, None)


@dataclass(frozen=True)
class Recorded:
    """What is on record: how often each node was passed, and how often each gateway gave each result."""

    passed: Mapping[str, Count]
    chosen: Mapping[str, Mapping[str | None, Count]]


class FlowsTaken:
    """Derives from what is on record how often every node was passed and every flow taken.

    A gateway's record names the flows it chose. Behind every other node all flows are taken that carry no
    condition. What leaves no record of its own (starts, plain events) was passed as often as its flows came in.
    """

    def __init__(self, definition: Definition, recorded: Recorded, cases: int) -> None:
        self.definition, self.recorded, self.cases = definition, recorded, cases
        self._known: dict[str, Count] = {}

    def through(self, node: Node) -> Count:
        """Return how often a node was passed."""
        if node.id not in self._known:
            self._known[node.id] = UNKNOWN  # a ring of nodes without records tells nothing
            self._known[node.id] = self._passed(node)
        return self._known[node.id]

    def along(self, flow: Flow) -> Count:
        """Return how often a flow was taken."""
        source = self.definition.nodes.get(flow.source)
        if source is None:
            return UNKNOWN
        if source.kind == "gateway" and len(self.definition.leaving(source.id)) > 1:
            return self._chosen(flow)
        if flow.condition or flow.default:
            return UNKNOWN
        return self.through(source)

    def _passed(self, node: Node) -> Count:
        if node.id in self.recorded.passed:
            return self.recorded.passed[node.id]
        if node.kind in _RECORDED:
            return NONE
        if node.kind == "start":
            return self._begun(node)
        if node.kind == "subprocess":
            ends = [one for one in self.definition.nodes.values() if one.scope == node.id and one.kind == "end"]
            return self.through(ends[0]) if len(ends) == 1 else UNKNOWN
        return self._arrived(node)

    def _begun(self, node: Node) -> Count:
        if node.scope in self.definition.nodes:
            return self._arrived(self.definition.nodes[node.scope])
        alone = sum(one.kind == "start" and one.scope == node.scope for one in self.definition.nodes.values()) == 1
        return Count(self.cases, self.cases) if alone else UNKNOWN

    def _arrived(self, node: Node) -> Count:
        return _together(self.along(flow) for flow in self.definition.flows.values() if flow.target == node.id)

    def _chosen(self, flow: Flow) -> Count:
        """Return how often a gateway chose a flow; None when another of its flows has the same name."""
        results = self.recorded.chosen.get(flow.source, {})
        beside = self.definition.leaving(flow.source)
        names = [one.name or one.id for one in beside]
        name = flow.name or flow.id
        if set(results) == {None}:  # a parallel gateway chooses nothing: all go on
            return results[None]
        if names.count(name) > 1:
            return UNKNOWN if results else NONE
        found = [count for result, count in results.items() if result and _names(result, name, names)]
        return _together(found) if found else NONE


def _names(result: str, name: str, names: Sequence[str]) -> bool:
    """Say whether a record of one or several chosen flows names this one."""
    return result == name or (result not in names and name in result.split("、"))


def _together(counts: Iterable[Count]) -> Count:
    """Add up counts. Cases cannot be added: one case may be in several of them."""
    found = list(counts)
    if any(one.times is None for one in found):
        return UNKNOWN
    used = [one for one in found if one.times]
    if not used:
        return NONE
    return Count(used[0].cases if len(used) == 1 else None, sum(one.times or 0 for one in used))
