"""Names and order of leaders (领导姓名和排序), by the list the office keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from app.content.checks.found import BLOCK, WARN, Found
from app.content.checks.lists import Leading, Lists
from app.content.checks.text import Checked
from app.i18n import N_

NEARLY = N_("“%(seen)s”与%(title)s“%(name)s”只差一个字，请核对。")
OTHER_TITLE = N_("名单里%(name)s的职务是“%(title)s”，这里写成“%(seen)s”。")
ORDER = N_("“%(first)s”写在“%(second)s”前面，名单里的次序相反。")
_HAN = r"[\u4e00-\u9fff·]"
_LIST = re.compile(r"[、，和及与]")


def find(text: Checked, lists: Lists) -> Iterator[Found]:
    """Yield names that are nearly a leader's, wrong titles, and orders that differ from the list."""
    for field, words in text.texts:
        for leader in lists.leaders:
            yield from _misspelt(field, words, leader, lists)
            yield from _titles(field, words, leader, lists)
        yield from _orders(field, words, lists)


def _misspelt(field: str, words: str, leader: Leading, lists: Lists) -> Iterator[Found]:
    """Find, after a leader's title, a name of the same length that differs in one character."""
    size, known = len(leader.name), {one.name for one in lists.leaders}
    for title in re.finditer(re.escape(leader.title), words):
        seen = words[title.end() : title.end() + size]
        if seen in known or len(seen) != size or not re.fullmatch(f"{_HAN}+", seen):
            continue
        if _differences(seen, leader.name) == 1:
            values = {"seen": seen, "title": leader.title, "name": leader.name}
            yield Found("leader", BLOCK, field, seen, title.end(), NEARLY, values, leader.name)


def _titles(field: str, words: str, leader: Leading, lists: Lists) -> Iterator[Found]:
    """Find a leader's name right behind another leader's title."""
    others = {one.title for one in lists.leaders} - {leader.title}
    for name in re.finditer(re.escape(leader.name), words):
        before = words[: name.start()]
        wrong = next((title for title in others if before.endswith(title)), None)
        if wrong and not before.endswith(leader.title):
            values = {"name": leader.name, "title": leader.title, "seen": wrong}
            yield Found("leader", WARN, field, leader.name, name.start(), OTHER_TITLE, values, leader.title)


def _orders(field: str, words: str, lists: Lists) -> Iterator[Found]:
    """Find two names of one enumeration in the other order than the list's."""
    ranks = {one.name: one.position for one in lists.leaders}
    if not ranks:
        return
    names = re.compile("|".join(re.escape(name) for name in sorted(ranks, key=len, reverse=True)))
    for left, right in pairwise(names.finditer(words)):
        between = words[left.end() : right.start()]
        if ranks[left.group()] > ranks[right.group()] and _enumerates(between, lists):
            values = {"first": left.group(), "second": right.group()}
            seen = words[left.start() : right.end()]
            yield Found("leader", WARN, field, seen, left.start(), ORDER, values)


def _enumerates(between: str, lists: Lists) -> bool:
    for leader in lists.leaders:
        between = between.replace(leader.title, "")
    return len(between) == 1 and bool(_LIST.fullmatch(between))


def _differences(one: str, other: str) -> int:
    return sum(left != right for left, right in zip(one, other, strict=True))
