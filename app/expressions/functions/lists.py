"""Functions of lists, of maps and of yes and no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.expressions.errors import ExpressionRefused
from app.expressions.functions.arguments import items_of, list_of, text_of, whole_of
from app.expressions.values import MAX_NESTING, Charge, admit, equal, kind_of, yes_no
from app.i18n import N_


def count(_charge: Charge, value: Any) -> int:
    """Return how many items a list or map has, how many characters a text; null has none."""
    if value is None:
        return 0
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise ExpressionRefused(N_("%(kind)s没有个数。"), kind=kind_of(value))


def is_empty(value: Any) -> bool:
    """Return whether a value is null, an empty text or an empty list or map."""
    return value is None or (isinstance(value, str | list | Mapping) and not value)


def contains(charge: Charge, whole: Any, part: Any) -> bool | None:
    """Return whether a text contains a text, or a list an item."""
    if whole is None:
        return None
    if isinstance(whole, list):
        charge(len(whole))
        return any(equal(admit(item), part, charge) for item in whole)
    if part is None:
        return None
    charge(len(text_of(whole)) + len(text_of(part)))
    return part in whole


def every(charge: Charge, *values: Any) -> bool | None:
    """Return whether all are true."""
    answers = [yes_no(value) for value in items_of(charge, values, keep_null=True)]
    return False if False in answers else None if None in answers else True


def some(charge: Charge, *values: Any) -> bool | None:
    """Return whether one is true."""
    answers = [yes_no(value) for value in items_of(charge, values, keep_null=True)]
    return True if True in answers else None if None in answers else False


def concatenate(charge: Charge, *values: Any) -> list[Any]:
    """Return one list of the items of all lists."""
    charge(sum(len(list_of(value)) for value in values))
    return [item for value in values for item in value]


def append(charge: Charge, items: Any, *more: Any) -> list[Any]:
    """Return the list with more items at its end; null counts as an empty list."""
    charge(len(list_of(items or [])) + len(more))
    return [*(items or []), *more]


def distinct(charge: Charge, items: Any) -> list[Any] | None:
    """Return the items without repetitions, in their first order."""
    if items is None:
        return None
    found: list[Any] = []
    for item in list_of(items):
        charge(1 + len(found))
        if not any(equal(admit(item), admit(other), charge) for other in found):
            found.append(item)
    return found


def union(charge: Charge, *values: Any) -> list[Any] | None:
    """Return the items of all lists without repetitions."""
    return distinct(charge, concatenate(charge, *values))


def places(charge: Charge, items: Any, wanted: Any) -> list[int] | None:
    """Return the positions of an item, the first of the list being 1."""
    if items is None:
        return None
    charge(len(list_of(items)))
    return [number for number, item in enumerate(items, 1) if equal(admit(item), wanted, charge)]


def backwards(charge: Charge, items: Any) -> list[Any] | None:
    """Return the list from its end to its beginning."""
    if items is None:
        return None
    charge(len(list_of(items)))
    return list(reversed(items))


def sublist(charge: Charge, items: Any, start: Any, length: Any = None) -> list[Any] | None:
    """Return part of a list; the first item is 1, a negative start counts from the end."""
    if items is None:
        return None
    found = list_of(items)
    charge(len(found))
    first = whole_of(start)
    begin = first - 1 if first > 0 else max(len(found) + first, 0)
    return found[begin:] if length is None else found[begin : begin + max(whole_of(length), 0)]


def insert(charge: Charge, items: Any, place: Any, item: Any) -> list[Any] | None:
    """Return the list with an item in front of the one at a position."""
    if items is None:
        return None
    charge(len(list_of(items)))
    return [*items[: _place(items, place)], item, *items[_place(items, place) :]]


def remove(charge: Charge, items: Any, place: Any) -> list[Any] | None:
    """Return the list without the item at a position."""
    if items is None:
        return None
    charge(len(list_of(items)))
    return [*items[: _place(items, place)], *items[_place(items, place) + 1 :]]


def flattened(charge: Charge, items: Any) -> list[Any] | None:
    """Return one list of all items of the lists in a list, however deep."""
    return None if items is None else _flat(charge, list_of(items), 0)


def value_of(_charge: Charge, record: Any, name: Any) -> Any:
    """Return the entry of a map whose name is worked out; null when there is none."""
    if record is None or name is None:
        return None
    if not isinstance(record, Mapping):
        raise ExpressionRefused(N_("%(kind)s里没有“%(name)s”。"), kind=kind_of(record), name=text_of(name)[:40])
    return record.get(text_of(name))


def negated(_charge: Charge, value: Any) -> bool | None:
    """Return the opposite of yes or no."""
    answer = yes_no(value)
    return None if answer is None else not answer


def is_defined(_charge: Charge, value: Any) -> bool:
    """Return whether there is a value."""
    return value is not None


def _place(items: list[Any], place: Any) -> int:
    wanted = whole_of(place)
    if not 1 <= abs(wanted) <= len(items):
        raise ExpressionRefused(N_("列表里没有第 %(place)s 项。"), place=wanted)
    return wanted - 1 if wanted > 0 else len(items) + wanted


def _flat(charge: Charge, items: list[Any], depth: int) -> list[Any]:
    if depth > MAX_NESTING:
        raise ExpressionRefused(N_("内容嵌套太深了。"))
    charge(1 + len(items))
    found: list[Any] = []
    for item in items:
        found.extend(_flat(charge, item, depth + 1) if isinstance(item, list) else [item])
    return found
