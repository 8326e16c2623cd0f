"""A read expression: what it mentions, and its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.expressions import tree
from app.expressions.compiling import Scope, compile_node
from app.expressions.errors import ExpressionRefused
from app.expressions.functions import BUILT_IN
from app.expressions.values import text, yes_no
from app.i18n import N_

WORK = 100_000
_NOTHING: Mapping[str, Callable[..., Any]] = {}


class Expression:
    """One expression, read once and evaluated often; safe in threads.

    `names` are the names of data it reads, `functions` the functions it calls that are not built in; the values
    of both are handed in.
    """

    __slots__ = ("_code", "functions", "names", "root", "text")

    def __init__(self, source: str, root: tree.Node) -> None:
        self.text = source
        self.root = root
        self._code = compile_node(root)
        nodes = list(root.walk())
        self.names = frozenset(one.name for one in nodes if isinstance(one, tree.Name)) - {"?"}
        called = frozenset(one.name for one in nodes if isinstance(one, tree.Call))
        self.functions = called - BUILT_IN.keys()

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(
        self,
        names: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = _NOTHING,
        budget: int = WORK,
    ) -> Any:
        """Return the value over `names`; raise ExpressionRefused when the values do not fit or are too large."""
        try:
            value = self._code(Scope(names, functions, budget))
        except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
            raise ExpressionRefused(N_("这个表达式算不出来：%(why)s"), why=str(error)) from error
        return text(value) if isinstance(value, str) else value

    def holds(self, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = _NOTHING) -> bool:
        """Return whether the condition is satisfied; null is not."""
        return bool(yes_no(self.evaluate(names, functions)))
