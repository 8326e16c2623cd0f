"""The tree that both grammars are read into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

Logical = Literal["and", "or"]


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes; its children are found among its fields."""

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
        yield self
        for child in self.children():
            yield from child.walk()


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
    """`record.name`."""

    record: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`holder[key]`; `first` is the position of a list's first item, 0 in JUEL and 1 in FEEL."""

    holder: Node
    key: Node
    first: int


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(argument, …)`."""

    name: str
    arguments: tuple[Node, ...]
    column: int


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
    """`{a: 1, b: 2}`; names and values stand in the same order."""

    names: tuple[str, ...]
    values: tuple[Node, ...]


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
