"""Names, fields, calls and operators as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from app.expressions import tree
from app.expressions.compiling import Code, Layer, Scope, compile_node, makes
from app.expressions.errors import ExpressionRefused
from app.expressions.functions import BUILT_IN, Function, is_empty, part_of
from app.expressions.values import Charge, admit, calculate, compare, kind_of, negate, yes_no
from app.i18n import N_

# what a call and a new map cost besides what they touch
CALL, MAP = 3, 3


@makes(tree.Constant)
def _constant(node: tree.Constant) -> Code:
    value = node.value
    return lambda _scope: value


@makes(tree.Name)
def _name(node: tree.Name) -> Code:
    name = node.name
    return lambda scope: admit(scope.names.get(name))


@makes(tree.Field)
def _field(node: tree.Field) -> Code:
    record, name, column = compile_node(node.record), node.name, node.column
    read = _spread if node.spread else field_of

    def run(scope: Scope) -> Any:
        found = record(scope)
        scope.column = column
        return read(found, name, scope.charge)

    return run


def _spread(record: Any, name: str, charge: Charge) -> Any:
    if not isinstance(record, list):
        return field_of(record, name, charge)
    charge(len(record))
    return [field_of(admit(item), name, charge) for item in record]


def field_of(record: Any, name: str, _charge: Charge) -> Any:
    """Return `record.name`: an entry of a map or a part of a date, never an attribute of an object."""
    if record is None:
        return None
    if isinstance(record, Mapping):
        return admit(record.get(name))
    part = part_of(record, name)
    if part is None:
        raise ExpressionRefused(N_("%(kind)s里没有“%(name)s”。"), kind=kind_of(record), name=name)
    return part


@makes(tree.Index)
def _index(node: tree.Index) -> Code:
    holder, key, first, column = compile_node(node.holder), compile_node(node.key), node.first, node.column

    def run(scope: Scope) -> Any:
        found, wanted = holder(scope), key(scope)
        scope.column = column
        return item_of(found, wanted, first)

    return run


def item_of(holder: Any, key: Any, first: int) -> Any:
    """Return `holder[key]`; `first` is the position of a list's first item."""
    if holder is None or key is None:
        return None
    if isinstance(holder, Mapping):
        return admit(holder.get(key)) if isinstance(key, str) else None
    if isinstance(holder, list) and isinstance(key, int) and not isinstance(key, bool):
        place = key - first if key >= first or not first else len(holder) + key
        return admit(holder[place]) if 0 <= place < len(holder) else None
    raise ExpressionRefused(N_("%(kind)s里不能用[ ]取内容。"), kind=kind_of(holder))


@makes(tree.Call)
def _call(node: tree.Call) -> Code:
    name, column = node.name, node.column
    arguments = tuple(compile_node(argument) for argument in node.arguments)
    built_in = BUILT_IN.get(name)
    if built_in and not built_in.fewest <= len(arguments) <= built_in.most:
        raise ExpressionRefused(N_("函数%(name)s的参数个数不对（第 %(column)s 个字符）。"), column, name=name)

    def run(scope: Scope) -> Any:
        values = [argument(scope) for argument in arguments]
        scope.column = column
        scope.charge(CALL)
        given = scope.functions.get(name)
        if given is not None:
            return admit(given(*values))
        return admit(cast("Function", built_in).run(scope.charge, *values))

    def unknown(scope: Scope) -> Any:
        if name in scope.functions:
            return run(scope)
        raise ExpressionRefused(N_("没有函数“%(name)s”。"), column, name=name)

    return run if built_in else unknown


@makes(tree.Unary)
def _unary(node: tree.Unary) -> Code:
    operand, column = compile_node(node.operand), node.column
    apply = _UNARY[node.operator]

    def run(scope: Scope) -> Any:
        value = operand(scope)
        scope.column = column
        return apply(value)

    return run


def opposite(value: Any) -> bool | None:
    """Return `not value`."""
    answer = yes_no(value)
    return None if answer is None else not answer


_UNARY: Mapping[str, Callable[[Any], Any]] = {"-": negate, "empty": is_empty, "not": opposite}


@makes(tree.Binary)
def _binary(node: tree.Binary) -> Code:
    operator, left, right, column = node.operator, compile_node(node.left), compile_node(node.right), node.column
    apply = calculate if operator in set("+-*/%") else compare

    def run(scope: Scope) -> Any:
        one, other = left(scope), right(scope)
        scope.column = column
        return apply(operator, one, other, scope.charge)

    return run


@makes(tree.Logic)
def _logic(node: tree.Logic) -> Code:
    parts, column = tuple(compile_node(part) for part in node.parts), node.column
    decisive = node.operator == "or"

    def run(scope: Scope) -> bool | None:
        unknown = False
        for part in parts:
            value = part(scope)
            scope.column = column
            answer = yes_no(value)
            if answer is decisive:
                return decisive
            unknown = unknown or answer is None
        return None if unknown else not decisive

    return run


@makes(tree.Choice)
def _choice(node: tree.Choice) -> Code:
    test, yes, no, column = compile_node(node.test), compile_node(node.yes), compile_node(node.no), node.column

    def run(scope: Scope) -> Any:
        value = test(scope)
        scope.column = column
        return yes(scope) if yes_no(value) else no(scope)

    return run


@makes(tree.ListOf)
def _list(node: tree.ListOf) -> Code:
    items = tuple(compile_node(item) for item in node.items)
    return lambda scope: [item(scope) for item in items]


@makes(tree.MapOf)
def _map(node: tree.MapOf) -> Code:
    entries = tuple(zip(node.names, (compile_node(value) for value in node.values), strict=True))

    def run(scope: Scope) -> dict[str, Any]:
        scope.charge(MAP)
        made: dict[str, Any] = {}
        outer = scope.names
        scope.names = Layer(made, outer)
        for name, value in entries:
            made[name] = value(scope)
        scope.names = outer
        return made

    return run
