"""Gateways: which way to go, and how branches that meet again go on as one."""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway, InclusiveGateway, ParallelGateway
from SpiffWorkflow.util.task import TaskState

from app.engine.beside import hang, leave_behind
from app.engine.parts import Branch
from app.engine.specs.base import Fault, Step, follow, reach
from app.engine.token import Token, meet
from app.i18n import N_


class Choice(Step, ExclusiveGateway):
    """An exclusive gateway: the first branch whose condition holds, else the default."""

    branches: tuple[Branch, ...] = ()
    default: Branch | None = None

    def _run_hook(self, token: Token) -> bool | None:
        chosen = next((one for one in self.branches if one.condition and token.holds(one.condition)), self.default)
        if chosen is None:
            raise Fault(N_("没有一条分支的条件成立，也没有默认分支。"))
        follow(token, [chosen])
        return True


class Split(Step, BpmnTaskSpec):
    """Stands behind a task or event whose flows carry conditions: every flow that has none or whose condition holds.

    The default flow is taken when no condition holds.
    """

    branches: tuple[Branch, ...] = ()
    default: Branch | None = None

    def _run_hook(self, token: Token) -> bool | None:
        held = [one for one in self.branches if one.condition and token.holds(one.condition)]
        fallback = [self.default] if self.default and not held else []
        chosen = [one for one in self.branches if one.condition is None or one in held] + fallback
        if not chosen:
            raise Fault(N_("没有一条连线的条件成立，也没有默认的连线。"))
        follow(token, chosen)
        return True


class Join(Step, ABC):
    """What gateways with several incoming flows share: arrivals wait and are merged when the gateway passes."""

    def _update_hook(self, token: Token) -> bool:
        token._inherit_data()
        if len(self._inputs) > 1 and not self._passes(token):
            token._set_state(TaskState.WAITING)
            return False
        if self.node is not None:
            token.open()
        return True

    def _passes(self, token: Token) -> bool:
        """Merge the arrivals that pass with this token, once; a retry must not wait for them again."""
        if token.internal_data.keys() & {"passed", "round"}:
            return True
        used = self.arrivals_used(token, self.arrivals(token))
        if used is None:
            return False
        token.internal_data["passed"] = True
        merge_into(token, used)
        return True

    def arrivals(self, token: Token) -> list[Token]:
        """Return the other tokens that wait at this gateway, in order of arrival."""
        found = (one for one in token.workflow.tasks.values() if one.task_spec is self and one is not token)
        return sorted((one for one in found if one._state == TaskState.WAITING), key=lambda one: one.seq)

    @abstractmethod
    def arrivals_used(self, token: Token, arrivals: list[Token]) -> list[Token] | None:
        """Return the arrivals that pass together with `token`; None when it must wait."""


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
    ways = [one.parent for one in (token, *arrivals)]
    token.data, token.conflicts, at = meet([(one, one.data) for one in (token, *arrivals)])
    for one in arrivals:
        one._set_state(TaskState.CANCELLED)
    hang(token, at)
    leave_behind(token, ways)


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
            follow(token, chosen or [one for one in (self.default,) if one])
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
        if self._passes(token):
            return True
        token._set_state(TaskState.WAITING)
        return False

    def _on_complete_hook(self, token: Token) -> None:
        token.workflow.finish(token.data)
