"""The checker's word on a draft, as it would be on publishing it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from app.engine import DiagramRefused, Problem, calls_of
from app.processes.operations import known_calls
from app.processes.source import Source, problems_by_file


def check_source(session: Session, source: Source, topics: frozenset[str]) -> list[tuple[str, Problem]]:
    """Return what is wrong with the texts of a draft, errors first; each problem with the file it is in."""
    found = problems_by_file(source, topics, _called(session, source))
    return sorted(found, key=lambda one: one[1].severity != "error")


def _called(session: Session, source: Source) -> Mapping[str, Collection[str]] | None:
    try:
        return known_calls(session) if calls_of(source.diagram) else None
    except DiagramRefused:
        return None  # it cannot be read at all, which the checker says in its own words
