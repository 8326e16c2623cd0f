"""Days that do not exist, and weekdays that do not belong to their day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from app.content.checks.found import BLOCK, WARN, Found
from app.content.checks.lists import Lists
from app.content.checks.text import Checked
from app.i18n import N_

DAY: Final = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2})\s*[年./-]\s*(?P<month>[0-9]{1,2})\s*[月./-]\s*(?P<day>[0-9]{1,2})\s*日?"
    r"(?:\s*[（(]?\s*(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天]))?"
)
WEEK: Final = "一二三四五六日"
NO_SUCH_DAY = N_("没有“%(seen)s”这一天。")
OTHER_WEEKDAY = N_("%(day)s是星期%(right)s，不是星期%(seen)s。")


def find(text: Checked, lists: Lists) -> Iterator[Found]:
    """Yield impossible days and wrong weekdays."""
    del lists
    for field, words in text.texts:
        for match in DAY.finditer(words):
            found = _judge(field, match)
            if found:
                yield found


def _judge(field: str, match: re.Match[str]) -> Found | None:
    place = match.group().strip()
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return Found("date", BLOCK, field, place, match.start(), NO_SUCH_DAY, {"seen": place})
    seen = (match["weekday"] or "").replace("天", "日")
    right = WEEK[day.weekday()]
    if not seen or seen == right:
        return None
    values = {"day": f"{day.year}年{day.month}月{day.day}日", "right": right, "seen": seen}
    return Found("date", WARN, field, place, match.start(), OTHER_WEEKDAY, values, f"星期{right}")
