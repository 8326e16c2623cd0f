"""What all nodes share, and the invisible ones: the beginning of a process and the guard before a watched node.

Every node is reached (`_update_hook`), runs (`_run_hook`) and completes (`_on_complete_hook`). Nothing here reads a
clock or keeps state: specifications are shared by all cases and threads.
"""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.util.task import TaskState

from app.engine.definition import Node
from app.engine.parts import Assignment, Branch
from app.engine.port import Wait
from app.engine.token import Token
from app.errors import UserError

_REACHED = TaskState.FINISHED_MASK | TaskState.READY | TaskState.STARTED


class Fault(UserError):
    """An automatic step cannot go on; its token stops as an incident."""


class Step:
    """What all nodes share.

    `takes` and `gives` are the mappings of `camunda:inputOutput`. `whole` is the specification of the whole
    repetition when this one is a single run of it, `run` that of a run when this one is the whole. `origin` is
    the drawn node that an invisible one belongs to.
    """

    name: str
    manual: bool
    node: Node | None = None
    origin: Node | None = None
    whole: Any = None
    run: Any = None
    looks_again = False
    wait: Wait | None = None
    takes: tuple[Assignment, ...] = ()
    gives: tuple[Assignment, ...] = ()
    _inputs: list[str]
    _outputs: list[str]
    _wf_spec: Any

    @property
    def place(self) -> str:
        """The id of the node that people know."""
        known = self.node or self.origin
        return known.id if known is not None else self.name

    @property
    def kind(self) -> str:
        """What kind of node the record of this step names."""
        return self.node.kind if self.node is not None else ""

    def link(self, target: Step) -> None:
        """Draw a flow to `target`."""
        self._outputs.append(target.name)
        target._inputs.append(self.name)

    def inputs_of(self, token: Token) -> dict[str, Any]:
        """Evaluate the input mapping."""
        return {one.target: one.text.value(token.evaluate) for one in self.takes}

    def give(self, token: Token, names: Mapping[str, Any]) -> None:
        """Evaluate the output mapping over the token's data and `names`, then write it, all or nothing."""
        values = [(one.target, one.text.value(lambda e: token.evaluate(e, names))) for one in self.gives]
        for target, value in values:
            token.write(target, value)

    def so_far(self, token: Token) -> Mapping[str, Any]:
        """Return what the token would go on with if it went on now."""
        return token.data

    def withdraw_inside(self, token: Token) -> None:
        """Withdraw what belongs to the token besides itself."""

    def _update(self, token: Token) -> None:
        if token.has_state(_REACHED):
            return
        try:
            ready = self._update_hook(token)
        except UserError as error:
            token.fault(error)
            return
        if ready:
            token._ready()

    def _update_hook(self, token: Token) -> bool:
        token._inherit_data()
        if self.node is not None:
            token.open()
        return True

    def _on_ready(self, token: Token) -> None:
        """Leave out the stock checks of the specification; the checker made them before."""

    def _run(self, token: Token) -> bool | None:
        return self._run_hook(token)

    def _run_hook(self, token: Token) -> bool | None:
        self.give(token, {})
        return True

    def _predict_hook(self, token: Token) -> None:
        outputs = [self._wf_spec.task_specs[name] for name in self._outputs]
        token._sync_children(outputs, TaskState.FUTURE)

    def _on_complete(self, token: Token) -> None:
        self._on_complete_hook(token)
        if self.whole is not None:
            self.whole.run_finished(token.parent, token)
            return
        for child in token.children:
            child.task_spec._update(child)

    def _on_complete_hook(self, token: Token) -> None:
        leave_guard(token)

    def _on_cancel(self, token: Token) -> None:
        self.withdraw_inside(token)


def guard_of(token: Token) -> Token | None:
    """Return the guard that set this token going; what only hangs below a guard is not watched by it."""
    guard = token.parent
    watched = isinstance(guard.task_spec, Guard) if guard is not None else False
    return guard if watched and token.task_spec.name in guard.task_spec._outputs else None


def leave_guard(token: Token) -> None:
    """Withdraw the boundary events that watched over a finished node."""
    if guard_of(token) is not None:
        withdraw_siblings(token)


def withdraw_siblings(token: Token) -> None:
    """Withdraw whatever waits beside this token under the same task; branches already begun there go on."""
    watched = token.parent.task_spec._outputs
    for other in token.parent.children:
        # what only hangs there, because its own branch was folded away or sent back, is a branch begun too
        begun = "fired" in other.internal_data and not other.task_spec.cancel_activity
        if other is not token and not begun and other.task_spec.name in watched:
            other.cancel()


def follow(token: Token, chosen: list[Branch]) -> None:
    """Let the token go on along these branches only."""
    specs = token.task_spec._wf_spec.task_specs
    token.result = "、".join(one.name or one.flow for one in chosen)
    token._sync_children([specs[one.target] for one in chosen], TaskState.FUTURE)


def reach(specs: Mapping[str, Step], start: str, without: str) -> set[str]:
    """Return the names of the nodes a token at `start` can get to without passing `without`, `start` included."""
    seen: set[str] = set()
    stack = [start]
    while stack:
        name = stack.pop()
        if name not in seen and name != without:
            seen.add(name)
            stack += specs[name]._outputs
    return seen


class Root(Step, BpmnStartTask):
    """The beginning of a process: it chooses one start event, the one named or the usual one."""

    def _predict_hook(self, token: Token) -> None:
        begin = token.internal_data.pop("at", None) or self._wf_spec.entry
        token._sync_children([self._wf_spec.task_specs[begin]], TaskState.FUTURE)


class Guard(Step, BpmnTaskSpec):
    """Stands before a node with boundary events and sets the node and its events going together."""
