"""What other areas add to the pages of review, by the kind of subject: remarks, a preview, who may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sqlalchemy.orm import Session

from app.people.rules import Viewer
from app.review.subjects import Subject


@dataclass(frozen=True)
class MarginNote:
    """A remark beside the text: `quote` are the words it stands at, `tone` is warn, block or plain."""

    title: str
    text: str = ""
    quote: str = ""
    tone: str = "warn"


@runtime_checkable
class Published(Protocol):
    """A provider whose subjects are published: the version readers see now."""

    def published(self, session: Session, ref: str) -> tuple[int, str] | None:
        """Return number and hash of the published version."""


Editing = Callable[[Session, Viewer, Subject], str]
Notes = Callable[[Session, Subject], Iterable[MarginNote]]
Preview = Callable[[Session, Subject], str]
MaySee = Callable[[Session, Viewer, str], bool]

_notes: dict[str, list[Notes]] = {}
_previews: dict[str, Preview] = {}
_editings: dict[str, Editing] = {}
_sights: dict[str, MaySee] = {}


def add_notes(kind: str, notes: Notes) -> None:
    """Let an area put remarks beside contents of this kind; several areas may."""
    _notes.setdefault(kind, []).append(notes)


def show_preview(kind: str, address: Preview) -> None:
    """Say where contents of this kind can be seen as they will be published; an empty address means nowhere."""
    _previews[kind] = address


def offer_editing(kind: str, address: Editing) -> None:
    """Say where a reader may change contents of this kind just now; an empty address means nowhere."""
    _editings[kind] = address


def guard_sight(kind: str, may_see: MaySee) -> None:
    """Say who may see the review of a subject of this kind; without it, whoever may see a case that reviewed it."""
    _sights[kind] = may_see


def notes_of(session: Session, subject: Subject) -> list[MarginNote]:
    """Return all remarks about a content."""
    return [note for notes in _notes.get(kind_of(subject.ref), ()) for note in notes(session, subject)]


def preview_of(session: Session, subject: Subject) -> str:
    """Return where the content can be seen as it will be published, empty when nowhere."""
    address = _previews.get(kind_of(subject.ref))
    return address(session, subject) if address else ""


def editing_of(session: Session, viewer: Viewer, subject: Subject) -> str:
    """Return where this reader may change the content just now, empty when nowhere."""
    address = _editings.get(kind_of(subject.ref))
    return address(session, viewer, subject) if address else ""


def sight_of(ref: str) -> MaySee | None:
    """Return who decides on seeing this subject, if its area does."""
    return _sights.get(kind_of(ref))


def kind_of(ref: str) -> str:
    """Return the kind of a subject, `article` of `article:12`."""
    return ref.partition(":")[0]
