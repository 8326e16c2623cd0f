"""Functions of texts. There is none with regular expressions: their running time has no bound."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from app.expressions.errors import ExpressionRefused
from app.expressions.functions.arguments import list_of, text_of, whole_of
from app.expressions.times import is_duration, write_duration
from app.expressions.values import Charge, admit, kind_of, number, text
from app.i18n import N_


def starts(charge: Charge, whole: Any, part: Any) -> bool | None:
    """Return whether a text begins with another."""
    if whole is None or part is None:
        return None
    charge(len(text_of(part)) // 8)
    return text_of(whole).startswith(part)


def ends(charge: Charge, whole: Any, part: Any) -> bool | None:
    """Return whether a text ends with another."""
    if whole is None or part is None:
        return None
    charge(len(text_of(part)) // 8)
    return text_of(whole).endswith(part)


def substring(charge: Charge, whole: Any, start: Any, length: Any = None) -> str | None:
    """Return part of a text; the first character is 1, a negative start counts from the end."""
    if whole is None:
        return None
    charge(len(text_of(whole)))
    first = whole_of(start)
    begin = first - 1 if first > 0 else max(len(whole) + first, 0)
    return text(whole[begin:] if length is None else whole[begin : begin + max(whole_of(length), 0)])


def before(charge: Charge, whole: Any, part: Any) -> str | None:
    """Return what stands before the first place of a part; nothing when it is not there."""
    if whole is None or part is None:
        return None
    charge(len(text_of(whole)) + len(text_of(part)))
    found, mark, _rest = whole.partition(part) if part else ("", "", "")
    return text(found) if mark else ""


def after(charge: Charge, whole: Any, part: Any) -> str | None:
    """Return what stands after the first place of a part; nothing when it is not there."""
    if whole is None or part is None:
        return None
    charge(len(text_of(whole)) + len(text_of(part)))
    return text(whole.partition(part)[2]) if part else text(whole)


def upper(charge: Charge, value: Any) -> str | None:
    """Return the text in capitals."""
    if value is None:
        return None
    charge(len(text_of(value)))
    return text(text(value).upper())


def lower(charge: Charge, value: Any) -> str | None:
    """Return the text in small letters."""
    if value is None:
        return None
    charge(len(text_of(value)))
    return text(text(value).lower())


def trimmed(charge: Charge, value: Any) -> str | None:
    """Return the text without space at its ends."""
    if value is None:
        return None
    charge(len(text_of(value)))
    return text(value.strip())


def joined(charge: Charge, items: Any, between: Any = None) -> str | None:
    """Return one text of a list of texts, with another between them; nulls are left out."""
    if items is None:
        return None
    charge(len(list_of(items)))
    parts = [text_of(admit(item)) for item in items if item is not None]
    mark = "" if between is None else text_of(between)
    charge(sum(len(part) + len(mark) for part in parts))
    return text(mark.join(parts))


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
    if is_duration(value):
        return write_duration(value)
    raise ExpressionRefused(N_("%(kind)s不能写成文字。"), kind=kind_of(value))
