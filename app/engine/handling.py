"""The part of the engine for what people do beside completing: go back, jump, take back, mend, skip, move time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from app.engine import mending, moves
from app.engine.port import Advance, Environment, MoveRefused, TokenNotReady
from app.engine.specs import Repeated
from app.engine.state import clean
from app.engine.token import Token
from app.i18n import N_


class Handling:
    """What `Engine` offers people who change the course of a case."""

    _step: Callable[..., Advance]

    def send_back(self, live: Any, token: str, node: str, env: Environment) -> Advance:
        """Send an open human node back to one that was reached before; raise MoveRefused with what is in the way.

        What lies on the way back is withdrawn with its timers and messages; other branches stand. Where the node
        lies inside branches that have met already, only its own branch is done again.
        """
        task = _open(live, token)
        if task.task_spec.wait != "person":
            raise TokenNotReady
        move = moves.decide(task, node, live.definition.nodes, passed=True)
        return self._step(live, env, move.make)

    def ways_back(self, live: Any, token: str, nodes: Sequence[str]) -> tuple[str, ...]:
        """Return those of `nodes` to which an open human node can be sent back."""
        task = _open(live, token)
        return tuple(one for one in nodes if moves.possible(task, one, live.definition.nodes))

    def node_of(self, live: Any, token: str) -> str:
        """Return the node at which a token waits or stands still; raise TokenNotReady if it does neither."""
        return str(_open(live, token).task_spec.place)

    def jump(self, live: Any, token: str, node: str, env: Environment) -> Advance:
        """Move an open token, or one that stands still as an incident, to any node, forwards too."""
        move = moves.decide(_open(live, token), node, live.definition.nodes, passed=False)
        return self._step(live, env, move.make)

    def outcome(self, live: Any, token: str) -> tuple[str, ...]:
        """Return the live tokens that came out of a completed human node directly, waiting arrivals included.

        Empty when any of them has moved on by itself, so that nothing can be taken back.
        """
        return tuple(str(one.id) for one in live.workflow.all_live() if one.internal_data.get("from") == token)

    def withdraw(
        self,
        live: Any,
        tokens: Sequence[str],
        node: str,
        env: Environment,
        data: Mapping[str, Any] | None = None,
    ) -> Advance:
        """Take back a completed node while nobody touched what came out of it: `tokens`, as `outcome` names them.

        The node is open again with what was answered, or with `data` over what it began with. Raise MoveRefused
        when more than these tokens would have to go.
        """
        tasks = [_find(live, one) for one in tokens]
        first = next((one for one in tasks if one is not None), None)
        if first is None or None in tasks:
            raise TokenNotReady
        move = moves.decide(first, node, live.definition.nodes, passed=True)
        if isinstance(move.path[-1], Repeated):
            raise MoveRefused(N_("“%(node)s”是几个人一起办的，不能单独撤回。"), node=live.definition.nodes[node].name)
        if any(str(one.id) not in tokens for one in move.gone):
            raise MoveRefused(N_("后面的步骤已经往下走了，撤不回来。"))
        return self._step(live, env, partial(move.make, clean(data) if data is not None else None))

    def retry(self, live: Any, token: str, env: Environment) -> Advance:
        """Try a step that stopped as an incident once more; raise TokenNotReady if it is no incident."""
        return self._step(live, env, partial(mending.again, _stopped(live, token)))

    def repair(self, live: Any, token: str, data: Mapping[str, Any], env: Environment) -> Advance:
        """Change values of a step that stands still (`case.name` is the case's own), then try it again."""
        task = _stopped(live, token)
        return self._step(live, env, partial(mending.mend, task, mending.named_values(data)))

    def skip(self, live: Any, token: str, values: Mapping[str, Any], env: Environment) -> Advance:
        """Go on behind an incident or an open service as if it were done with `values`; raise SkipRefused."""
        task = _open(live, token)
        if "incident" not in task.internal_data and task.task_spec.wait != "service":
            raise TokenNotReady
        mending.refuse_gateway(task)
        return self._step(live, env, partial(mending.skip, task, mending.named_values(values)))

    def set_due(self, live: Any, token: str, due: datetime, env: Environment) -> Advance:
        """Let a waiting timer be due at another instant; raise TokenNotReady if it does not wait."""
        task = _open(live, token)
        if task.state != TaskState.WAITING or not task.internal_data.get("timer"):
            raise TokenNotReady
        return self._step(live, env, partial(mending.set_due, task, due))

    def postpone(self, live: Any, span: timedelta, env: Environment) -> Advance:
        """Let all waiting timers that count time be due later by `span`, because the case stood still so long."""
        return self._step(live, env, partial(mending.postpone, live.workflow.all_live(), span))


def _find(live: Any, token: str) -> Token | None:
    with suppress(ValueError, StopIteration):
        found: Token = live.workflow.tasks_by_id(UUID(token))
        return None if found.finished else found
    return None


def _open(live: Any, token: str) -> Token:
    """Return a token that waits for something outside or stands still; raise TokenNotReady."""
    task = _find(live, token)
    if task is None or (task.task_spec.wait is None and "incident" not in task.internal_data):
        raise TokenNotReady
    return task


def _stopped(live: Any, token: str) -> Token:
    task = _find(live, token)
    if task is None or "incident" not in task.internal_data:
        raise TokenNotReady
    return task
