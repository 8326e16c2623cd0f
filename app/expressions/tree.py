"""The tree that both grammars are read into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Logical = Literal["and", "or"]


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes; its children are found among its fields.

    `column` is where its operator or name stands in the text, counted from 1.
    """

    column: int = field(default=0, compare=False, kw_only=True)

    def children(self) -> Iterator[Node]:
        """Yield the nodes directly below this one."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (part for part in value if isinstance(part, Node))

    def walk(self) -> Iterator[Node]:
        """Yield this node and all nodes below it."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.children())

    def height(self) -> int:
        """Return how many nodes lie on the longest way down."""
        level, height = [self.children()], 1
        while level:
            child = next(level[-1], None)
            if child is None:
                level.pop()
            else:
                level.append(child.children())
                height = max(height, len(level))
        return height


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A value written in the text."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name of the data; one that is not there is null."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`record.name`; with `spread`, as in FEEL, of a list the list of that field of its items."""

    record: Node
    name: str
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`holder[key]`; `first` is the position of a list's first item, 0 in JUEL and 1 in FEEL."""

    holder: Node
    key: Node
    first: int


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`list[condition]`: the items for which it holds; `item` and the fields of an item are names in it.

    With `maybe_index` a condition that is a number picks that item instead.
    """

    holder: Node
    condition: Node
    maybe_index: bool


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(argument, …)`."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-x`, `not x` or `empty x`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic or a comparison of two values."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and` or `or` over any number of parts."""

    operator: Logical
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`test ? yes : no`, `if test then yes else no`."""

    test: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """`{a: 1, b: a + 1}`; names and values stand in the same order, and a value may use the names before it."""

    names: tuple[str, ...]
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Span(Node):
    """The whole numbers `low..high` that a loop runs over, downwards too."""

    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """`for x in a, y in b return …`, `some … satisfies …`, `every … satisfies …`; a source may use earlier names."""

    kind: Literal["for", "some", "every"]
    names: tuple[str, ...]
    sources: tuple[Node, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """Whether `value` passes one of `tests`; a whole cell of a decision table is one of these over `?`."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Anything(Node):
    """The test `-`."""


@dataclass(frozen=True, slots=True)
class Compared(Node):
    """The test `> x`, `= x` and the like."""

    operator: str
    bound: Node


@dataclass(frozen=True, slots=True)
class Within(Node):
    """The test `[low..high]`; a border is open when its value does not belong to the range."""

    low: Node
    high: Node
    open_low: bool
    open_high: bool


@dataclass(frozen=True, slots=True)
class OneOf(Node):
    """The test `x`: equal to it, or among its items when it is a list."""

    choices: Node


@dataclass(frozen=True, slots=True)
class Holds(Node):
    """A test that mentions the value as `?` and says yes or no itself."""

    condition: Node


@dataclass(frozen=True, slots=True)
class NoneOf(Node):
    """The test `not(…)`."""

    tests: tuple[Node, ...]
