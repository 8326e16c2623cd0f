"""The words of a fault, marked in a text: in its HTML, and as short pieces with what stands around them. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from app.content.tracing import squeezed

AROUND, MOST_PIECES = 36, 5
# a tag, one character written as an entity, or one character
_UNIT: Final = re.compile(r"<[^>]*>|&#?\w{1,31};|[\s\S]")


@dataclass(frozen=True)
class Piece:
    """A place where the words stand: what comes before, the words as they are written, what comes after."""

    before: str
    words: str
    after: str


def marked(body: str, words: str) -> Markup:
    """Return cleaned HTML with every place of the words marked, also where tags or spaces stand between them."""
    units = _UNIT.findall(body)
    hit = {place for run in _runs(units, words) for place in range(run.start, run.stop)}
    if not hit:
        return Markup(body)  # noqa: S704 - cleaned by whoever hands it in
    return Markup("".join(_woven(units, hit)))  # noqa: S704 - the same HTML with marks around single characters


def pieces(text: str, words: str, most: int = MOST_PIECES) -> list[Piece]:
    """Return the first places of the words in a plain text, each with some characters around it."""
    units = list(text)
    return [_piece(text, run) for run in list(_runs(units, words))[:most]]


def _piece(text: str, run: range) -> Piece:
    begin, end = max(0, run.start - AROUND), run.stop + AROUND
    before, after = text[begin : run.start], text[run.stop : end]
    return Piece(
        ("…" if begin else "") + before, text[run.start : run.stop], after + ("…" if end < len(text) else "")
    )


def _runs(units: Sequence[str], words: str) -> Iterator[range]:
    """Yield where the words stand, as numbers of units; compared without spaces, in one width, in small letters."""
    wanted = squeezed(words)
    if not wanted:
        return
    letters, places = _letters(units)
    at = letters.find(wanted)
    while at >= 0:
        yield range(places[at], places[at + len(wanted) - 1] + 1)
        at = letters.find(wanted, at + len(wanted))


def _letters(units: Sequence[str]) -> tuple[str, list[int]]:
    letters, places = [], []
    for place, unit in enumerate(units):
        if len(unit) > 1 and unit.startswith("<"):
            continue
        for letter in squeezed(html.unescape(unit)):
            letters.append(letter)
            places.append(place)
    return "".join(letters), places


def _woven(units: Sequence[str], hit: set[int]) -> Iterator[str]:
    """Yield the units, with a mark around each stretch that was hit; a tag always stands outside of marks."""
    is_open = False
    for place, unit in enumerate(units):
        wanted = place in hit and not (len(unit) > 1 and unit.startswith("<"))
        if wanted != is_open:
            yield "<mark>" if wanted else "</mark>"
            is_open = wanted
        yield unit if len(unit) > 1 else str(_raw(unit))
    if is_open:
        yield "</mark>"


def _raw(unit: str) -> str:
    """Return a single character as HTML; a lone bracket or ampersand was none of the cleaned text's."""
    return str(escape(unit)) if unit in "<&" else unit
