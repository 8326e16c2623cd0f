"""What an answer looks like in JSON, and what expressions see instead.

Answers are null, booleans, texts, integers, lists and objects. A number that is not whole is kept exact as
`{"$dec": "1.5"}` (a float would change it); dates and times are ISO text, an instant always with its offset.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

DECIMAL = "$dec"
MAX_DEPTH = 20
MAX_EXPONENT = 40


def number_answer(number: Decimal) -> int | dict[str, str]:
    """Return the JSON form of a finite number: an int when it is whole, else tagged text without end zeros."""
    if number == number.to_integral_value():
        return int(number)
    return {DECIMAL: format(number, "f").rstrip("0")}


def is_decimal(value: object) -> bool:
    """Say whether `value` is the tagged form of a number."""
    return isinstance(value, Mapping) and set(value) == {DECIMAL} and isinstance(value[DECIMAL], str)


def decimal_of(value: object) -> Decimal | None:
    """Return the number behind an int, a float or the tagged form; None for anything else."""
    if isinstance(value, Mapping) and is_decimal(value):
        value = value[DECIMAL]
    elif isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MAX_EXPONENT else None


def living(value: Any, depth: int = 0) -> Any:
    """Return stored JSON as expressions see it: numbers exact, everything else unchanged."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, float) or is_decimal(value):
        return decimal_of(value)
    if isinstance(value, Mapping):
        return {str(key): living(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [living(part, depth + 1) for part in value]
    return value


def plain(value: Any, depth: int = 0) -> Any:
    """Return the JSON form of what an expression gave. Raise ValueError when it has none."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal | float):
        if not math.isfinite(value):
            raise ValueError("not a finite number")
        return number_answer(Decimal(str(value)))
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Mapping) and depth < MAX_DEPTH:
        return {str(key): plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple) and depth < MAX_DEPTH:
        return [plain(part, depth + 1) for part in value]
    raise ValueError("this value has no JSON form")


def posted_text(value: object) -> str | None:
    """Return the text by which a form posts a single value; None when it is not a single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    number = decimal_of(value)
    return None if number is None else number_text(number)


def number_text(number: Decimal, digits: int | None = None) -> str:
    """Write a number as people do: no exponent, no superfluous zeros, or exactly `digits` decimals."""
    if digits is not None:
        return f"{number:.{digits}f}"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
