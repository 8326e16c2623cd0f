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

from app.engine.checks import find_problems, read_tables
from app.engine.compile import build_definition
from app.engine.definition import Definition
from app.engine.diagram import read_diagram
from app.engine.handling import Handling
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
    Wait,
)
from app.engine.specs import Multiple, Service, awaiting, deliver, fire_boundary
from app.engine.state import ValueRefused, clean, dump, load, to_json, untag
from app.engine.token import Token
from app.engine.workflow import SEED_SHIFT, CaseWorkflow
from app.errors import NotFound, UserError
from app.i18n import N_

MAX_CACHED_TASKS = 50_000
HEADER_FORMAT = 1
_BY_STATE: Mapping[int, frozenset[Wait]] = {
    TaskState.READY: frozenset({"person"}),
    TaskState.STARTED: frozenset({"service"}),
    TaskState.WAITING: frozenset({"timer", "message"}),
}


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
        """Take the item `value` off those still to be asked one after the other; raise NotRepeated if it is not there."""
        whole, _run = _repeated(live, token)
        if not whole.task_spec.still_asks(whole, clean(value)):
            raise NotRepeated
        return self._step(live, env, partial(whole.task_spec.skip, whole, clean(value)))

    def stalled(self, live: Live) -> bool:
        """Return whether the case runs although nothing in it can ever happen: no open node, no incident."""
        tokens = live.workflow.all_live()
        return not live.ended and not any(_can_move(one) for one in tokens)

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

    def stopped(self, live: Live) -> frozenset[str]:
        """Return the tokens that stand still as incidents."""
        tokens = live.workflow.all_live()
        return frozenset(str(one.id) for one in tokens if "incident" in one.internal_data)

    def _step(self, live: Live, env: Environment, act: Callable[[], Any], *, came_from: str | None = None) -> Advance:
        if live.busy:
            raise RuntimeError("this live case is in a step already, or a step of it failed")
        live.busy = True
        workflow = live.workflow
        before = [str(one.id) for one in workflow.all_live() if _is_open(one)]
        workflow.begin(env)
        act()
        workflow.settle()
        workflow.fold_all()
        if came_from is not None:
            _mark(workflow, came_from)
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


def _advance(workflow: CaseWorkflow, before: Sequence[str]) -> Advance:
    after = {str(one.id): one for one in workflow.all_live() if _is_open(one)}
    known = set(before)
    done = {one.token for one in workflow.completed_nodes}
    stopped = {one.token for one in workflow.incidents}
    dues = [due for one in after.values() if (due := _due_of(one)) is not None]
    return Advance(
        changed=_changed_rows(workflow),
        removed=tuple(str(token.id) for token in workflow.gone if token.stored),
        completed=tuple(workflow.completed_nodes),
        opened=tuple(_open_node(one) for token, one in after.items() if token not in known),
        withdrawn=tuple(token for token in before if token not in after and token not in done | stopped),
        next_due=min(dues, default=None),
        ended=workflow.completed,
        case_changes=_case_changes(workflow),
        incidents=tuple(workflow.incidents),
        signals=tuple(workflow.signals),
    )


def _mark(workflow: CaseWorkflow, came_from: str) -> None:
    """Let the tokens that this step created remember which node's completion they came from."""
    for one in workflow.touched.values():
        if not one.stored and not one.finished:
            one.internal_data["from"] = came_from


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
    internal, spec = token.internal_data, token.task_spec
    waits = token.state == TaskState.WAITING
    return OpenNode(
        token=str(token.id),
        node=spec.place,
        round=token.round,
        data=token.seen(),
        rule=internal.get("rule"),
        wait=spec.wait,
        topic=spec.node.topic,
        inputs=internal.get("inputs", {}),
        due=_due_of(token),
        event=spec.message if waits else None,
        signal=waits and spec.signal,
    )


def _due_of(token: Token) -> datetime | None:
    due = token.internal_data.get("timer", {}).get("due")
    return datetime.fromisoformat(due) if due else None


def _can_move(token: Token) -> bool:
    if not _is_open(token):
        return "incident" in token.internal_data
    return token.task_spec.wait != "timer" or _due_of(token) is not None


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
