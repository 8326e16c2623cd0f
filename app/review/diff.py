"""What changed between two contents, as a reader sees it: marked with ins and del in the text itself.

Taking every del out of the result leaves the words of the new content, taking every ins out those of the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import nh3
from markupsafe import Markup, escape

from app.review.diff_blocks import BLOCKS, HEADS, INSIDE, ROWS, Weaver, blocks_of
from app.review.diff_text import ATOMS, DEL, INLINE, INS, SAME, Tally, Unit, compare, draw, tokens
from app.review.subjects import Attached, Content
from app.web.filters import file_size, fingerprint

TEXT_TAGS: Final = BLOCKS | INLINE | ATOMS
TEXT_ATTRIBUTES: Final[Mapping[str, set[str]]] = {
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
ALIGNABLE: Final = HEADS | {"p", "td", "th", "figure", "li", "blockquote"}
MARKED: Final = INSIDE | ROWS
SCHEMES: Final = {"http", "https", "mailto"}


@dataclass(frozen=True)
class Diff:
    """Two contents woven into one text: safe HTML, how many characters came and went, in how many places.

    `coarse` says that some paragraphs are marked as a whole because there was too much to compare in detail.
    """

    html: Markup
    inserted: int
    deleted: int
    changes: int
    coarse: bool = False


def visual_diff(old: Content, new: Content) -> Diff:
    """Return what a reader of `old` has to look at in `new`: title, facts, text, tables, pictures, files."""
    tally = Tally()
    weaver = Weaver(tally)
    title = _words(old.title, new.title, tally)
    facts = "".join(_facts(old.facts, new.facts, tally))
    body = weaver.weave(blocks_of(clean(old.html)), blocks_of(clean(new.html)))
    files = "".join(_files(old.files, new.files, tally))
    page = _page(title, facts, safe(body), files)
    return Diff(page, tally.inserted, tally.deleted, tally.changes, weaver.coarse)


def show(content: Content) -> Markup:
    """Return a content for reading, drawn like a comparison but without one."""
    tally = Tally()
    facts = "".join(_facts(content.facts, content.facts, tally))
    files = "".join(_files(content.files, content.files, tally))
    return _page(str(escape(content.title)), facts, safe(clean(content.html)), files)


def clean(text: str) -> str:
    """Return the harmless part of stored HTML; nothing of it can pass for a mark of ours."""
    attributes = {tag: set(names) for tag, names in TEXT_ATTRIBUTES.items()}
    for tag in ALIGNABLE:
        attributes.setdefault(tag, set()).add("class")
    return nh3.clean(
        text, tags=set(TEXT_TAGS), attributes=attributes, url_schemes=SCHEMES, attribute_filter=_kept_attribute
    )


def safe(text: str) -> str:
    """Return woven HTML once more cleaned: it may hold the same tags and our marks."""
    attributes = {tag: set(names) for tag, names in TEXT_ATTRIBUTES.items()}
    for tag in ALIGNABLE:
        attributes.setdefault(tag, set()).add("class")
    for tag in MARKED:
        attributes.setdefault(tag, set()).add("data-op")
    attributes |= {INS: {"data-change"}, DEL: {"data-change"}}
    return nh3.clean(
        text,
        tags={*TEXT_TAGS, INS, DEL},
        attributes=attributes,
        url_schemes=SCHEMES,
        attribute_filter=_kept_attribute,
    )


def _kept_attribute(tag: str, name: str, value: str) -> str | None:
    """Keep pictures of this house only, and classes that place text; a class of ours would dress up as the page."""
    if name == "class":
        kept = [word for word in value.split() if word.startswith(("align-", "indent-"))]
        return " ".join(kept) or None
    if tag == "img" and name == "src":
        return value if value.startswith("/") and not value.startswith("//") else None
    return value


def _page(title: str, facts: str, body: str, files: str) -> Markup:
    parts = [f'<h2 class="gj-review-title">{title}</h2>']
    if facts:
        parts.append(f'<dl class="gj-review-facts">{facts}</dl>')
    parts.append(f'<div class="gj-review-body">{body}</div>')
    if files:
        parts.append(f'<ul class="gj-review-files">{files}</ul>')
    return Markup("".join(parts))  # noqa: S704 - escaped or cleaned piece by piece


def _words(old: str, new: str, tally: Tally) -> str:
    """Return one line of text with its changes."""
    return draw(compare(_letters(old), _letters(new)), tally)


def _letters(text: str) -> list[Unit]:
    return [(token, ()) for token in tokens(text)]


def _marked(op: str, text: str, tally: Tally) -> str:
    if op == SAME or not text:
        return str(escape(text))
    tally.count(op, text)
    return f'<{op} data-change="{tally.next()}">{escape(text)}</{op}>'


def _facts(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]], tally: Tally) -> Iterator[str]:
    before, after = dict(old), dict(new)
    for label in dict.fromkeys([*after, *before]):
        if label not in after:
            name, value = _marked(DEL, label, tally), _marked(DEL, before[label], tally)
        elif label not in before:
            name, value = _marked(INS, label, tally), _marked(INS, after[label], tally)
        else:
            name, value = str(escape(label)), _words(before[label], after[label], tally)
        yield f"<div><dt>{name}</dt><dd>{value}</dd></div>"


def _files(old: Sequence[Attached], new: Sequence[Attached], tally: Tally) -> Iterator[str]:
    """Yield the lines of files: those of the new content in its order, then those that went."""
    before = {one.name: one for one in old}
    for one in new:
        former = before.pop(one.name, None)
        name, data = escape(one.name), _data(one)
        if former is None:
            yield f"<li>{_marked(INS, one.name, tally)} {_marked(INS, data, tally)}</li>"
        elif former.digest == one.digest:
            linked = f'<a href="{escape(one.url)}">{name}</a>' if one.url.startswith("/") else name
            yield f"<li>{linked} <span>{escape(data)}</span></li>"
        else:
            yield f"<li>{name} {_marked(DEL, _data(former), tally)}{_marked(INS, data, tally)}</li>"
    for one in before.values():
        yield f"<li>{_marked(DEL, one.name, tally)} {_marked(DEL, _data(one), tally)}</li>"


def _data(one: Attached) -> str:
    return f"{file_size(one.size)} {fingerprint(one.digest, 8)}"
