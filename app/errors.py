"""Errors that a person may read.

Each carries a Chinese sentence (the message id) and its values; views translate it and map the class to a
status code once (`app.web.errors`). What happened comes first, then where the text is, then what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.i18n import N_


class UserError(Exception):
    """Base of all errors whose sentence is shown to the user."""

    status: ClassVar[int] = 400
    default: ClassVar[str] = N_("没有办成，什么都没有改动。可以再试一次。")

    def __init__(self, message: str | None = None, **values: Any) -> None:
        self.message = message or self.default
        self.values: Mapping[str, Any] = values
        super().__init__(self.message % values if values else self.message)


class Invalid(UserError):
    """What was sent cannot be accepted; `fields` maps a field name to its sentence."""

    status = 422
    default = N_("填写的内容有问题，请看下面的说明。")

    def __init__(self, message: str | None = None, *, fields: Mapping[str, str] | None = None, **values: Any) -> None:
        super().__init__(message, **values)
        self.fields = dict(fields or {})


class Refused(UserError):
    """The person may see the thing but may not do this to it."""

    status = 403
    default = N_("这一步不归您办。")


class NotFound(UserError):
    """There is no such thing, or the person may not know of it; both read the same."""

    status = 404
    default = N_("没有这件办件，或者它不归您看。")


class Conflict(UserError):
    """Somebody else was faster; the sentence says who and when."""

    status = 409
    default = N_("这条内容刚被别人改过。您写的内容都在，请看过最新内容后再提交。")


class TooLarge(UserError):
    """More was sent than is accepted."""

    status = 413
    default = N_("文件太大，单个不超过 50 MB。")


class Unavailable(UserError):
    """The database cannot take the write just now."""

    status = 503
    default = N_("数据库正忙，什么都没有改动。您写的内容都在，请稍等片刻再提交一次。")


READ_ONLY = N_("数据库现在只能看，不能改，什么都没有改动。您写的内容都在。请告诉系统管理员，恢复后再提交一次。")


class SettingError(Exception):
    """A setting or the command line is wrong; the sentence names it. Exit code 2."""
