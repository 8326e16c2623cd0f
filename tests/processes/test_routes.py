"""Every shipped process is walked as its routes.toml says, saved and restored between steps; no flow is left out."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.engine import (
    Advance,
    CompletedNode,
    Definition,
    Engine,
    Environment,
    Flow,
    Live,
    TaskRow,
    check,
    compile_definition,
    restore,
    with_called,
)
from app.engine.checks import calls_of
from app.engine.durations import parse_duration
from app.formkit import compile_form
from app.processes.source import Source, find_slugs, problems_of, read_source

ROOT = Path(__file__).parents[2]
SLUGS = find_slugs(ROOT / "bpmn")
BEGIN = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)
STEP = timedelta(minutes=7)


def source_of(slug: str) -> Source:
    return read_source(ROOT / "bpmn", ROOT / "forms", slug)


def routes_of(slug: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "bpmn" / slug / "routes.toml").read_text("utf-8"))


def definition_of(slug: str) -> Definition:
    """Return a process with those it calls as parts of it; their nodes and flows have `slug:` before their ids."""
    source = source_of(slug)
    called = {one: compile_definition(part.diagram, part.tables) for one, part in called_by(slug).items()}
    return with_called(compile_definition(source.diagram, source.tables), called)


def called_by(slug: str) -> dict[str, Source]:
    """Return the processes that one calls, directly and in turn."""
    found: dict[str, Source] = {}
    waiting = [*calls_of(source_of(slug).diagram)]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = source_of(one)
            waiting += calls_of(found[one].diagram)
    return found


def own(ids: Iterable[str]) -> set[str]:
    """Return what a process draws itself: a called one is walked by its own file."""
    return {one for one in ids if ":" not in one}


@dataclass
class Walk:
    """One walk through a process, on the engine alone."""

    definition: Definition
    plan: dict[str, Any]
    common: dict[str, Any]
    engine: Engine = field(default_factory=Engine)
    now: datetime = BEGIN
    rows: dict[str, TaskRow] = field(default_factory=dict)
    trail: list[str] = field(default_factory=list)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    calls: dict[str, int] = field(default_factory=dict)
    live: Live = field(init=False)

    def run(self) -> None:
        """Carry out all steps and compare with what the file says."""
        self.live, step = self.engine.start(self.definition, self.plan["start"], {}, self.env)
        last = self.settle(step)
        for number, wanted in enumerate(self.plan["steps"], 1):
            self.save_and_restore()
            self.now += STEP
            last = self.settle(self.take(wanted))
            assert self.open_people() == sorted(wanted["then"]), (self.plan["name"], number, wanted)
        assert last.ended, self.plan["name"]
        assert self.trail[-1] == self.plan["end"], self.plan["name"]
        for name, value in self.plan.get("case", {}).items():
            assert self.live.case_data.get(name) == value, (self.plan["name"], name)

    @property
    def env(self) -> Environment:
        """Return the outside world at this point of the walk."""
        table = {**self.common.get("due", {}), **self.plan.get("due", {})}
        due = {name: parse_duration(text).after(self.now) for name, text in table.items()}
        return Environment(now=self.now, starter=self.plan["starter"], due=due)

    def take(self, wanted: dict[str, Any]) -> Advance:
        """Do what one line of the file says."""
        if "node" in wanted:
            # where several people are asked at the same node, one of them answers
            token, *_ = [one.token for one in self.engine.open_nodes(self.live) if one.node == wanted["node"]]
            return self.engine.complete(self.live, token, wanted["answers"], self.env)
        if "message" in wanted:
            return self.engine.message(self.live, wanted["message"], wanted["payload"], self.env)
        dues = [one.due for one in self.engine.open_nodes(self.live) if one.due]
        waited = wanted["time"]
        self.now = min(dues) if waited.startswith("due:") else parse_duration(waited).after(self.now)
        return self.engine.tick(self.live, self.env)

    def settle(self, step: Advance) -> Advance:
        """Answer the services as the file says until people or timers are waited for."""
        while True:
            self.note(step)
            # branches that go on together may each wait for a service
            services = [one for one in self.engine.open_nodes(self.live) if one.wait == "service"]
            if not services:
                return step
            answer, token = self.answer_of(services[0].topic or ""), services[0].token
            if "error" in answer:
                step = self.engine.fail_service(self.live, token, "", self.env, code=answer["error"])
            else:
                step = self.engine.finish_service(self.live, token, answer, self.env)

    def answer_of(self, topic: str) -> dict[str, Any]:
        """Return what the handler of a topic answers at this call."""
        answers = {**self.common.get("service", {}), **self.plan.get("service", {})}[topic]
        call = self.calls[topic] = self.calls.get(topic, -1) + 1
        return answers[min(call, len(answers) - 1)] if isinstance(answers, list) else answers

    def note(self, step: Advance) -> None:
        """Keep the rows and remember which nodes followed which."""
        assert step.incidents == (), (self.plan["name"], step.incidents)
        for row_id in step.removed:
            self.rows.pop(row_id, None)
        self.rows.update({row.id: row for row in step.changed})
        done = [one.node for one in step.completed]
        opened = [one.node for one in step.opened if one.wait in {"person", "service"}]
        before = self.trail[-1:] if self.trail else []
        chain = [*before, *done]
        self.pairs |= set(pairwise(chain))
        self.pairs |= {(last, node) for last in chain[-1:] for node in opened}
        self.taken |= {flow.id for one in step.completed for flow in self.chosen(one)}
        self.trail += done

    def chosen(self, done: CompletedNode) -> list[Flow]:
        """Return the flow that a gateway says it has chosen."""
        if done.kind != "gateway" or not done.result:
            return []
        return [one for one in self.definition.leaving(done.node) if done.result in {one.name, one.id}]

    def save_and_restore(self) -> None:
        """Continue from the stored rows, as after a restart."""
        header = json.loads(json.dumps(self.engine.header(self.live)))
        self.live = restore(self.definition, list(self.rows.values()), header)

    def open_people(self) -> list[str]:
        """Return the human nodes that wait."""
        return sorted(one.node for one in self.engine.open_nodes(self.live) if one.wait == "person")


def walks(slug: str) -> Iterator[Walk]:
    routes = routes_of(slug)
    definition = definition_of(slug)
    return (Walk(definition, plan, routes) for plan in routes["walk"])


def flows_taken(definition: Definition, pairs: set[tuple[str, str]]) -> set[str]:
    """Return the flows between nodes that followed one another, through the borders of sub-processes and calls.

    Behind a node that chooses nothing all flows are taken, whatever happened first.
    """

    def leads(flow_source: str, flow_target: str, before: str, after: str) -> bool:
        leaves = flow_source in {before, definition.nodes[before].scope}
        return leaves and flow_target in {after, *around(definition, after)}

    passed = {before for before, _after in pairs}
    return {
        flow.id
        for flow in definition.flows.values()
        if (flow.source in passed and chooses_nothing(definition, flow.source))
        or any(leads(flow.source, flow.target, before, after) for before, after in pairs)
    }


def around(definition: Definition, name: str) -> set[str]:
    """Return the sub-process a node is in, or the nodes that call the process it is in."""
    scope = definition.nodes[name].scope
    called = {slug for slug, one in definition.called.items() if one == scope}
    return {scope, *(node.id for node in definition.nodes.values() if node.calls in called)}


def chooses_nothing(definition: Definition, name: str) -> bool:
    """Say whether all flows that leave a node are taken: none has a condition."""
    leaving = definition.leaving(name)
    return bool(leaving) and not any(flow.condition or flow.default for flow in leaving)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_walk_arrives(slug: str) -> None:
    """Each walk opens the nodes it names, step by step, and ends where it says."""
    for walk in walks(slug):
        walk.run()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_flow_is_walked(slug: str) -> None:
    """Together the walks take every sequence flow of the diagram."""
    definition, pairs, taken = definition_of(slug), set(), set()
    for walk in walks(slug):
        walk.run()
        pairs |= walk.pairs
        taken |= walk.taken
    assert own(definition.flows) - flows_taken(definition, pairs) - taken == set()


@pytest.mark.parametrize("slug", SLUGS)
def test_the_checker_is_silent(slug: str) -> None:
    """Shipped processes have no problems, warnings included."""
    assert [one.message % one.values for one in problems_of(source_of(slug))] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_every_form_has_its_node_and_every_node_its_form(slug: str) -> None:
    """No human node without a form, no form without a node; every label has its English."""
    source, definition = source_of(slug), definition_of(slug)
    asked = {node.form for name, node in definition.nodes.items() if node.human and name in own(definition.nodes)}
    assert asked == set(source.forms)
    for name, schema in source.schemas().items():
        assert list(compile_form(schema).without_english) == [], name


@pytest.mark.parametrize("slug", SLUGS)
def test_every_topic_has_a_handler(slug: str, app) -> None:  # type: ignore[no-untyped-def]
    """No service task asks for something nobody does."""
    from app import runtime_of  # noqa: PLC0415

    source = source_of(slug)
    nodes = compile_definition(source.diagram, source.tables).nodes
    topics = {node.topic for node in nodes.values() if node.topic}
    assert topics <= set(runtime_of(app).topics)
    assert check(source.diagram, source.tables, source.schemas(), frozenset(topics)) == ()
