"""The running process: SpiffWorkflow's workflow and task, made flat, lazy and free of the clock.

The stock engine walks its whole tree at every step, stops at depth 1000, predicts tasks far ahead and marks them
with the wall clock. Here a task exists only once a token reaches it, automatic steps wait in a queue, finished
stretches are folded away, and time is what the environment says; so a step costs the same in every round.
"""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NoReturn
from uuid import UUID

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine.merge import merge_branches
from app.engine.outside import functions_of
from app.engine.port import CompletedNode, Environment, Incident
from app.engine.token import Token, meet
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


class _Flat:
    """What the whole case and its sub-processes have in common."""

    tasks: dict[UUID, Token]
    task_tree: Token
    spec: Any
    completed: bool

    owner: Token | None

    def plant(self, data: Mapping[str, Any], at: str | None = None) -> None:
        """Create the first task and set it going; `at` names another start event than the usual one."""
        self.task_tree = Token(self, self.spec.start)
        self.task_tree.data = dict(data)
        if at is not None:
            self.task_tree.internal_data["at"] = at
        self.task_tree._set_state(TaskState.READY)

    def live(self) -> list[Token]:
        """Return the tasks that hold a token, in order of creation."""
        return sorted((t for t in self.tasks.values() if not t.finished), key=lambda t: t.seq)

    @property
    def around(self) -> Mapping[str, Any]:
        """What every token in here sees besides its own data."""
        owner = self.owner
        return owner.around if owner is not None and owner.task_spec.shares else {}

    def gathered(self, *more: Token) -> dict[str, Any]:
        """Return the data of all tokens together, as if they met now, with those of `more`."""
        live = [one for one in self.live() if one.task_spec.whole is None and one._state != TaskState.FUTURE]
        ends = [one for one in (*live, *more) if one.parent is not None]
        if not ends:
            return dict(self.task_tree.data)
        return meet([(one, one.task_spec.so_far(one)) for one in ends])[0]

    def cancel_all(self) -> None:
        """Withdraw every token."""
        for token in self.live():
            token.cancel()

    def _gather_ends(self) -> None:
        """Let tokens that wait at the end become one, where nothing else is left of the branches they came by.

        Otherwise a reminder that starts a short branch every day would leave one waiting token for each day.
        """
        while (ends := [one for one in self.live() if one.task_spec is self.spec.end]) and len(ends) > 1:
            below = _children_by_parent(list(_upwards(one)) for one in self.live())
            groups: dict[UUID, list[Token]] = {}
            for one in ends:
                groups.setdefault(_parting(one, below), []).append(one)
            several = [(self.tasks[at], group) for at, group in groups.items() if len(group) > 1]
            if not several:
                return
            for parting, group in several:
                _gather(parting, group)

    def fold(self) -> list[Token]:
        """Drop finished tasks that nothing depends on any more and return them.

        Kept are the root, every task with a token, the task each came from, and where their branches parted.
        """
        self._gather_ends()
        live = [self.task_tree] if self.completed else self.live()
        keep = self._needed([*live, *_finished_runs(live)])
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
        below = _children_by_parent(paths)
        wanted = {self.task_tree.id, *(one.id for path in paths for one in path[:2])}
        wanted |= {id_ for id_, children in below.items() if len(children) > 1}
        keep: dict[UUID, tuple[Token, Token | None]] = {self.task_tree.id: (self.task_tree, None)}
        for path in paths:
            chosen = [one for one in path if one.id in wanted]
            keep |= {one.id: (one, above) for one, above in zip(chosen, [*chosen[1:], None], strict=True)}
        return keep


def _children_by_parent(paths: Iterable[list[Token]]) -> dict[UUID, set[UUID]]:
    below: dict[UUID, set[UUID]] = {}
    for path in paths:
        for child, parent in pairwise(path):
            below.setdefault(parent.id, set()).add(child.id)
    return below


def _parting(token: Token, below: Mapping[UUID, set[UUID]]) -> UUID:
    """Return the nearest task above the token from which another live branch starts too, else the first task."""
    at = token.parent
    while len(below[at.id]) == 1 and at.parent is not None:
        at = at.parent
    return at.id


def _gather(parting: Token, group: list[Token]) -> None:
    *others, last = group
    last.data = merge_branches(parting.data, [one.data for one in group])[0]
    last.parent._children.remove(last.id)
    parting._child_added_notify(last)
    last.parent = parting
    last.touch()
    for one in others:
        one._set_state(TaskState.CANCELLED)


def _finished_runs(live: list[Token]) -> Iterator[Token]:
    """Yield the finished runs of repetitions that go on; what they wrote is still needed."""
    for token in live:
        if token.task_spec.run is not None:
            yield from (one for one in token.children if one.finished)


def _upwards(token: Token) -> Iterator[Token]:
    at: Token | None = token
    while at is not None:
        yield at
        at = at.parent


class SubWorkflow(_Flat, BpmnSubWorkflow):
    """One run of a sub-process or a called process; the task it belongs to waits for it."""

    def __init__(self, spec: Any, owner: Token) -> None:
        self.owner = owner
        super().__init__(spec, owner.id, owner.case, deserializing=True)

    def _calculate_depth(self) -> int:
        """Nothing here asks how deep it lies, and to find out would mean to search all others."""
        return 0

    def finish(self, data: Mapping[str, Any]) -> None:
        """End the run and let its task go on with the data it ended with."""
        token = self.owner
        token.case.drop_sub(token)
        token.task_spec.left(token, data)
        token._set_state(TaskState.READY)


class CaseWorkflow(_Flat, BpmnWorkflow):
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
