"""The seven handling processes: one group, evidence first, again until a check finds nothing."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import Definition, Engine, Environment, Node, compile_definition
from tests.processes.test_routes import BEGIN, source_of

KINDS = ("tamper", "ddos", "outage", "leak", "malware", "content_error", "supply")
SLUGS = [f"handle_{kind}" for kind in KINDS]
WHO = {"id": 11, "name": "值班员", "unit": 3}


@pytest.fixture(scope="module", params=SLUGS)
def slug(request: pytest.FixtureRequest) -> str:
    """Return the process a test is about."""
    return str(request.param)


@pytest.fixture(scope="module")
def definition(slug: str) -> Definition:
    """Return the process as the engine runs it."""
    return compile_definition(source_of(slug).diagram, {})


def people(definition: Definition) -> dict[str, Node]:
    """Return the steps that wait for a person."""
    return {name: node for name, node in definition.nodes.items() if node.human}


def test_nobody_but_the_technical_group_is_asked(definition: Definition) -> None:
    """Every step is for the people of `case.tech`, has a limit in plain time and says what each action leads to."""
    for name, node in people(definition).items():
        assert node.candidate_users == "${case.tech}", name
        given = node.properties
        assert given["limit"], name
        assert given["limit.clock"] == "calendar", name
        codes = [action.split(":")[0] for action in given["actions"].split("|")]
        assert all(given[f"consequence.{code}"] and given[f"consequence.{code}.en"] for code in codes), name


def test_evidence_comes_before_repair(definition: Definition) -> None:
    """The first step needs evidence before anything is removed; so does the result of the check."""
    asked = people(definition)
    assert next(iter(asked)) == "analyse"
    assert [name for name, node in asked.items() if node.properties.get("evidence.required")] == [
        "analyse",
        "check_site",
    ]


def test_what_was_touched_is_registered(slug: str) -> None:
    """Removing and restoring name the object, when, before, after, the backup and who watched."""
    forms = source_of(slug).schemas()
    for step, prefix in (("eradicate", "removed"), ("restore", "restored")):
        parts = {part["key"]: part for group in forms[step]["components"] for part in group.get("components", [])}
        wanted = {f"{prefix}_{name}" for name in ("object", "from", "to", "before", "after", "backup", "watched_by")}
        assert set(parts) == wanted
        assert all(part["validate"]["required"] for part in parts.values())


def test_one_thing_found_by_the_check_is_another_round(slug: str, definition: Definition) -> None:
    """Whichever line of the check says “有问题”, the analysis comes again; with none it is handled."""
    schema = source_of(slug).schemas()["check_site"]
    lines = [part["key"] for part in schema["components"] if part["type"] == "radio"]
    assert len(lines) == 5
    for bad in [None, *lines]:
        answers = dict.fromkeys(lines, "ok") | ({bad: "bad"} if bad else {})
        assert open_after_the_check(definition, answers) == (["analyse"] if bad else []), bad


def open_after_the_check(definition: Definition, answers: dict[str, Any]) -> list[str]:
    """Return who is asked after a check with these answers; every choice before takes the straight way."""
    engine, env = Engine(), Environment(now=BEGIN, starter=WHO)
    live, _step = engine.start(definition, {}, {}, env)
    while waiting := engine.open_nodes(live):
        [one] = waiting
        given = {**answers, "decision": "checked"} if one.node == "check_site" else {"decision": "done"}
        engine.complete(live, one.token, given, env)
        if one.node == "check_site":
            break
    return [one.node for one in engine.open_nodes(live)]


def test_the_types_do_not_ask_the_same(slug: str) -> None:
    """Each type has a check of its own and at least one step that belongs to it."""
    names = {one: set(node_names(one)) for one in SLUGS}
    others = set().union(*(found for one, found in names.items() if one != slug))
    assert len(names[slug] - others) >= 3


def node_names(slug: str) -> list[str]:
    """Return the names of a process's human steps."""
    return [node.name for node in people(compile_definition(source_of(slug).diagram, {})).values()]
