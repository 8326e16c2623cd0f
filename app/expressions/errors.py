"""The one error of expressions."""

from __future__ import annotations

from typing import Any

from app.errors import UserError
from app.i18n import N_


class ExpressionRefused(UserError):
    """The expression is not written right, or asks for more than an expression may do.

    `column` is the place in its text, counted from 1; None when only the values at hand made it fail.
    """

    status = 422
    default = N_("这个表达式写得不对。")

    def __init__(self, message: str | None = None, column: int | None = None, **values: Any) -> None:
        super().__init__(message, column=column, **values)
        self.column = column
