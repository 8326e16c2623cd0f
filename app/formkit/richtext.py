"""Formatted text: a few harmless tags stay, everything else is taken out."""

from __future__ import annotations

import html
import re

import nh3
from markupsafe import Markup, escape

TAGS = frozenset(
    {"p", "br", "strong", "b", "em", "i", "u", "s", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "a"}
)
_TAG = re.compile(r"</?[A-Za-z!]")


def clean_rich(text: str) -> str:
    """Return what may be kept of `text`; a text without tags is kept as it was typed."""
    if not _TAG.search(text):
        return text
    cleaned = nh3.clean(text, tags=set(TAGS), attributes={"a": {"href"}}, url_schemes={"http", "https"})
    return cleaned if _TAG.search(cleaned) else html.unescape(cleaned)


def show_rich(text: str) -> Markup:
    """Return the text ready for a page; cleaned again, because stored data is not trusted either."""
    if not _TAG.search(text):
        return escape(text)
    return Markup(nh3.clean(text, tags=set(TAGS), attributes={"a": {"href"}}, url_schemes={"http", "https"}))  # noqa: S704 - cleaned on this line
