"""A read expression: what it mentions, and its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.expressions import cells, loops, operations, tree  # noqa: F401 - each registers what it makes
from app.expressions.compiling import Budget, Scope, compile_node
from app.expressions.errors import ExpressionRefused
from app.expressions.functions import BUILT_IN
from app.expressions.naming import names_of
from app.expressions.results import finished
from app.expressions.values import yes_no
from app.i18n import N_

_NOTHING: Mapping[str, Callable[..., Any]] = {}


class Expression:
    """One expression, read once and evaluated often; safe in threads.

    `names` are the names of data it reads, `loose_names` those of them that may be fields of a filtered list's items
    instead; `functions` are the functions it calls that are not built in. The values of all are handed in.
    """

    __slots__ = ("_code", "functions", "loose_names", "names", "root", "text")

    def __init__(self, source: str, root: tree.Node) -> None:
        self.text = source
        self.root = root
        self._code = compile_node(root)
        found = names_of(root)
        self.names = frozenset(found.sure)
        self.loose_names = frozenset(found.loose.keys() - found.sure.keys())
        called = frozenset(one.name for one in root.walk() if isinstance(one, tree.Call))
        self.functions = called - BUILT_IN.keys()

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(
        self,
        names: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = _NOTHING,
        budget: Budget | None = None,
    ) -> Any:
        """Return the value over `names`; raise ExpressionRefused when the values do not fit or are too large."""
        scope = Scope(names, functions, budget or Budget())
        try:
            scope.charge(1)
            return finished(self._code(scope))
        except ExpressionRefused as error:
            error.column = error.column or scope.column or None
            raise
        except ArithmeticError as error:
            raise ExpressionRefused(N_("算出来的数或日期超出了范围。"), scope.column or None) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise ExpressionRefused(
                N_("这个表达式算不出来：%(why)s"), scope.column or None, why=str(error)
            ) from error

    def holds(self, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = _NOTHING) -> bool:
        """Return whether the condition is satisfied; null is not."""
        return bool(yes_no(self.evaluate(names, functions)))
