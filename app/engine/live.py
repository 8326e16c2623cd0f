"""A case in memory, and how it becomes rows and is built from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from app.engine.definition import Definition
from app.engine.port import TaskRow
from app.engine.state import dump, load, refuse_newer, untag
from app.engine.token import Token
from app.engine.workflow import CaseWorkflow


class Live:
    """One case in memory. It belongs to whoever took it out of the engine's cache, until it is put back."""

    def __init__(self, definition: Definition, workflow: CaseWorkflow) -> None:
        self.definition = definition
        self.workflow = workflow
        self.busy = False

    @property
    def case_data(self) -> Mapping[str, Any]:
        """The case's own document, read in expressions as `case.name`."""
        return MappingProxyType(self.workflow.case_data)

    @property
    def data(self) -> Mapping[str, Any]:
        """The data of all tokens together; of an ended case, the data it ended with."""
        return self.workflow.gathered()

    @property
    def ended(self) -> bool:
        """Whether the case has no token left."""
        return bool(self.workflow.completed)

    @property
    def size(self) -> int:
        """How many tasks the case holds in memory."""
        return sum(len(one.tasks) for one in self.workflow.everywhere())


def restore(definition: Definition, rows: Sequence[TaskRow], header: Mapping[str, Any]) -> Live:
    """Build a live case from its stored rows and header; raise NewerState if a newer release stored it."""
    refuse_newer(header)
    workflow = CaseWorkflow(definition.specs, definition.process_id, int(header["seed"], 16))
    workflow.seq = header["seq"]
    workflow.case_data = untag(header["case"])
    workflow.rounds = dict(header["rounds"])
    workflow.completed = header["ended"]
    tokens: dict[str, Token] = {}
    for row in sorted(rows, key=lambda one: one.seq):
        tokens[row.id] = _restore_row(workflow, row, tokens)
    return Live(definition, workflow)


def _restore_row(workflow: CaseWorkflow, row: TaskRow, tokens: Mapping[str, Token]) -> Token:
    holder: Any = workflow
    if row.scope is not None:
        owner = tokens[row.scope]
        holder = workflow.subprocesses.get(owner.id) or workflow.start_sub(owner)
    parent = holder.tasks[UUID(row.parent)] if row.parent else None
    token = Token(holder, holder.spec.task_specs[row.spec], parent, row.state, UUID(row.id), row.seq)
    token.last_state_change = row.changed
    token.internal_data, token.data = load(row.internal), load(row.data)
    token.noted = "noted" in token.internal_data
    if parent is None:
        holder.task_tree = token
    if row.state == TaskState.WAITING and token.task_spec.looks_again:
        workflow.joining[token.id] = token
    return token


def changed_rows(workflow: CaseWorkflow) -> tuple[TaskRow, ...]:
    """Return the rows of the tasks that this step changed; those that went are not among them."""
    gone = {token.id for token in workflow.gone}
    rows = []
    for token in sorted(workflow.touched.values(), key=lambda one: one.seq):
        if token.id not in gone:
            rows.append(_row(token))
            token.stored = True
    return tuple(rows)


def _row(token: Token) -> TaskRow:
    scope = token.workflow.parent_task_id
    return TaskRow(
        id=str(token.id),
        seq=token.seq,
        parent=str(token.parent.id) if token.parent is not None else None,
        scope=str(scope) if scope is not None else None,
        spec=token.task_spec.name,
        state=token.state,
        changed=token.last_state_change,
        internal=dump(token.internal_data),
        data=dump(token.data),
    )
