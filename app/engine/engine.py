"""The engine: takes a step of a case and says what changed.

Free of input and output: no database, no network, no clock. What a step does follows from the case's rows and
header, what is handed in, and the environment.
"""

from __future__ import annotations

import threading
from collections import ChainMap, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

from SpiffWorkflow.util.task import TaskState

from app.engine.build import build_definition
from app.engine.checks import find_problems, read_tables
from app.engine.definition import Definition
from app.engine.diagram import read_diagram
from app.engine.handling import Handling
from app.engine.live import Live, restore
from app.engine.outcome import advance, can_move, is_open, mark, open_nodes
from app.engine.outside import RESERVED
from app.engine.parts import Thrown
from app.engine.port import (
    Advance,
    DiagramRefused,
    Environment,
    NotRepeated,
    NotWaiting,
    OpenNode,
    TaskRow,
    TokenNotReady,
)
from app.engine.specs import Multiple, Service, awaiting, deliver, fire_boundary
from app.engine.state import HEADER_FORMAT, ValueRefused, clean, to_json
from app.engine.token import Token
from app.engine.workflow import SEED_SHIFT, CaseWorkflow
from app.errors import NotFound, UserError
from app.i18n import N_

MAX_CACHED_TASKS = 50_000


def compile_definition(
    xml: bytes, tables: Mapping[str, bytes] | None = None, called: Mapping[str, Definition] | None = None
) -> Definition:
    """Compile a diagram with its decision tables; raise DiagramRefused with all errors.

    `called` holds the processes it calls, directly and in turn, by their slugs; without them it is fit to be read
    and checked, and a case of it stops where a process is called.
    """
    diagram = read_diagram(xml)
    decisions, problems = read_tables(tables or {})
    found = (*problems, *find_problems(diagram, decisions))
    errors = tuple(one for one in found if one.severity == "error")
    if errors:
        raise DiagramRefused(errors)
    return build_definition(diagram, decisions, called)


class Engine(Handling):
    """Runs cases and keeps recent ones in memory; safe in threads as long as each case is stepped by one."""

    def __init__(self, max_tasks: int = MAX_CACHED_TASKS) -> None:
        self._max_tasks = max_tasks
        self._cache: OrderedDict[int, tuple[int, Live]] = OrderedDict()
        self._tasks = 0
        self._lock = threading.Lock()

    def start(
        self,
        definition: Definition,
        data: Mapping[str, Any],
        case_data: Mapping[str, Any],
        env: Environment,
        at: str | None = None,
    ) -> tuple[Live, Advance]:
        """Begin a case with the token's first `data` and the case's own document.

        It begins at the start event that waits for nothing, else the first drawn, or at the start event `at`.
        """
        if at is not None and (at not in definition.nodes or definition.nodes[at].kind != "start"):
            raise NotFound(N_("流程里没有开始事件“%(start)s”。"), start=at)
        workflow = CaseWorkflow(definition.specs, definition.process_id, uuid4().int >> SEED_SHIFT)
        workflow.case_data = clean(case_data)
        live = Live(definition, workflow)
        return live, self._step(live, env, lambda: workflow.plant(_answers(data), at))

    def checkout(
        self,
        case_id: int,
        version: int,
        definition: Definition,
        load_rows: Callable[[], tuple[Sequence[TaskRow], Mapping[str, Any]]],
    ) -> Live:
        """Take the case out of the cache if its version is this one, else build it from its rows and header."""
        with self._lock:
            found = self._forget(case_id)
        if found is not None and found[0] == version and found[1].definition is definition:
            return found[1]
        rows, header = load_rows()
        return restore(definition, rows, header)

    def put_back(self, case_id: int, version: int, live: Live) -> None:
        """Keep the case for its next step; only after what it says was committed under `version`."""
        with self._lock:
            self._forget(case_id)
            self._cache[case_id] = (version, live)
            self._tasks += live.size
            while self._tasks > self._max_tasks and len(self._cache) > 1:
                self._forget(next(iter(self._cache)))

    def complete(self, live: Live, token: str, answers: Mapping[str, Any], env: Environment) -> Advance:
        """Complete a human node with `answers`, which become the token's data; raise TokenNotReady if it is over."""
        task = _find(live, token)
        if task is None or task.task_spec.wait != "person" or task.state != TaskState.READY:
            raise TokenNotReady
        return self._step(live, env, partial(_submit, task, _answers(answers)), came_from=token)

    def finish_service(self, live: Live, token: str, result: Mapping[str, Any], env: Environment) -> Advance:
        """Hand in the result of a service node; raise TokenNotReady if it is over."""
        task = _service(live, token)
        return self._step(live, env, partial(_take_result, task, clean(result)))

    def fail_service(self, live: Live, token: str, reason: str, env: Environment, code: str | None = None) -> Advance:
        """Stop a service node as an incident with `reason`; raise TokenNotReady if it is over.

        When a boundary event catches errors of this `code`, the case goes on there instead.
        """
        task = _service(live, token)
        return self._step(live, env, partial(_fail, task, reason, code))

    def tick(self, live: Live, env: Environment) -> Advance:
        """Let every timer that is due fire, the earliest first; missed turns of a cycle fire once."""
        return self._step(live, env, partial(_fire_due, live.workflow, env.now))

    def message(
        self,
        live: Live,
        name: str,
        payload: Mapping[str, Any],
        env: Environment,
        where: Mapping[str, Any] | None = None,
    ) -> Advance:
        """Deliver a message to whatever waits for it; its payload becomes data. Raise NotWaiting if nothing does.

        `where` limits it to tokens whose data, or `case.` data, have these values.
        """
        if next(awaiting(live.workflow, name, where=where), None) is None:
            raise NotWaiting(message=name)
        return self._step(live, env, partial(deliver, live.workflow, name, _answers(payload), where=where))

    def signal(self, live: Live, name: str, payload: Mapping[str, Any], env: Environment) -> Advance:
        """Let everything that waits for a signal hear it; nothing changes when nothing waits."""
        return self._step(live, env, partial(deliver, live.workflow, name, _answers(payload), signal=True))

    def add_signer(self, live: Live, token: str, value: Any, env: Environment) -> Advance:
        """Ask one more at a multi-instance node, named by one of its open tokens; `value` is the item of the list.

        Side by side the new one is asked at once, one after the other after all the others.
        """
        whole, _run = _repeated(live, token)
        return self._step(live, env, partial(whole.task_spec.add, whole, clean(value)))

    def remove_signer(self, live: Live, token: str, env: Environment) -> Advance:
        """Withdraw one open run of a multi-instance node; if it was the last one, the node goes on."""
        whole, run = _repeated(live, token)
        if run is None:
            raise TokenNotReady
        return self._step(live, env, partial(whole.task_spec.remove, whole, run))

    def skip_signer(self, live: Live, token: str, value: Any, env: Environment) -> Advance:
        """Leave out one who is still to be asked after the others; raise NotRepeated if `value` is none of them."""
        whole, _run = _repeated(live, token)
        if not whole.task_spec.still_asks(whole, clean(value)):
            raise NotRepeated
        return self._step(live, env, partial(whole.task_spec.skip, whole, clean(value)))

    def stalled(self, live: Live) -> bool:
        """Return whether the case runs although nothing in it can ever happen: no open node, no incident."""
        tokens = live.workflow.all_live()
        return not live.ended and not any(can_move(one) for one in tokens)

    def rearm(self, live: Live, due: Mapping[str, datetime], env: Environment) -> Advance:
        """Set the waiting timers that read `${due('name')}` anew, with these instants beside the environment's."""
        env = replace(env, due=ChainMap(dict(due), cast("dict[str, datetime]", env.due)))
        return self._step(live, env, partial(_rearm, live.workflow))

    def cancel(self, live: Live, env: Environment) -> Advance:
        """Withdraw everything and end the case."""
        return self._step(live, env, live.workflow.stop)

    def header(self, live: Live) -> dict[str, Any]:
        """Return what must be stored beside the rows; plain JSON values."""
        workflow = live.workflow
        return {
            "format": HEADER_FORMAT,
            "seed": f"{workflow.seed:x}",
            "seq": workflow.seq,
            "case": to_json(workflow.case_data),
            "rounds": dict(workflow.rounds),
            "ended": live.ended,
        }

    def open_nodes(self, live: Live) -> tuple[OpenNode, ...]:
        """Return every token that waits for something outside the engine, in order of creation."""
        return tuple(open_nodes(live.workflow).values())

    def stopped(self, live: Live) -> frozenset[str]:
        """Return the tokens that stand still as incidents."""
        tokens = live.workflow.all_live()
        return frozenset(str(one.id) for one in tokens if "incident" in one.internal_data)

    def _step(self, live: Live, env: Environment, act: Callable[[], Any], *, came_from: str | None = None) -> Advance:
        if live.busy:
            raise RuntimeError("this live case is in a step already, or a step of it failed")
        live.busy = True
        workflow = live.workflow
        before = [one for one in workflow.all_live() if is_open(one)]
        workflow.begin(env)
        act()
        workflow.settle()
        workflow.fold_all()
        if came_from is not None:
            mark(workflow, came_from)
        changed = advance(workflow, before)
        live.busy = False
        return changed

    def _forget(self, case_id: int) -> tuple[int, Live] | None:
        found = self._cache.pop(case_id, None)
        if found is not None:
            self._tasks -= found[1].size
        return found


def _repeated(live: Live, token: str) -> tuple[Token, Token | None]:
    """Return the multi-instance node that a token belongs to, and the token itself if it is one of its runs."""
    task = _find(live, token)
    if task is None or task.finished:
        raise TokenNotReady
    run = task if task.task_spec.whole is not None else None
    whole = task.parent if run is not None else task
    if not isinstance(whole.task_spec, Multiple):
        raise NotRepeated
    return whole, run


def _fail(task: Token, reason: str, code: str | None) -> None:
    if code is None or fire_boundary(task, Thrown("error", code)) is None:
        task.fault(UserError(reason))


def _find(live: Live, token: str) -> Token | None:
    with suppress(ValueError, StopIteration):
        return live.workflow.tasks_by_id(UUID(token))
    return None


def _service(live: Live, token: str) -> Token:
    task = _find(live, token)
    if task is None or not isinstance(task.task_spec, Service) or not is_open(task):
        raise TokenNotReady
    return task


def _answers(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return values from outside as token data; refuse the names that belong to the case."""
    taken = RESERVED & answers.keys()
    if taken:
        raise ValueRefused(N_("“%(name)s”不能作名称。"), name=min(taken))
    return cast("dict[str, Any]", clean(answers))


def _submit(task: Token, answers: Mapping[str, Any]) -> None:
    task.take(answers)
    task.run()
    if not task.finished:
        # what the person did is done, even if what the diagram makes of it failed
        task.note()
        task.internal_data["noted"] = True


def _take_result(task: Token, result: Mapping[str, Any]) -> None:
    try:
        task.task_spec.take(task, result)
    except UserError as error:
        task.fault(error)
    else:
        task.complete()


def _fire_due(workflow: CaseWorkflow, now: datetime) -> None:
    for due, _seq, token in sorted(_due(workflow), key=lambda one: one[:2]):
        if due <= now and token.state == TaskState.WAITING:
            token.task_spec.fire(token, {})
            workflow.settle()


def _due(workflow: CaseWorkflow) -> list[tuple[datetime, int, Token]]:
    waiting = [one for one in workflow.all_live() if is_open(one) and one.internal_data.get("timer")]
    dues = [(one.internal_data["timer"]["due"], one) for one in waiting]
    return [(datetime.fromisoformat(due), one.seq, one) for due, one in dues if due]


def _rearm(workflow: CaseWorkflow) -> None:
    for token in workflow.all_live():
        timer = getattr(token.task_spec, "timer", None)
        if timer is None or not timer.reads_due or token.state != TaskState.WAITING:
            continue
        try:
            token.task_spec.arm(token)
        except UserError as error:
            token.fault(error)
