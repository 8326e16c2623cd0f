"""One difference and all of them, as plain values. Words are sentences of the catalogue until somebody shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.deadlines.rules import Limit

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
GRAPH, PROPERTIES, FORMS, TABLES = "graph", "properties", "forms", "tables"
SECTIONS = (GRAPH, PROPERTIES, FORMS, TABLES)


class Said(NamedTuple):
    """A sentence with its values; a value may be one itself."""

    message: str
    values: Mapping[str, Any]


def said(message: str, **values: Any) -> Said:
    """Return a sentence with its values."""
    return Said(message, values)


Words = str | Said | Limit | tuple[Any, ...]


@dataclass(frozen=True)
class Change:
    """One difference: what it is about (`subject`), what of it (`label`), before and after.

    `key` stays the same while the same thing differs, so that a reason can be kept with it. `element` is the id on
    the diagram, `page` the form or table it is in. `details` are the settings of something that came or went.
    """

    key: str
    section: str
    how: str
    subject: Words
    label: Words = ""
    old: Words | None = None
    new: Words | None = None
    element: str | None = None
    page: str | None = None
    details: tuple[tuple[Words, Words], ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All differences in the order in which they are read; `moved` are elements that only lie elsewhere."""

    changes: tuple[Change, ...] = ()
    moved: tuple[str, ...] = ()
    digests: tuple[str, str] = field(default=("", ""))

    def of(self, section: str) -> list[Change]:
        """Return the differences of one section."""
        return [change for change in self.changes if change.section == section]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs that a person can see."""
        return not self.changes and not self.moved

    @property
    def only_written_differently(self) -> bool:
        """Whether the texts differ although nothing in them does: blanks, the order of attributes."""
        return self.is_empty and self.digests[0] != self.digests[1]

    def marks(self, *, of_old: bool) -> dict[str, str]:
        """Return element id → how it differs, for one of the two diagrams."""
        gone, kept = (REMOVED, ADDED) if of_old else (ADDED, REMOVED)
        found = {} if of_old else dict.fromkeys(self.moved, "moved")
        for change in self.changes:
            if change.element and change.how != kept:
                found[change.element] = gone if found.get(change.element) == gone else change.how
        return found
