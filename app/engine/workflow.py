"""The running process: SpiffWorkflow's workflow and task, made flat, lazy and free of the clock.

The stock engine walks its whole tree at every step, stops at depth 1000, predicts tasks far ahead and marks them
with the wall clock. Here a task exists only once a token reaches it, automatic steps wait in a queue, finished
stretches are folded away, and time is what the environment says; so a step costs the same in every round.
"""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn
from uuid import UUID

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine.flat import Flat
from app.engine.outside import functions_of
from app.engine.port import CompletedNode, Environment, Incident
from app.engine.token import Token
from app.errors import UserError
from app.expressions import Budget, Expression, ExpressionRefused
from app.i18n import N_

MAX_AUTOMATIC = 2000
SEED_SHIFT = 48


class NoPython(PythonScriptEngine):
    """Stands where the stock engine would run Python, and refuses."""

    def evaluate(self, *_given: Any, **_named: Any) -> NoReturn:
        """Refuse."""
        raise ExpressionRefused

    def execute(self, *_given: Any, **_named: Any) -> NoReturn:
        """Refuse."""
        raise ExpressionRefused


class SubWorkflow(Flat, BpmnSubWorkflow):
    """One run of a sub-process or a called process; the task it belongs to waits for it."""

    def __init__(self, spec: Any, owner: Token) -> None:
        self.owner = owner
        super().__init__(spec, owner.id, owner.case, deserializing=True)

    def _calculate_depth(self) -> int:
        """Nothing here asks how deep it lies, and to find out would mean to search all others."""
        return 0

    def finish(self, data: Mapping[str, Any]) -> None:
        """End the run and let its task go on with the data it ended with."""
        token: Token = self.owner
        token.case.drop_sub(token)
        token.task_spec.left(token, data)
        token._set_state(TaskState.READY)


class CaseWorkflow(Flat, BpmnWorkflow):
    """One whole case: its tokens, its `case.*` document and what changed during the present step."""

    owner = None

    def __init__(self, specs: Mapping[str, Any], process_id: str, seed: int) -> None:
        self.seed = seed
        self.seq = 0
        self.stamp = 0.0
        self.env: Environment
        self.case_data: dict[str, Any] = {}
        self.case_before: dict[str, Any] = {}
        self.rounds: dict[str, int] = {}
        self.queue: deque[Token] = deque()
        self.joining: dict[UUID, Token] = {}
        self.signals: list[str] = []
        self.touched: dict[UUID, Token] = {}
        self.gone: list[Token] = []
        self.completed_nodes: list[CompletedNode] = []
        self.incidents: list[Incident] = []
        self._functions: Mapping[str, Callable[..., Any]] = {}
        super().__init__(specs[process_id], dict(specs), NoPython(), deserializing=True)

    def begin(self, env: Environment) -> None:
        """Begin a step in this environment."""
        self.env = env
        self.stamp = env.now.timestamp()
        self._functions = functions_of(env)
        self.touched, self.gone, self.completed_nodes, self.incidents, self.signals = {}, [], [], [], []
        self.case_before = dict(self.case_data)

    def next_seq(self) -> int:
        """Return the next number in the order of creation."""
        self.seq += 1
        return self.seq

    def token_id(self, seq: int) -> UUID:
        """Return the id of a task: the case's own random number, then the order of creation."""
        return UUID(int=self.seed << SEED_SHIFT | seq)

    def evaluate(
        self,
        expression: Expression,
        data: Mapping[str, Any],
        extra: Mapping[str, Any],
        turn: int,
        budget: Budget | None = None,
    ) -> Any:
        """Return the value of an expression over a token's data and what belongs to the case."""
        own = {"case": self.case_data, "starter": self.env.starter, "round": turn}
        return expression.evaluate({**data, **extra, **own}, self._functions, budget)

    def write(self, name: str, value: Any) -> None:
        """Set `case.<name>`."""
        self.case_data[name] = value

    def report(self, token: Token, reason: str) -> None:
        """Keep an incident for the end of the step."""
        self.incidents.append(Incident(str(token.id), token.task_spec.place, reason))

    def everywhere(self) -> Iterator[Flat]:
        """Yield the case and its running sub-processes."""
        yield self
        yield from self.subprocesses.values()

    def all_live(self) -> list[Token]:
        """Return all tasks that hold a token, sub-processes included, in order of creation."""
        return sorted((token for one in self.everywhere() for token in one.live()), key=lambda t: t.seq)

    def tasks_by_id(self, id_: UUID) -> Token:
        """Return a task of the case or of a sub-process; raise KeyError when there is none."""
        return next(one.tasks[id_] for one in self.everywhere() if id_ in one.tasks)

    def start_sub(self, token: Token) -> SubWorkflow:
        """Create the run of a sub-process or called process for its task."""
        sub = SubWorkflow(self.subprocess_specs[token.task_spec.spec], token)
        self.subprocesses[token.id] = sub
        return sub

    def drop_sub(self, token: Token) -> None:
        """Forget the run of a sub-process with all inside it."""
        sub = self.subprocesses.pop(token.id, None)
        if sub is not None:
            sub.cancel_all()
            self.gone += sub.tasks.values()

    def settle(self) -> None:
        """Run everything that needs nobody, until the case rests."""
        steps = 0
        while self.queue or self._join_waiting():
            token = self.queue.popleft()
            if token._state != TaskState.READY or token.id not in token.workflow.tasks:
                continue
            steps += 1
            if steps > MAX_AUTOMATIC:
                token.fault(UserError(N_("自动步骤转了 %(count)s 圈还没有停下来。"), count=MAX_AUTOMATIC))
                continue
            token.run()

    def fold_all(self) -> None:
        """Drop what is finished everywhere."""
        for one in self.everywhere():
            self.gone += one.fold()

    def finish(self, data: Mapping[str, Any]) -> None:
        """End the case."""
        self.task_tree.data = self.data = dict(data)
        self.task_tree.touch()
        self.completed = True

    def stop(self) -> None:
        """Withdraw every token and end the case."""
        data = self.gathered()
        self.cancel_all()
        self.success = False
        self.finish(data)

    def _join_waiting(self) -> bool:
        """Let joins that wait look again; return whether one of them can go on."""
        for token in sorted(self.joining.values(), key=lambda one: one.seq):
            if token._state != TaskState.WAITING or token.id not in token.workflow.tasks:
                del self.joining[token.id]
                continue
            token.task_spec._update(token)
            if self.queue:
                return True
        return False
