"""What the pages of a site are drawn from: plain values, taken from the database before anything is written."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

HOME, FEED, SITEMAP, MISSING = "index.html", "feed.xml", "sitemap.xml", "404.html"
FILES, ASSETS = "_files", "_assets"


@dataclass(frozen=True)
class ColumnFacts:
    """A column as the pages of its site name it."""

    id: int
    slug: str
    name: str
    parent_id: int | None = None

    @property
    def path(self) -> str:
        """Return the address of its newest articles."""
        return f"{self.slug}/{HOME}"


@dataclass(frozen=True)
class SiteFacts:
    """A site: its names, its columns and the style its pages are drawn with.

    `base` is its public address without a slash at the end, empty while it has none; `report` that of the form for
    readers who found a fault.
    """

    id: int
    code: str
    name: str
    title: str
    owner: str
    folder: str
    base: str = ""
    footer: str = ""
    report: str = "/report-error"
    sheet: str = ""
    columns: tuple[ColumnFacts, ...] = ()

    @property
    def heading(self) -> str:
        """Return what stands at the top of every page."""
        return self.title or self.name

    def column(self, column_id: int) -> ColumnFacts | None:
        """Return one of its open columns."""
        return next((one for one in self.columns if one.id == column_id), None)

    def below(self, column_id: int | None) -> tuple[ColumnFacts, ...]:
        """Return the columns directly below another, or at the top."""
        return tuple(one for one in self.columns if one.parent_id == column_id)

    def address(self, path: str) -> str:
        """Return the public address of a page; without one of the site, its place below the root."""
        return f"{self.base}/{quote(path)}"

    def report_address(self, path: str) -> str:
        """Return where a reader of this page reports a fault."""
        return f"{self.report}?{urlencode({'u': path, 's': self.folder})}"


@dataclass(frozen=True)
class Line:
    """An article in a list."""

    article_id: int
    title: str
    path: str
    at: datetime
    summary: str = ""


@dataclass(frozen=True)
class FileFacts:
    """A picture or attachment of an article: `media_id` as the text names it, `path` where the site has it."""

    media_id: int | None
    digest: str
    name: str
    kind: str

    @property
    def extension(self) -> str:
        """Return the extension in small letters, without the dot."""
        found = self.name.rpartition(".")[2].lower() if "." in self.name else ""
        return found if found.isascii() and found.isalnum() else "bin"

    @property
    def path(self) -> str:
        """Return its place in the site; the same bytes have the same place."""
        return f"{FILES}/{self.digest}.{self.extension}"


@dataclass(frozen=True)
class Story:
    """An article as its readers will see it."""

    article_id: int
    path: str
    title: str
    html: str
    at: datetime
    column: ColumnFacts | None = None
    source: str = ""
    byline: str = ""
    summary: str = ""
    number: str = ""
    updated_at: datetime | None = None
    note: str = ""
    files: tuple[FileFacts, ...] = ()
    policies: tuple[Line, ...] = ()
    interpretations: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Page:
    """One file of a site; without bytes it has to go."""

    path: str
    data: bytes | None
    article_id: int | None = None


@dataclass(frozen=True)
class WrittenFile:
    """A file as it lies in a site now; without a digest it is not there. `changed` if this round wrote it."""

    path: str
    digest: str
    article_id: int | None = None
    changed: bool = True


@dataclass(frozen=True)
class Written:
    """What a round of writing left: every file it looked at."""

    files: tuple[WrittenFile, ...] = ()

    @property
    def changed(self) -> list[str]:
        """Return the files that were written or taken away."""
        return [one.path for one in self.files if one.changed]


def relative(here: str, there: str) -> str:
    """Return how a page leads to another file of its site, wherever the folder is served."""
    return quote(posixpath.relpath(there, posixpath.dirname(here) or "."))
