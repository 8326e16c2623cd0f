"""The state of the live diagram: what is done, active, overdue or still to come, and the words beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from app.engine import Definition
from app.web import filters
from app.web.i18n import gettext
from app.work.models import WorkItem
from app.work.pages.lamps import item_lamp
from app.work.queries.casefile import CaseFile

PASSED = frozenset(
    {
        "work:script:run",
        "work:service:done",
        "work:decision:made",
        "work:gateway:chosen",
        "work:timer:fired",
        "work:message:received",
        "work:error:caught",
        "work:escalation:raised",
        "work:repetition:ended",
        "work:call:returned",
        "work:end:reached",
    }
)
# a plate beside a gateway or an event would hide the words drawn there
PLATED = frozenset({"user", "script", "service", "decision"})


def marks_of(file: CaseFile, definition: Definition, now: datetime) -> dict[str, Any]:
    """Return what the part `diagram` draws: state and note of every node, state of every flow, where to look."""
    nodes: dict[str, dict[str, str]] = {}
    for node_id, ends in _passed(file, definition).items():
        plate = _done_note(ends) if _kind(definition, node_id) in PLATED else {}
        nodes[node_id] = {"state": "done", "tone": "done", **plate}
    for item in file.open:
        nodes[item.node] = _open_mark(item, file, now)
    for step in file.concealed:
        state = "now" if step.status == "open" else "done"
        nodes.setdefault(step.node, {"state": state, "tone": "done" if state == "done" else "plain"})
    if file.case.incident:
        nodes.update(
            {node: {"state": "stopped", "tone": "late", "note": gettext("停在这里")} for node in _stopped(file)}
        )
    visited = set(nodes)
    for node_id in definition.nodes:
        nodes.setdefault(node_id, {"state": "future"})
    focus = next((item.node for item in (*file.open, *reversed(file.done))), None)
    return {"nodes": nodes, "flows": dict(_flows(file, definition, visited)), "focus": focus}


def label_of(file: CaseFile, name: str) -> str:
    """Say in words where the case stands, for those who do not see the diagram."""
    steps = gettext("、").join(f"{item.unit_name} {item.name}" for item in file.open)
    if not steps:
        return gettext("%(process)s流程图", process=name)
    return gettext("%(process)s流程图，现在在%(steps)s", process=name, steps=steps)


def _passed(file: CaseFile, definition: Definition) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for item in file.done:
        if item.closed_at:
            found.setdefault(item.node, []).append(item.closed_at)
    for record in file.records:
        if record.kind in PASSED and record.node in definition.nodes:
            found.setdefault(record.node or "", []).append(record.at)
    entered = {definition.process_id, *(definition.nodes[node].scope for node in found if node in definition.nodes)}
    for node in definition.nodes.values():
        if node.kind == "start" and node.scope in entered:
            found.setdefault(node.id, [])
    return found


def _kind(definition: Definition, node_id: str) -> str:
    node = definition.nodes.get(node_id)
    return node.kind if node else ""


def _done_note(ends: Sequence[datetime]) -> dict[str, str]:
    if not ends:
        return {}
    note = gettext("%(count)s 次", count=len(ends)) if len(ends) > 1 else filters.day(ends[0])
    return {"note": f"✓ {note}"}


def _open_mark(item: WorkItem, file: CaseFile, now: datetime) -> dict[str, str]:
    shown = item_lamp(item, file.limits.get(item.id), now)
    late = shown.state == "red"
    note = (
        f"{shown.text} · {item.assignee_name or item.unit_name}" if late else (item.assignee_name or item.unit_name)
    )
    return {"state": "late" if late else "now", "tone": "late" if late else "plain", "note": note}


def _stopped(file: CaseFile) -> list[str]:
    """Return where an automatic step stands still: the node of the newest incident."""
    return [record.node for record in file.records if record.kind == "work:incident:raised" and record.node][:1]


def _flows(file: CaseFile, definition: Definition, visited: set[str]) -> Iterator[tuple[str, str]]:
    """Yield whether each flow was taken: both ends were reached and no choice went another way."""
    chosen: dict[str, set[str]] = {}
    for record in file.records:
        if record.kind == "work:gateway:chosen" and record.node and record.result:
            chosen.setdefault(record.node, set()).add(record.result)
    for flow in definition.flows.values():
        went = not chosen.get(flow.source) or flow.name in chosen[flow.source] or flow.id in chosen[flow.source]
        yield flow.id, "done" if {flow.source, flow.target} <= visited and went else "future"
