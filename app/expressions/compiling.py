"""Turns a tree into nested functions: reading happens once, evaluating is calling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, cast

from app.expressions import tree
from app.expressions.errors import ExpressionRefused
from app.expressions.functions import BUILT_IN, Function, is_empty
from app.expressions.values import admit, calculate, compare, instant, kind_of, negate, yes_no
from app.i18n import N_


class Scope:
    """What one evaluation sees, and how much work it may still do."""

    __slots__ = ("functions", "names", "work")

    def __init__(self, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]], work: int) -> None:
        self.names = names
        self.functions = functions
        self.work = work

    def charge(self, work: int) -> None:
        """Count work by the size of what it touches; refuse when there is too much."""
        self.work -= work
        if self.work < 0:
            raise ExpressionRefused(N_("这个表达式要处理的内容太多。"))


Code = Callable[[Scope], Any]
Test = Callable[[Scope, Any], bool | None]


def compile_node(node: tree.Node) -> Code:
    """Return the function that evaluates `node`."""
    return _MAKERS[type(node)](node)


def _constant(node: tree.Constant) -> Code:
    value = node.value
    return lambda _scope: value


def _name(node: tree.Name) -> Code:
    name = node.name
    return lambda scope: admit(scope.names.get(name))


def _field(node: tree.Field) -> Code:
    record, name = compile_node(node.record), node.name
    return lambda scope: field_of(record(scope), name)


def field_of(record: Any, name: str) -> Any:
    """Return `record.name`: an entry of a map or a part of a date, never an attribute of an object."""
    if record is None:
        return None
    if isinstance(record, Mapping):
        return admit(record.get(name))
    if isinstance(record, date) and name in _PARTS:
        part = _PARTS[name](instant(record) if isinstance(record, datetime) else record)
        if part is not None:
            return part
    raise ExpressionRefused(N_("%(kind)s里没有“%(name)s”。"), kind=kind_of(record), name=name)


_PARTS: Mapping[str, Callable[[Any], int | None]] = {
    "year": lambda value: cast("int", value.year),
    "month": lambda value: cast("int", value.month),
    "day": lambda value: cast("int", value.day),
    "weekday": lambda value: cast("int", value.isoweekday()),
    "hour": lambda value: getattr(value, "hour", None),
    "minute": lambda value: getattr(value, "minute", None),
    "second": lambda value: getattr(value, "second", None),
}


def _index(node: tree.Index) -> Code:
    holder, key, first = compile_node(node.holder), compile_node(node.key), node.first
    return lambda scope: _item(holder(scope), key(scope), first)


def _item(holder: Any, key: Any, first: int) -> Any:
    if holder is None or key is None:
        return None
    if isinstance(holder, Mapping):
        return admit(holder.get(key)) if isinstance(key, str) else None
    if isinstance(holder, list) and isinstance(key, int) and not isinstance(key, bool):
        place = key - first if key >= first or not first else len(holder) + key
        return admit(holder[place]) if 0 <= place < len(holder) else None
    raise ExpressionRefused(N_("%(kind)s里不能用[ ]取内容。"), kind=kind_of(holder))


def _call(node: tree.Call) -> Code:
    name, column = node.name, node.column
    arguments = tuple(compile_node(argument) for argument in node.arguments)
    built_in = BUILT_IN.get(name)
    if built_in and not built_in.fewest <= len(arguments) <= built_in.most:
        raise ExpressionRefused(N_("函数%(name)s的参数个数不对。"), column, name=name)

    def run(scope: Scope) -> Any:
        values = [argument(scope) for argument in arguments]
        given = scope.functions.get(name)
        if given is not None:
            return admit(given(*values))
        return admit(cast("Function", built_in).run(scope.charge, *values))

    def unknown(scope: Scope) -> Any:
        if name in scope.functions:
            return run(scope)
        raise ExpressionRefused(N_("没有函数“%(name)s”。"), column, name=name)

    return run if built_in else unknown


def _unary(node: tree.Unary) -> Code:
    operand = compile_node(node.operand)
    if node.operator == "-":
        return lambda scope: negate(operand(scope))
    if node.operator == "empty":
        return lambda scope: is_empty(operand(scope))
    return lambda scope: _opposite(yes_no(operand(scope)))


def _opposite(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _binary(node: tree.Binary) -> Code:
    operator, left, right = node.operator, compile_node(node.left), compile_node(node.right)
    apply = calculate if operator in set("+-*/%") else compare
    return lambda scope: apply(operator, left(scope), right(scope), scope.charge)


def _logic(node: tree.Logic) -> Code:
    parts = tuple(compile_node(part) for part in node.parts)
    decisive = node.operator == "or"

    def run(scope: Scope) -> bool | None:
        unknown = False
        for part in parts:
            answer = yes_no(part(scope))
            if answer is decisive:
                return decisive
            unknown = unknown or answer is None
        return None if unknown else not decisive

    return run


def _choice(node: tree.Choice) -> Code:
    test, yes, no = compile_node(node.test), compile_node(node.yes), compile_node(node.no)
    return lambda scope: yes(scope) if yes_no(test(scope)) else no(scope)


def _list(node: tree.ListOf) -> Code:
    items = tuple(compile_node(item) for item in node.items)
    return lambda scope: [item(scope) for item in items]


def _map(node: tree.MapOf) -> Code:
    entries = tuple(zip(node.names, (compile_node(value) for value in node.values), strict=True))
    return lambda scope: {name: value(scope) for name, value in entries}


def _in(node: tree.In) -> Code:
    value, passes = compile_node(node.value), _any_of(node.tests)
    return lambda scope: passes(scope, value(scope))


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

    def test(scope: Scope, value: Any) -> bool | None:
        inner = Scope({**scope.names, "?": value}, scope.functions, scope.work)
        answer = yes_no(condition(inner))
        scope.work = inner.work
        return answer

    return test


def _none_of(node: tree.NoneOf) -> Test:
    passes = _any_of(node.tests)
    return lambda scope, value: not passes(scope, value)


_MAKERS: Mapping[type[tree.Node], Callable[[Any], Code]] = {
    tree.Constant: _constant,
    tree.Name: _name,
    tree.Field: _field,
    tree.Index: _index,
    tree.Call: _call,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Logic: _logic,
    tree.Choice: _choice,
    tree.ListOf: _list,
    tree.MapOf: _map,
    tree.In: _in,
}
_TESTS: Mapping[type[tree.Node], Callable[[Any], Test]] = {
    tree.Anything: _anything,
    tree.Compared: _compared,
    tree.Within: _within,
    tree.OneOf: _one_of,
    tree.Holds: _holds,
    tree.NoneOf: _none_of,
}
