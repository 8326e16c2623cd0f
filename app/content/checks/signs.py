"""Punctuation: brackets and quotation marks that are not closed, signs doubled, half-width signs in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.content.checks.found import WARN, Found, around
from app.content.checks.lists import Lists
from app.content.checks.text import Checked
from app.i18n import N_

PAIRS: Final = {"《": "》", "“": "”", "（": "）", "【": "】", "〔": "〕", "「": "」"}
CLOSING: Final = {right: left for left, right in PAIRS.items()}
DOUBLED: Final = re.compile(r"[，、；：]{2,}|。{2,}(?!。)|[，、；：]。|。[，、；：]")
HALF: Final = re.compile(r"(?<=[\u4e00-\u9fff])[,;:?!](?=[\u4e00-\u9fff])")
OPEN_LEFT = N_("“%(sign)s”没有配对的另一半。")
TWICE = N_("标点“%(sign)s”重复或相连。")
NARROW = N_("中文里的“%(sign)s”应当用全角标点。")


def find(text: Checked, lists: Lists) -> Iterator[Found]:
    """Yield slips of punctuation, line by line."""
    del lists
    for field, words in text.texts:
        for match in DOUBLED.finditer(words):
            yield _at(field, words, match.start(), match.group(), TWICE)
        for match in HALF.finditer(words):
            yield _at(field, words, match.start(), match.group(), NARROW)
        for offset in _unpaired(words):
            yield _at(field, words, offset, words[offset], OPEN_LEFT)


def _unpaired(words: str) -> Iterator[int]:
    """Yield where a sign stands without its partner; partners stand in the same line."""
    waiting: list[tuple[str, int]] = []
    for offset, sign in enumerate(words):
        if sign == "\n":
            yield from (place for _, place in waiting)
            waiting = []
        elif sign in PAIRS:
            waiting.append((sign, offset))
        elif sign in CLOSING:
            if waiting and waiting[-1][0] == CLOSING[sign]:
                waiting.pop()
            else:
                yield offset
    yield from (place for _, place in waiting)


def _at(field: str, words: str, offset: int, sign: str, message: str) -> Found:
    return Found("sign", WARN, field, around(words, offset, len(sign)), offset, message, {"sign": sign})
