"""Publishing asks the checker's rules, with what only a database knows: which processes there are to call."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.db import transaction
from app.engine import DiagramRefused
from app.ledger import Actor
from app.processes.operations import load_folders, publish
from app.processes.source import Source, in_order, problems_of
from tests.processes.diagrams import chain, diagram, end, node, properties, start, user


def calling(slug: str, *called: str, own: str = "") -> Source:
    """Return a process that calls others one after the other."""
    calls = [node("callActivity", f"c{number}", calledElement=one) for number, one in enumerate(called)]
    ids = ["s", "step", *(f"c{number}" for number in range(len(called))), "e"]
    limit = properties({"limit": own}) if own else ""
    xml = diagram(start(), user("step", limit), *calls, end(), chain(*ids))
    return Source(slug, xml.replace(b'id="p"', f'id="{slug}"'.encode()))


def put(source: Source) -> bool:
    """Publish and say whether it is a new version."""
    with transaction() as session:
        return publish(session, source, Actor("setup", "setup"), clock.now(session))[1]


def refused(source: Source) -> list[tuple[str, str | None]]:
    """Publish in vain and return rule and element of every problem."""
    with pytest.raises(DiagramRefused) as error:
        put(source)
    return [(one.rule, one.element) for one in error.value.problems]


def test_a_called_process_must_be_there_and_must_not_call_back(app: Flask) -> None:
    """The caller is refused before the called process is published, and one that would call in a circle is too."""
    assert refused(calling("outer", "inner")) == [("call-unknown", "c0")]
    assert put(calling("inner"))
    assert put(calling("outer", "inner"))
    assert put(calling("outermost", "outer", "inner"))
    assert refused(calling("inner", "outermost")) == [("call-recursive", "c0")]
    assert refused(calling("inner", "inner")) == [("call-recursive", "c0")]


def test_folders_are_published_called_processes_first(app: Flask, tmp_path: Path) -> None:
    """The order of names does not matter: what is called comes before what calls it."""
    sources = [calling("a", "b", "c"), calling("b", "c"), calling("c")]
    assert [one.slug for one in in_order(sources)] == ["c", "b", "a"]
    for one in sources:
        (tmp_path / one.slug).mkdir()
        (tmp_path / one.slug / f"{one.slug}.bpmn").write_bytes(one.diagram)
    with transaction() as session:
        done = load_folders(session, tmp_path, tmp_path, Actor("setup", "setup"), clock.now(session))
    assert list(done) == ["c", "b", "a"]
    assert all(done.values())


def test_limits_and_roles_are_those_of_the_product() -> None:
    """A limit is read as deadlines read it, a role must be one there is."""
    assert [one.rule for one in problems_of(calling("a", own="soon")) if one.severity == "error"] == ["limit"]
    assert not [one for one in problems_of(calling("a", own="2 工作日")) if one.severity == "error"]
    source = calling("a")
    nobody = source.diagram.replace(b'camunda:assignee="${starter}"', b'camunda:candidateGroups="nobody"')
    assert "role-unknown" in {one.rule for one in problems_of(Source("a", nobody))}
