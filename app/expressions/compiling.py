"""Turns a tree into nested functions: reading happens once, evaluating is calling.

Each kind of node has one function that makes its code, in `operations`, `loops` or `cells`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.expressions import tree
from app.expressions.errors import ExpressionRefused
from app.i18n import N_

WORK = 50_000


class Budget:
    """How much work may still be done; one budget may serve several evaluations."""

    __slots__ = ("left",)

    def __init__(self, work: int = WORK) -> None:
        self.left = work

    def charge(self, work: int) -> None:
        """Count work by the size of what it touches; refuse when there is too much."""
        self.left -= work
        if self.left < 0:
            raise ExpressionRefused(N_("这个表达式要处理的内容太多。"))


class Scope:
    """What one evaluation sees, how much work it may still do, and where in the text it is."""

    __slots__ = ("charge", "column", "functions", "names")

    def __init__(self, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]], budget: Budget) -> None:
        self.names: Mapping[str, Any] | Layer = names
        self.functions = functions
        self.charge = budget.charge
        self.column = 0

    def within(self, own: Mapping[str, Any], run: Callable[[Scope], Any]) -> Any:
        """Return what `run` gives while the names `own` hide others."""
        outer = self.names
        self.names = Layer(own, outer)
        value = run(self)
        self.names = outer
        return value


class Layer:
    """Names in front of other names."""

    __slots__ = ("outer", "own")

    def __init__(self, own: Mapping[str, Any], outer: Mapping[str, Any] | Layer) -> None:
        self.own = own
        self.outer = outer

    def get(self, name: str) -> Any:
        """Return the value of a name; null when there is none."""
        return self.own[name] if name in self.own else self.outer.get(name)


Code = Callable[[Scope], Any]
Maker = Callable[[Any], Code]
_MAKERS: dict[type[tree.Node], Maker] = {}


def makes(kind: type[tree.Node]) -> Callable[[Maker], Maker]:
    """Register the function that makes the code of one kind of node."""

    def register(maker: Maker) -> Maker:
        _MAKERS[kind] = maker
        return maker

    return register


def compile_node(node: tree.Node) -> Code:
    """Return the function that evaluates `node`."""
    return _MAKERS[type(node)](node)
