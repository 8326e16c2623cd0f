"""Where a token can go from a node, and where it can have come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.engine.diagram import Diagram


def after(diagram: Diagram) -> Callable[[str], list[str]]:
    """Return a function that gives the nodes right after a node, its boundary events among them."""
    found = {id_: [flow.target for flow in flows] for id_, flows in diagram.outgoing.items()}
    for one in diagram.elements.values():
        if one.attached_to in found:
            found[one.attached_to].append(one.id)
    return lambda id_: found.get(id_, [])


def before(diagram: Diagram) -> Callable[[str], list[str]]:
    """Return a function that gives the nodes a token at a node can come from; a boundary event has its host."""
    found = {id_: [flow.source for flow in flows] for id_, flows in diagram.incoming.items()}
    for one in diagram.elements.values():
        if one.attached_to:
            found[one.id].append(one.attached_to)
    return lambda id_: found.get(id_, [])


def walk(start: Iterable[str], following: Callable[[str], list[str]], within: set[str]) -> set[str]:
    """Return all nodes of `within` that can be got to, `start` included."""
    seen: set[str] = set()
    stack = list(start)
    while stack:
        id_ = stack.pop()
        if id_ in within and id_ not in seen:
            seen.add(id_)
            stack += following(id_)
    return seen


def on_loops(ids: set[str], following: Callable[[str], list[str]]) -> set[str]:
    """Return those of the nodes from which a way within them leads back to the node itself."""
    targets = {one: [target for target in following(one) if target in ids] for one in ids}
    sources: dict[str, list[str]] = {}
    for one, found in targets.items():
        for target in found:
            sources.setdefault(target, []).append(one)
    left = {one: len(found) for one, found in targets.items()}
    stack = [one for one, count in left.items() if not count]
    while stack:
        for source in sources.get(stack.pop(), ()):
            left[source] -= 1
            if not left[source]:
                stack.append(source)
    # what is left leads to a loop; most diagrams have nothing left here
    leading = {one for one, count in left.items() if count}
    return {one for one in leading if one in walk(targets[one], targets.__getitem__, leading)}
