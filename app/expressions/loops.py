"""Filters, `for`, `some` and `every`: each turn is charged with the size of what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.expressions import tree
from app.expressions.compiling import Code, Layer, Scope, compile_node, makes
from app.expressions.errors import ExpressionRefused
from app.expressions.naming import ITEM
from app.expressions.operations import item_of, opposite
from app.expressions.values import admit, is_number, kind_of, yes_no
from app.i18n import N_


@makes(tree.Filter)
def _filter(node: tree.Filter) -> Code:
    holder, condition, column = compile_node(node.holder), compile_node(node.condition), node.column
    maybe_index, weight = node.maybe_index, _weight(node.condition)

    def run(scope: Scope) -> Any:
        items = holder(scope)
        key = condition(scope) if maybe_index else None
        scope.column = column
        if items is None:
            return None
        if is_number(key) or isinstance(items, Mapping):
            return item_of(items, key, 1)
        return [item for item in turns(items, scope, weight, column) if holds(scope, item)]

    def holds(scope: Scope, item: Any) -> bool | None:
        outer = scope.names
        scope.names = Layer({ITEM: item}, Layer(item, outer) if isinstance(item, Mapping) else outer)
        value = condition(scope)
        scope.names, scope.column = outer, column
        return yes_no(value)

    return run


def turns(items: Any, scope: Scope, weight: int, column: int) -> Iterator[Any]:
    """Yield the items that something runs over, each charged with the weight of what is done with it."""
    if not isinstance(items, list | range):
        raise ExpressionRefused(N_("这里要的是列表，得到的是%(kind)s。"), column, kind=kind_of(items))
    for item in items:
        scope.column = column
        scope.charge(weight)
        yield admit(item)


def _weight(node: tree.Node) -> int:
    """Return how much work one turn over `node` is at least."""
    return 1 + sum(1 for _ in node.walk())


@makes(tree.Span)
def _span(node: tree.Span) -> Code:
    low, high, column = compile_node(node.low), compile_node(node.high), node.column

    def run(scope: Scope) -> range | None:
        first, last = low(scope), high(scope)
        scope.column = column
        if first is None or last is None:
            return None
        if type(first) is int and type(last) is int:
            return range(first, last + 1) if first <= last else range(first, last - 1, -1)
        raise ExpressionRefused(N_("“..”两边要的是整数。"))

    return run


@makes(tree.Loop)
def _loop(node: tree.Loop) -> Code:
    sources = tuple(compile_node(source) for source in node.sources)
    body, column, weight = compile_node(node.body), node.column, _weight(node.body)
    inmost = len(sources) - 1

    def values(scope: Scope, number: int) -> Iterator[Any]:
        items, outer = sources[number](scope), scope.names
        for item in turns([] if items is None else items, scope, weight + number, column):
            scope.names = Layer({node.names[number]: item}, outer)
            if number == inmost:
                yield body(scope)
            else:
                yield from values(scope, number + 1)
        scope.names = outer

    gather = _GATHER[node.kind]

    def run(scope: Scope) -> Any:
        outer = scope.names
        found = gather(values(scope, 0))
        scope.names = outer
        return found

    return run


def _some(answers: Iterator[Any]) -> bool | None:
    unknown = False
    for value in answers:
        answer = yes_no(value)
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def _every(answers: Iterator[Any]) -> bool | None:
    found = _some(opposite(answer) for answer in answers)
    return None if found is None else not found


_GATHER: Mapping[str, Callable[[Iterator[Any]], Any]] = {"for": list, "some": _some, "every": _every}
