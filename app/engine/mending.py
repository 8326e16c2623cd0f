"""What people do to one token that stands still or waits: mend its data, skip it, move its time."""
# ruff: noqa: SLF001 - the engine's own protocol with its tokens

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine.parts import check_target
from app.engine.port import SkipRefused
from app.engine.specs import Boundary, Choice, Inclusive, Repeated, Split
from app.engine.state import ValueRefused, clean
from app.engine.token import Token
from app.expressions import ExpressionRefused
from app.i18n import N_


def named_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values that may be written, names of the case (`case.name`) among them; raise ValueRefused."""
    for name in values:
        try:
            check_target(name)
        except ExpressionRefused as error:
            raise ValueRefused(N_("“%(name)s”不能作名称。"), name=name) from error
    return {name: clean(value) for name, value in values.items()}


def again(token: Token) -> None:
    """Try a step that stopped as an incident once more."""
    del token.internal_data["incident"]
    if token.noted:
        token._set_state(TaskState.READY)
        token.run()
    else:
        token._set_state(TaskState.FUTURE)  # reached once more
        token.task_spec._update(token)


def mend(token: Token, values: Mapping[str, Any]) -> None:
    """Change values of the token or of the case, then try its step again."""
    for name, value in values.items():
        token.write(name, value)
    token.written = {}
    again(token)


def refuse_gateway(token: Token) -> None:
    """Raise SkipRefused when the token stands where a way must be chosen."""
    if isinstance(token.task_spec, Choice | Split | Inclusive):
        raise SkipRefused(node=token.task_spec.place)


def skip(token: Token, values: Mapping[str, Any]) -> None:
    """Go on as if the step were done with these values; a boundary event is left out instead."""
    token.internal_data.pop("incident", None)
    if isinstance(token.task_spec, Boundary):
        token.cancel()
        return
    for name, value in values.items():
        token.write(name, value)
    token.task_spec.withdraw_inside(token)
    if isinstance(token.task_spec, Repeated):
        token.drop_children()
    token.complete()


def set_due(token: Token, due: datetime) -> None:
    """Move the instant of a waiting timer; the later turns of a cycle stay where they are."""
    token.internal_data["timer"] = {**token.internal_data["timer"], "due": due.isoformat()}
    token.touch()


def postpone(tokens: Iterable[Token], span: timedelta) -> None:
    """Let waiting timers that count time run later by `span`; those set to a date of the calendar stay."""
    for token in tokens:
        timer = getattr(token.task_spec, "timer", None)
        fixed = timer is None or (timer.kind == "date" and not timer.reads_due)
        if fixed or token._state != TaskState.WAITING:
            continue
        state = token.internal_data.get("timer") or {}
        moved = {name: _later(state[name], span) for name in ("due", "first") if state.get(name)}
        token.internal_data["timer"] = {**state, **moved}
        token.touch()


def _later(text: str, span: timedelta) -> str:
    return (datetime.fromisoformat(text) + span).isoformat()
