"""The text of an article as HTML: what may stand in it, and nothing else. Pure.

The same list holds for what an editor's page sends, for what a program sends and for what was stored long ago.
Alignment and indent are classes, because pages allow no style attributes.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import nh3

from app.errors import Invalid
from app.i18n import N_

LARGEST: Final = 5 * 1024 * 1024  # bytes of one text
MOST_PICTURES: Final = 60
DEEPEST: Final = 300
ALIGNMENTS: Final = ("align-center", "align-right", "align-justify")
INDENT: Final = "indent-2"
CLASSES: Final = frozenset({*ALIGNMENTS, INDENT})
MEDIA_PREFIX: Final = "/content/media/"
_BLOCKS: Final = frozenset({"p", "h2", "h3", "h4"})
_CLASSED: Final = _BLOCKS | {"td", "th", "figure"}
_TAGS: Final = _BLOCKS | {
    *("strong", "em", "u", "s", "a", "ul", "ol", "li", "blockquote", "br", "img", "figure", "figcaption"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
# other names for the same thing; they pass the first look and are renamed
_RENAMED: Final = {
    "b": "strong",
    "i": "em",
    "del": "s",
    "strike": "s",
    "h1": "h2",
    "h5": "h4",
    "h6": "h4",
    "div": "p",
    "section": "p",
    "article": "p",
    "header": "p",
    "footer": "p",
    "center": "p",
    "pre": "p",
}
_ATTRIBUTES: Final = {
    "a": {"href"},
    "ol": {"start"},
    "img": {"src", "alt"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
_WITHOUT_CONTENT: Final = frozenset(
    {
        *("script", "style", "template", "noscript", "iframe", "object", "embed", "applet", "xml", "head", "title"),
        *("svg", "math", "select", "textarea", "noembed", "noframes", "plaintext", "xmp", "frameset"),
    }
)
_MEDIA: Final = re.compile(r"/content/media/([1-9][0-9]{0,9})")
_SOURCE: Final = re.compile(r'<img [^>]*?src="/content/media/([0-9]+)"[^>]*>')
_ALT: Final = re.compile(r' alt="([^"]*)"')
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,2}")
_UNSAFE: Final = re.compile(r"[\s<>\"'`\\\x00-\x20\x7f]")
_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z]+=\"[^\"]*\")*)>")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_ANY_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
# these close themselves when the next one opens, or hold nothing
_SHALLOW: Final = frozenset({"p", "li", "td", "th", "tr", "br", "hr", "img", "col", "input", "meta", "link", "wbr"})
_EMPTY: Final = re.compile(r"<(p|h2|h3|h4|strong|em|u|s|figcaption|blockquote|ul|ol|figure)(?: [^>]*)?></\1>")
_PASSES: Final = 6
# what no database or no feed can hold: control signs, halves of surrogate pairs, two that stand for nothing
_UNKEPT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
TOO_LARGE: Final = N_("正文太大，没有保存：最多 5 MB。图片请传到媒体库，不要贴在正文里。")
TOO_DEEP: Final = N_("正文里一层套一层的格式太多，没有保存。请点“清除格式”，或者先粘到记事本再粘过来。")


def kept(text: str) -> str:
    """Return a text without the signs that cannot be stored or published."""
    return _UNKEPT.sub("", text)


@lru_cache(maxsize=4)
def clean_body(html: str) -> str:
    """Return what may be kept of `html`; cleaning it again changes nothing.

    Raise Invalid when it is larger than 5 MB or nested beyond reason. The latest few are remembered, so that a page
    can clean a text before its transaction begins.
    """
    text = kept(html)
    if len(text.encode()) > LARGEST:
        raise Invalid(TOO_LARGE, fields={"body": TOO_LARGE})
    _refuse_deep(text)
    for _ in range(_PASSES):
        cleaned = _once(text)
        if cleaned == text:
            return cleaned
        text = cleaned
    # it never comes to rest: its words without any marks are safe
    return _once(nh3.clean_text(nh3.clean(text, tags=set())))


def media_ids(body: str) -> list[int]:
    """Return the numbers of the pictures in a cleaned text, in the order of the page, each once."""
    return list(dict.fromkeys(int(found) for found in _SOURCE.findall(body)))


def pictures_without_words(body: str) -> int:
    """Return how many pictures of a cleaned text say nothing to somebody who cannot see them."""
    alts = (_ALT.search(found.group()) for found in _SOURCE.finditer(body))
    return sum(found is None or not found.group(1).strip() for found in alts)


def _once(text: str) -> str:
    cleaned = _cleaner.clean(text)
    return _without_empty(_Renaming().write(kept(cleaned))).strip()


def _refuse_deep(html: str) -> None:
    """Refuse what the parser would need minutes for: thousands of elements inside each other."""
    open_ = Counter[str]()
    for closing, name in _ANY_TAG.findall(_COMMENT.sub("", html)):
        tag = name.lower()
        if tag in _SHALLOW:
            continue
        if not closing:
            open_[tag] += 1
        elif open_[tag]:
            open_[tag] -= 1
        if open_[tag] > DEEPEST:
            raise Invalid(TOO_DEEP, fields={"body": TOO_DEEP})


def _without_empty(text: str) -> str:
    """Leave out elements that hold nothing, however deep they hold it."""
    before = ""
    while before != text:
        before, text = text, _EMPTY.sub("", text)
    return text


def _keep(tag: str, name: str, value: str) -> str | None:
    """Return what may be kept of one attribute."""
    if name == "href":
        return _address(value.strip())
    if name == "src":
        return value if _MEDIA.fullmatch(value) else None
    if name == "class":
        return _classes(tag, value)
    if name == "alt":
        return value.replace("<", "").replace(">", "")[:300]
    return value if _NUMBER.fullmatch(value) else None


def _address(value: str) -> str | None:
    """Return an address that leads to a page, a file of the site or a mailbox; None for any other."""
    if _UNSAFE.search(value):
        return None
    if value.startswith("/"):
        return value if not value.startswith("//") else None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return value if "@" in parts.path else None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None


def _classes(tag: str, value: str) -> str | None:
    known = sorted({name for name in value.split() if name in CLASSES})
    return " ".join(known) if known and _RENAMED.get(tag, tag) in _CLASSED else None


class _Renaming:
    """Gives elements their one name and takes out pictures without source and links without address."""

    def __init__(self) -> None:
        self.links: list[bool] = []

    def write(self, text: str) -> str:
        """Return the text with its tags written anew."""
        return _TAG.sub(self._tag, text)

    def _tag(self, found: re.Match[str]) -> str:
        closing, name, attributes = found.groups()
        if name == "a":
            return self._link(found.group(), closing, attributes)
        if name == "img":
            return found.group() if "src=" in attributes else ""
        return f"<{closing}{_RENAMED.get(name, name)}{attributes}>"

    def _link(self, tag: str, closing: str, attributes: str) -> str:
        if not closing:
            self.links.append(bool(attributes))
            return tag if attributes else ""
        return tag if self.links and self.links.pop() else ""


_cleaner: Final = nh3.Cleaner(
    tags=set(_TAGS | _RENAMED.keys()),
    clean_content_tags=set(_WITHOUT_CONTENT),
    attributes={
        **{tag: {"class"} for tag in _BLOCKS | {"figure", *_RENAMED}},
        **_ATTRIBUTES,
        **{tag: {"class", "colspan", "rowspan"} for tag in ("th", "td")},
    },
    attribute_filter=_keep,
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
)
