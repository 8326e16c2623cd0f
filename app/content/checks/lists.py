"""The editable lists as the checks use them: words in one automaton, leaders in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import ahocorasick


@dataclass(frozen=True)
class Word:
    """A word of a list: `list` is wrong, sensitive or secret."""

    list: str
    text: str
    level: str
    suggestion: str = ""
    note: str = ""


@dataclass(frozen=True)
class Leading:
    """A leader: name, title, place in the order (1 stands first)."""

    name: str
    title: str
    position: int


@dataclass(frozen=True)
class Lists:
    """All lists at one moment, ready for use; build it once and keep it while the lists stand."""

    words: tuple[Word, ...] = ()
    leaders: tuple[Leading, ...] = ()
    automaton: Any = field(default=None, repr=False, compare=False)

    def found_in(self, text: str) -> Iterator[tuple[int, Word]]:
        """Yield where which word begins; of words that overlap only the longest that begins first."""
        if self.automaton is None:
            return
        for end, number in self.automaton.iter_long(text):
            word = self.words[number]
            yield end - len(word.text) + 1, word


def build_lists(words: Iterable[Word], leaders: Iterable[Leading]) -> Lists:
    """Prepare the lists; building takes about 0.1 s for 20 000 words."""
    kept = tuple(words)
    automaton = None
    if kept:
        automaton = ahocorasick.Automaton()
        for number, word in enumerate(kept):
            automaton.add_word(word.text, number)
        automaton.make_automaton()
    return Lists(kept, tuple(sorted(leaders, key=lambda one: one.position)), automaton)
