"""Whatever people, services, clocks and messages do to a case, in any order: it stays whole and has a way forward.

Every shipped process is played with, and random ones. Refusals are sentences for people; nothing else may be raised.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.engine import Advance, Definition, Engine, Environment, OpenNode, TokenNotReady, compile_definition
from app.errors import UserError
from app.processes.source import find_slugs, read_source
from app.work.rules import actions_of
from tests.conftest import FULL
from tests.processes.diagrams import BEGIN
from tests.processes.keeping import Kept
from tests.processes.random_blocks import grow
from tests.processes.random_drawing import Drawing

ROOT = Path(__file__).parents[2]
STARTER: Mapping[str, Any] = {"id": 7, "name": "发起人", "unit": 3}
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-2, 5), st.sampled_from(["", "是", "2026-03-02"]))
SETTINGS = settings(
    max_examples=1000 if FULL else 40,
    stateful_step_count=60 if FULL else 40,
    deadline=None,
    database=None,
    derandomize=not FULL,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


class Machine(RuleBasedStateMachine):
    """Does to one case what anybody may do; after each refusal the case is what was stored."""

    definition: Definition
    said: Mapping[str, list[Mapping[str, Any]]]

    def begin(self, definition: Definition, said: Mapping[str, list[Mapping[str, Any]]]) -> None:
        self.definition, self.said = definition, said
        self.engine, self.now = Engine(), BEGIN
        self.kept = Kept(self.engine, definition)
        self.done: list[tuple[str, str]] = []
        self.live, step = self.engine.start(definition, {}, {}, self.env)
        self._keep(step)

    @property
    def env(self) -> Environment:
        """What the case sees of the world; every limit is two days away."""
        due = {name: self.now + timedelta(days=2) for name in ("rating", "finish", "respond")}
        return Environment(self.now, STARTER, due, lambda start, _limit: start + timedelta(days=2))

    def _keep(self, step: Advance) -> None:
        self.kept.take(self.live, step)
        human = self.definition.nodes
        self.done += [(one.token, one.node) for one in step.completed if one.node in human and human[one.node].human]

    def _try(self, act: Callable[[], Advance]) -> None:
        """Do something, or be refused with a sentence and go on from what was stored."""
        before = self.engine.header(self.live)
        try:
            step = act()
        except UserError:
            self.live = self.kept.rebuilt()
            assert self.engine.header(self.live) == before, "a refusal changed the case"
        else:
            self._keep(step)

    def _some(self, data: st.DataObject, *waits: str) -> OpenNode | None:
        found = [one for one in self.kept.open if one.wait in waits]
        return data.draw(st.sampled_from(found)) if found else None

    def _running(self) -> bool:
        return not self.live.ended

    def _token(self, data: st.DataObject) -> str:
        """Draw any token that was ever named, over or not."""
        return data.draw(st.sampled_from(sorted(self.kept.known | self.kept.gone | self.engine.stopped(self.live))))

    def _node(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.definition.nodes)))

    def _answers(self, data: st.DataObject, one: OpenNode) -> dict[str, Any]:
        """Draw answers: what the routes of the process say there, one of the actions, or anything."""
        node = self.definition.nodes[one.node]
        codes = [action.code for action in actions_of(node.properties)]
        answers = dict(data.draw(st.sampled_from([{}, *self.said.get(one.node, [])])))
        return {"decision": data.draw(st.sampled_from(codes)), **answers}

    @precondition(_running)
    @rule(data=st.data(), times=st.integers(1, 6))
    def work(self, data: st.DataObject, times: int) -> None:
        """People and services do what is theirs."""
        for _ in range(times):
            one = self._some(data, "person", "service")
            if one is not None and one.wait == "person":
                self._complete(one, self._answers(data, one))
            elif one is not None:
                self._serve(one, data.draw(st.sampled_from(self.said.get(str(one.topic), [{}]))))

    def _complete(self, one: OpenNode, answers: Mapping[str, Any]) -> None:
        self._try(lambda: self.engine.complete(self.live, one.token, answers, self.env))

    def _serve(self, one: OpenNode, result: Mapping[str, Any]) -> None:
        self._try(lambda: self.engine.finish_service(self.live, one.token, result, self.env))

    @precondition(lambda self: any(one.wait == "service" for one in self.kept.open))
    @rule(data=st.data(), code=st.sampled_from([None, "broken"]))
    def fail(self, data: st.DataObject, code: str | None) -> None:
        if one := self._some(data, "service"):
            self._try(lambda: self.engine.fail_service(self.live, one.token, "没有应答", self.env, code))

    @precondition(lambda self: any(one.due for one in self.kept.open))
    @rule(hours=st.sampled_from([0, 1, 5, 60, 24 * 1001]))
    def tick(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self._try(lambda: self.engine.tick(self.live, self.env))

    @precondition(lambda self: any(one.event for one in self.kept.open))
    @rule(data=st.data(), value=VALUES)
    def tell(self, data: st.DataObject, value: Any) -> None:
        offered = [one for one in self.kept.open if one.event]
        names = [(str(one.event), one.signal) for one in offered]
        name, signal = data.draw(st.sampled_from([*names, ("nothing", False)]))
        send = self.engine.signal if signal else self.engine.message
        self._try(lambda: send(self.live, name, {"told": value}, self.env))

    @precondition(lambda self: self.engine.stopped(self.live))
    @rule(data=st.data(), value=VALUES, how=st.sampled_from(["retry", "repair", "skip"]))
    def mend(self, data: st.DataObject, value: Any, how: str) -> None:
        token = data.draw(st.sampled_from(sorted(self.engine.stopped(self.live))))
        names = data.draw(st.sampled_from(["decision", "case.round", "case.vendor", "told", "case"]))
        if how == "retry":
            self._try(lambda: self.engine.retry(self.live, token, self.env))
        else:
            act = self.engine.repair if how == "repair" else self.engine.skip
            self._try(lambda: act(self.live, token, {names: value}, self.env))

    @precondition(_running)
    @rule(data=st.data(), how=st.sampled_from(["send_back", "send_back", "jump"]))
    def move(self, data: st.DataObject, how: str) -> None:
        node = self._node(data)
        token = self._token(data)
        if data.draw(st.booleans()) and (one := self._some(data, "person")):
            ways = self.engine.ways_back(self.live, one.token, sorted(self.definition.nodes))
            token, node = one.token, data.draw(st.sampled_from([node, *ways]))
        act = self.engine.send_back if how == "send_back" else self.engine.jump
        self._try(lambda: act(self.live, token, node, self.env))

    @precondition(lambda self: self.done and not self.live.ended)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        token, node = data.draw(st.sampled_from(self.done[-2:]))
        came = self.engine.outcome(self.live, token)
        self._try(lambda: self.engine.withdraw(self.live, came, node, self.env))

    def _asks_several(self) -> bool:
        return any(one.task_spec.whole is not None for one in self.live.workflow.all_live())

    @precondition(_asks_several)
    @rule(data=st.data(), how=st.sampled_from(["add", "remove", "skip"]), value=VALUES)
    def sign(self, data: st.DataObject, how: str, value: Any) -> None:
        token = self._token(data)
        if how == "remove":
            self._try(lambda: self.engine.remove_signer(self.live, token, self.env))
        else:
            act = self.engine.add_signer if how == "add" else self.engine.skip_signer
            self._try(lambda: act(self.live, token, value, self.env))

    @precondition(lambda self: any(one.due for one in self.kept.open))
    @rule(data=st.data(), hours=st.integers(-5, 50))
    def move_time(self, data: st.DataObject, hours: int) -> None:
        span = timedelta(hours=hours)
        how = data.draw(st.sampled_from(["set_due", "rearm", "postpone"]))
        if how == "set_due":
            token = data.draw(st.sampled_from([one.token for one in self.kept.open if one.due]))
            self._try(lambda: self.engine.set_due(self.live, token, self.now + span, self.env))
        elif how == "rearm":
            self._try(lambda: self.engine.rearm(self.live, {"rating": self.now + span}, self.env))
        else:
            self._try(lambda: self.engine.postpone(self.live, abs(span), self.env))

    @rule(data=st.data())
    def answer_twice(self, data: st.DataObject) -> None:
        """What is over cannot be done again, by anybody."""
        if self.kept.gone:
            token = data.draw(st.sampled_from(sorted(self.kept.gone)))
            with pytest.raises(TokenNotReady):
                self.engine.complete(self.live, token, {}, self.env)
            with pytest.raises(TokenNotReady):
                self.engine.finish_service(self.live, token, {}, self.env)

    @rule()
    def restart(self) -> None:
        self.live = self.kept.rebuilt()

    @precondition(lambda self: len(self.done) > 8 and not self.live.ended)
    @rule()
    def cancel(self) -> None:
        self._try(lambda: self.engine.cancel(self.live, self.env))

    @invariant()
    def there_is_a_way_forward(self) -> None:
        if hasattr(self, "live"):
            assert self.live.ended or self.kept.open or self.engine.stopped(self.live)


def shipped(slug: str) -> tuple[Definition, dict[str, list[Mapping[str, Any]]]]:
    """Return a shipped process and what its routes answer, by node and by topic."""
    source = read_source(ROOT / "bpmn", ROOT / "forms", slug)
    routes = tomllib.loads((ROOT / "bpmn" / slug / "routes.toml").read_text("utf-8"))
    said: dict[str, list[Mapping[str, Any]]] = {}
    for walk in routes["walk"]:
        for one in walk["steps"]:
            if "node" in one:
                said.setdefault(one["node"], []).append(one["answers"])
    for plan in (routes, *routes["walk"]):
        for topic, result in plan.get("service", {}).items():
            said.setdefault(topic, []).extend(result if isinstance(result, list) else [result])
    return compile_definition(source.diagram, source.tables), said


@pytest.mark.parametrize("slug", find_slugs(ROOT / "bpmn"))
def test_a_shipped_process_stays_whole(slug: str) -> None:
    """No order of events breaks a case of it, loses a row or leaves it without a way forward."""
    definition, said = shipped(slug)

    class Shipped(Machine):
        @initialize()
        def start(self) -> None:
            self.begin(definition, said)

    run_state_machine_as_test(Shipped, settings=SETTINGS)


def test_a_random_process_stays_whole() -> None:
    """Nor of any random process: sent back, jumped in, taken back and mended at every point."""

    class Random(Machine):
        @initialize(seed=st.integers(0, 100_000))
        def start(self, seed: int) -> None:
            drawing = Drawing(grow(seed))
            called = {slug: compile_definition(xml, drawing.tables) for slug, xml in drawing.called.items()}
            self.begin(compile_definition(drawing.xml, drawing.tables, called), {})

    run_state_machine_as_test(Random, settings=SETTINGS)
