"""Changes between the blocks of two texts: paragraphs, lists, tables, figures, each woven into the other.

Blocks that read the same stay as they are; alike ones are compared inside; the rest came or went as a whole.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from app.review.diff_text import DEL, INS, Piece, Tally, close_tag, common, compare, draw, open_tag, units_of

Element = etree._Element  # noqa: SLF001 - the name of the type in its stubs
# a mark around these would break the page: it goes inside, or around what is in their cells
INSIDE: Final = frozenset({"li", "td", "th", "figcaption"})
ROWS: Final = frozenset({"tr", "thead", "tbody", "tfoot"})
HEADS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS: Final = INSIDE | ROWS | HEADS | {"blockquote", "div", "figure", "hr", "ol", "p", "pre", "table", "ul"}
DEEPEST = 12
LONGEST = 20_000
BUDGET = 150_000
MOST_PAIRS = 400
ALIKE = 0.5
SAMPLE = 2_000
_PARSER = lxml_html.HTMLParser(huge_tree=True, encoding="utf-8")


def blocks_of(text: str) -> list[Element]:
    """Return the blocks of cleaned HTML; words outside any block become a paragraph."""
    tree = lxml_html.document_fromstring(f"<html><body><div>{text}</div></body></html>".encode(), parser=_PARSER)
    return list(_children(tree.find("body/div"), "p"))


def _children(element: Element | None, around: str) -> Iterator[Element]:
    """Yield the blocks inside an element; runs of inline content are put into an element of their own."""
    if element is None:
        return
    run = _Run(around, element.text)
    for child in element:
        if child.tag in BLOCKS:
            yield from run.close()
            yield child
            run = _Run(around, child.tail)
        else:
            run.add(child)
    yield from run.close()


class _Run:
    """Inline content between two blocks."""

    def __init__(self, tag: str, text: str | None) -> None:
        self.element = etree.Element(tag)
        self.element.text = text

    def add(self, child: Element) -> None:
        """Take a copy of one more inline element, with the words that follow it."""
        self.element.append(copy.deepcopy(child))

    def close(self) -> Iterator[Element]:
        """Yield the run when it holds anything."""
        if len(self.element) or (self.element.text or "").strip():
            yield self.element


class Weaver:
    """Weaves two lists of blocks into one text; stops looking into paragraphs when that becomes too much."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.coarse = False
        self.left = BUDGET

    def weave(self, old: Sequence[Element], new: Sequence[Element], depth: int = 0) -> str:
        """Return the HTML of both, marked."""
        before, after = [_key(one) for one in old], [_key(one) for one in new]
        start, end = common(before, after)
        parts = [_source(one) for one in new[:start]]
        cut_old, cut_new = len(old) - end, len(new) - end
        matcher = SequenceMatcher(None, before[start:cut_old], after[start:cut_new])
        for op, a, b, c, d in matcher.get_opcodes():
            if op == "equal":
                parts += [_source(one) for one in new[start + c : start + d]]
            else:
                parts += self._replaced(old[start + a : start + b], new[start + c : start + d], depth)
        parts += [_source(one) for one in new[cut_new:]]
        return "".join(parts)

    def _replaced(self, old: Sequence[Element], new: Sequence[Element], depth: int) -> Iterator[str]:
        """Yield what stands where `old` stood: alike blocks compared, others gone or come."""
        past_old = past_new = 0
        for i, j in [*_pairs(old, new), (len(old), len(new))]:
            yield from (self._whole(DEL, one) for one in old[past_old:i])
            yield from (self._whole(INS, one) for one in new[past_new:j])
            if i < len(old):
                yield self._inside(old[i], new[j], depth)
            past_old, past_new = i + 1, j + 1

    def _inside(self, old: Element, new: Element, depth: int) -> str:
        """Return two alike blocks as one."""
        if _has_blocks(old) or _has_blocks(new):
            if depth < DEEPEST:
                inner = self.weave(list(_children(old, "span")), list(_children(new, "span")), depth + 1)
                return f"{open_tag(new)}{inner}{close_tag(new)}"
            self.coarse = True
            return self._whole(DEL, old) + self._whole(INS, new)
        pieces = self._compared(old, new)
        if pieces is None:
            self.coarse = True
            return self._whole(DEL, old) + self._whole(INS, new)
        return f"{open_tag(new)}{draw(pieces, self.tally)}{close_tag(new)}"

    def _compared(self, old: Element, new: Element) -> list[Piece] | None:
        """Return two paragraphs letter by letter; None when that would take too long."""
        if self.left <= 0:
            return None
        first, second = units_of(old), units_of(new)
        start, end = common(first, second)
        size = len(first) + len(second) - 2 * (start + end)
        self.left -= size
        return compare(first, second) if size <= LONGEST else None

    def _whole(self, op: str, block: Element) -> str:
        """Return a block that came or went as a whole."""
        self.tally.count(op, "".join(map(str, block.itertext())))
        return _mark(op, block, self.tally.next())


def _mark(op: str, block: Element, number: int) -> str:
    """Return a block with the mark where HTML allows one."""
    inner = _inner(block)
    if block.tag in ROWS:
        cells = "".join(_mark(op, child, number) for child in block)
        return f"{_open_with(op, block)}{cells}{close_tag(block)}"
    if block.tag in INSIDE:
        return f'{_open_with(op, block)}<{op} data-change="{number}">{inner}</{op}>{close_tag(block)}'
    return f'<{op} data-change="{number}">{_source(block)}</{op}>'


def _open_with(op: str, block: Element) -> str:
    """Return the start tag of a row, cell or item that says that it came or went."""
    return f'{open_tag(block)[:-1]} data-op="{op}">'


def _source(block: Element) -> str:
    return str(etree.tostring(block, encoding="unicode", method="html", with_tail=False))


def _inner(block: Element) -> str:
    source = _source(block)
    return source[len(open_tag(block)) : -len(close_tag(block))] if source.endswith(close_tag(block)) else source


def _key(block: Element) -> str:
    return _source(block)


def _has_blocks(element: Element) -> bool:
    return any(child.tag in BLOCKS for child in element)


def _pairs(old: Sequence[Element], new: Sequence[Element]) -> list[tuple[int, int]]:
    """Return which blocks are versions of each other, in order on both sides."""
    if len(old) * len(new) <= MOST_PAIRS:
        return _best_pairs([[_likeness(one, other) for other in new] for one in old])
    return [(i, i) for i in range(min(len(old), len(new))) if _likeness(old[i], new[i])]


def _best_pairs(likeness: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the pairs, increasing on both sides, whose likeness adds up to the most."""
    rows, columns = len(likeness), len(likeness[0]) if likeness else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            together = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < rows and j < columns:
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(old: Element, new: Element) -> float:
    """Return how much two blocks have in common by their letters; 0 when they are no versions of each other."""
    if open_tag(old) != open_tag(new):
        return 0.0
    first, second = Counter(_sample(old)), Counter(_sample(new))
    sizes = first.total(), second.total()
    if not any(sizes):
        return 1.0
    # a table that grew is still that table
    whole = min(sizes) or 1 if _has_blocks(old) else sum(sizes) / 2
    shared = (first & second).total() / whole
    return shared if shared >= ALIKE or old.tag in ROWS else 0.0


def _sample(block: Element) -> str:
    found = ""
    for text in block.itertext():
        found += str(text)
        if len(found) > SAMPLE:
            break
    return found
