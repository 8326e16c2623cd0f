"""Changes inside one paragraph, character by character: Chinese has no spaces, so words are no help.

A paragraph is a row of units: a letter, a number or a Latin word as it is, a picture or a line break as its tag, each
with the inline tags around it. A letter that turned bold or a link that points elsewhere is therefore another unit,
and shows as a change.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from diff_match_patch import diff_match_patch
from lxml import etree

Tags = tuple[tuple[str, str], ...]
Unit = tuple[str, Tags]
Piece = tuple[str, Sequence[Unit]]

SAME, INS, DEL = "same", "ins", "del"
INLINE: Final = frozenset({"a", "b", "code", "em", "i", "s", "span", "strong", "sub", "sup", "u"})
ATOMS: Final = frozenset({"br", "hr", "img"})
PRIVATE = 0xF0000
SECONDS = 0.2
CONTEXT = 64
SPLINTER = 3
STOPS: Final = frozenset("，。；：、？！“”《》（）")
_SPACE = re.compile(r"\s+")
# a changed figure is read as a whole, not digit by digit
_TOKEN = re.compile(r"[0-9A-Za-z]+|.", re.DOTALL)
_OPS: Final = {0: SAME, 1: INS, -1: DEL}


@dataclass
class Tally:
    """What was counted so far; `next()` opens the next change."""

    inserted: int = 0
    deleted: int = 0
    changes: int = 0

    def next(self) -> int:
        """Return the number of a new change."""
        self.changes += 1
        return self.changes

    def count(self, op: str, text: str) -> None:
        """Add the characters of a text that came or went, spaces left out."""
        size = len(_SPACE.sub("", text))
        if op == INS:
            self.inserted += size
        elif op == DEL:
            self.deleted += size


def name_of(element: etree._Element) -> str:
    """Return the name of an element."""
    return str(element.tag)


def open_tag(element: etree._Element) -> str:
    """Return the start tag of an element with its attributes."""
    pairs = "".join(f' {name!s}="{html.escape(str(value))}"' for name, value in element.attrib.items())
    return f"<{name_of(element)}{pairs}>"


def close_tag(element: etree._Element) -> str:
    """Return the end tag of an element."""
    return f"</{name_of(element)}>"


def units_of(element: etree._Element) -> list[Unit]:
    """Return the units of everything inside an element; runs of white space count as one."""
    found: list[Unit] = []
    around: list[tuple[str, str]] = []
    for event, part in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            if part is not element and part.tag in ATOMS:
                found.append((open_tag(part), tuple(around)))
            elif part is not element and part.tag in INLINE:
                around.append((open_tag(part), close_tag(part)))
            found.extend(_letters(part.text, around))
        elif part is not element:
            if part.tag in INLINE:
                around.pop()
            found.extend(_letters(part.tail, around))
    return found


def _letters(text: str | None, around: list[tuple[str, str]]) -> Iterator[Unit]:
    tags = tuple(around)
    return ((token, tags) for token in tokens(_SPACE.sub(" ", text or "")))


def tokens(text: str) -> list[str]:
    """Return the letters, numbers and Latin words of a text."""
    return _TOKEN.findall(text)


def common(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    """Return how many entries agree at the start, and how many of the rest at the end."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    left = most - start
    end = next((i for i in range(left) if old[-1 - i] != new[-1 - i]), left)
    return start, end


def compare(old: Sequence[Unit], new: Sequence[Unit]) -> list[Piece]:
    """Return both rows as pieces that stayed, came or went, in reading order."""
    start, end = (max(0, size - CONTEXT) for size in common(old, new))
    symbols = _Symbols()
    first, second = symbols.write(old[start : len(old) - end]), symbols.write(new[start : len(new) - end])
    engine = diff_match_patch()
    engine.Diff_Timeout = SECONDS
    steps = engine.diff_main(first, second, False)
    engine.diff_cleanupSemantic(steps)
    middle = [(_OPS[step], [symbols.read(char) for char in text]) for step, text in steps]
    return [(SAME, new[:start]), *_joined(middle), (SAME, new[len(new) - end :])]


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces with splinters taken in: two changes a few letters apart are read as one."""
    gone: list[Unit] = []
    come: list[Unit] = []
    for index, (op, units) in enumerate(pieces):
        is_between = op == SAME and 0 < index < len(pieces) - 1
        if is_between and len(units) <= SPLINTER and not any(unit[0] in STOPS for unit in units):
            gone += units
            come += units
        elif op == SAME:
            yield from _change(gone, come)
            gone, come = [], []
            yield op, units
        else:
            (come if op == INS else gone).extend(units)
    yield from _change(gone, come)


def _change(gone: Sequence[Unit], come: Sequence[Unit]) -> Iterator[Piece]:
    if gone:
        yield DEL, gone
    if come:
        yield INS, come


class _Symbols:
    """One letter for every unit: plain letters stand for themselves, the rest for a private one."""

    def __init__(self) -> None:
        self.codes: dict[Unit, str] = {}
        self.units: dict[str, Unit] = {}

    def write(self, units: Sequence[Unit]) -> str:
        """Return the row as one text."""
        return "".join(self._code(unit) for unit in units)

    def read(self, char: str) -> Unit:
        """Return the unit behind a letter."""
        return self.units.get(char) or (char, ())

    def _code(self, unit: Unit) -> str:
        char = unit[0]
        if not unit[1] and len(char) == 1 and ord(char) < PRIVATE:
            return char
        code = self.codes.get(unit)
        if code is None:
            code = self.codes[unit] = chr(PRIVATE + len(self.codes))
            self.units[code] = unit
        return code


def draw(pieces: Sequence[Piece], tally: Tally) -> str:
    """Return the pieces as HTML; what went and what came in its place is one change."""
    parts: list[str] = []
    number = 0
    for op, units in pieces:
        if op == SAME:
            number = 0 if units else number
            parts.append(write(units))
            continue
        number = number or tally.next()
        tally.count(op, plain(units))
        parts.append(f'<{op} data-change="{number}">{write(units)}</{op}>')
    return "".join(parts)


def write(units: Sequence[Unit]) -> str:
    """Return units as HTML, neighbours with the same tags around them together."""
    parts = []
    for tags, run in groupby(units, key=lambda unit: unit[1]):
        text = "".join(shown if _is_atom(shown) else html.escape(shown) for shown, _tags in run)
        parts.append("".join(tag[0] for tag in tags) + text + "".join(tag[1] for tag in reversed(tags)))
    return "".join(parts)


def plain(units: Sequence[Unit]) -> str:
    """Return the letters of units without tags, pictures and line breaks."""
    return "".join(shown for shown, _tags in units if not _is_atom(shown))


def _is_atom(shown: str) -> bool:
    return len(shown) > 1 and shown.startswith("<")
