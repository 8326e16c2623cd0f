"""The values that cross the border of the engine: frozen, plain, free of SpiffWorkflow.

Whoever calls the engine sees these and nothing behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from app.errors import Conflict, UserError
from app.i18n import N_

Severity = Literal["error", "warning"]
Wait = Literal["person", "service", "timer", "message"]
Rule = Mapping[str, Any]


class TokenNotReady(Conflict):
    """The node was finished or withdrawn before this answer came."""

    default = N_("这一步已经办完或者撤回了，您填写的内容没有提交。")


class NotWaiting(Conflict):
    """Nothing in the case waits for this message."""

    default = N_("这件办件现在不接收“%(message)s”。")


class NotRepeated(Conflict):
    """Only a node that runs once for each of several people can gain or lose one of them."""

    default = N_("这一步不是会签，不能加人或者减人。")


class MoveRefused(Conflict):
    """A token cannot get to that node from where it is."""

    default = N_("从这里到不了“%(node)s”。")


class SkipRefused(Conflict):
    """A gateway cannot be skipped: nobody would know which way to go."""

    default = N_("“%(node)s”要选一条路走，不能跳过。请改好数据再重试，或者直接跳到后面的步骤。")


class NewerState(Conflict):
    """The case was stored by a newer release than this one."""

    default = N_("这件办件由更新的版本保存过，这个版本读不了。请先升级系统。")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a diagram: where it is, what it means, what to do."""

    rule: str
    severity: Severity
    element: str | None
    name: str | None
    line: int | None
    message: str
    values: Mapping[str, Any]
    fix: str


class DiagramRefused(UserError):
    """The diagram cannot run; `problems` says why, all at once."""

    status = 422
    default = N_("流程图有 %(count)s 处问题，还不能运行。")

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(None, count=len(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Environment:
    """What a step needs from outside, handed in so that the engine itself reads no clock and no table.

    `now` is UTC. `starter` describes who began the case (`id`, `name`, `unit` …). `due` maps a limit's name to
    its instant and is read by `${due('name')}`. `add_working` adds a limit such as `2 工作日` to an instant.
    """

    now: datetime
    starter: Mapping[str, Any] = field(default_factory=dict)
    due: Mapping[str, datetime] = field(default_factory=dict)
    add_working: Callable[[datetime, str], datetime] | None = None


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One engine task as it is stored; `internal` and `data` are JSON text whose key order matters."""

    id: str
    seq: int
    parent: str | None
    scope: str | None
    spec: str
    state: int
    changed: float
    internal: str
    data: str


@dataclass(frozen=True, slots=True)
class OpenNode:
    """A token that waits for something outside the engine.

    `event` is the name of the message or signal it waits for, `signal` tells which of the two it is.
    """

    token: str
    node: str
    round: int
    data: Mapping[str, Any]
    rule: Rule | None
    wait: Wait
    topic: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    due: datetime | None = None
    event: str | None = None
    signal: bool = False


@dataclass(frozen=True, slots=True)
class CompletedNode:
    """A node that was passed in this step, human and automatic alike.

    `kind` is that of the node; the end of a whole repetition is reported as `repetition` besides its runs.
    `result` is the name of the flow taken or the outcome of a decision, `data` the values this node wrote,
    `conflicts` the names on which merged branches disagreed (the later branch won).
    """

    token: str
    node: str
    kind: str
    round: int
    started: datetime | None
    result: str | None
    data: Mapping[str, Any]
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """An automatic step that failed; its token stands still until somebody repairs and retries it."""

    token: str
    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class Advance:
    """What one step changed, to be written in the same transaction as its evidence.

    `case_changes` maps the changed name of `case.*` to its old and new value. `signals` are the names of the
    signals thrown; within the case they were delivered already.
    """

    changed: tuple[TaskRow, ...] = ()
    removed: tuple[str, ...] = ()
    completed: tuple[CompletedNode, ...] = ()
    opened: tuple[OpenNode, ...] = ()
    withdrawn: tuple[str, ...] = ()
    next_due: datetime | None = None
    ended: bool = False
    case_changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    signals: tuple[str, ...] = ()
