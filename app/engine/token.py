"""One task of the running process, made lazy and free of the clock, and how tokens that meet become one."""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.engine.merge import merge_branches, without_heard
from app.engine.outside import LOOP_NAMES
from app.engine.port import CompletedNode
from app.engine.state import clean
from app.errors import UserError
from app.expressions import Budget, Expression, ExpressionRefused
from app.i18n import N_

if TYPE_CHECKING:
    from app.engine.workflow import CaseWorkflow

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Token(Task):
    """One task of the engine. It knows its place in the order of creation and tells its case what changed.

    `result`, `written` and `conflicts` are what this step's record of the node will say.
    """

    _state: int
    _children: list[UUID]
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
            workflow.loose = True
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
        if "round" not in self.internal_data:
            self.internal_data |= {"round": self._next_round(), "opened": self.case.env.now.isoformat()}
            self.touch()

    def _next_round(self) -> int:
        whole = self.task_spec.whole
        if whole is not None and not whole.counts_rounds:
            # all runs together are one round
            return int(self.parent.round)
        rounds, place = self.case.rounds, self.task_spec.place
        rounds[place] = rounds.get(place, 0) + 1
        return rounds[place]

    @property
    def around(self) -> Mapping[str, Any]:
        """What the token sees besides its own data: a run of a repetition sees the data of the whole."""
        inner = self.task_spec.whole is not None
        found: Mapping[str, Any] = self.parent.seen() if inner else self.workflow.around
        return found

    def seen(self) -> Mapping[str, Any]:
        """Return the data as expressions of this token read them."""
        around = self.around
        return {**around, **self.data} if around else self.data

    def evaluate(
        self, expression: Expression, extra: Mapping[str, Any] = _NOTHING, budget: Budget | None = None
    ) -> Any:
        """Return the value of an expression over what this token sees; several may share one budget of work."""
        wanted = LOOP_NAMES & expression.names
        if wanted:
            extra = {**self._loop(wanted), **extra}
        return self.case.evaluate(expression, self.seen(), extra, self.round, budget)

    def _loop(self, wanted: frozenset[str]) -> Mapping[str, Any]:
        """Return what is asked of the nearest repetition around the token."""
        at: Token | None = self
        while at is not None and at.task_spec.whole is None:
            owner: Token | None = at.workflow.owner
            at = owner if owner is not None and owner.task_spec.shares else None
        if at is None:
            return _NOTHING
        found: Mapping[str, Any] = at.task_spec.whole.names(at.parent, at.internal_data["index"], wanted)
        return found

    def holds(self, expression: Expression, extra: Mapping[str, Any] = _NOTHING) -> bool:
        """Return whether a condition is satisfied for this token."""
        value = self.evaluate(expression, extra)
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

    def drop_children(self, dropped: Sequence[Token] | None = None) -> None:
        """Forget finished children, all or these, with everything inside them."""
        going = {one.id: one for one in (self.children if dropped is None else dropped)}
        for id_, one in going.items():
            del self.workflow.tasks[id_]
            self.case.gone.append(one)
        self._children = [id_ for id_ in self._children if id_ not in going]

    def _add_child(self, task_spec: Any, state: int = TaskState.FUTURE) -> Token:
        return Token(self.workflow, task_spec, self, state)

    def _inherit_data(self) -> None:
        # values are never changed in place, so sharing them is safe; what was repaired here stays on a second try
        if self.task_spec.whole is None:
            self.data = {**self.parent.data, **self.data}

    def _set_state(self, value: int) -> None:
        if value == self._state:
            return
        self._state = value
        self.last_state_change = self.case.stamp
        self.touch()
        if value & TaskState.FINISHED_MASK and self.task_spec.whole is None:
            self.workflow.loose = True
        if value == TaskState.READY and not self.task_spec.manual:
            self.case.queue.append(self)
        elif value == TaskState.WAITING and self.task_spec.looks_again:
            self.case.joining[self.id] = self

    def _record(self) -> CompletedNode:
        opened = self.internal_data.get("opened")
        return CompletedNode(
            token=str(self.id),
            node=self.task_spec.place,
            kind=self.task_spec.kind,
            round=self.round,
            started=datetime.fromisoformat(opened) if opened else None,
            result=self.result,
            data=dict(self.written),
            conflicts=self.conflicts,
        )


Arrival = tuple[Token, Mapping[str, Any]]


def meet(arrivals: Sequence[Arrival]) -> tuple[dict[str, Any], tuple[str, ...], Token]:
    """Return the data of tokens that go on as one, the names on which they disagree, and where all had parted.

    Branches are merged where they parted, the innermost first, each against the data they had in common there.
    """
    if len(arrivals) == 1:
        return dict(arrivals[0][1]), (), arrivals[0][0].parent
    conflicts: list[str] = []
    partings: dict[UUID, list[tuple[int, Mapping[str, Any]]]] = {}
    # a parent is always older than its children: the youngest parting is met first
    waiting: list[tuple[int, UUID]] = []
    found: dict[UUID, Token] = {}

    def arrive(child: Token, last: int, data: Mapping[str, Any]) -> None:
        at = child.parent
        if heard := child.internal_data.get("heard"):
            data = without_heard(data, heard, at.data)
        if at.id not in partings:
            partings[at.id] = []
            found[at.id] = at
            heapq.heappush(waiting, (-at.seq, at.id))
        partings[at.id].append((last, data))

    for token, data in arrivals:
        arrive(token, token.seq, data)
    while True:
        at = found[heapq.heappop(waiting)[1]]
        branches = sorted(partings.pop(at.id), key=lambda one: one[0])
        last, merged = branches[-1]
        if len(branches) > 1:
            merged, disagreed = merge_branches(at.data, [data for _last, data in branches])
            conflicts += disagreed
        if not waiting:
            return dict(merged), tuple(dict.fromkeys(conflicts)), at
        arrive(at, last, merged)
