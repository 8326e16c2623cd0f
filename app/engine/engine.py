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
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID, uuid4

from SpiffWorkflow.util.task import TaskState

from app.engine.check import find_problems, read_tables
from app.engine.compile import build_definition
from app.engine.definition import Definition
from app.engine.diagram import read_diagram
from app.engine.outside import RESERVED
from app.engine.port import (
    Advance,
    DiagramRefused,
    Environment,
    NotWaiting,
    OpenNode,
    TaskRow,
    TokenNotReady,
    Wait,
)
from app.engine.specs import Boundary, Service, deliver
from app.engine.state import ValueRefused, clean, dump, load, to_json, untag
from app.engine.workflow import SEED_SHIFT, CaseWorkflow, Token
from app.errors import UserError
from app.i18n import N_

MAX_CACHED_TASKS = 50_000
HEADER_FORMAT = 1
_BY_STATE: Mapping[int, frozenset[Wait]] = {
    TaskState.READY: frozenset({"person"}),
    TaskState.STARTED: frozenset({"service"}),
    TaskState.WAITING: frozenset({"timer", "message"}),
}


def compile_definition(xml: bytes, tables: Mapping[str, bytes] | None = None) -> Definition:
    """Compile a diagram with its decision tables; raise DiagramRefused with all errors."""
    diagram = read_diagram(xml)
    decisions, problems = read_tables(tables or {})
    found = (*problems, *find_problems(diagram, decisions))
    errors = tuple(one for one in found if one.severity == "error")
    if errors:
        raise DiagramRefused(errors)
    return build_definition(diagram, decisions)


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


class Engine:
    """Runs cases and keeps recent ones in memory; safe in threads as long as each case is stepped by one."""

    def __init__(self, max_tasks: int = MAX_CACHED_TASKS) -> None:
        self._max_tasks = max_tasks
        self._cache: OrderedDict[int, tuple[int, Live]] = OrderedDict()
        self._tasks = 0
        self._lock = threading.Lock()

    def start(
        self, definition: Definition, data: Mapping[str, Any], case_data: Mapping[str, Any], env: Environment
    ) -> tuple[Live, Advance]:
        """Begin a case with the token's first `data` and the case's own document."""
        workflow = CaseWorkflow(definition.specs, definition.process_id, uuid4().int >> SEED_SHIFT)
        workflow.case_data = clean(case_data)
        live = Live(definition, workflow)
        return live, self._step(live, env, lambda: workflow.plant(_answers(data)))

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
        return self._step(live, env, partial(_submit, task, _answers(answers)))

    def finish_service(self, live: Live, token: str, result: Mapping[str, Any], env: Environment) -> Advance:
        """Hand in the result of a service node; raise TokenNotReady if it is over."""
        task = _service(live, token)
        return self._step(live, env, partial(_take_result, task, clean(result)))

    def fail_service(self, live: Live, token: str, reason: str, env: Environment) -> Advance:
        """Stop a service node as an incident with `reason`; raise TokenNotReady if it is over."""
        task = _service(live, token)
        return self._step(live, env, partial(task.fault, UserError(reason)))

    def retry(self, live: Live, token: str, env: Environment) -> Advance:
        """Try a step that stopped as an incident once more; raise TokenNotReady if it is no incident."""
        task = _find(live, token)
        if task is None or "incident" not in task.internal_data or task.finished:
            raise TokenNotReady
        return self._step(live, env, partial(_again, task))

    def tick(self, live: Live, env: Environment) -> Advance:
        """Let every timer that is due fire, the earliest first; missed turns of a cycle fire once."""
        return self._step(live, env, partial(_fire_due, live.workflow, env.now))

    def message(self, live: Live, name: str, payload: Mapping[str, Any], env: Environment) -> Advance:
        """Deliver a message to whatever waits for it; its payload becomes data. Raise NotWaiting if nothing does."""
        if not any(_waits_for(one, name) for one in live.workflow.all_live()):
            raise NotWaiting(message=name)
        return self._step(live, env, partial(deliver, live.workflow, name, _answers(payload)))

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
        return tuple(_open_nodes(live.workflow).values())

    def _step(self, live: Live, env: Environment, act: Callable[[], Any]) -> Advance:
        if live.busy:
            raise RuntimeError("this live case is in a step already, or a step of it failed")
        live.busy = True
        workflow = live.workflow
        before = _open_nodes(workflow)
        workflow.begin(env)
        act()
        workflow.settle()
        workflow.fold_all()
        advance = _advance(workflow, before)
        live.busy = False
        return advance

    def _forget(self, case_id: int) -> tuple[int, Live] | None:
        found = self._cache.pop(case_id, None)
        if found is not None:
            self._tasks -= found[1].size
        return found


def restore(definition: Definition, rows: Sequence[TaskRow], header: Mapping[str, Any]) -> Live:
    """Build a live case from its stored rows and header."""
    workflow = CaseWorkflow(definition.specs, definition.process_id, int(header["seed"], 16))
    workflow.seq = header["seq"]
    workflow.case_data = untag(header["case"])
    workflow.rounds = dict(header["rounds"])
    workflow.completed = header["ended"]
    for row in sorted(rows, key=lambda one: one.seq):
        _restore_row(workflow, row)
    return Live(definition, workflow)


def _restore_row(workflow: CaseWorkflow, row: TaskRow) -> None:
    holder: Any = workflow
    if row.scope is not None:
        owner = workflow.tasks_by_id(UUID(row.scope))
        holder = workflow.subprocesses.get(owner.id) or workflow.start_sub(owner, owner.task_spec.name)
    parent = holder.tasks[UUID(row.parent)] if row.parent else None
    token = Token(holder, holder.spec.task_specs[row.spec], parent, row.state, UUID(row.id), row.seq)
    token.last_state_change = row.changed
    token.internal_data, token.data = load(row.internal), load(row.data)
    token.noted = "noted" in token.internal_data
    if parent is None:
        holder.task_tree = token


def _advance(workflow: CaseWorkflow, before: Mapping[str, OpenNode]) -> Advance:
    after = _open_nodes(workflow)
    done = {one.token for one in workflow.completed_nodes}
    stopped = {one.token for one in workflow.incidents}
    dues = [one.due for one in after.values() if one.due is not None]
    return Advance(
        changed=_changed_rows(workflow),
        removed=tuple(str(token.id) for token in workflow.gone if token.stored),
        completed=tuple(workflow.completed_nodes),
        opened=tuple(one for token, one in after.items() if token not in before),
        withdrawn=tuple(token for token in before if token not in after and token not in done | stopped),
        next_due=min(dues, default=None),
        ended=workflow.completed,
        case_changes=_case_changes(workflow),
        incidents=tuple(workflow.incidents),
    )


def _changed_rows(workflow: CaseWorkflow) -> tuple[TaskRow, ...]:
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


def _case_changes(workflow: CaseWorkflow) -> dict[str, tuple[Any, Any]]:
    old, new = workflow.case_before, workflow.case_data
    names = [name for name in new if name not in old or old[name] != new[name]]
    return {name: (old.get(name), new[name]) for name in names}


def _open_nodes(workflow: CaseWorkflow) -> dict[str, OpenNode]:
    return {str(token.id): _open_node(token) for token in workflow.all_live() if _is_open(token)}


def _is_open(token: Token) -> bool:
    waits = token.task_spec.wait in _BY_STATE.get(token.state, ())
    return waits and "incident" not in token.internal_data


def _open_node(token: Token) -> OpenNode:
    internal = token.internal_data
    due = internal.get("timer", {}).get("due")
    return OpenNode(
        token=str(token.id),
        node=token.task_spec.name,
        round=token.round,
        data=token.data,
        rule=internal.get("rule"),
        wait=token.task_spec.wait,
        topic=token.task_spec.node.topic,
        inputs=internal.get("inputs", {}),
        due=datetime.fromisoformat(due) if due else None,
    )


def _find(live: Live, token: str) -> Token | None:
    with suppress(ValueError, StopIteration):
        return live.workflow.tasks_by_id(UUID(token))
    return None


def _service(live: Live, token: str) -> Token:
    task = _find(live, token)
    if task is None or not isinstance(task.task_spec, Service) or not _is_open(task):
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


def _again(task: Token) -> None:
    del task.internal_data["incident"]
    if task.noted:
        task._set_state(TaskState.READY)  # noqa: SLF001 - the engine's own protocol
        task.run()
    else:
        task._set_state(TaskState.FUTURE)  # noqa: SLF001 - reached once more
        task.task_spec._update(task)  # noqa: SLF001


def _fire_due(workflow: CaseWorkflow, now: datetime) -> None:
    for due, _seq, token in sorted(_due(workflow), key=lambda one: one[:2]):
        if due <= now and token.state == TaskState.WAITING:
            token.task_spec.fire(token, {})
            workflow.settle()


def _due(workflow: CaseWorkflow) -> list[tuple[datetime, int, Token]]:
    waiting = [one for one in workflow.all_live() if _is_open(one) and one.internal_data.get("timer")]
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


def _waits_for(token: Token, name: str) -> bool:
    return token.state == TaskState.WAITING and getattr(token.task_spec, "message", None) == name


__all__ = ["Boundary", "Definition", "Engine", "Live", "compile_definition", "restore"]
