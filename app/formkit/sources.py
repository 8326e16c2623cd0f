"""What forms ask of the running product: lists to choose from, uploaded files, other cases.

The lists are registered once by create_app (people, units, vendors, sites, categories); everything that
depends on the reader comes in a `Sources` value made for one request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from markupsafe import Markup

from app.formkit.schema import Option
from app.formkit.values import posted_text

Choices = Callable[[Any], Sequence[tuple[Any, str]]]
Namer = Callable[[Any, Any], str | None]


class Upload(Protocol):
    """What is shown of an uploaded file; the row of `app.files` is one."""

    @property
    def id(self) -> int:
        """Return the number posted by the form."""

    @property
    def name(self) -> str:
        """Return the file's name."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""

    @property
    def digest(self) -> str:
        """Return the hash of the content."""


@dataclass(frozen=True)
class CaseLink:
    """Another case one may point to."""

    number: str
    title: str
    url: str


# under this name the data say which version of what is reviewed a page shall show; without it the present one
SHOWN_DIGEST = "shown_digest"


@dataclass(frozen=True)
class SubjectView:
    """What is under review as one reader sees it: the version, the hash of everything in it, and how it is drawn.

    `pane` draws the content with its changes, `side` what stands beside it, `top` what must be known before reading;
    each only when a page needs it.
    """

    version: int
    digest: str
    pane: Callable[[], Markup]
    side: Callable[[], Markup] = Markup
    top: Callable[[], Markup] = Markup

    @property
    def html(self) -> Markup:
        """Return all of it, for a page without a place of its own for it."""
        return self.top() + self.pane() + self.side()


@dataclass(frozen=True)
class _Source:
    choices: Choices
    name: Namer | None


_registered: dict[str, _Source] = {}


def register_source(name: str, choices: Choices, label: Namer | None = None) -> None:
    """Offer a list under `name` (person, unit, vendor, site, category).

    `choices(context)` returns (value, label) pairs the reader may choose now; `label(context, value)` names a
    value stored earlier that is no longer offered, such as a person who left.
    """
    _registered[name] = _Source(choices, label)


def _source(name: str) -> _Source | None:
    """Return a list; a narrowed one (`person.own_unit`) that nobody registered is the whole one."""
    return _registered.get(name) or _registered.get(name.partition(".")[0])


@dataclass(frozen=True)
class Sources:
    """What one reader's forms may use.

    `context` is handed to the registered lists (usually the viewer and the session); `phrases` are the reader's
    own; `uploads` returns those of the asked files that this reader may hand in or see; `case` finds a case the
    reader may see by its number; `upload_url` turns an upload into the address of its download. `subject` finds what
    is under review by the data of the step, `seen` the number of the version with a hash. `given` are the data a step
    had, among them the lists its form took from there.
    """

    context: Any = None
    phrases: tuple[str, ...] = ()
    uploads: Callable[[Sequence[int]], Sequence[Upload]] | None = None
    upload_url: Callable[[Upload], str] | None = None
    case: Callable[[str], CaseLink | None] | None = None
    subject: Callable[[Mapping[str, Any]], SubjectView | None] | None = None
    seen: Callable[[str], int | None] | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    _lists: dict[str, tuple[Option, ...]] = field(default_factory=dict, repr=False, compare=False)

    def options(self, name: str) -> tuple[Option, ...]:
        """Return the list called `name`; empty when nobody registered it. Asked once per request."""
        if name not in self._lists:
            source = _source(name)
            pairs = source.choices(self.context) if source else ()
            self._lists[name] = tuple(Option(value, posted_text(value) or "", label) for value, label in pairs)
        return self._lists[name]

    def label(self, name: str, value: Any) -> str | None:
        """Return the name of a stored value, offered or not; None when nobody knows it."""
        for option in self.options(name):
            if option.value == value:
                return option.label
        source = _source(name)
        return source.name(self.context, value) if source and source.name else None

    def files(self, ids: Sequence[int]) -> Mapping[int, Upload]:
        """Return the asked files this reader may use, by id."""
        found = self.uploads(ids) if self.uploads and ids else ()
        return {upload.id: upload for upload in found if upload.id in ids}
