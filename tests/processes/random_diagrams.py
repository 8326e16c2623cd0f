"""Runs random processes: `python -m tests.processes.random_diagrams FIRST COUNT` prints the seeds that fail.

A case is stored and built anew before every step; its twin is never interrupted. What is done next is drawn by lot
from everything that waits. Both must say the same at every step and come to what the oracle says.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.engine import Advance, Engine, Environment, Live, OpenNode, compile_definition
from tests.processes.diagrams import BEGIN, tree_of
from tests.processes.keeping import Differs, Kept, agree
from tests.processes.random_blocks import Block, grow, shrink, told
from tests.processes.random_drawing import Drawing, Duty
from tests.processes.random_oracle import Oracle

STARTER: Mapping[str, Any] = {"id": 7, "name": "发起人", "unit": 3}
PATIENCE = 1500
PEOPLE = frozenset({"user", "manual"})


def read(step: Advance) -> tuple[Advance, list[Any]]:
    """Return what a step says, its rows with values instead of texts: in which order names stand does not matter."""
    rows = [replace(row, internal="", data="") for row in step.changed]
    return replace(step, changed=tuple(rows)), [(json.loads(r.internal), json.loads(r.data)) for r in step.changed]


class Race:
    """One case of a random process and its twin."""

    def __init__(self, block: Block, seed: int) -> None:
        self.block = block
        self.random = random.Random(seed)  # noqa: S311
        drawing = Drawing(block)
        self.duties = drawing.duties
        called: dict[str, Any] = {}
        for slug, xml in drawing.called.items():
            called[slug] = compile_definition(xml, drawing.tables)
        self.definition = compile_definition(drawing.xml, drawing.tables, called)
        self.engine = Engine()
        self.now = BEGIN
        self.done: Counter[str] = Counter()
        self.fired: Counter[str] = Counter()
        self.in_round: Counter[tuple[str, int]] = Counter()
        self.failed: Counter[str] = Counter()
        self.signals: Counter[str] = Counter()
        self.kept = Kept(self.engine, self.definition)
        self.steps = self.faults = 0

    @property
    def env(self) -> Environment:
        """What the case sees of the world."""
        return Environment(self.now, STARTER, {}, lambda start, _limit: start + timedelta(days=2))

    def run(self) -> None:
        """Run to the end; raise Differs where something is wrong."""
        self.live, step = self.engine.start(self.definition, {}, {}, self.env)
        self._take(step)
        self.twin = self.kept.rebuilt()
        while not self.live.ended:
            if self.steps > PATIENCE:
                raise Differs(f"no end after {PATIENCE} steps")
            self._step()
        self._judge()

    def waiting(self, node: str) -> list[OpenNode]:
        """Return the tokens that wait at a node."""
        return [one for one in self.kept.open if one.node == node]

    def _step(self) -> None:
        self.live = self.kept.rebuilt()
        choices: list[OpenNode | str] = [one for one in self.kept.open if self.duties[one.node].may(self, one)]
        choices += sorted(self.engine.stopped(self.live))
        if not choices:
            raise Differs(f"nothing can be done: {[one.node for one in self.kept.open]}")
        act, values = self._plan(self.random.choice(choices))
        step = act(self.live, *values, self.env)
        agree("the twin says", read(step), read(act(self.twin, *values, self.env)))
        self._take(step)
        agree("the twin", tree_of(self.twin), tree_of(self.live))

    def _plan(self, chosen: OpenNode | str) -> tuple[Any, tuple[Any, ...]]:
        """Return what to call and with what."""
        if isinstance(chosen, str):
            return self._mending(chosen)
        duty = self.duties[chosen.node]
        if chosen.wait == "person":
            return self.engine.complete, (chosen.token, self._answers(duty, chosen))
        if chosen.wait == "service":
            return self._serving(duty, chosen)
        if chosen.due is not None:
            self.now = max(self.now, chosen.due)
            return self.engine.tick, ()
        self.fired[chosen.node] += 1
        send = self.engine.signal if chosen.signal else self.engine.message
        return send, (chosen.event, duty.answers(1, 1))

    def _answers(self, duty: Duty, one: OpenNode) -> dict[str, Any]:
        self.in_round[one.node, one.round] += 1
        answers = dict(duty.answers(one.round, self.in_round[one.node, one.round]))
        if duty.log is not None:
            answers[duty.log] = [*one.data.get(duty.log, []), f"{duty.name}.{self.steps}"]
        return answers

    def _serving(self, duty: Duty, one: OpenNode) -> tuple[Any, tuple[Any, ...]]:
        if self.failed[one.token] < duty.faults(one.round):
            self.failed[one.token] += 1
            return self.engine.fail_service, (one.token, "没有应答")
        code = duty.code(one.round)
        if code is not None:
            return self._failing, (one.token, code)
        return self.engine.finish_service, (one.token, duty.answers(one.round, 1))

    def _failing(self, live: Live, token: str, code: str, env: Environment) -> Advance:
        return self.engine.fail_service(live, token, "出错", env, code)

    def _mending(self, token: str) -> tuple[Any, tuple[Any, ...]]:
        duty = self.duties[self.engine.node_of(self.live, token)]
        if duty.mend:
            act = self.engine.repair if duty.mend == "repair" else self.engine.skip
            return act, (token, duty.answers(1, 1))
        return self.engine.retry, (token,)

    def _take(self, step: Advance) -> None:
        self.steps += 1
        self.kept.take(self.live, step)
        self.done.update(one.node for one in step.completed if one.kind in PEOPLE)
        self.faults += len(step.incidents)
        self.signals.update(step.signals)

    def _judge(self) -> None:
        """Compare the end with the oracle."""
        wanted = Oracle(self.block)
        agree("steps of people", +self.done, +wanted.done)
        agree("incidents", self.faults, wanted.faults)
        agree("signals", self.signals, wanted.signals)
        agree("data", unordered(dict(self.live.data)), unordered(wanted.data))


def unordered(value: Any) -> Any:
    """Return a value whose lists are put into one order, and whose entries do not say when they were made."""
    if isinstance(value, dict):
        return {key: unordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted((unordered(item) for item in value), key=repr)
    return value.partition(".")[0] if isinstance(value, str) else value


def failure(block: Block, seed: int) -> str | None:
    """Run a process and return what went wrong."""
    try:
        Race(block, seed).run()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        problems = "; ".join(f"{one.element} {one.rule}" for one in getattr(error, "problems", ()))
        return f"{type(error).__name__}: {error} {problems}".strip()
    return None


def main() -> int:
    """Run a range of seeds; print those that fail, each with its smallest process."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    bad = 0
    for seed in range(first, first + count):
        block = grow(seed)
        found = failure(block, seed)
        if found is not None:
            bad += 1
            kind = found.split(":")[:2]
            small = shrink(block, lambda one: (failure(one, seed) or "").split(":")[:2] == kind)  # noqa: B023
            print(f"seed {seed}: {failure(small, seed)}\n  {told(small)}", flush=True)
    print(f"{count} processes, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
