"""Events: what a token waits for, what it throws, and who hears it."""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    EventBasedGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    ReceiveTask,
    SendTask,
    StartEvent,
)
from SpiffWorkflow.util.task import TaskState

from app.engine.beside import news
from app.engine.parts import Thrown, Timer, next_turn
from app.engine.port import Wait
from app.engine.specs.base import Fault, Step, guard_of, withdraw_siblings
from app.engine.token import Token
from app.i18n import N_


class Start(Step, StartEvent):
    """A start event; whatever it waits for, the product starts the case."""


class EventChoice(Step, EventBasedGateway):
    """An event-based gateway: the events after it wait together, the first one withdraws the others."""


class Waiting(Step):
    """What all catching events share: `message` is the name of the message, or of the signal."""

    timer: Timer | None = None
    message: str | None = None
    signal = False
    cancel_activity = True

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        self.arm(token)
        token._set_state(TaskState.WAITING)
        return False

    def arm(self, token: Token) -> None:
        """Set the timer, if there is one."""
        if self.timer is not None:
            token.internal_data["timer"] = self.timer.arm(token.evaluate, token.case.env.now)
            token.touch()

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Let the event happen: the token goes on with the payload, a repeating event waits anew."""
        if not self.cancel_activity and (again := self._again(token, payload)):
            self._wait_anew(token, again)
        token.take(payload)
        token.internal_data["fired"] = True
        token._ready()

    def _again(self, token: Token, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the internal data of the event's next wait; None when it happens once."""
        del payload
        timer = token.internal_data.get("timer")
        if self.timer is None:
            return {"again": True}
        if not timer or "cycle" not in timer:
            return None
        rest, missed = next_turn(timer, token.case.env.now)
        if missed > 1:
            token.written["count"] = missed
        return {"timer": rest} if rest else None

    def _wait_anew(self, token: Token, internal: Mapping[str, Any]) -> None:
        fresh = token.parent._add_child(self)
        fresh.data = dict(token.data)
        fresh.internal_data = {name: value for name, value in internal.items() if name == "timer"}
        fresh.open()
        fresh._set_state(TaskState.WAITING)

    def _run_hook(self, token: Token) -> bool | None:
        if isinstance(token.parent.task_spec, EventChoice):
            withdraw_siblings(token)
        return super()._run_hook(token)


class Catch(Waiting, IntermediateCatchEvent):
    """An intermediate event that waits for its time, its message or its signal."""

    wait: Wait | None = "message"


class Receive(Waiting, ReceiveTask):
    """A task that waits for a message."""

    wait: Wait | None = "message"


class Boundary(Waiting, BoundaryEvent):
    """An event on the border of a node: an interrupting one withdraws the node, another starts a branch beside it.

    `caught` is the error or escalation it catches from inside; a name of None catches every one.
    """

    wait: Wait | None = "message"
    caught: Thrown | None = None
    names_code: str | None = None

    def catches(self, thrown: Thrown) -> bool:
        """Return whether this event is meant."""
        known = self.caught
        return known is not None and known.kind == thrown.kind and known.name in {None, thrown.name}

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Let the event happen; its branch sees what was done inside its node until now."""
        for one in token.parent.children:
            if not isinstance(one.task_spec, Boundary) and not one.finished and guard_of(one) is not None:
                token.data = dict(one.task_spec.so_far(one))
                self._note_heard(token)
        super().fire(token, payload)

    def _note_heard(self, token: Token) -> None:
        """Keep what a branch beside the node knows from it; where both meet again it is not the branch's own."""
        heard = news(token.data, token.parent.data)
        if heard and not self.cancel_activity:
            token.internal_data["heard"] = heard

    def _run_hook(self, token: Token) -> bool | None:
        if self.cancel_activity:
            withdraw_siblings(token)
        return super()._run_hook(token)

    def _on_complete_hook(self, token: Token) -> None:
        """Leave the node alone; `_run_hook` has withdrawn it where it must."""


class Throwing(Step):
    """What throwing events share: the message, signal, error or escalation that goes out when a token passes."""

    throws: Thrown | None = None

    def _run_hook(self, token: Token) -> bool | None:
        if self.throws is not None:
            token.result = self.throws.name
            self._throw(token, self.throws)
        return super()._run_hook(token)

    def _throw(self, token: Token, thrown: Thrown) -> None:
        if thrown.kind in {"message", "signal"}:
            signal = thrown.kind == "signal"
            deliver(token.case, thrown.name or "", self.inputs_of(token), signal=signal)
            if signal:
                token.case.signals.append(thrown.name or "")
            return
        caught = fire_boundary(token.workflow.owner, thrown)
        if caught is None and thrown.kind == "error":
            raise Fault(N_("错误“%(code)s”没有边界事件接住。"), code=thrown.name)
        if caught is not None and caught.task_spec.cancel_activity:
            token.internal_data["leaves"] = True

    def _on_complete_hook(self, token: Token) -> None:
        super()._on_complete_hook(token)
        if "leaves" in token.internal_data:
            # the boundary event has taken the way out; nothing in here may end by itself any more
            token.workflow.cancel_all()


class Throw(Throwing, IntermediateThrowEvent):
    """An intermediate event that passes at once and may throw something, or goes on at the link of its name."""


class Send(Throwing, SendTask):
    """A task that sends a message."""


class End(Throwing, EndEvent):
    """An end event; a terminating one ends its process or sub-process at once."""

    terminates = False

    def _on_complete_hook(self, token: Token) -> None:
        if self.terminates:
            data = token.workflow.gathered(token)
            token.workflow.cancel_all()
            token.workflow.finish(data)
        else:
            super()._on_complete_hook(token)


def fire_boundary(inside: Token | None, thrown: Thrown) -> Token | None:
    """Let the nearest boundary event that catches `thrown` happen, from the token `inside` outwards; return it."""
    while inside is not None:
        whole = inside.parent if inside.task_spec.whole is not None else inside
        found = _catching(whole, thrown)
        if found is not None:
            name = found.task_spec.names_code
            found.task_spec.fire(found, {name: thrown.name} if name else {})
            return found
        inside = whole.workflow.owner
    return None


def _catching(token: Token, thrown: Thrown) -> Token | None:
    """Return the event on the border of the token's node that catches this, one that names it before one for all."""
    guard = guard_of(token)
    if guard is None:
        return None
    waiting = [one for one in guard.children if one._state == TaskState.WAITING]
    found = [one for one in waiting if one.task_spec.catches(thrown)]
    return min(found, key=lambda one: one.task_spec.caught.name is None, default=None)


def awaiting(
    case: Any, name: str, *, signal: bool = False, where: Mapping[str, Any] | None = None
) -> Iterator[Token]:
    """Yield the tokens of the case that wait for a message or signal and whose data agree with `where`."""
    for token in case.all_live():
        spec = token.task_spec
        waits = token._state == TaskState.WAITING and getattr(spec, "message", None) == name
        if waits and spec.signal is signal and _agrees(token, where or {}):
            yield token


def _agrees(token: Token, where: Mapping[str, Any]) -> bool:
    seen = {**token.seen(), **{f"case.{name}": value for name, value in token.case.case_data.items()}}
    return all(name in seen and seen[name] == value for name, value in where.items())


def deliver(
    case: Any,
    name: str,
    payload: Mapping[str, Any],
    *,
    signal: bool = False,
    where: Mapping[str, Any] | None = None,
) -> int:
    """Hand a message or signal to every event of the case that waits for it and return how many there were."""
    waiting = list(awaiting(case, name, signal=signal, where=where))
    for token in waiting:
        token.task_spec.fire(token, payload)
    return len(waiting)
