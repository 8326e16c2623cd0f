"""What is wrong with a text: wrong and sensitive words, leaders, personal data, links, metadata. Pure."""

from __future__ import annotations

from app.content.checks import dates, leaders, links, metadata, personal, signs, words
from app.content.checks.found import BLOCK, LEVELS, RULES, WARN, Found
from app.content.checks.lists import Leading, Lists, Word, build_lists
from app.content.checks.text import Checked

__all__ = [
    "BLOCK",
    "LEVELS",
    "RULES",
    "WARN",
    "Checked",
    "Found",
    "Leading",
    "Lists",
    "Word",
    "build_lists",
    "check_text",
]

CHECKS = (metadata, words, leaders, personal, links, dates, signs)
MOST = 500
_ORDER = {BLOCK: 0, WARN: 1}


def check_text(text: Checked, lists: Lists) -> list[Found]:
    """Return what is wrong, the blocking things first, at most 500 findings."""
    found = [one for check in CHECKS for one in check.find(text, lists)]
    return sorted(found, key=lambda one: _ORDER[one.level])[:MOST]
