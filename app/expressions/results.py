"""What leaves an expression: values of a case only, of a size that a case can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.expressions.errors import ExpressionRefused
from app.expressions.times import is_duration, write_duration
from app.expressions.values import MAX_NESTING, admit, text
from app.i18n import N_

MAX_ITEMS = 20_000
MAX_CHARACTERS = 1_000_000


def finished(value: Any) -> Any:
    """Return a result as it may be kept: durations as ISO text; refuse what is too large or of another kind."""
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, list | tuple | Mapping):
        return write_duration(value) if is_duration(value) else admit(value)
    return _Copy().of(value, 0)


class _Copy:
    """Copies one result and counts what it holds."""

    def __init__(self) -> None:
        self.items = 0
        self.characters = 0

    def of(self, value: Any, depth: int) -> Any:
        self._count(1, len(value) if isinstance(value, str) else 0)
        if isinstance(value, list | tuple):
            self._enter(depth)
            return [self.of(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            self._enter(depth)
            return {self._key(key): self.of(item, depth + 1) for key, item in value.items()}
        return write_duration(value) if is_duration(value) else admit(value)

    def _enter(self, depth: int) -> None:
        if depth > MAX_NESTING:
            raise ExpressionRefused(N_("内容嵌套太深了。"))

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise ExpressionRefused(N_("表达式里用到了不能使用的内容。"))
        self._count(0, len(key))
        return key

    def _count(self, items: int, characters: int) -> None:
        self.items += items
        self.characters += characters
        if self.items > MAX_ITEMS or self.characters > MAX_CHARACTERS:
            raise ExpressionRefused(N_("表达式的结果太大了。"))
