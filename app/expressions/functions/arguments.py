"""What a function may be called with."""

from __future__ import annotations

from typing import Any

from app.expressions.errors import ExpressionRefused
from app.expressions.values import Charge, admit, is_number, kind_of
from app.i18n import N_


def text_of(value: Any) -> str:
    """Return an argument that must be a text."""
    if not isinstance(value, str):
        raise ExpressionRefused(N_("这里要的是文字，得到的是%(kind)s。"), kind=kind_of(value))
    return value


def number_of(value: Any) -> Any:
    """Return an argument that must be a number."""
    if not is_number(value):
        raise ExpressionRefused(N_("这里要的是数字，得到的是%(kind)s。"), kind=kind_of(value))
    return value


def whole_of(value: Any) -> int:
    """Return an argument that must be a whole number."""
    if number_of(value) != int(value):
        raise ExpressionRefused(N_("这里要的是整数。"))
    return int(value)


def list_of(value: Any) -> list[Any]:
    """Return an argument that must be a list."""
    if not isinstance(value, list):
        raise ExpressionRefused(N_("这里要的是列表，得到的是%(kind)s。"), kind=kind_of(value))
    return value


def items_of(charge: Charge, values: tuple[Any, ...], *, keep_null: bool = False) -> list[Any]:
    """Return the items of the one list given, or the arguments themselves."""
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    charge(len(items))
    return [admit(item) for item in items if keep_null or item is not None]
