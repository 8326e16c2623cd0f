"""Processes inside a process: embedded sub-processes and called processes."""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.defaults import SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

from app.engine.parts import Handover
from app.engine.specs.base import Fault, Root, Step
from app.engine.specs.gateways import EndJoin
from app.engine.token import Token
from app.i18n import N_


class SubProcess(Step, SubWorkflowTask):
    """An embedded sub-process; it shares the data of the token that enters it."""

    spec: str

    def _update_hook(self, token: Token) -> bool:
        if "left" in token.internal_data:
            # it has run to its end; only what comes after that is tried again
            return True
        super()._update_hook(token)
        given = self.hands_in(token)
        token._set_state(TaskState.STARTED)
        token.case.start_sub(token).plant(given)
        return False

    def hands_in(self, token: Token) -> dict[str, Any]:
        """Return the data it begins with."""
        return {**token.data, **self.inputs_of(token)}

    def left(self, token: Token, data: Mapping[str, Any]) -> None:
        """Take over what it ended with."""
        token.data = dict(data)
        token.internal_data["left"] = True

    @property
    def shares(self) -> bool:
        """Whether what is inside sees everything that its token sees."""
        return True

    def so_far(self, token: Token) -> Mapping[str, Any]:
        """Return the data as they are inside now."""
        sub = token.case.subprocesses.get(token.id)
        return sub.gathered() if sub is not None and self.shares else token.data

    def withdraw_inside(self, token: Token) -> None:
        """Withdraw everything inside."""
        token.case.drop_sub(token)


class Call(SubProcess):
    """A called process. Without a mapping it shares the data like a sub-process, else only what is handed over."""

    takes_in: Handover = Handover()
    takes_out: Handover = Handover()

    @property
    def shares(self) -> bool:
        """Whether nothing is mapped."""
        return not self.takes_in and not self.takes_out

    def hands_in(self, token: Token) -> dict[str, Any]:
        """Return the data the called process begins with."""
        if self.spec not in token.case.subprocess_specs:
            raise Fault(N_("被调用的流程没有装入，办件停在这里。"))
        if self.shares:
            return super().hands_in(token)
        chosen = {one.target: one.text.value(token.evaluate) for one in self.takes_in.chosen}
        return {**(token.seen() if self.takes_in.everything else {}), **self.inputs_of(token), **chosen}

    def left(self, token: Token, data: Mapping[str, Any]) -> None:
        """Keep what the called process ended with until it is mapped."""
        if self.shares:
            super().left(token, data)
        else:
            token.internal_data["left"] = dict(data)

    def _run_hook(self, token: Token) -> bool | None:
        if not self.shares:
            ended = token.internal_data["left"]
            if self.takes_out.everything:
                token.take(ended)
            self._hand_out(token, ended)
        return super()._run_hook(token)

    def _hand_out(self, token: Token, ended: Mapping[str, Any]) -> None:
        """Write what is mapped; names mean the data the called process ended with, not the caller's."""
        values = [
            (one.target, one.text.value(lambda e: token.case.evaluate(e, ended, {}, token.round)))
            for one in self.takes_out.chosen
        ]
        for target, value in values:
            token.write(target, value)


class ProcessSpec(BpmnProcessSpec):
    """A process or sub-process: our own beginning and end instead of the stock ones.

    `entry` names the start event at which it usually begins.
    """

    END: ClassVar[str] = ".EndJoin"
    entry: str = ""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.task_specs.clear()
        self.start = Root(self, "Start")
        self.end = EndJoin(self, name + self.END)
