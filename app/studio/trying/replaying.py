"""Walk a recorded way again, on the same process or on another version of it, and say where it comes out elsewhere.

Two plays are the same when after every step the same nodes wait, and both end at the same end. What people answered
is handed in as it was; an action that a step no longer offers is told as such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from app.deadlines.queries import STANDARD
from app.deadlines.rules import Calendar
from app.errors import UserError
from app.i18n import N_, Listed
from app.studio.trying.machine import Machine
from app.studio.trying.play import Play, Step
from app.work.rules import actions_of

NOTHING = N_("没有环节")
NOT_OPEN = N_("第 %(number)s 步要走“%(step)s”，但这时等着的是%(open)s。")
NO_ACTION = N_("第 %(number)s 步“%(step)s”已经没有“%(action)s”这个办法。")
REFUSED = N_("第 %(number)s 步“%(step)s”走不成：%(why)s")
ELSEWHERE = N_("第 %(number)s 步“%(step)s”以后，原来到%(before)s，现在到%(open)s。")
STOPPED = N_("第 %(number)s 步以后停在“%(step)s”：%(why)s")
OTHER_END = N_("全部走完以后，原来在“%(before)s”结束，现在在“%(end)s”结束。")
NO_END = N_("原来走到这里已经结束，现在还有%(open)s没有走。")
STILL_ENDS = N_("原来走到这里还有%(before)s没有走，现在已经结束。")


class Recorded(Protocol):
    """A recorded walk; a row of `app.processes.models.Walk` is one."""

    @property
    def steps(self) -> Sequence[Any]:
        """What was done and what then waited."""

    @property
    def outcome(self) -> Mapping[str, Any]:
        """How it ended."""


@dataclass(frozen=True)
class Result:
    """Whether a walk still goes as recorded; if not, after which step (from 1) and what is different."""

    ok: bool
    at_step: int = 0
    message: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Return what is different in Chinese; pages translate `message` with `values`."""
        return self.message % self.values if self.values else self.message


def play_all(
    machine: Machine,
    starter: Mapping[str, Any],
    begun: datetime,
    steps: Sequence[Step],
    calendar: Calendar = STANDARD,
) -> tuple[Play, list[Step]]:
    """Do `steps` one after the other, from the start, as far as they can be done; return the play and its steps."""
    play = Play(machine, starter, begun, calendar)
    done: list[Step] = []
    for step in steps:
        try:
            done.append(play.do(step))
        except UserError:
            if not done:
                raise
            break
    return play, done


def outcome_of(play: Play, steps: Sequence[Step]) -> dict[str, Any]:
    """Return how a play stands now, to be kept with its walk: whether it ended, where, and the names of its nodes."""
    named = {node for step in steps for node in (*step["then"], step.get("node")) if node}
    end = _end(play.machine, steps) if play.ended else None
    names = {node: play.machine.name_of(node) for node in {*named, *([end] if end else [])}}
    return {"ended": play.ended, "end": end, "names": names, "starter": dict(play.starter), "begun": steps[0]["at"]}


def replay(machine: Machine, walk: Recorded, calendar: Calendar = STANDARD) -> Result:
    """Walk a recorded way again on `machine`; stop at the first step that goes otherwise."""
    begun = datetime.fromisoformat(walk.outcome["begun"])
    again = _Again(Play(machine, walk.outcome["starter"], begun, calendar), walk.outcome["names"])
    done: list[Step] = []
    for number, step in enumerate(walk.steps, 1):
        different = again.take(number, step, done)
        if different is not None:
            return different
    return again.compare_end(walk.outcome, done)


class _Again:
    """One replay: the play on the other version, and the names of the recorded one."""

    def __init__(self, play: Play, names: Mapping[str, str]) -> None:
        self.play, self.names = play, names

    def take(self, number: int, step: Step, done: list[Step]) -> Result | None:
        """Do one step; return what is different, None when nothing is."""
        refused = self._refused(number, step) if number > 1 else None
        if refused is not None:
            return refused
        try:
            done.append(self.play.do(step))
        except UserError as error:
            return self._said(number, step, REFUSED, why=str(error))
        if done[-1]["stopped"]:
            node, why = done[-1]["stopped"][0]
            return self._said(number, {"node": node}, STOPPED, why=why)
        if done[-1]["then"] != step["then"]:
            return self._said(number, step, self._changed(step), before=self._list(step["then"]), open=self._open())
        return None

    def compare_end(self, outcome: Mapping[str, Any], done: Sequence[Step]) -> Result:
        """Compare how both ended; what waits was compared with the last step."""
        end = _end(self.play.machine, done) if self.play.ended else None
        if end == outcome["end"]:
            return Result(ok=True)
        values = {"before": self._name(outcome["end"] or ""), "end": self._name(end or "")}
        return Result(ok=False, at_step=len(done), message=OTHER_END, values=values)

    def _changed(self, step: Step) -> str:
        if not step["then"]:
            return NO_END
        return STILL_ENDS if self.play.ended else ELSEWHERE

    def _refused(self, number: int, step: Step) -> Result | None:
        """Say what keeps a step from being done at all."""
        node = step.get("node")
        if node is None:
            return None
        if node not in {one.node for one in self.play.open}:
            return self._said(number, step, NOT_OPEN, open=self._open())
        code = (step.get("answers") or {}).get("decision")
        known = {one.code for one in actions_of(self.play.machine.definition.nodes[node].properties)}
        if step["act"] == "answer" and code is not None and code not in known:
            return self._said(number, step, NO_ACTION, action=step.get("choice") or code)
        return None

    def _said(self, number: int, step: Mapping[str, Any], message: str, **values: Any) -> Result:
        name = self._name(step["node"]) if step.get("node") else str(step.get("title") or "")
        known = {"number": number, "step": name, **values}
        return Result(ok=False, at_step=number, message=message, values=known)

    def _open(self) -> Listed:
        return self._list(self.play.waiting())

    def _list(self, nodes: Sequence[str]) -> Listed:
        return Listed([f"“{self._name(node)}”" for node in nodes] or [NOTHING])

    def _name(self, node: str) -> str:
        own = self.play.machine.name_of(node)
        return own if own != node else self.names.get(node, node)


def _end(machine: Machine, steps: Sequence[Step]) -> str | None:
    """Return the last end event of the process itself that was passed."""
    nodes = machine.definition.nodes
    passed = [node for step in steps for node, kind, _result in step["passed"] if kind == "end"]
    own = [node for node in passed if node in nodes and nodes[node].scope == machine.definition.process_id]
    return own[-1] if own else None
