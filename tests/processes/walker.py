"""Walks a case of any process to its end: answers people, services, messages and timers until nothing is left.

Every step is stored as rows and header, thrown away and built anew. Among several actions the one chosen least
often comes first, so that every branch is tried and loops are left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.engine import Advance, Definition, Engine, Environment, Live, OpenNode, TaskRow, restore
from app.work.rules import actions_of

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STARTER: Mapping[str, Any] = {"id": 7, "name": "发起人", "unit": 3}
PATIENCE = 400
_WORK = frozenset({"person", "service"})
Answer = Callable[[OpenNode, "Walk"], Mapping[str, Any]]


@dataclass
class Walk:
    """How one case went: the nodes passed, the incidents, and whether it ended."""

    definition: Definition
    engine: Engine = field(default_factory=Engine)
    now: datetime = BEGIN
    steps: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    chosen: Counter[tuple[str, str]] = field(default_factory=Counter)
    incidents: list[str] = field(default_factory=list)
    ended: bool = False
    stuck: str = ""
    rows: dict[str, TaskRow] = field(default_factory=dict)
    header: str = ""

    @property
    def env(self) -> Environment:
        """What the case sees of the world."""
        return Environment(self.now, STARTER, {}, lambda start, _limit: start + timedelta(days=2))

    def go(self, answer: Answer | None = None, patience: int = PATIENCE) -> Walk:
        """Walk until the case ends, nothing can be done any more, or patience is over."""
        live, step = self.engine.start(self.definition, {}, {}, self.env)
        live = self._keep(live, step)
        while not live.ended and not self.stuck and self.steps < patience:
            live = self._step(live, answer or generated)
        self.ended = live.ended
        if not live.ended and not self.stuck:
            self.stuck = f"no end after {patience} steps"
        return self

    def _step(self, live: Live, answer: Answer) -> Live:
        """Act where the case was least often; work comes before messages and the passing of time."""
        open_ = self.engine.open_nodes(live)
        found = [one for one in open_ if one.wait in _WORK or one.due is not None or one.event]
        if not found:
            self.stuck = self._why(live, open_)
            return live
        one = min(found, key=lambda node: (self.passed[node.node], node.wait not in _WORK, node.due or self.now))
        return self._keep(live, self._act(live, one, answer))

    def _act(self, live: Live, one: OpenNode, answer: Answer) -> Advance:
        if one.wait in _WORK:
            act = self.engine.complete if one.wait == "person" else self.engine.finish_service
            return act(live, one.token, answer(one, self), self.env)
        if one.due is None:
            send = self.engine.signal if one.signal else self.engine.message
            return send(live, str(one.event), {}, self.env)
        self.now = max(self.now, one.due)
        return self.engine.tick(live, self.env)

    def _why(self, live: Live, open_: tuple[OpenNode, ...]) -> str:
        if self.incidents:
            return f"incident: {self.incidents[-1]}"
        waiting = ", ".join(sorted(one.node for one in open_))
        return f"waits for ever at {waiting}" if waiting else f"stands still: {live.size} tokens"

    def _keep(self, live: Live, step: Advance) -> Live:
        self.steps += 1
        self.passed.update(one.node for one in step.completed)
        self.incidents += [one.reason for one in step.incidents]
        for token in step.removed:
            del self.rows[token]
        self.rows |= {row.id: row for row in step.changed}
        self.header = json.dumps(self.engine.header(live))
        rows = sorted(self.rows.values(), key=lambda row: row.id)
        return restore(self.definition, rows, json.loads(self.header))


def generated(one: OpenNode, walk: Walk) -> dict[str, Any]:
    """Answer a node: the action chosen least often so far; services return nothing."""
    node = walk.definition.nodes.get(one.node)
    if one.wait != "person" or node is None or "actions" not in node.properties:
        return {}
    codes = [action.code for action in actions_of(node.properties)]
    code = min(codes, key=lambda each: walk.chosen[one.node, each])
    walk.chosen[one.node, code] += 1
    return {"decision": code}
