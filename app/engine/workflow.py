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
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NoReturn
from uuid import UUID

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.engine.merge import merge_branches
from app.engine.outside import functions_of
from app.engine.port import CompletedNode, Environment, Incident
from app.engine.state import clean
from app.errors import UserError
from app.expressions import Expression, ExpressionRefused
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


class Token(Task):
    """One task of the engine. It knows its place in the order of creation and tells its case what changed.

    `result`, `written` and `conflicts` are what this step's record of the node will say.
    """

    _state: int
    data: dict[str, Any]
    internal_data: dict[str, Any]

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Token | None = None,
        state: int = TaskState.FUTURE,
        id: UUID | None = None,  # noqa: A002 - the name in the base class
        seq: int = 0,
    ) -> None:
        self.case: CaseWorkflow = workflow.top_workflow
        self.seq = seq or self.case.next_seq()
        super().__init__(workflow, task_spec, parent, state, id or self.case.token_id(self.seq))
        self.last_state_change = self.case.stamp
        self.stored = bool(seq)
        self.noted = False
        self.result: str | None = None
        self.written: dict[str, Any] = {}
        self.conflicts: tuple[str, ...] = ()
        if not seq:
            self.touch()

    @property
    def finished(self) -> bool:
        """Whether the token has left this task."""
        return bool(self._state & TaskState.FINISHED_MASK)

    @property
    def round(self) -> int:
        """How many times the node had been opened in this case when this token opened it."""
        return int(self.internal_data.get("round", 1))

    def touch(self) -> None:
        """Mark the task as changed in this step."""
        self.case.touched[self.id] = self

    def open(self) -> None:
        """Note when the node was reached and which round it is; once for each token."""
        name = self.task_spec.name
        if "round" not in self.internal_data:
            self.case.rounds[name] = self.case.rounds.get(name, 0) + 1
            self.internal_data |= {"round": self.case.rounds[name], "opened": self.case.env.now.isoformat()}
            self.touch()

    def evaluate(self, expression: Expression, extra: Mapping[str, Any] = MappingProxyType({})) -> Any:
        """Return the value of an expression over what this token sees."""
        return self.case.evaluate(expression, self.data, extra, self.round)

    def holds(self, expression: Expression) -> bool:
        """Return whether a condition is satisfied for this token."""
        value = self.evaluate(expression)
        if value is None or isinstance(value, bool):
            return value is True
        raise ExpressionRefused(N_("条件“%(text)s”得到的不是“是”或“否”。"), text=expression.text)

    def write(self, target: str, value: Any) -> None:
        """Set a name of the token's data, or `case.name` of the whole case."""
        value = clean(value)
        self.written[target] = value
        if target.startswith("case."):
            self.case.write(target.removeprefix("case."), value)
        else:
            self.data[target] = value

    def take(self, values: Mapping[str, Any]) -> None:
        """Add values from outside to the token's own data; they cannot write to the case."""
        self.data |= values
        self.written |= values

    def fault(self, error: UserError) -> None:
        """Stop here as an incident, visibly, without losing what was done before."""
        self.internal_data["incident"] = str(error)
        if self.noted:
            self.internal_data["noted"] = True
        self.case.report(self, str(error))
        self._set_state(TaskState.STARTED)
        self.touch()

    def note(self) -> None:
        """Record that the node was passed, once."""
        if not self.noted and self.task_spec.node is not None:
            self.case.completed_nodes.append(self._record())
        self.noted = True

    def run(self) -> bool | None:
        """Execute the task; a failure stops it as an incident."""
        try:
            done: bool | None = self.task_spec._run(self)
        except UserError as error:
            self.fault(error)
            return False
        if done:
            self.complete()
        else:
            self._set_state(TaskState.STARTED)
        return done

    def complete(self) -> None:
        """Finish the task and move on to what follows."""
        if not self._children:
            self.task_spec._predict_hook(self)
        self._set_state(TaskState.COMPLETED)
        self.note()
        self.task_spec._on_complete(self)

    def cancel(self) -> None:
        """Withdraw the task; what other tokens made of it stays."""
        if not self.finished:
            self._set_state(TaskState.CANCELLED)
            self.task_spec._on_cancel(self)

    def _add_child(self, task_spec: Any, state: int = TaskState.FUTURE) -> Token:
        return Token(self.workflow, task_spec, self, state)

    def _inherit_data(self) -> None:
        # values are never changed in place, so sharing them is safe
        self.data = {**self.data, **self.parent.data}

    def _set_state(self, value: int) -> None:
        if value == self._state:
            return
        self._state = value
        self.last_state_change = self.case.stamp
        self.touch()
        if value == TaskState.READY and not self.task_spec.manual:
            self.case.queue.append(self)

    def _record(self) -> CompletedNode:
        opened = self.internal_data.get("opened")
        return CompletedNode(
            token=str(self.id),
            node=self.task_spec.name,
            kind=self.task_spec.node.kind,
            round=self.round,
            started=datetime.fromisoformat(opened) if opened else None,
            result=self.result,
            data=dict(self.written),
            conflicts=self.conflicts,
        )


class _Flat:
    """What the whole case and its sub-processes have in common."""

    tasks: dict[UUID, Token]
    task_tree: Token
    spec: Any
    completed: bool

    def plant(self, data: Mapping[str, Any]) -> None:
        """Create the first task and set it going."""
        self.task_tree = Token(self, self.spec.start)
        self.task_tree.data = dict(data)
        self.task_tree._set_state(TaskState.READY)

    def live(self) -> list[Token]:
        """Return the tasks that hold a token, in order of creation."""
        return sorted((t for t in self.tasks.values() if not t.finished), key=lambda t: t.seq)

    def gathered(self, *more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of all tokens together, as if they met now, with `more` after them."""
        inside = self.task_tree.case.subprocesses
        branches = [inside[one.id].gathered() if one.id in inside else one.data for one in self.live()]
        return merge_branches(self.task_tree.data, [*branches, *more])[0]

    def cancel_all(self) -> None:
        """Withdraw every token."""
        for token in self.live():
            token.cancel()

    def fold(self) -> list[Token]:
        """Drop finished tasks that nothing depends on any more and return them.

        Kept are the root, every task with a token, the task each came from, and where their branches parted.
        """
        live = self.live()
        if self.completed:
            live = [self.task_tree]
        keep = self._needed(live)
        gone = [self.tasks.pop(id_) for id_ in list(self.tasks) if id_ not in keep]
        for token, parent in keep.values():
            token._children = []
            if parent is not None and token._parent != parent.id:
                token.parent = parent
                token.touch()
        for token, parent in sorted(keep.values(), key=lambda pair: pair[0].seq):
            if parent is not None:
                parent._children.append(token.id)
        return gone

    def _needed(self, live: list[Token]) -> dict[UUID, tuple[Token, Token | None]]:
        """Return the tasks to keep, each with its nearest ancestor that is kept."""
        paths = [list(_upwards(token)) for token in live]
        below: dict[UUID, set[UUID]] = {}
        for path in paths:
            for child, parent in pairwise(path):
                below.setdefault(parent.id, set()).add(child.id)
        wanted = {self.task_tree.id, *(one.id for path in paths for one in path[:2])}
        wanted |= {id_ for id_, children in below.items() if len(children) > 1}
        keep: dict[UUID, tuple[Token, Token | None]] = {self.task_tree.id: (self.task_tree, None)}
        for path in paths:
            chosen = [one for one in path if one.id in wanted]
            keep |= {one.id: (one, above) for one, above in zip(chosen, [*chosen[1:], None], strict=True)}
        return keep


def _upwards(token: Token) -> Iterator[Token]:
    at: Token | None = token
    while at is not None:
        yield at
        at = at.parent


class SubWorkflow(_Flat, BpmnSubWorkflow):
    """One run of an embedded sub-process; the task it belongs to waits for it."""

    def finish(self, data: Mapping[str, Any]) -> None:
        """End the run and let its task go on with the data it ended with."""
        token = self.top_workflow.tasks_by_id(self.parent_task_id)
        self.top_workflow.drop_sub(token)
        token.data = dict(data)
        token._set_state(TaskState.READY)


class CaseWorkflow(_Flat, BpmnWorkflow):
    """One whole case: its tokens, its `case.*` document and what changed during the present step."""

    def __init__(self, specs: Mapping[str, Any], process_id: str, seed: int) -> None:
        self.seed = seed
        self.seq = 0
        self.stamp = 0.0
        self.env: Environment
        self.case_data: dict[str, Any] = {}
        self.case_before: dict[str, Any] = {}
        self.rounds: dict[str, int] = {}
        self.queue: deque[Token] = deque()
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
        self.touched, self.gone, self.completed_nodes, self.incidents = {}, [], [], []
        self.case_before = dict(self.case_data)

    def next_seq(self) -> int:
        """Return the next number in the order of creation."""
        self.seq += 1
        return self.seq

    def token_id(self, seq: int) -> UUID:
        """Return the id of a task: the case's own random number, then the order of creation."""
        return UUID(int=self.seed << SEED_SHIFT | seq)

    def evaluate(self, expression: Expression, data: Mapping[str, Any], extra: Mapping[str, Any], turn: int) -> Any:
        """Return the value of an expression over a token's data and what belongs to the case."""
        own = {"case": self.case_data, "starter": self.env.starter, "round": turn}
        return expression.evaluate({**data, **extra, **own}, self._functions)

    def write(self, name: str, value: Any) -> None:
        """Set `case.<name>`."""
        self.case_data[name] = value

    def report(self, token: Token, reason: str) -> None:
        """Keep an incident for the end of the step."""
        self.incidents.append(Incident(str(token.id), token.task_spec.name, reason))

    def everywhere(self) -> Iterator[_Flat]:
        """Yield the case and its running sub-processes."""
        yield self
        yield from self.subprocesses.values()

    def all_live(self) -> list[Token]:
        """Return all tasks that hold a token, sub-processes included, in order of creation."""
        return sorted((token for one in self.everywhere() for token in one.live()), key=lambda t: t.seq)

    def tasks_by_id(self, id_: UUID) -> Token:
        """Return a task of the case or of a sub-process; raise KeyError when there is none."""
        return next(one.tasks[id_] for one in self.everywhere() if id_ in one.tasks)

    def start_sub(self, token: Token, spec_name: str) -> SubWorkflow:
        """Create the run of a sub-process for its task."""
        sub = SubWorkflow(self.subprocess_specs[spec_name], token.id, self, deserializing=True)
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
        for token in self.all_live():
            if token._state == TaskState.WAITING and token.task_spec.looks_again:
                token.task_spec._update(token)
                if self.queue:
                    return True
        return False
