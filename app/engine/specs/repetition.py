"""A node that runs several times: once for each item of a list, a number of times, or while a condition holds.

The whole repetition is one token, which stays started; its children are the runs. A run keeps only values of its
own and sees those of the whole behind them, so that many signers do not mean many copies of the case's data.
"""
# mypy: allow-subclassing-any
# ruff: noqa: SLF001 - the hooks of the library are its private names

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from app.engine.parts import Repetition
from app.engine.specs.base import Fault, Step
from app.engine.token import Token
from app.errors import UserError
from app.i18n import N_

MAX_RUNS = 10_000


class Repeated(Step, BpmnTaskSpec, ABC):
    """What all repetitions share; `run` is the specification of one run.

    `counts_rounds` tells whether each run is a round of the node, or all runs together are one.
    """

    run: Step
    plan: Repetition
    kind = "repetition"
    counts_rounds = False

    def begin(self, token: Token, index: int, item: Any) -> None:
        """Start one more run."""
        child = token._add_child(self.run)
        child.internal_data["index"] = index
        if self.plan.element is not None:
            child.data[self.plan.element] = item
        self.run._update(child)

    def names(self, token: Token, index: int, wanted: frozenset[str]) -> dict[str, Any]:
        """Return what expressions of a run may ask about the repetition, as far as they do ask."""
        known: dict[str, Any] = {"loopCounter": index} if "loopCounter" in wanted else {}
        if wanted & {"nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"}:
            done, total = len(finished_runs(token)), self.total(token)
            open_ = sum(not one.finished for one in token.children)
            counted = {"nrOfInstances": total, "nrOfCompletedInstances": done, "nrOfActiveInstances": open_}
            known |= {name: value for name, value in counted.items() if name in wanted}
        return known

    def total(self, token: Token) -> int:
        """Return how many runs there are in all."""
        return len(token.children)

    def run_finished(self, token: Token, run: Token) -> None:
        """Go on after a run; what cannot be decided stops the whole as an incident, the run stays done."""
        try:
            self.after_run(token, run)
        except UserError as error:
            token.fault(error)

    @abstractmethod
    def after_run(self, token: Token, run: Token) -> None:
        """Decide what follows a finished run."""

    def withdraw_inside(self, token: Token) -> None:
        """Withdraw the runs."""
        for run in token.children:
            run.cancel()

    def end(self, token: Token) -> None:
        """Withdraw the runs that are left and go on."""
        self.withdraw_inside(token)
        token.drop_children()
        token.internal_data["passed"] = True
        token._ready()


class Multiple(Repeated):
    """A multi-instance node: side by side, or one after the other; their answers become one list."""

    def _update_hook(self, token: Token) -> bool:
        if "passed" in token.internal_data:
            return True
        super()._update_hook(token)
        token._set_state(TaskState.STARTED)
        if "items" in token.internal_data:
            self._look(token)
        else:
            self._begin_all(token)
        return False

    def _begin_all(self, token: Token) -> None:
        items = self._items(token)
        token.internal_data["items"] = items if self.plan.sequential else []
        token.touch()
        if not items:
            self._pass(token)
        elif self.plan.sequential:
            self.begin(token, 0, items[0])
        else:
            for index, item in enumerate(items):
                self.begin(token, index, item)

    def _items(self, token: Token) -> list[Any]:
        """Return the item of each run, as the diagram says it now."""
        if self.plan.collection is not None:
            items = token.evaluate(self.plan.collection)
            found = list(items.values()) if isinstance(items, Mapping) else items
            if found is not None and not isinstance(found, list):
                raise Fault(N_("会签的名单“%(text)s”不是列表。"), text=self.plan.collection.text)
        else:
            found = [None] * self._count(token)
        if len(found or ()) > MAX_RUNS:
            raise Fault(N_("会签的人数太多，最多 %(most)s 人。"), most=MAX_RUNS)
        return found or []

    def _count(self, token: Token) -> int:
        value = self.plan.cardinality.value(token.evaluate) if self.plan.cardinality else 0
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_RUNS:
            raise Fault(N_("会签的次数要是 0 到 %(most)s 的整数，得到的是“%(value)s”。"), most=MAX_RUNS, value=value)
        return value

    def total(self, token: Token) -> int:
        """Return how many runs there are in all; one after the other, those to come are counted too."""
        return len(token.internal_data["items"] if self.plan.sequential else token.children)

    def after_run(self, token: Token, run: Token) -> None:
        """Keep the order of completion, then see whether the outcome is certain."""
        run.internal_data["place"] = len(finished_runs(token))
        run.touch()
        self._look(token)

    def _look(self, token: Token) -> None:
        if self._certain(token):
            self._pass(token)
        elif not any(not one.finished for one in token.children):
            self._next(token)

    def _next(self, token: Token) -> None:
        items = token.internal_data["items"]
        index = max((one.internal_data["index"] for one in token.children), default=-1) + 1
        if self.plan.sequential and len(token.children) < len(items):
            self.begin(token, index, items[len(token.children)])
        else:
            self._pass(token)

    def _certain(self, token: Token) -> bool:
        condition = self.plan.condition
        runs = finished_runs(token)
        if condition is None or not runs:
            return False
        names: dict[str, Any] = {"total": self.total(token), "finished": len(runs)}
        if "votes" in condition.names:
            names["votes"] = self._answers(token)
        last = runs[-1].internal_data["index"]
        return token.holds(condition, {**names, **self.names(token, last, condition.names)})

    def _answers(self, token: Token) -> list[dict[str, Any]]:
        """Return what each finished run wrote, in order of completion."""
        own = self.plan.element
        return [{name: value for name, value in one.data.items() if name != own} for one in finished_runs(token)]

    def _pass(self, token: Token) -> None:
        answers = self._answers(token)
        token.result = f"{len(answers)}/{self.total(token)}"
        token.write(self.plan.collect, answers)
        self.end(token)

    def so_far(self, token: Token) -> Mapping[str, Any]:
        """Return the data with the answers given until now."""
        return {**token.data, self.plan.collect: self._answers(token)}

    def add(self, token: Token, value: Any) -> None:
        """Ask one more: at once, or after all the others when they are asked one after the other."""
        if self.plan.sequential:
            token.internal_data["items"] = [*token.internal_data["items"], value]
            token.touch()
            return
        index = max((one.internal_data["index"] for one in token.children), default=-1) + 1
        self.begin(token, index, value)

    def remove(self, token: Token, run: Token) -> None:
        """Ask one fewer; if that was the last one open, the whole goes on."""
        if self.plan.sequential:
            place = [one.id for one in token.children].index(run.id)
            items = token.internal_data["items"]
            token.internal_data["items"] = [*items[:place], *items[place + 1 :]]
            token.touch()
        run.cancel()
        token.drop_children([run])
        try:
            self._look(token)
        except UserError as error:
            token.fault(error)

    def still_asks(self, token: Token, value: Any) -> bool:
        """Return whether the item `value` is among those still to be asked."""
        return value in token.internal_data["items"][len(token.children) :]

    def skip(self, token: Token, value: Any) -> None:
        """Take the first of those still to be asked whose item is `value` off the list."""
        items = token.internal_data["items"]
        place = items.index(value, len(token.children))
        token.internal_data["items"] = [*items[:place], *items[place + 1 :]]
        token.touch()


class Loop(Repeated):
    """A standard loop: again while the condition holds; what a run writes the next run sees."""

    counts_rounds = True

    def _update_hook(self, token: Token) -> bool:
        if "passed" in token.internal_data:
            return True
        token._inherit_data()
        token._set_state(TaskState.STARTED)
        turn = token.internal_data.setdefault("turn", 0)
        if token.children:
            return False
        if turn or self.plan.test_before:
            self._go_on(token)
        else:
            self.begin(token, turn, None)
        return False

    def after_run(self, token: Token, run: Token) -> None:
        """Keep what the run wrote and ask whether to go on."""
        token.data |= run.data
        token.internal_data["turn"] += 1
        token.touch()
        token.drop_children()
        self._go_on(token)

    def _go_on(self, token: Token) -> None:
        turn, most = token.internal_data["turn"], self.plan.maximum
        if (most is not None and turn >= most) or not self._again(token, turn):
            token.result = str(turn)
            self.end(token)
        else:
            self.begin(token, turn, None)

    def _again(self, token: Token, turn: int) -> bool:
        return self.plan.condition is None or token.holds(self.plan.condition, {"loopCounter": turn})

    def so_far(self, token: Token) -> Mapping[str, Any]:
        """Return the data with what the present run did until now."""
        runs = [one.task_spec.so_far(one) for one in token.children if not one.finished]
        return {**token.data, **(runs[0] if runs else {})}


def finished_runs(token: Token) -> list[Token]:
    """Return the runs that were completed, in order of completion."""
    runs = [one for one in token.children if one._state == TaskState.COMPLETED]
    return sorted(runs, key=lambda one: one.internal_data.get("place", len(runs)))
