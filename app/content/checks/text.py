"""A text before its checks: what is written where, as plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml import html

from app.content.rules import COVER, PICTURE

BLOCKS = frozenset({"p", "h2", "h3", "h4", "li", "tr", "blockquote", "figcaption", "table", "ul", "ol", "figure"})
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")


@dataclass(frozen=True)
class Checked:
    """An article as it is checked: its written fields, its class facts, its files.

    `files` are maps with `name`, `kind` and `alt`; `known_media` the numbers of pictures and files that exist.
    `same_title` and `same_words` name another article of the site with that title or exactly these words.
    """

    title: str
    body: str
    summary: str = ""
    source: str = ""
    byline: str = ""
    kind: str = "news"
    meta: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Mapping[str, Any], ...] = ()
    known_media: frozenset[int] | None = None
    same_title: str = ""
    same_words: str = ""
    linked: bool = False

    @cached_property
    def tree(self) -> Any:
        """Return the body as a tree."""
        return html.fragment_fromstring(self.body or "", create_parent="div")

    @cached_property
    def words(self) -> str:
        """Return the words of the body, one line per block."""
        return words_of(self.tree)

    @property
    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield (field, words) of everything written, the body last."""
        yield from (("title", self.title), ("summary", self.summary), ("source", self.source))
        yield from (("byline", self.byline), ("body", self.words))

    @property
    def pictures(self) -> list[Mapping[str, Any]]:
        """Return the files that are shown as pictures."""
        return [one for one in self.files if one.get("kind") in {PICTURE, COVER}]


def words_of(tree: Any) -> str:
    """Return the words below a tree, each block on a line of its own."""
    parts: list[str] = []
    for event, node in _walk(tree):
        if event == "text":
            parts.append(_SPACES.sub(" ", node))
        elif node in BLOCKS or node == "br":
            parts.append("\n")
    lines = ("".join(parts)).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def _walk(tree: Any) -> Iterator[tuple[str, str]]:
    if tree.text:
        yield "text", tree.text
    for child in tree:
        if isinstance(child.tag, str):
            yield "node", child.tag
            yield from _walk(child)
            yield "node", child.tag
        if child.tail:
            yield "text", child.tail
