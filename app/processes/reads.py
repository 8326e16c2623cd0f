"""The names of data that published versions read, kept: a version never changes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.reading import names_read
from app.processes.models import VersionPart


class Reads:
    """Finds and keeps what versions read; safe in threads, since the same version always gives the same."""

    def __init__(self) -> None:
        self._names: dict[int, frozenset[str]] = {}

    def names(self, session: Session, version_ids: Iterable[int]) -> frozenset[str]:
        """Return the names that these versions read together."""
        return frozenset().union(*(self._of(session, one) for one in version_ids))

    def _of(self, session: Session, version_id: int) -> frozenset[str]:
        found = self._names.get(version_id)
        if found is None:
            parts = session.scalars(
                select(VersionPart).where(VersionPart.version_id == version_id, VersionPart.kind != "form")
            ).all()
            diagram = next(part.text.encode() for part in parts if part.kind == "bpmn")
            tables = {part.name: part.text.encode() for part in parts if part.kind == "table"}
            found = self._names[version_id] = names_read(diagram, tables)
        return found
