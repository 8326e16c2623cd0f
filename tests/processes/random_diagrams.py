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
from datetime import timedelta
from typing import Any

from app.engine import Advance, Engine, Environment, Live, OpenNode, TaskRow, compile_definition, restore
from tests.processes.diagrams import BEGIN, tree_of
from tests.processes.random_blocks import Block, grow, shrink, told
from tests.processes.random_drawing import Drawing, Duty
from tests.processes.random_oracle import Oracle

STARTER: Mapping[str, Any] = {"id": 7, "name": "发起人", "unit": 3}
PATIENCE = 1500
PEOPLE = frozenset({"user", "manual"})


class Differs(AssertionError):
    """A case went another way than its twin or than the oracle says."""


def agree(what: str, found: Any, wanted: Any) -> None:
    """Raise Differs unless both are the same."""
    if found != wanted:
        raise Differs(f"{what}: {found} instead of {wanted}")


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
        self.gone: set[str] = set()
        self.rows: dict[str, TaskRow] = {}
        self.steps = self.faults = 0

    @property
    def env(self) -> Environment:
        """What the case sees of the world."""
        return Environment(self.now, STARTER, {}, lambda start, _limit: start + timedelta(days=2))

    def run(self) -> None:
        """Run to the end; raise Differs where something is wrong."""
        self.live, step = self.engine.start(self.definition, {}, {}, self.env)
        self._take(step)
        self.twin = restore(self.definition, list(self.rows.values()), self._header(self.live))
        self._look()
        while not self.live.ended:
            if self.steps > PATIENCE:
                raise Differs(f"no end after {PATIENCE} steps")
            self._step()
        self._judge()

    def waiting(self, node: str) -> list[OpenNode]:
        """Return the tokens that wait at a node."""
        return [one for one in self.open if one.node == node]

    def _header(self, live: Live) -> dict[str, Any]:
        return json.loads(json.dumps(self.engine.header(live)))

    def _step(self) -> None:
        self.live = restore(self.definition, list(self.rows.values()), self._header(self.live))
        agree("restored", tree_of(self.live), tree_of(self.twin))
        choices: list[OpenNode | str] = [one for one in self.open if self.duties[one.node].may(self, one)]
        choices += sorted(self.engine.stopped(self.live))
        if not choices:
            raise Differs(f"nothing can be done: {[one.node for one in self.open]}")
        chosen = self.random.choice(choices)
        act, values = self._plan(chosen)
        step = act(self.live, *values, self.env)
        agree("the twin says", step, act(self.twin, *values, self.env))
        self._take(step)
        self._look()

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
            answers[duty.log] = [*one.data.get(duty.log, []), duty.name]
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
        """Keep what a step says."""
        self.steps += 1
        for token in step.removed:
            del self.rows[token]
        self.rows |= {row.id: row for row in step.changed}
        self.done.update(one.node for one in step.completed if one.kind in PEOPLE)
        self.faults += len(step.incidents)
        self.signals.update(step.signals)
        over = {one.token for one in step.completed} | set(step.withdrawn)
        if again := over & self.gone:
            raise Differs(f"finished twice: {again}")
        self.gone |= over
        self.last = step

    def _look(self) -> None:
        """Look at the case between two steps."""
        self.open = self.engine.open_nodes(self.live)
        agree("what waits in the twin", self.engine.open_nodes(self.twin), self.open)
        if any(one.token in self.gone for one in self.open):
            raise Differs("a token that is over waits again")
        if self.engine.stalled(self.live):
            raise Differs("it stands still")
        agree("the next time", self.last.next_due, min((one.due for one in self.open if one.due), default=None))
        agree("who lives", bool(self.live.workflow.all_live()), not self.live.ended)
        self._weigh()

    def _weigh(self) -> None:
        """See that what is kept is bounded by the tokens: itself, where it came from, where branches parted."""
        workflow = self.live.workflow
        tokens = len(workflow.all_live())
        runs = sum(one.finished for one in (o for p in workflow.everywhere() for o in p.tasks.values()) if one.task_spec.whole)
        most = 3 * tokens + 2 * runs + 2 * len(list(workflow.everywhere()))
        if self.live.size > most:
            raise Differs(f"{self.live.size} tasks for {tokens} tokens")

    def _judge(self) -> None:
        """Compare the end with the oracle."""
        wanted = Oracle(self.block)
        agree("steps of people", dict(self.done), dict(wanted.done))
        agree("incidents", self.faults, wanted.faults)
        agree("signals", self.signals, wanted.signals)
        agree("data", unordered(dict(self.live.data)), unordered(wanted.data))


def unordered(value: Any) -> Any:
    """Return a value whose lists are put into one order."""
    if isinstance(value, dict):
        return {key: unordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted((unordered(item) for item in value), key=repr)
    return value


def failure(block: Block, seed: int) -> str | None:
    """Run a process and return what went wrong."""
    try:
        Race(block, seed).run()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        problems = "; ".join(f"{one.element} {one.rule}: {one.message % dict(one.values)}" for one in getattr(error, "problems", ()))
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
