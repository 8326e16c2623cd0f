"""What can be reviewed: each kind of subject registers a provider that finds it and shows its content.

`article` is registered by the content area; `case` (fields of a case's own data) by this one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.i18n import N_

NO_SUBJECT = N_("找不到要审的内容“%(ref)s”。它可能被删了，或者流程图里写错了。")


@dataclass(frozen=True)
class Attached:
    """A file or picture that belongs to a content."""

    name: str
    digest: str
    size: int
    url: str = ""


@dataclass(frozen=True)
class Content:
    """A content to be read and compared: a title, cleaned HTML, named facts and files."""

    title: str
    html: str
    facts: tuple[tuple[str, str], ...] = ()
    files: tuple[Attached, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What is under review, in its present version. `digest` covers everything a reader would see."""

    ref: str
    title: str
    version: int
    digest: str
    authors: frozenset[int]
    unit_id: int | None
    characters: int
    url: str = ""


class Provider(Protocol):
    """What a kind of subject can do. `data` are the values of the token that is at the review."""

    def find(self, session: Session, ref: str, data: Mapping[str, Any]) -> Subject | None:
        """Return the subject in its present version."""

    def content(self, session: Session, ref: str, digest: str, data: Mapping[str, Any]) -> Content | None:
        """Return its content with this digest; None when it is not kept."""


_providers: dict[str, Provider] = {}


def register(kind: str, provider: Provider) -> None:
    """Let subjects called `kind:…` be reviewed; the same kind again replaces the provider."""
    _providers[kind] = provider


def provider_of(ref: str) -> Provider:
    """Return who knows this subject; raise NotFound for an unknown kind."""
    provider = _providers.get(ref.partition(":")[0])
    if provider is None:
        raise NotFound(NO_SUBJECT, ref=ref)
    return provider


def find(session: Session, ref: str, data: Mapping[str, Any]) -> Subject:
    """Return a subject in its present version; raise NotFound when it is not there."""
    subject = provider_of(ref).find(session, ref, data)
    if subject is None:
        raise NotFound(NO_SUBJECT, ref=ref)
    return subject


@runtime_checkable
class Shown(Protocol):
    """A provider whose subjects are shown to the public: only what may be open to everybody passes there."""

    def shown(self, session: Session, ref: str) -> Collection[str]:
        """Return the hashes of all contents that readers see or ever saw; their passes are kept as they stood."""


@runtime_checkable
class Remembers(Protocol):
    """A provider whose subjects keep no versions: it keeps the contents that were decided about."""

    def remember(self, session: Session, subject: Subject, data: Mapping[str, Any], now: datetime) -> None:
        """Keep the present content under its hash; once is enough."""
