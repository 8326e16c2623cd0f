"""Values as JSON text: decimals, dates and instants carry a tag, so that they come back as what they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from app.engine.port import NewerState
from app.errors import Invalid
from app.expressions import ExpressionRefused
from app.expressions.values import MAX_NESTING, WIDEST_INTEGER, instant, number
from app.i18n import N_

# What rows and header of a case mean. 2 adds repetitions, called processes, and where a token came from; rows of 1
# mean the same in 2. Raise it when something stored before would mean something else, and convert it in `restore`.
HEADER_FORMAT = 2
MAX_ITEMS = 20_000
MAX_CHARACTERS = 1_000_000
_READ: Mapping[str, Callable[[str], Any]] = {
    "$decimal": Decimal,
    "$date": date.fromisoformat,
    "$datetime": datetime.fromisoformat,
}


class ValueRefused(Invalid):
    """A value handed in is of a kind or size that a case cannot hold."""

    default = N_("填写的内容太大，或者含有不能保存的内容。")


def refuse_newer(header: Mapping[str, Any]) -> None:
    """Raise NewerState for a case stored in a format that this release does not know."""
    if header["format"] > HEADER_FORMAT:
        raise NewerState


def dump(value: Any) -> str:
    """Write a clean value as JSON text; the order of keys is kept."""
    return orjson.dumps(value, _tag, orjson.OPT_PASSTHROUGH_DATETIME).decode()


def load(text: str) -> Any:
    """Read what `dump` wrote."""
    value = orjson.loads(text)
    return untag(value) if '"$' in text else value


def to_json(value: Any) -> Any:
    """Return a clean value as plain JSON values, tags included."""
    return orjson.loads(dump(value))


def untag(value: Any) -> Any:
    """Return plain JSON values with their tags read back."""
    if isinstance(value, list):
        return [untag(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, inner),) = value.items()
        if key in _READ:
            return _READ[key](inner)
    return {key: untag(item) for key, item in value.items()}


def clean(value: Any) -> Any:
    """Return a copy of a value from outside that a case can hold; raise ValueRefused otherwise.

    Floating-point numbers become decimals, tuples lists; keys must be texts that do not begin with `$`.
    """
    return _Cleaner().clean(value, 0)


class _Cleaner:
    """Copies one value and counts what it holds."""

    def __init__(self) -> None:
        self.items = 0
        self.characters = 0

    def clean(self, value: Any, depth: int) -> Any:
        self._count(1, 0)
        if value is None or isinstance(value, bool | date):
            return instant(value) if isinstance(value, datetime) else value
        if isinstance(value, str):
            self._count(0, len(value))
            return _text(value)
        if isinstance(value, int | float | Decimal):
            return _number(value)
        if depth >= MAX_NESTING:
            raise ValueRefused(N_("内容嵌套太深了。"))
        if isinstance(value, list | tuple):
            return [self.clean(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            return {self._key(key): self.clean(item, depth + 1) for key, item in value.items()}
        raise ValueRefused

    def _key(self, key: Any) -> str:
        if not isinstance(key, str) or key.startswith("$"):
            raise ValueRefused(N_("“%(name)s”不能作名称。"), name=str(key))
        self._count(0, len(key))
        return _text(key)

    def _count(self, items: int, characters: int) -> None:
        self.items += items
        self.characters += characters
        if self.items > MAX_ITEMS or self.characters > MAX_CHARACTERS:
            raise ValueRefused(N_("填写的内容太多了。"))


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueRefused(N_("文字里有不能保存的字符。")) from error
    return str(value)


def _number(value: float | Decimal) -> int | Decimal:
    if isinstance(value, int) and -WIDEST_INTEGER < value < WIDEST_INTEGER:
        return int(value)
    try:
        return number(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    except ExpressionRefused as error:
        raise ValueRefused(error.message) from error


def _tag(value: Any) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    raise TypeError(f"{type(value).__name__} is no value of a case")
