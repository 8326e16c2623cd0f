"""What each kind of node does when a token reaches it: subclasses of SpiffWorkflow's task specifications.

Every node is reached (`_update_hook`), runs (`_run_hook`) and completes (`_on_complete_hook`). Nothing here reads a
clock or keeps state: specifications are shared by all cases and threads.
"""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    ParallelGateway,
    ReceiveTask,
    ScriptTask,
    SendTask,
    ServiceTask,
    StartEvent,
    SubWorkflowTask,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from app.engine.decisions import Decision
from app.engine.definition import Node
from app.engine.merge import merge_branches
from app.engine.parts import Assignment, Branch, Candidate, Timer, check_target, next_turn
from app.engine.port import Wait
from app.engine.workflow import Token
from app.errors import UserError
from app.i18n import N_

_REACHED = TaskState.FINISHED_MASK | TaskState.READY | TaskState.STARTED


class Fault(UserError):
    """An automatic step cannot go on; its token stops as an incident."""


class Step:
    """What all nodes share. `takes` and `gives` are the mappings of `camunda:inputOutput`."""

    name: str
    manual: bool
    node: Node | None = None
    looks_again = False
    wait: Wait | None = None
    takes: tuple[Assignment, ...] = ()
    gives: tuple[Assignment, ...] = ()
    _inputs: list[str]
    _outputs: list[str]
    _wf_spec: Any

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
        for child in token.children:
            child.task_spec._update(child)

    def _on_complete_hook(self, token: Token) -> None:
        leave_guard(token)

    def _on_cancel(self, token: Token) -> None:
        pass


def leave_guard(token: Token) -> None:
    """Withdraw the boundary events that watched over a finished node."""
    if token.parent is not None and isinstance(token.parent.task_spec, Guard):
        withdraw_siblings(token)


def withdraw_siblings(token: Token) -> None:
    """Withdraw whatever waits beside this token under the same task; branches already begun there go on."""
    for other in token.parent.children:
        begun = "fired" in other.internal_data and not other.task_spec.cancel_activity
        if other is not token and not begun:
            other.cancel()


class Root(Step, BpmnStartTask):
    """The beginning of a process, before its start event."""


class Guard(Step, BpmnTaskSpec):
    """Stands before a node with boundary events and sets the node and its events going together."""


class Start(Step, StartEvent):
    """A start event; whatever it waits for, the product starts the case."""


class End(Step, EndEvent):
    """An end event; a terminating one ends its process or sub-process at once."""

    terminates = False

    def _on_complete_hook(self, token: Token) -> None:
        if self.terminates:
            data = token.workflow.gathered(token.data)
            token.workflow.cancel_all()
            token.workflow.finish(data)


class Person(Step, UserTask):
    """A node that a person completes; who that is becomes a rule value when it is opened."""

    wait: Wait | None = "person"
    candidates: tuple[Candidate, ...] = ()

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        try:
            token.internal_data["rule"] = self._rule(token)
            token.internal_data["inputs"] = self.inputs_of(token)
        except UserError as error:
            # the work must not stop because nobody could be named: it falls to whoever handles such cases
            token.case.report(token, str(error))
        return True

    def _rule(self, token: Token) -> dict[str, Any] | None:
        starter = token.case.env.starter
        rules = [rule for one in self.candidates for rule in one.rules(token.evaluate, starter)]
        return {"rule": "any", "of": rules} if len(rules) > 1 else next(iter(rules), None)


class Script(Step, ScriptTask):
    """Lines of `name = expression`; each sees what the lines before it wrote."""

    lines: tuple[Assignment, ...] = ()

    def _run_hook(self, token: Token) -> bool | None:
        data, case_data = dict(token.data), dict(token.case.case_data)
        try:
            for line in self.lines:
                token.write(line.target, line.text.value(token.evaluate))
        except UserError:
            # a retry begins again from the first line
            token.data, token.written = data, {}
            token.case.case_data = case_data
            raise
        return super()._run_hook(token)


class Service(Step, ServiceTask):
    """A node done outside; it stays started until its result is handed in."""

    wait: Wait | None = "service"

    def _run_hook(self, token: Token) -> bool | None:
        token.internal_data["inputs"] = self.inputs_of(token)
        return None

    def take(self, token: Token, result: Mapping[str, Any]) -> None:
        """Write the result: by the output mapping, or all of it when there is none."""
        if self.gives:
            self.give(token, {**result, "result": dict(result)})
            return
        for name in result:
            check_target(name)
        for name, value in result.items():
            token.write(name, value)


class DecisionTask(Step, BpmnSpecMixin):
    """Asks a decision table."""

    decision: Decision
    variable: str | None = None
    mapping: str | None = None

    def _run_hook(self, token: Token) -> bool | None:
        outcome = self.decision.decide(token.evaluate)
        token.result = outcome.text
        for target, value in outcome.variables(self.variable, self.mapping):
            token.write(target, value)
        return super()._run_hook(token)


class Choice(Step, ExclusiveGateway):
    """An exclusive gateway: the first branch whose condition holds, else the default."""

    branches: tuple[Branch, ...] = ()
    default: Branch | None = None

    def _run_hook(self, token: Token) -> bool | None:
        chosen = next((one for one in self.branches if one.condition and token.holds(one.condition)), self.default)
        if chosen is None:
            raise Fault(N_("没有一条分支的条件成立，也没有默认分支。"))
        _follow(token, [chosen])
        return True


class Join(Step):
    """What gateways with several incoming flows share: arrivals wait and are merged when the gateway passes."""

    def _update_hook(self, token: Token) -> bool:
        token._inherit_data()
        if len(self._inputs) > 1:
            used = self.arrivals_used(token, self.arrivals(token))
            if used is None:
                token._set_state(TaskState.WAITING)
                return False
            merge_into(token, used)
        if self.node is not None:
            token.open()
        return True

    def arrivals(self, token: Token) -> list[Token]:
        """Return the other tokens that wait at this gateway, in order of arrival."""
        found = (one for one in token.workflow.tasks.values() if one.task_spec is self and one is not token)
        return sorted((one for one in found if one._state == TaskState.WAITING), key=lambda one: one.seq)

    def arrivals_used(self, token: Token, arrivals: list[Token]) -> list[Token] | None:
        """Return the arrivals that pass together with `token`; None when it must wait."""
        raise NotImplementedError


def _source(token: Token) -> str:
    """Return the name of the node a token came from."""
    return str(token.parent.task_spec.name)


def _take_each(token: Token, arrivals: list[Token], needed: Mapping[str, int]) -> list[Token]:
    """Return the earliest arrivals, at most as many from each source as flows lead here from it."""
    left = Counter(needed)
    left[_source(token)] -= 1
    used = []
    for one in arrivals:
        if left[_source(one)] > 0:
            left[_source(one)] -= 1
            used.append(one)
    return used


def merge_into(token: Token, arrivals: list[Token]) -> None:
    """Let `token` go on for all of them, with their data merged against where they parted."""
    if not arrivals:
        return
    together = sorted([token, *arrivals], key=lambda one: one.seq)
    base = _parting(together)
    token.data, token.conflicts = merge_branches(base.data, [one.parent.data for one in together])
    for one in arrivals:
        one._set_state(TaskState.CANCELLED)


def _parting(tokens: list[Token]) -> Token:
    """Return the nearest task that all the tokens come from."""
    paths = [_ancestors(token) for token in tokens]
    common = set.intersection(*(set(path) for path in paths))
    return next(task for id_, task in paths[0].items() if id_ in common)


def _ancestors(token: Token) -> dict[Any, Token]:
    path: dict[Any, Token] = {}
    at = token.parent
    while at is not None:
        path[at.id] = at
        at = at.parent
    return path


class Parallel(Join, ParallelGateway):
    """A parallel gateway. Flows that come only from behind it are a way back in and not waited for."""

    def arrivals_used(self, token: Token, arrivals: list[Token]) -> list[Token] | None:
        """Return one arrival for each flow that leads here; None while one is missing."""
        first = _source(token) in self._entries
        needed = Counter(name for name in self._inputs if (name in self._entries) is first)
        used = _take_each(token, arrivals, needed)
        return used if len(used) + 1 == needed.total() else None

    @cached_property
    def _entries(self) -> set[str]:
        """The sources that can be reached without passing this gateway."""
        return reach(self._wf_spec.task_specs, self._wf_spec.start.name, self.name) & set(self._inputs)


class Inclusive(Join, InclusiveGateway):
    """An inclusive gateway: it waits while a token elsewhere can still reach an input that none has reached."""

    looks_again = True
    branches: tuple[Branch, ...] = ()
    default: Branch | None = None

    def arrivals_used(self, token: Token, arrivals: list[Token]) -> list[Token] | None:
        """Return all arrivals; None while another one may come."""
        filled = {_source(one) for one in (token, *arrivals)}
        waiting = {id(one) for one in (token, *arrivals)}
        others = (one for one in token.workflow.live() if id(one) not in waiting)
        if any(self._may_come(one, filled) for one in others):
            return None
        return _take_each(token, arrivals, Counter(self._inputs))

    def _may_come(self, token: Token, filled: set[str]) -> bool:
        reached = self._reached[token.task_spec.name]
        return bool(reached - filled) and not reached & filled

    @cached_property
    def _reached(self) -> Mapping[str, set[str]]:
        """The inputs that a token at each node can get to without passing this gateway."""
        specs, inputs = self._wf_spec.task_specs, set(self._inputs)
        return {name: reach(specs, name, self.name) & inputs for name in specs}

    def _run_hook(self, token: Token) -> bool | None:
        if len(self._outputs) > 1:
            chosen = [one for one in self.branches if one.condition and token.holds(one.condition)]
            if not chosen and self.default is None:
                raise Fault(N_("没有一条分支的条件成立，也没有默认分支。"))
            _follow(token, chosen or [one for one in (self.default,) if one])
        return True


class EndJoin(Join, BpmnTaskSpec):
    """The end of a process: it waits for every token and ends with their data merged."""

    looks_again = True

    def arrivals_used(self, token: Token, arrivals: list[Token]) -> list[Token] | None:
        """Return all arrivals; None while a token is somewhere else."""
        together = {id(one) for one in (token, *arrivals)}
        return None if any(id(one) not in together for one in token.workflow.live()) else arrivals

    def _update_hook(self, token: Token) -> bool:
        token._inherit_data()
        used = self.arrivals_used(token, self.arrivals(token))
        if used is None:
            token._set_state(TaskState.WAITING)
            return False
        merge_into(token, used)
        return True

    def _on_complete_hook(self, token: Token) -> None:
        token.workflow.finish(token.data)


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


def _follow(token: Token, chosen: list[Branch]) -> None:
    specs = token.task_spec._wf_spec.task_specs
    token.result = "、".join(one.name or one.flow for one in chosen)
    token._sync_children([specs[one.target] for one in chosen], TaskState.FUTURE)


class EventChoice(Step, EventBasedGateway):
    """An event-based gateway: the events after it wait together, the first one withdraws the others."""


class Waiting(Step):
    """What all catching events share."""

    timer: Timer | None = None
    message: str | None = None
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
    """An intermediate event that waits for its time or its message."""

    wait: Wait | None = "message"


class Receive(Waiting, ReceiveTask):
    """A task that waits for a message."""

    wait: Wait | None = "message"


class Boundary(Waiting, BoundaryEvent):
    """An event on the border of a node: an interrupting one withdraws the node, another starts a branch beside it."""

    wait: Wait | None = "message"

    def _run_hook(self, token: Token) -> bool | None:
        if self.cancel_activity:
            withdraw_siblings(token)
        return super()._run_hook(token)

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Let the event happen; its branch sees what was done inside a sub-process until now."""
        for one in token.parent.children:
            sub = token.case.subprocesses.get(one.id)
            if sub is not None:
                token.data = sub.gathered()
        super().fire(token, payload)

    def _on_complete_hook(self, token: Token) -> None:
        """Leave the node alone; `_run_hook` has withdrawn it where it must."""


class Throw(Step, IntermediateThrowEvent):
    """An intermediate event that passes at once; one with a message delivers it within the case."""

    message: str | None = None

    def _run_hook(self, token: Token) -> bool | None:
        if self.message is not None:
            token.result = self.message
            deliver(token.case, self.message, self.inputs_of(token))
        return super()._run_hook(token)


class Send(Throw, SendTask):
    """A task that sends a message."""


class SubProcess(Step, SubWorkflowTask):
    """An embedded sub-process; it shares the data of the token that enters it."""

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        token._set_state(TaskState.STARTED)
        token.case.start_sub(token, self.name).plant(token.data)
        return False

    def _on_cancel(self, token: Token) -> None:
        token.case.drop_sub(token)


def deliver(case: Any, message: str, payload: Mapping[str, Any]) -> int:
    """Hand a message to every event of the case that waits for it and return how many there were."""
    waiting = [
        token
        for token in case.all_live()
        if token._state == TaskState.WAITING and getattr(token.task_spec, "message", None) == message
    ]
    for token in waiting:
        token.task_spec.fire(token, payload)
    return len(waiting)


class ProcessSpec(BpmnProcessSpec):
    """A process or sub-process: our own beginning and end instead of the stock ones."""

    END: ClassVar[str] = ".EndJoin"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.task_specs.clear()
        self.start = Root(self, "Start")
        self.end = EndJoin(self, name + self.END)
