"""WTForms speaks through our own catalogue: its English sentences become Chinese message ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask_babel

from app.i18n import N_

NOT_LISTED = N_("请在列出的选项里选。")
NOT_A_NUMBER = N_("这里要填数字，例如 12 或 3.5。")
NOT_A_DATE = N_("日期要写成 2026-11-19 这样。")
NOT_AN_ADDRESS = N_("这不是一个可用的地址。")
NOT_THE_FORM = N_("格式不对，请照说明填写。")
NEEDED = N_("还没有填写。填好后才能提交。")
AT_LEAST_CHARACTERS = N_("至少写 %(min)d 个字。")
AT_MOST_CHARACTERS = N_("最多写 %(max)d 个字。")

WTFORMS: Mapping[str, str] = {
    "'%(value)s' is not a valid choice for this field.": NOT_LISTED,
    "CSRF failed.": N_("这一页放得太久了。您写的内容都在，请再提交一次。"),
    "CSRF token expired.": N_("这一页放得太久了。您写的内容都在，请再提交一次。"),
    "CSRF token missing.": N_("这一页放得太久了。您写的内容都在，请再提交一次。"),
    "Choices cannot be None.": NOT_LISTED,
    "Date must be at least %(min)s.": N_("日期不能早于 %(min)s。"),
    "Date must be at most %(max)s.": N_("日期不能晚于 %(max)s。"),
    "Date must be between %(min)s and %(max)s.": N_("日期要在 %(min)s 到 %(max)s 之间。"),
    "Field cannot be longer than %(max)d character.": AT_MOST_CHARACTERS,
    "Field must be at least %(min)d character long.": AT_LEAST_CHARACTERS,
    "Field must be between %(min)d and %(max)d characters long.": N_("要写 %(min)d 到 %(max)d 个字。"),
    "Field must be equal to %(other_name)s.": N_("两次填写的不一样。"),
    "Field must be exactly %(max)d character long.": N_("要正好写 %(max)d 个字。"),
    "Invalid Choice: could not coerce.": NOT_LISTED,
    "Invalid choice(s): one or more data inputs could not be coerced.": NOT_LISTED,
    "Invalid CSRF Token.": N_("这一页放得太久了。您写的内容都在，请再提交一次。"),
    "Invalid IP address.": NOT_AN_ADDRESS,
    "Invalid Mac address.": NOT_AN_ADDRESS,
    "Invalid URL.": NOT_AN_ADDRESS,
    "Invalid UUID.": NOT_THE_FORM,
    "Invalid email address.": N_("邮箱地址不完整，例如 name@example.com。"),
    "Invalid field name '%s'.": N_("没有“%s”这一项。"),
    "Invalid input.": NOT_THE_FORM,
    "Invalid value, must be one of: %(values)s.": NOT_LISTED,
    "Invalid value, can't be any of: %(values)s.": N_("这个值不能用：%(values)s。"),
    "Not a valid choice.": NOT_LISTED,
    "Not a valid date value.": NOT_A_DATE,
    "Not a valid datetime value.": N_("时间要写成 2026-11-19 10:02 这样。"),
    "Not a valid decimal value.": NOT_A_NUMBER,
    "Not a valid float value.": NOT_A_NUMBER,
    "Not a valid integer value.": NOT_A_NUMBER,
    "Not a valid time value.": N_("时间要写成 10:02 这样。"),
    "Not a valid week value.": NOT_A_DATE,
    "Number must be at least %(min)s.": N_("不能小于 %(min)s。"),
    "Number must be at most %(max)s.": N_("不能大于 %(max)s。"),
    "Number must be between %(min)s and %(max)s.": N_("要在 %(min)s 到 %(max)s 之间。"),
    "This field cannot be edited.": N_("这一项在这一环节不能改。"),
    "This field is disabled and cannot have a value.": N_("这一项在这一环节不能改。"),
    "This field is required.": NEEDED,
}


def say(message: str, **values: Any) -> str:
    """Return the sentence in the reader's language."""
    return str(flask_babel.gettext(message, **values))


class Sentences:
    """The translations object every answer form hands to WTForms."""

    def gettext(self, string: str) -> str:
        """Return the sentence in the reader's language."""
        return say(WTFORMS.get(string, string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the sentence; Chinese has one form for all counts."""
        del plural, n
        return self.gettext(singular)
