"""Functions of numbers."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from app.expressions.errors import ExpressionRefused
from app.expressions.functions.arguments import items_of, number_of, text_of, whole_of
from app.expressions.times import Months, is_duration
from app.expressions.values import EXACT, Charge, calculate, is_number, less, number
from app.i18n import N_

MANY = 100


def total(charge: Charge, *values: Any) -> Any:
    """Return the sum of a list or of the arguments, nulls left out; null of nothing."""
    items = items_of(charge, values)
    result: Any = _addable(items[0]) if items else None
    for item in items[1:]:
        if type(item) is int and type(result) is int:
            charge(1)
            result += item
        else:
            result = calculate("+", result, _addable(item), charge)
    return number(result) if is_number(result) else result


def product(charge: Charge, *values: Any) -> Any:
    """Return the product; null of nothing."""
    items = items_of(charge, values)
    result = number_of(items[0]) if items else None
    for item in items[1:]:
        result = calculate("*", result, number_of(item), charge)
    return result


def smallest(charge: Charge, *values: Any) -> Any:
    """Return the smallest item: number, text, date, instant or duration; null of nothing."""
    result = None
    for item in items_of(charge, values):
        result = item if result is None or less(item, result, charge) else result
    return result


def largest(charge: Charge, *values: Any) -> Any:
    """Return the largest item; null of nothing."""
    result = None
    for item in items_of(charge, values):
        result = item if result is None or less(result, item, charge) else result
    return result


def mean(charge: Charge, *values: Any) -> Any:
    """Return the average; null of nothing."""
    items = items_of(charge, values)
    return calculate("/", total(charge, *items), len(items), charge) if items else None


def median(charge: Charge, *values: Any) -> Any:
    """Return the middle number, or the mean of the two in the middle; null of nothing."""
    items = [number_of(item) for item in items_of(charge, values)]
    charge(len(items) * 4)
    items.sort()
    middle = len(items) // 2
    if len(items) % 2 or not items:
        return items[middle] if items else None
    return mean(charge, items[middle - 1], items[middle])


def as_number(_charge: Charge, value: Any) -> Any:
    """Read a number from a text."""
    if value is None or is_number(value):
        return value
    if len(text_of(value)) > MANY:
        raise ExpressionRefused(N_("数字太大了。"))
    try:
        read = Decimal(value.strip())
    except ArithmeticError:
        raise ExpressionRefused(N_("“%(text)s”不是数字。"), text=value) from None
    read = Decimal(number(EXACT.plus(read)))
    return number(int(read)) if read == read.to_integral_value() else read


def absolute(_charge: Charge, value: Any) -> Any:
    """Return the number or the duration without its sign."""
    if is_duration(value):
        return Months(abs(value.count)) if isinstance(value, Months) else abs(value)
    return None if value is None else abs(number_of(value))


def modulo(charge: Charge, value: Any, divisor: Any) -> Any:
    """Return the rest of a division with the sign of the divisor, as FEEL has it (`%` keeps that of the dividend)."""
    rest = calculate("%", value, divisor, charge)
    return calculate("+", rest, divisor, charge) if rest and (rest < 0) is not (divisor < 0) else rest


def floor(charge: Charge, value: Any, places: Any = 0) -> Any:
    """Round down."""
    return _rounded(charge, value, places, ROUND_FLOOR)


def ceiling(charge: Charge, value: Any, places: Any = 0) -> Any:
    """Round up."""
    return _rounded(charge, value, places, ROUND_CEILING)


def rounded(charge: Charge, value: Any, places: Any = 0) -> Any:
    """Round to a number of places, half to even."""
    return _rounded(charge, value, places, ROUND_HALF_EVEN)


def rounded_half_up(charge: Charge, value: Any, places: Any = 0) -> Any:
    """Round to a number of places, half away from zero."""
    return _rounded(charge, value, places, ROUND_HALF_UP)


def is_even(charge: Charge, value: Any) -> bool | None:
    """Return whether the number is even."""
    return None if value is None else bool(calculate("%", number_of(value), 2, charge) == 0)


def is_odd(charge: Charge, value: Any) -> bool | None:
    """Return whether the number is odd."""
    return None if value is None else bool(abs(calculate("%", number_of(value), 2, charge)) == 1)


def _addable(value: Any) -> Any:
    return value if is_duration(value) else number_of(value)


def _rounded(_charge: Charge, value: Any, places: Any, mode: str) -> Any:
    if value is None:
        return None
    if abs(number_of(places)) > MANY:
        raise ExpressionRefused(N_("数字太大了。"))
    digits = whole_of(places)
    if isinstance(number_of(value), int) and digits >= 0:
        return value
    result = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=mode, context=EXACT)
    return number(int(result)) if digits <= 0 else result
