"""What a check found, and the rules by their names."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.i18n import N_

BLOCK, WARN = "block", "warn"
LEVELS: Final[Mapping[str, str]] = {BLOCK: N_("必须处理"), WARN: N_("请留意")}
RULES: Final[Mapping[str, str]] = {
    "wrong": N_("错别字"),
    "sensitive": N_("敏感词"),
    "secret": N_("密级标志"),
    "leader": N_("领导姓名和排序"),
    "personal": N_("个人信息"),
    "link": N_("链接"),
    "metadata": N_("缺少的内容"),
    "duplicate": N_("重复"),
    "date": N_("日期"),
    "sign": N_("标点"),
}
AROUND: Final = 12
LONGEST: Final = 300


@dataclass(frozen=True)
class Found:
    """One finding: which rule, how grave, in which field, the words, where they begin, what to do.

    `offset` counts characters of the field's plain words (`app.content.checks.text`); -1 when it is about no place.
    """

    rule: str
    level: str
    field: str
    text: str
    offset: int
    message: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    suggestion: str = ""

    @property
    def sentence(self) -> str:
        """Return what to do, in Chinese."""
        return self.message % self.values if self.values else self.message


def around(words: str, offset: int, length: int) -> str:
    """Return the words found with a little of what stands around them."""
    return words[max(0, offset - AROUND) : offset + length + AROUND].replace("\n", " ")[:LONGEST]
