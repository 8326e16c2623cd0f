"""Personal data that must not be published: identity numbers, mobile numbers, bank cards (个人信息)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from app.content.checks.found import BLOCK, WARN, Found
from app.content.checks.lists import Lists
from app.content.checks.text import Checked
from app.i18n import N_

# GB 11643-1999: area, birthday, order, check digit by ISO 7064 MOD 11-2
IDENTITY: Final = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
MOBILE: Final = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])")
CARD: Final = re.compile(r"(?<![0-9])[0-9]{4}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{1,3})?(?![0-9])")
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS: Final = "10X98765432"
NUMBER_OF_PERSON = N_("%(seen)s是身份证号码，不能公开。留前后几位，中间用 * 代替。")
NUMBER_OF_PHONE = N_("%(seen)s是手机号码。是对外公布的办公电话就写明理由，否则删掉。")
NUMBER_OF_CARD = N_("%(seen)s像银行卡号。不该公开的请删掉。")


def find(text: Checked, lists: Lists) -> Iterator[Found]:
    """Yield numbers of persons; what is shown in the finding is masked, so that a list of findings leaks nothing."""
    del lists
    kinds: tuple[tuple[re.Pattern[str], Callable[[str], bool], str, str], ...] = (
        (IDENTITY, _is_identity, BLOCK, NUMBER_OF_PERSON),
        (MOBILE, lambda _: True, WARN, NUMBER_OF_PHONE),
        (CARD, _is_card, WARN, NUMBER_OF_CARD),
    )
    for field, words in text.texts:
        for pattern, is_one, level, message in kinds:
            for match in pattern.finditer(words):
                if is_one(match.group()):
                    seen = mask(match.group())
                    yield Found("personal", level, field, seen, match.start(), message, {"seen": seen}, seen)


def mask(number: str) -> str:
    """Return a number with its middle hidden."""
    digits = re.sub(r"[ -]", "", number)
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"


def _is_identity(number: str) -> bool:
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return CHECKS[total % 11] == number[-1].upper()


def _is_card(number: str) -> bool:
    """Say whether the digits pass the Luhn check of payment cards (ISO/IEC 7812-1)."""
    digits = [int(one) for one in re.sub(r"[ -]", "", number)]
    doubled = [sum(divmod(one * 2, 10)) if place % 2 else one for place, one in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 1 and not _is_identity_length(number)


def _is_identity_length(number: str) -> bool:
    return IDENTITY.fullmatch(number) is not None
