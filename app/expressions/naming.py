"""Which names of a tree are names of the data: those that no loop, filter or map around them brings along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.expressions import tree

VALUE = "?"
ITEM = "item"


@dataclass(slots=True)
class Names:
    """The free names of a tree: `sure` ones, and `loose` ones that may as well be fields of a filtered item."""

    sure: dict[str, int] = field(default_factory=dict)
    loose: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    node: tree.Node
    bound: frozenset[str]
    loose: bool


def names_of(root: tree.Node) -> Names:
    """Return the free names of `root` with the column where each stands."""
    found = Names()
    waiting = [_Part(root, frozenset({VALUE}), False)]
    while waiting:
        part = waiting.pop()
        if isinstance(part.node, tree.Name) and part.node.name not in part.bound:
            (found.loose if part.loose else found.sure)[part.node.name] = part.node.column
        waiting.extend(_parts(part))
    return found


def _parts(part: _Part) -> Iterator[_Part]:
    node, bound = part.node, part.bound
    if isinstance(node, tree.Loop):
        for number, source in enumerate(node.sources):
            yield _Part(source, bound | set(node.names[:number]), part.loose)
        yield _Part(node.body, bound | set(node.names), part.loose)
    elif isinstance(node, tree.MapOf):
        for number, value in enumerate(node.values):
            yield _Part(value, bound | set(node.names[:number]), part.loose)
    elif isinstance(node, tree.Filter):
        yield _Part(node.holder, bound, part.loose)
        yield _Part(node.condition, bound | {ITEM}, True)
    else:
        yield from (_Part(child, bound, part.loose) for child in node.children())
