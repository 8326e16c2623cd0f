"""Diagrams that others drew: what they may refer to here, what they are called here, what repairs make of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from app.engine import Known, Repair, apply_repairs, choose_process, find_repairs, read_tables, read_xml
from app.people.rules import ROLES
from app.processes.asked import forms_of
from app.processes.source import Source

SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")
LONGEST = 40
_SIGNS = re.compile(r"[^a-z0-9]+")


def repairs_for(source: Source, topics: Collection[str] | None, called: Collection[str]) -> tuple[Repair, ...]:
    """Return the repairs that would make the diagram run; raise DiagramRefused when it cannot be read."""
    return find_repairs(source.diagram, _known(source, topics, called))


def repaired(
    source: Source, topics: Collection[str] | None, called: Collection[str], accepted: Collection[str] | None = None
) -> Source:
    """Return the source with the accepted repairs made, by default all: its diagram, and the forms they ask for."""
    known = _known(source, topics, called)
    made = [one for one in find_repairs(source.diagram, known) if accepted is None or one.id in accepted]
    diagram = apply_repairs(source.diagram, accepted, known)
    return replace(source, diagram=diagram, forms={**source.forms, **forms_of(made)})


def used_tables(diagram: bytes, tables: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the sound tables that the diagram asks: others that lie beside it are not its own."""
    return {
        name: text
        for name, text in sound_tables(tables).items()
        if any(f'decisionRef="{decision}"'.encode() in diagram for decision in read_tables({name: text})[0])
    }


def sound_tables(tables: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the tables that can be read."""
    return {name: text for name, text in tables.items() if not read_tables({name: text})[1]}


def process_called(diagram: bytes) -> tuple[str, str]:
    """Return id and name of the process that is meant, both empty when there is none.

    Raise DiagramRefused when the diagram cannot be read.
    """
    process = choose_process(read_xml(diagram, "definitions"))
    return ("", "") if process is None else (process.get("id", ""), process.get("name", "").strip())


def slug_for(diagram: bytes, file: str) -> str:
    """Return a name for the process: its id if that can be one, else the name of the file."""
    stem = file.split(".", maxsplit=1)[0]
    for text in (process_called(diagram)[0], stem):
        slug = _plain(text)
        if SLUG.fullmatch(slug):
            return slug
    return f"process_{_plain(stem)}"[:LONGEST].strip("_")


def _known(source: Source, topics: Collection[str] | None, called: Collection[str]) -> Known:
    return Known(topics, sound_tables(source.tables), called, source.schemas(), _roles())


def _plain(text: str) -> str:
    return _SIGNS.sub("_", text.lower()).strip("_")[:LONGEST].strip("_")


def _roles() -> dict[str, str]:
    """Return the code of each role by its code and its names."""
    found = {name: key for key, role in ROLES.items() for name in (role.name, role.name_en)}
    return {**found, **{key: key for key in ROLES}}
