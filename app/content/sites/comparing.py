"""Does a page say what was passed? Compared by their words, whatever drew the page. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Final

from app.errors import Invalid
from app.files.rules import decode_text

AROUND: Final = 12
SHOWN: Final = 40
_SILENT: Final = frozenset({"script", "style", "noscript", "template", "textarea", "select", "svg"})
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,20})", re.IGNORECASE)
_NOTHING: Final = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_QUOTES: Final = str.maketrans("“”‘’＂＇「」『』", "\"\"''\"'\"\"''")
_VOID: Final = frozenset({"br", "img", "input", "meta", "link", "hr", "col", "source", "wbr", "area", "base"})


@dataclass(frozen=True)
class Difference:
    """Where a page first leaves what was passed: the words there in both."""

    passed: str
    found: str


def compare_words(title: str, body: str, page: str) -> Difference | None:
    """Return where the page lacks or changes the passed words; None when title and body are in it, whole."""
    for words in (title, text_of_html(body)):
        wanted, there = normal(words), normal(page)
        if wanted not in there:
            return _first_difference(wanted, there)
    return None


def normal(text: str) -> str:
    """Return the words without what a page's layout changes: spaces, invisible signs, the shape of quotes."""
    return _NOTHING.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES)


def _first_difference(wanted: str, there: str) -> Difference:
    """Find the longest beginning of the wanted words that the page has, and show what follows in both."""
    low, high = 0, len(wanted)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if wanted[:middle] in there else (low, middle - 1)
    begin = max(low - AROUND, 0)
    at = there.find(wanted[:low]) + begin if low else -1
    return Difference(wanted[begin : begin + SHOWN], there[at : at + SHOWN] if at >= 0 else "")


def text_of_page(data: bytes, name: str) -> str:
    """Return the words of a saved page: html, mhtml (one file with everything) or plain text."""
    kind = name.rpartition(".")[2].lower()
    if kind in {"mht", "mhtml"} or data[:200].lstrip().lower().startswith((b"from:", b"mime-version:")):
        return text_of_html(_html_of_archive(data))
    text = _decoded(data)
    return text_of_html(text) if kind in {"html", "htm"} or "<" in text[:2000] else text


def text_of_html(html: str) -> str:
    """Return what a reader sees of HTML."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return "".join(reader.words)


def _html_of_archive(data: bytes) -> str:
    archive = message_from_bytes(data, EmailMessage, policy=policy.default)
    for part in archive.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return _decoded(payload, part.get_content_charset())
    return ""


def _decoded(data: bytes, charset: str | None = None) -> str:
    declared = _CHARSET.search(data[:4096])
    for name in filter(None, (charset, declared and declared[1].decode("ascii"))):
        try:
            return data.decode("gb18030" if name.lower() in {"gb2312", "gbk"} else name)
        except (UnicodeDecodeError, LookupError):
            continue
    try:
        return decode_text(data)
    except Invalid:
        return data.decode("utf-8", "replace")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent += 1
        elif tag not in _VOID:
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)
