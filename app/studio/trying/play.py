"""One play of a process: every step is a plain JSON value, so that it can be kept, undone and done again.

A step says what was done (`act`): `start`, `answer`, `back`, `serve`, `fail`,
`message` or `time`. After it was done it also
says what came of it: `passed` (node, kind, result), `stopped` (node, reason), `changes` of `case.*`, `then` (what
waits now) and the instant `at` of the play's own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.deadlines.queries import STANDARD
from app.deadlines.rules import Calendar, add_working, parse_limit
from app.engine import Advance, Engine, Environment, Live, OpenNode, TaskRow, TokenNotReady, restore
from app.engine.state import to_json, untag
from app.errors import Conflict, Invalid
from app.formkit.values import living
from app.i18n import N_
from app.studio.trying.machine import Machine
from app.work.operations.act import DueDates
from app.work.rules import names_of

ENGINE = Engine()
MOST_TICKS = 200
MOST_STEPS = 300
WORK = ("person", "service")
NOTHING_DUE = N_("没有到时会走的环节，不用拨钟。")
TOO_LONG = N_("走得太长了，最多 300 步。请重新走一遍。")
Step = dict[str, Any]


@dataclass
class Play:
    """A process under way; `do` takes it one step further. `starter` has `id`, `name` and `unit`."""

    machine: Machine
    starter: Mapping[str, Any]
    now: datetime
    calendar: Calendar = STANDARD
    rows: dict[str, TaskRow] = field(default_factory=dict)
    _live: Live | None = None

    @property
    def live(self) -> Live:
        """The case in memory; there is none before the step `start`."""
        if self._live is None:
            raise TokenNotReady
        return self._live

    @property
    def ended(self) -> bool:
        """Whether nothing is left to be done."""
        return self.live.ended

    @property
    def open(self) -> tuple[OpenNode, ...]:
        """Everything that waits, in order of creation."""
        return ENGINE.open_nodes(self.live)

    @property
    def next_due(self) -> datetime | None:
        """The instant at which the next timer fires."""
        return min((one.due for one in self.open if one.due), default=None)

    def waiting(self) -> list[str]:
        """Return the nodes at which the play stands, sorted: people, services, and events drawn on the way."""
        nodes = self.machine.definition.nodes
        beside = {one.id for one in nodes.values() if one.attached_to}
        return sorted(one.node for one in self.open if one.wait in WORK or one.node not in beside)

    def token(self, step: Mapping[str, Any]) -> OpenNode:
        """Return the waiting token a step is about: the n-th open one at its node. Raise TokenNotReady."""
        there = [one for one in self.open if one.node == step["node"]]
        which = int(step.get("which", 0))
        if which >= len(there):
            raise TokenNotReady
        return there[which]

    def which(self, token: str) -> dict[str, Any]:
        """Return how a step names an open token: its node and the how-maniest it is there."""
        node = next((one.node for one in self.open if one.token == token), None)
        if node is None:
            raise TokenNotReady
        there = [one.token for one in self.open if one.node == node]
        return {"node": node, "which": there.index(token)}

    def do(self, step: Mapping[str, Any]) -> Step:
        """Carry out a step; return it with what came of it."""
        acts: Mapping[str, Callable[[Mapping[str, Any]], list[Advance]]] = {
            "start": self._start,
            "answer": self._answer,
            "back": self._back,
            "serve": self._serve,
            "fail": self._fail,
            "message": self._message,
            "time": self._time,
        }
        done = acts[step["act"]](step)
        return {**step, "at": self.now.isoformat(), **_came_of(done), "then": self.waiting()}

    def _start(self, step: Mapping[str, Any]) -> list[Advance]:
        data, at = untag(dict(step.get("data") or {})), step.get("node")
        self._live, done = ENGINE.start(self.machine.definition, data, {}, self._env(), at)
        return [self._keep(done)]

    def _answer(self, step: Mapping[str, Any]) -> list[Advance]:
        one, answers = self.token(step), living(dict(step["answers"]))
        return [self._keep(ENGINE.complete(self.live, one.token, answers, self._env()))]

    def _back(self, step: Mapping[str, Any]) -> list[Advance]:
        one = self.token(step)
        return [self._keep(ENGINE.send_back(self.live, one.token, step["to"], self._env()))]

    def ways_back(self, opened: OpenNode) -> list[str]:
        """Return the steps to which this one may send back now, as its property `back.to` names them."""
        text = self.machine.definition.nodes[opened.node].properties.get("back.to", "")
        named = [part.strip() for part in text.split(",") if part.strip()]
        return [one for one in ENGINE.ways_back(self.live, opened.token, named) if one != opened.node]

    def stopped(self) -> list[str]:
        """Return the nodes that stand still as incidents."""
        return sorted(ENGINE.node_of(self.live, token) for token in ENGINE.stopped(self.live))

    def _serve(self, step: Mapping[str, Any]) -> list[Advance]:
        one, result = self.token(step), untag(dict(step["result"]))
        return [self._keep(ENGINE.finish_service(self.live, one.token, result, self._env()))]

    def _fail(self, step: Mapping[str, Any]) -> list[Advance]:
        one, code = self.token(step), step.get("code") or None
        return [self._keep(ENGINE.fail_service(self.live, one.token, step["reason"], self._env(), code=code))]

    def _message(self, step: Mapping[str, Any]) -> list[Advance]:
        send = ENGINE.signal if step.get("signal") else ENGINE.message
        return [self._keep(send(self.live, step["name"], untag(dict(step["values"])), self._env()))]

    def _time(self, step: Mapping[str, Any]) -> list[Advance]:
        """Let the clock stand at every instant that is due on the way, as time passes in the world."""
        to = self.next_due if step["to"] == "due" else self.now + timedelta(seconds=int(step["to"]))
        if to is None:
            raise Invalid(NOTHING_DUE)
        to = max(to, self.now)
        done: list[Advance] = []
        while len(done) < MOST_TICKS and self.next_due is not None and self.next_due <= to:
            self.now = max(self.now, self.next_due)
            done.append(self._keep(ENGINE.tick(self.live, self._env())))
        self.now = to
        return done

    def _keep(self, step: Advance) -> Advance:
        for token in step.removed:
            self.rows.pop(token, None)
        self.rows |= {row.id: row for row in step.changed}
        return step

    def _env(self) -> Environment:
        return Environment(self.now, self.starter, self._dues(), self._add_working)

    def _dues(self) -> DueDates:
        properties = self.machine.definition.properties.items()
        texts = {name.removeprefix("due."): text for name, text in properties if name.startswith("due.")}
        return DueDates(texts, self._names, lambda text: self._add_working(self.now, text))

    def _names(self) -> dict[str, Any]:
        return names_of({}, self._live.case_data if self._live else {})

    def _add_working(self, start: datetime, text: str) -> datetime:
        return add_working(self.calendar, start, parse_limit(text))

    def stored(self) -> dict[str, Any]:
        """Return the engine's rows and header as JSON."""
        rows = [list(astuple(row)) for row in self.rows.values()]
        return {"rows": rows, "header": ENGINE.header(self.live), "starter": dict(self.starter)}

    @classmethod
    def resume(cls, machine: Machine, state: Mapping[str, Any], now: datetime, calendar: Calendar) -> Play:
        """Build a play again from what `stored` returned."""
        rows = {row[0]: TaskRow(*row) for row in state["rows"]}
        live = restore(machine.definition, list(rows.values()), state["header"])
        return cls(machine, state["starter"], now, calendar, rows, live)


def refuse_endless(steps: Sequence[Step]) -> None:
    """Raise Conflict when a play has gone on for too long."""
    if len(steps) >= MOST_STEPS:
        raise Conflict(TOO_LONG)


def _came_of(done: Sequence[Advance]) -> dict[str, Any]:
    return {
        "passed": [[one.node, one.kind, one.result] for step in done for one in step.completed],
        "stopped": [[one.node, one.reason] for step in done for one in step.incidents],
        "changes": {name: to_json(new) for step in done for name, (_old, new) in step.case_changes.items()},
    }
