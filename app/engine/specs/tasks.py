"""Tasks: done by a person, by a script, by a service, by a decision table."""
# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import ScriptTask, ServiceTask, UserTask
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from app.engine.decisions import Decision
from app.engine.parts import Assignment, Candidate, check_target
from app.engine.port import Wait
from app.engine.specs.base import Step
from app.engine.token import Token
from app.errors import UserError


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
