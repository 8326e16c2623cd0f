"""The tests of decision tables and of `in`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.expressions import tree
from app.expressions.compiling import Code, Scope, compile_node, makes
from app.expressions.naming import VALUE
from app.expressions.values import admit, compare, yes_no

Test = Callable[[Scope, Any], bool | None]


@makes(tree.In)
def _in(node: tree.In) -> Code:
    value, passes, column = compile_node(node.value), _any_of(node.tests), node.column

    def run(scope: Scope) -> bool | None:
        found = value(scope)
        scope.column = column
        return passes(scope, found)

    return run


def _any_of(tests: tuple[tree.Node, ...]) -> Test:
    compiled = tuple(_TESTS[type(test)](test) for test in tests)
    return lambda scope, value: any(test(scope, value) for test in compiled)


def _anything(_node: tree.Anything) -> Test:
    return lambda _scope, _value: True


def _compared(node: tree.Compared) -> Test:
    operator, bound = node.operator, compile_node(node.bound)
    return lambda scope, value: compare(operator, value, bound(scope), scope.charge)


def _within(node: tree.Within) -> Test:
    low, high = compile_node(node.low), compile_node(node.high)
    after, before = ">" if node.open_low else ">=", "<" if node.open_high else "<="

    def test(scope: Scope, value: Any) -> bool:
        above = compare(after, value, low(scope), scope.charge)
        return bool(above and compare(before, value, high(scope), scope.charge))

    return test


def _one_of(node: tree.OneOf) -> Test:
    choices = compile_node(node.choices)

    def test(scope: Scope, value: Any) -> bool:
        found = choices(scope)
        if not isinstance(found, list) or isinstance(value, list):
            return bool(compare("=", value, found, scope.charge))
        scope.charge(len(found))
        return any(compare("=", value, admit(one), scope.charge) for one in found)

    return test


def _holds(node: tree.Holds) -> Test:
    condition = compile_node(node.condition)

    return lambda scope, value: yes_no(scope.within({VALUE: value}, condition))


def _none_of(node: tree.NoneOf) -> Test:
    passes = _any_of(node.tests)
    return lambda scope, value: not passes(scope, value)


_TESTS: Mapping[type[tree.Node], Callable[[Any], Test]] = {
    tree.Anything: _anything,
    tree.Compared: _compared,
    tree.Within: _within,
    tree.OneOf: _one_of,
    tree.Holds: _holds,
    tree.NoneOf: _none_of,
}
