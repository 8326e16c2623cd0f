"""Where a fault came in: the line of versions, the one that brought it, and who passed what (追溯). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WORDS, FILE, LAYOUT, UNKNOWN = "words", "file", "layout", "unknown"
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Text:
    """What one version says: its number, its plain words, the names and hashes of its files."""

    number: int
    words: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Drawn:
    """With which version of the templates an article was drawn at a publication."""

    publication: int
    template: int


@dataclass(frozen=True)
class Origin:
    """What brought a fault: words or a file with a version, or the layout with a template.

    `faulty` are the numbers of the versions that show it; empty for the layout.
    """

    cause: str
    version: int | None = None
    template: int | None = None
    faulty: frozenset[int] = frozenset()


def origin_of(words: str, versions: Sequence[Text], drawn: Sequence[Drawn]) -> Origin:
    """Find what brought the fault that a reader describes by its words; both lists oldest first.

    The version is the first of the newest unbroken run that shows the words, in the text or in a file's name.
    Words that no version has, or none at all, are the layout's: the template of the last publication.
    """
    wanted = squeezed(words)
    for cause, shows in ((WORDS, _in_words), (FILE, _in_files)):
        faulty = {one.number for one in versions if wanted and shows(one, wanted)}
        if faulty:
            return Origin(cause, version=_first_of_run(versions, faulty), faulty=frozenset(faulty))
    return Origin(LAYOUT, template=drawn[-1].template) if drawn else Origin(UNKNOWN)


def squeezed(text: str) -> str:
    """Return a text for comparing: one width, no spaces, small letters."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _in_words(version: Text, wanted: str) -> bool:
    return wanted in squeezed(version.words)


def _in_files(version: Text, wanted: str) -> bool:
    return any(wanted in squeezed(name) or wanted == digest for name, digest in version.files)


def _first_of_run(versions: Sequence[Text], faulty: set[int]) -> int:
    first = max(faulty)
    for one in reversed([one for one in versions if one.number <= first]):
        if one.number not in faulty:
            break
        first = one.number
    return first
