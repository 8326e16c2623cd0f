"""What one step of a case has changed, as values that can be stored, shown and acted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine.live import changed_rows
from app.engine.port import Advance, OpenNode, Wait
from app.engine.token import Token
from app.engine.workflow import CaseWorkflow

_BY_STATE: Mapping[int, frozenset[Wait]] = {
    TaskState.READY: frozenset({"person"}),
    TaskState.STARTED: frozenset({"service"}),
    TaskState.WAITING: frozenset({"timer", "message"}),
}


def advance(workflow: CaseWorkflow, before: Sequence[Token]) -> Advance:
    """Return what the step that ran since the tokens `before` were open has changed."""
    after = [one for one in workflow.all_live() if is_open(one)]
    # tokens are told apart as objects: to write thousands of ids as text would cost more than all the rest
    known, still = set(map(id, before)), set(map(id, after))
    explained = {one.token for one in workflow.completed_nodes} | {one.token for one in workflow.incidents}
    gone = [str(one.id) for one in before if id(one) not in still]
    dues = [due for one in after if one.state == TaskState.WAITING and (due := due_of(one)) is not None]
    return Advance(
        changed=changed_rows(workflow),
        removed=tuple(str(token.id) for token in workflow.gone if token.stored),
        completed=tuple(workflow.completed_nodes),
        opened=tuple(open_node(one) for one in after if id(one) not in known),
        withdrawn=tuple(token for token in gone if token not in explained),
        next_due=min(dues, default=None),
        ended=workflow.completed,
        case_changes=_case_changes(workflow),
        incidents=tuple(workflow.incidents),
        signals=tuple(workflow.signals),
    )


def mark(workflow: CaseWorkflow, came_from: str) -> None:
    """Let the tokens that this step created remember which node's completion they came from."""
    for one in workflow.touched.values():
        if not one.stored and not one.finished:
            one.internal_data["from"] = came_from


def _case_changes(workflow: CaseWorkflow) -> dict[str, tuple[Any, Any]]:
    old, new = workflow.case_before, workflow.case_data
    names = [name for name in new if name not in old or old[name] != new[name]]
    return {name: (old.get(name), new[name]) for name in names}


def open_nodes(workflow: CaseWorkflow) -> dict[str, OpenNode]:
    """Return every token that waits for something outside the engine, in order of creation."""
    return {str(token.id): open_node(token) for token in workflow.all_live() if is_open(token)}


def is_open(token: Token) -> bool:
    """Return whether a token waits for something outside the engine."""
    waits = token.task_spec.wait in _BY_STATE.get(token.state, ())
    return waits and "incident" not in token.internal_data


def open_node(token: Token) -> OpenNode:
    """Describe a token that waits for something outside the engine."""
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
        due=due_of(token),
        event=spec.message if waits else None,
        signal=waits and spec.signal,
    )


def due_of(token: Token) -> datetime | None:
    """Return the instant at which a token's timer fires; None when it has none, or waits for a limit to be set."""
    due = token.internal_data.get("timer", {}).get("due")
    return datetime.fromisoformat(due) if due else None


def can_move(token: Token) -> bool:
    """Return whether something outside can still move a token: an answer, a time, or the repair of an incident."""
    if not is_open(token):
        return "incident" in token.internal_data
    return token.task_spec.wait != "timer" or due_of(token) is not None
