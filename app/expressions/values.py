"""What operators do with values: null, yes/no, text, whole number, decimal, date, instant, list, map.

Null, as FEEL has it (`x` is any value that is not null):

| expression                      | value | expression                    | value |
|---------------------------------|-------|-------------------------------|-------|
| `null = null`                   | true  | `null != null`                | false |
| `null = x`                      | false | `null != x`                   | true  |
| `null < x`, `x >= null` …       | null  | `null + x`, `-null` …         | null  |
| `false and null`                | false | `true and null`               | null  |
| `true or null`                  | true  | `false or null`               | null  |
| `not null`                      | null  | `null.field`, `null[0]`       | null  |
| a name, field or item not there | null  | `null ? a : b`, `if null` …   | b     |
| a condition that gives null     | not satisfied | the test `-`          | always satisfied |

Values of different kinds are never equal; putting them in order is refused, and so is arithmetic on anything but
numbers; `+` also joins two texts, and dates, instants and durations can be added and subtracted. Numbers are exact:
decimals have 34 digits, as in decimal128.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from app.expressions import times
from app.expressions.errors import ExpressionRefused
from app.expressions.times import HOME, Months, instant, is_duration
from app.i18n import N_

__all__ = ["HOME", "instant"]

MAX_TEXT = 10_000
MAX_NESTING = 40
DIGITS = 34
WIDEST_INTEGER = 10**18
EXACT = Context(prec=DIGITS, traps=[InvalidOperation, DivisionByZero, Overflow])

Charge = Callable[[int], None]
_PLAIN = frozenset({type(None), bool, str, date, datetime, list, dict, timedelta, Months})


def admit(value: Any) -> Any:
    """Return a value of the data as an expression sees it; refuse objects of any other kind and endless numbers."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, int):
        return number(int(value))
    if isinstance(value, Decimal):
        return number(EXACT.plus(value))
    if isinstance(value, float):
        return number(Decimal(repr(value)))
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping | str | date | list):
        return value
    raise ExpressionRefused(N_("表达式里用到了不能使用的内容。"))


def number(value: int | Decimal) -> int | Decimal:
    """Return a result that is not too large; very wide whole numbers become decimals."""
    if isinstance(value, int):
        if -WIDEST_INTEGER < value < WIDEST_INTEGER:
            return value
        if value.bit_length() > DIGITS * 4:
            raise ExpressionRefused(N_("数字太大了。"))
        value = Decimal(value)
    if not value.is_finite() or (value and not -3 * DIGITS < value.adjusted() < DIGITS):
        raise ExpressionRefused(N_("数字太大了。"))
    # a zero keeps the exponent it was made with, and would be written out with that many digits
    return value if value or abs(value.adjusted()) < DIGITS else Decimal(0)


def is_number(value: Any) -> bool:
    """Return whether `value` is a whole number or a decimal; yes and no are not."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def text(value: str) -> str:
    """Return a text that is short enough to be the result of an expression."""
    if len(value) > MAX_TEXT:
        raise ExpressionRefused(N_("文字太长了，最多 %(count)s 个字。"), count=MAX_TEXT)
    return value


def yes_no(value: Any) -> bool | None:
    """Return the operand of `and`, `or`, `not` or a condition."""
    if value is None or isinstance(value, bool):
        return value
    raise ExpressionRefused(N_("这里要的是“是”或“否”，得到的是%(kind)s。"), kind=kind_of(value))


def kind_of(value: Any) -> str:
    """Return the kind of a value in words."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (type(None), N_("空值")),
        (bool, N_("是否")),
        (str, N_("文字")),
        ((int, Decimal), N_("数字")),
        (date, N_("日期")),
        ((timedelta, Months), N_("时长")),
        (list, N_("列表")),
        (Mapping, N_("一组内容")),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), type(value).__name__)


def equal(left: Any, right: Any, charge: Charge, depth: int = 0) -> bool:
    """Return whether two values are the same; lists and maps are compared item by item."""
    if depth > MAX_NESTING:
        raise ExpressionRefused(N_("内容嵌套太深了。"))
    if isinstance(left, list) and isinstance(right, list):
        charge(len(left))
        return len(left) == len(right) and all(
            equal(admit(a), admit(b), charge, depth + 1) for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        charge(len(left) + len(right))
        return left.keys() == right.keys() and all(
            equal(admit(left[key]), admit(right[key]), charge, depth + 1) for key in left
        )
    return _equal_plain(left, right, charge)


def _equal_plain(left: Any, right: Any, charge: Charge) -> bool:
    charge(1)
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return instant(left) == instant(right)
    if isinstance(left, str) and isinstance(right, str):
        charge(min(len(left), len(right)) // 8)
        return left == right
    return type(left) is type(right) and bool(left == right)


def less(left: Any, right: Any, charge: Charge) -> bool:
    """Return whether `left` comes before `right`; both are given and of one kind."""
    charge(1)
    if is_number(left) and is_number(right):
        return bool(left < right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return instant(left) < instant(right)
    if isinstance(left, str) and isinstance(right, str):
        charge(min(len(left), len(right)) // 8)
        return left < right
    if type(left) is type(right) and isinstance(left, date | timedelta | Months):
        return bool(left < right)
    raise ExpressionRefused(N_("%(left)s和%(right)s不能比较先后大小。"), left=kind_of(left), right=kind_of(right))


def compare(operator: str, left: Any, right: Any, charge: Charge) -> bool | None:
    """Apply `=`, `!=`, `<`, `<=`, `>` or `>=`."""
    if operator == "=":
        return equal(left, right, charge)
    if operator == "!=":
        return not equal(left, right, charge)
    if left is None or right is None:
        return None
    if operator in {"<", ">="}:
        return less(left, right, charge) is (operator == "<")
    return less(right, left, charge) is (operator == ">")


def calculate(operator: str, left: Any, right: Any, charge: Charge) -> Any:
    """Apply `+`, `-`, `*`, `/` or `%`."""
    charge(1)
    if left is None or right is None:
        return None
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        charge(len(left) + len(right))
        return text(left + right)
    if isinstance(left, date) or is_duration(left) or is_duration(right):
        return _calculate_time(operator, left, right)
    if not is_number(left) or not is_number(right):
        wrong = right if is_number(left) else left
        raise ExpressionRefused(
            N_("“%(operator)s”只能用于数字，得到的是%(kind)s。"), operator=operator, kind=kind_of(wrong)
        )
    if operator in "/%" and not right:
        raise ExpressionRefused(N_("除数是零。"))
    both_whole = isinstance(left, int) and isinstance(right, int)
    return number(_WHOLE[operator](left, right) if both_whole else _DECIMAL[operator](left, right))


def _calculate_time(operator: str, left: Any, right: Any) -> Any:
    if isinstance(left, date) and is_duration(right) and operator in "+-":
        return times.shifted(left, right if operator == "+" else negate(right))
    if operator == "-" and isinstance(left, date) and isinstance(right, date):
        if isinstance(left, datetime) is isinstance(right, datetime):
            return times.between(left, right)
    elif operator == "+" and is_duration(left) and isinstance(right, date):
        return times.shifted(right, left)
    elif operator in "+-" and is_duration(left) and type(left) is type(right):
        return _joined(left, right if operator == "+" else negate(right))
    elif operator == "*" and is_duration(left) and isinstance(right, int) and abs(right) < WIDEST_INTEGER:
        return Months(left.count * right) if isinstance(left, Months) else left * right
    raise ExpressionRefused(
        N_("“%(operator)s”不能用在%(left)s和%(right)s之间。"),
        operator=operator,
        left=kind_of(left),
        right=kind_of(right),
    )


def _joined(left: Any, right: Any) -> Any:
    return Months(left.count + right.count) if isinstance(left, Months) else left + right


def negate(value: Any) -> Any:
    """Return `-value`."""
    if isinstance(value, Months):
        return Months(-value.count)
    return -value if isinstance(value, timedelta) else calculate("-", 0, value, lambda _work: None)


def _divide(left: int, right: int) -> int | Decimal:
    return left // right if left % right == 0 else EXACT.divide(Decimal(left), Decimal(right))


def _remainder(left: int, right: int) -> int:
    rest = abs(left) % abs(right)
    return rest if left >= 0 else -rest


_WHOLE: Mapping[str, Callable[[int, int], int | Decimal]] = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
    "/": _divide,
    "%": _remainder,
}
_DECIMAL: Mapping[str, Callable[[Any, Any], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": EXACT.divide,
    "%": EXACT.remainder,
}
