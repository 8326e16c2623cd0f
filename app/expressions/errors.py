"""The one error of expressions."""

from __future__ import annotations

from typing import Any

from app.errors import UserError
from app.i18n import N_


class ExpressionRefused(UserError):
    """The expression is not written right, or asks for more than an expression may do.

    `column` is the place in its text, counted in characters from 1; of a failed evaluation it is the operator or
    the function that failed.
    """

    status = 422
    default = N_("这个表达式写得不对。")

    def __init__(self, message: str | None = None, column: int | None = None, **values: Any) -> None:
        super().__init__(message, column=column, **values)
        self.column = column


def line_and_column(text: str, column: int) -> tuple[int, int]:
    """Return the line and the column in it of a place counted from the beginning of `text`."""
    before = text[: column - 1]
    return before.count("\n") + 1, column - 1 - before.rfind("\n")
