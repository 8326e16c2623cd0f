"""The functions every expression may call, under their JUEL and their FEEL names.

Each takes `charge` first, then its arguments; null for an argument that must be given gives null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

from app.expressions.errors import ExpressionRefused
from app.expressions.values import (
    EXACT,
    HOME,
    Charge,
    admit,
    calculate,
    equal,
    instant,
    is_number,
    kind_of,
    less,
    number,
    text,
    yes_no,
)
from app.i18n import N_

MANY = 100


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in function and how many arguments it takes."""

    run: Callable[..., Any]
    fewest: int
    most: int


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
    charge(len(_text(whole)))
    return _text(part) in whole


def total(charge: Charge, *values: Any) -> Any:
    """Return the sum; null of nothing."""
    items = _items(charge, values)
    result = items[0] if items else None
    for item in items[1:]:
        result = calculate("+", _number(result), _number(item), charge)
    return result


def smallest(charge: Charge, *values: Any) -> Any:
    """Return the smallest item; null of nothing."""
    result = None
    for item in _items(charge, values):
        result = item if result is None or less(item, result) else result
    return result


def largest(charge: Charge, *values: Any) -> Any:
    """Return the largest item; null of nothing."""
    result = None
    for item in _items(charge, values):
        result = item if result is None or less(result, item) else result
    return result


def mean(charge: Charge, *values: Any) -> Any:
    """Return the average; null of nothing."""
    items = _items(charge, values)
    return calculate("/", total(charge, *items), len(items), charge) if items else None


def every(charge: Charge, *values: Any) -> bool | None:
    """Return whether all are true."""
    answers = [yes_no(value) for value in _items(charge, values, keep_null=True)]
    return False if False in answers else None if None in answers else True


def some(charge: Charge, *values: Any) -> bool | None:
    """Return whether one is true."""
    answers = [yes_no(value) for value in _items(charge, values, keep_null=True)]
    return True if True in answers else None if None in answers else False


def concatenate(charge: Charge, *values: Any) -> list[Any]:
    """Return one list of the items of all lists."""
    charge(sum(len(_list(value)) for value in values))
    return [item for value in values for item in value]


def append(charge: Charge, items: Any, *more: Any) -> list[Any]:
    """Return the list with more items at its end; null counts as an empty list."""
    charge(len(_list(items or [])) + len(more))
    return [*(items or []), *more]


def distinct(charge: Charge, items: Any) -> list[Any]:
    """Return the items without repetitions, in their first order."""
    found: list[Any] = []
    for item in _list(items):
        charge(len(found))
        if not any(equal(item, other, charge) for other in found):
            found.append(item)
    return found


def starts(_charge: Charge, whole: Any, part: Any) -> bool | None:
    """Return whether a text begins with another."""
    return None if whole is None or part is None else _text(whole).startswith(_text(part))


def ends(_charge: Charge, whole: Any, part: Any) -> bool | None:
    """Return whether a text ends with another."""
    return None if whole is None or part is None else _text(whole).endswith(_text(part))


def substring(charge: Charge, whole: Any, start: Any, length: Any = None) -> str | None:
    """Return part of a text; the first character is 1, a negative start counts from the end."""
    if whole is None:
        return None
    charge(len(_text(whole)))
    first = int(_number(start))
    begin = first - 1 if first > 0 else max(len(whole) + first, 0)
    return text(whole[begin:] if length is None else whole[begin : begin + max(int(_number(length)), 0)])


def upper(charge: Charge, value: Any) -> str | None:
    """Return the text in capitals."""
    if value is None:
        return None
    charge(len(_text(value)))
    return text(text(value).upper())


def lower(charge: Charge, value: Any) -> str | None:
    """Return the text in small letters."""
    if value is None:
        return None
    charge(len(_text(value)))
    return text(text(value).lower())


def as_number(_charge: Charge, value: Any) -> Any:
    """Read a number from a text."""
    if value is None or is_number(value):
        return value
    if len(_text(value)) > MANY:
        raise ExpressionRefused(N_("数字太大了。"))
    try:
        read = Decimal(value.strip())
    except ArithmeticError:
        raise ExpressionRefused(N_("“%(text)s”不是数字。"), text=value) from None
    number(read)
    return number(int(read)) if read == read.to_integral_value() else read


def as_text(_charge: Charge, value: Any) -> str | None:
    """Write a value as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(number(value))
    if isinstance(value, date):
        return value.isoformat()
    raise ExpressionRefused(N_("%(kind)s不能写成文字。"), kind=kind_of(value))


def as_date(_charge: Charge, *values: Any) -> date | None:
    """Read a date from a text, an instant, or year, month and day."""
    if len(values) > 1:
        year, month, day = (int(_number(value)) for value in values)
        return date(year, month, day)
    (value,) = values
    if isinstance(value, datetime):
        return instant(value).astimezone(HOME).date()
    return value if value is None or isinstance(value, date) else date.fromisoformat(_text(value))


def as_instant(_charge: Charge, value: Any, *_zone: Any) -> datetime | None:
    """Read an instant from a text; one without a zone is home time."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=HOME)
    return instant(datetime.fromisoformat(_text(value)))


def absolute(_charge: Charge, value: Any) -> Any:
    """Return the number without its sign."""
    return None if value is None else abs(_number(value))


def floor(charge: Charge, value: Any, places: Any = 0) -> Any:
    """Round down."""
    return _rounded(charge, value, places, ROUND_FLOOR)


def ceiling(charge: Charge, value: Any, places: Any = 0) -> Any:
    """Round up."""
    return _rounded(charge, value, places, ROUND_CEILING)


def rounded(charge: Charge, value: Any, places: Any = 0) -> Any:
    """Round to a number of places, half to even."""
    return _rounded(charge, value, places, ROUND_HALF_EVEN)


def negated(_charge: Charge, value: Any) -> bool | None:
    """Return the opposite of yes or no."""
    answer = yes_no(value)
    return None if answer is None else not answer


def is_defined(_charge: Charge, value: Any) -> bool:
    """Return whether there is a value."""
    return value is not None


def _rounded(_charge: Charge, value: Any, places: Any, mode: str) -> Any:
    if value is None:
        return None
    digits = int(_number(places))
    if isinstance(_number(value), int) and digits >= 0:
        return value
    if abs(digits) > MANY:
        raise ExpressionRefused(N_("数字太大了。"))
    result = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=mode, context=EXACT)
    return int(result) if digits <= 0 else result


def _items(charge: Charge, values: tuple[Any, ...], *, keep_null: bool = False) -> list[Any]:
    """Return the items of the one list given, or the arguments themselves."""
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    charge(len(items))
    return [admit(item) for item in items if keep_null or item is not None]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ExpressionRefused(N_("这里要的是文字，得到的是%(kind)s。"), kind=kind_of(value))
    return value


def _number(value: Any) -> Any:
    if not is_number(value):
        raise ExpressionRefused(N_("这里要的是数字，得到的是%(kind)s。"), kind=kind_of(value))
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ExpressionRefused(N_("这里要的是列表，得到的是%(kind)s。"), kind=kind_of(value))
    return value


_COUNT = Function(count, 1, 1)
_CONTAINS = Function(contains, 2, 2)
_STARTS = Function(starts, 2, 2)
_ENDS = Function(ends, 2, 2)
_UPPER = Function(upper, 1, 1)
_LOWER = Function(lower, 1, 1)

BUILT_IN: Mapping[str, Function] = {
    "count": _COUNT,
    "size": _COUNT,
    "length": _COUNT,
    "string length": _COUNT,
    "contains": _CONTAINS,
    "list contains": _CONTAINS,
    "sum": Function(total, 1, MANY),
    "min": Function(smallest, 1, MANY),
    "max": Function(largest, 1, MANY),
    "mean": Function(mean, 1, MANY),
    "all": Function(every, 1, MANY),
    "any": Function(some, 1, MANY),
    "concatenate": Function(concatenate, 1, MANY),
    "append": Function(append, 2, MANY),
    "distinct": Function(distinct, 1, 1),
    "distinct values": Function(distinct, 1, 1),
    "startsWith": _STARTS,
    "starts with": _STARTS,
    "endsWith": _ENDS,
    "ends with": _ENDS,
    "substring": Function(substring, 2, 3),
    "upper": _UPPER,
    "upper case": _UPPER,
    "lower": _LOWER,
    "lower case": _LOWER,
    "number": Function(as_number, 1, 1),
    "string": Function(as_text, 1, 1),
    "date": Function(as_date, 1, 3),
    "date and time": Function(as_instant, 1, 2),
    "dateTime": Function(as_instant, 1, 1),
    "abs": Function(absolute, 1, 1),
    "floor": Function(floor, 1, 2),
    "ceiling": Function(ceiling, 1, 2),
    "round": Function(rounded, 1, 2),
    "decimal": Function(rounded, 2, 2),
    "not": Function(negated, 1, 1),
    "is defined": Function(is_defined, 1, 1),
}
