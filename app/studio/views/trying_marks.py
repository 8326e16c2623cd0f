"""A try-out on its diagram: where tokens stand, which way the last step took, what was passed before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.engine import Flow
from app.studio.trying import Play, Step

FARTHEST = 40
WORK = frozenset({"person", "service"})


def marks_of(play: Play, steps: Sequence[Step]) -> dict[str, Any]:
    """Return state of nodes and flows, the tokens by node, and the flows of the last step as they were taken."""
    machine = play.machine
    nodes: dict[str, dict[str, str]] = {}
    for step in steps:
        nodes.update({machine.drawn_at(node): {"state": "done", "tone": "done"} for node, _, _ in step["passed"]})
    tokens = Counter(machine.drawn_at(node) for node in play.waiting())
    nodes.update({node: {"state": "now", "tone": "plain"} for node in tokens})
    nodes.update({machine.drawn_at(node): {"state": "stopped", "tone": "late"} for node in play.stopped()})
    visited = set(nodes)
    for node in machine.definition.nodes:
        nodes.setdefault(machine.drawn_at(node), {"state": "future"})
    return {
        "nodes": nodes,
        "flows": dict(_flows(play, steps, visited)),
        "tokens": tokens,
        "trail": _trail(play, steps[-1]),
        "focus": next(iter(tokens), None),
        "step": len(steps),
    }


def _chosen(steps: Sequence[Step]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for step in steps:
        for node, kind, result in step["passed"]:
            if kind == "gateway" and result:
                found.setdefault(node, set()).add(result)
    return found


def _went(flow: Flow, chosen: Mapping[str, set[str]]) -> bool:
    names = chosen.get(flow.source)
    return not names or flow.name in names or flow.id in names


def _flows(play: Play, steps: Sequence[Step], visited: set[str]) -> Iterator[tuple[str, str]]:
    """Yield whether each flow was taken: both ends were reached and no choice went another way."""
    chosen = _chosen(steps)
    for flow in play.machine.definition.flows.values():
        both = {flow.source, flow.target} <= visited
        yield flow.id, "done" if both and _went(flow, chosen) else "future"


def _trail(play: Play, step: Step) -> list[list[str]]:
    """Return the flows the last step took, in the order the tokens ran along them."""
    reached = {node for node, _, _ in step["passed"]} | {*step["then"], *play.stopped()}
    chosen = _chosen([step])
    passed = [node for node, _, _ in step["passed"]]
    front, seen = set(passed[:1]), set[str]()
    trail: list[list[str]] = []
    flows = play.machine.definition.flows.values()
    for _ in range(FARTHEST):
        taken = [one for one in flows if one.source in front and one.target in reached and _went(one, chosen)]
        fresh = [one for one in taken if one.id not in seen]
        if not fresh:
            break
        trail.append([one.id for one in fresh])
        seen.update(one.id for one in fresh)
        front = {one.target for one in fresh if one.target in passed}
    return trail
