"""Wrong words, sensitive words and classification marks (错敏词、密级标志)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.content.checks.found import BLOCK, Found
from app.content.checks.lists import Lists, Word
from app.content.checks.text import Checked
from app.i18n import N_

WRONG = N_("“%(word)s”应为“%(better)s”。")
WRONG_ALONE = N_("“%(word)s”在错别字表里，请改正。")
SENSITIVE = N_("“%(word)s”在敏感词表里：%(note)s")
SENSITIVE_ALONE = N_("“%(word)s”在敏感词表里，请改掉，或者写明理由。")
SECRET = N_("“%(word)s”像密级标志。涉密内容不得在这里处理；不是密级的，请写明理由。")
# GB/T 9704-2012, 7.2.2: the mark is the grade, a star and the term
MARK = re.compile(r"(绝密|机密|秘密)\s*[★☆]\s*([0-9一二三四五六七八九十]+\s*(年|个月)|长期)?")


def find(text: Checked, lists: Lists) -> Iterator[Found]:
    """Yield the words of the lists that stand in the text, and marks of classification."""
    for field, words in text.texts:
        for offset, word in lists.found_in(words):
            yield _found(field, offset, word)
        for mark in MARK.finditer(words):
            yield Found("secret", BLOCK, field, mark.group(), mark.start(), SECRET, {"word": mark.group()})


def _found(field: str, offset: int, word: Word) -> Found:
    values = {"word": word.text, "better": word.suggestion, "note": word.note}
    return Found(word.list, word.level, field, word.text, offset, _message(word), values, word.suggestion)


def _message(word: Word) -> str:
    if word.list == "wrong":
        return WRONG if word.suggestion else WRONG_ALONE
    if word.list == "secret":
        return SECRET
    return SENSITIVE if word.note else SENSITIVE_ALONE
