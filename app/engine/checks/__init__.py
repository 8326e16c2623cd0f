"""Finds everything that is wrong with a diagram in one pass, so that it is refused before a case meets it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.engine.checks import (
    attributes,
    branches,
    calls,
    data,
    elements,
    events,
    ignored,
    joins,
    names,
    people,
    structure,
    texts,
    times,
)
from app.engine.checks.calls import calls_of
from app.engine.checks.subject import Subject
from app.engine.decisions import Decision
from app.engine.diagram import Diagram, read_diagram
from app.engine.dmn import read_decisions
from app.engine.port import DiagramRefused, Problem

__all__ = ["calls_of", "check", "find_problems", "read_tables"]

_RULES: tuple[Callable[[Subject], Iterator[Problem]], ...] = (
    elements.find,
    events.find,
    calls.find,
    structure.find,
    branches.find,
    joins.find,
    texts.find,
    data.find,
    people.find,
    times.find,
    attributes.find,
    names.find,
    ignored.find,
)


def check(
    xml: bytes,
    tables: Mapping[str, bytes] | None = None,
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    topics: Collection[str] | None = None,
    *,
    called: Mapping[str, Collection[str]] | None = None,
    roles: Collection[str] | None = None,
    limit: Callable[[str], object] | None = None,
    slug: str | None = None,
) -> tuple[Problem, ...]:
    """Return all problems of a diagram, errors first; what is not handed in is not checked.

    `called` maps the processes that may be called to those they call themselves, `slug` is the name of this one
    among them; `limit` reads a limit's text and raises UserError.
    """
    try:
        diagram = read_diagram(xml)
    except DiagramRefused as refused:
        return refused.problems
    decisions, problems = read_tables(tables or {})
    found = find_problems(diagram, decisions, forms, topics, called=called, roles=roles, limit=limit, slug=slug)
    return (*problems, *found)


def read_tables(tables: Mapping[str, bytes]) -> tuple[dict[str, Decision], tuple[Problem, ...]]:
    """Read all decision tables; return those that are sound, by decision id, and the problems of the others."""
    found: dict[str, Decision] = {}
    problems: list[Problem] = []
    for name, content in tables.items():
        try:
            read = read_decisions(name, content)
        except DiagramRefused as refused:
            problems += refused.problems
        else:
            found |= read
            problems += [warning for decision in read.values() for warning in decision.warnings]
    return found, tuple(problems)


def find_problems(
    diagram: Diagram,
    decisions: Mapping[str, Decision],
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    topics: Collection[str] | None = None,
    *,
    called: Mapping[str, Collection[str]] | None = None,
    roles: Collection[str] | None = None,
    limit: Callable[[str], object] | None = None,
    slug: str | None = None,
) -> tuple[Problem, ...]:
    """Return all problems of a diagram that was read, errors first, in the order of the document."""
    subject = Subject(diagram, decisions, forms, topics, called, roles, limit, slug)
    found = [*diagram.problems, *(one for rule in _RULES for one in rule(subject))]
    placed = [one if one.line else replace(one, name=diagram.name, line=diagram.line) for one in found]
    return tuple(sorted(placed, key=lambda one: (one.severity != "error", one.line or 0)))
