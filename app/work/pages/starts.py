"""Who may begin what: the starts of a process, as its owner wrote them (`code:中文:English:roles|…`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.people.rules import Viewer
from app.work.rules import words

OFF = "off"  # a process that others begin: a page of its own, another process


@dataclass(frozen=True)
class Start:
    """One way to begin a case of a process; its code becomes the token's `start`."""

    code: str
    name: str
    name_en: str
    roles: frozenset[str] | None

    def open_to(self, viewer: Viewer) -> bool:
        """Say whether this person may begin so: one of the named roles; where none is named, anybody of the house."""
        if self.roles is None:
            return viewer.may("work.start") and not viewer.is_vendor
        return bool(self.roles & viewer.roles)


def starts_of(properties: Mapping[str, str], name: str, name_en: str | None) -> tuple[Start, ...]:
    """Return the starts of a process; one that names none has one start called like itself, `off` has no start."""
    if properties.get("starts", "").strip() == OFF:
        return ()
    found = tuple(_start(part) for part in properties.get("starts", "").split("|") if part.strip())
    return found or (Start("", name, name_en or name, None),)


def _start(text: str) -> Start:
    code, name, name_en, roles = ([*(part.strip() for part in text.split(":")), "", "", ""])[:4]
    return Start(code, name or code, name_en or name or code, words(roles) if roles else None)
