"""Write what an engine step means: rows, items, deadlines, records, notices. The heart of one completion."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.engine import Advance, CompletedNode, OpenNode, TaskRow
from app.i18n import N_
from app.ledger import Actor, Entry, Receipt, append
from app.outbox.operations import notify, owe
from app.people.models import Unit
from app.work.models import TaskState
from app.work.operations.act import Act
from app.work.operations.items import charge_time, join, open_item, withdraw_items
from app.work.runtime import Call

TAGS = {
    "user": "work:item:completed",
    "script": "work:script:run",
    "service": "work:service:done",
    "decision": "work:decision:made",
    "gateway": "work:gateway:chosen",
    "timer": "work:timer:fired",
    "message": "work:message:received",
    "end": "work:end:reached",
}


def settle(act: Act, steps: Sequence[Advance], reason: str = "") -> list[Receipt]:
    """Write `steps` and every service task they lead to, then append all records of the act at once."""
    queue = deque(steps)
    last = steps[-1]
    while queue:
        last = queue.popleft()
        _write_rows(act.session, act.case.id, last)
        withdraw_items(act, last.withdrawn, reason)
        for node in last.completed:
            _record_node(act, node)
        _record_changes(act, last)
        queue.extend(_open(act, last.opened))
        for incident in last.incidents:
            _record_incident(act, incident.node, incident.reason)
    _close(act, last)
    charge_time(act)
    receipts = append(act.session, f"case:{act.case.id}", act.entries, act.now)
    act.entries.clear()
    _send_notices(act)
    return receipts


def _open(act: Act, opened: Sequence[OpenNode]) -> list[Advance]:
    """Open what waits for people; run the product's own services and return the steps they caused."""
    caused = []
    for node in opened:
        if node.wait == "person":
            open_item(act, node)
        elif node.wait == "service":
            step = _serve(act, node)
            caused += [step] if step else []
    return caused


def _serve(act: Act, node: OpenNode) -> Advance | None:
    engine = act.runtime.engine
    topic = act.runtime.topics.get(node.topic or "")
    if topic is None:
        return engine.fail_service(act.live, node.token, f"no handler for topic {node.topic}", act.env)
    call = Call(act.case, node.token, topic.name, node.inputs, node.data, act.live.case_data, act.now)
    if topic.do is not None:
        payload = {"case": act.case.id, "token": node.token, "topic": topic.name, "inputs": dict(node.inputs)}
        owe(act.session, "service", payload, now=act.now)
        return None
    return engine.finish_service(act.live, node.token, topic.record(act.session, call), act.env)


def _write_rows(session: Session, case_id: int, step: Advance) -> None:
    gone = [*step.removed, *(row.id for row in step.changed)]
    if gone:
        session.execute(delete(TaskState).where(TaskState.case_id == case_id, TaskState.id.in_(gone)))
    if step.changed:
        session.execute(insert(TaskState.metadata.tables["task_row"]), [_row(case_id, row) for row in step.changed])


def _row(case_id: int, row: TaskRow) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "id": row.id,
        "seq": row.seq,
        "parent": row.parent,
        "scope": row.scope,
        "spec": row.spec,
        "state": row.state,
        "changed": row.changed,
        "internal": row.internal,
        "data": row.data,
    }


def _record_node(act: Act, node: CompletedNode) -> None:
    """Add the record of an automatic node; a person's record is added by the completing operation."""
    tag = TAGS.get(node.kind)
    if tag is None or node.kind == "user":
        return
    spec = act.bundle.definition.nodes[node.node]
    act.case.result = spec.properties.get("result", act.case.result)
    kind = "timer" if node.kind == "timer" else "rule"
    act.note(
        Entry(
            tag,
            Actor(kind, spec.name or spec.id),
            {"version": act.bundle.number, "round": node.round, "data": dict(node.data)},
            case_id=act.case.id,
            node=node.node,
            node_name=spec.name or None,
            result=node.result,
            started_at=node.started,
        )
    )


def _record_changes(act: Act, step: Advance) -> None:
    """Record what became of `case.*`, in the name of the automatic node that wrote it."""
    changes = step.case_changes
    if changes:
        payload = {name: {"old": old, "new": new} for name, (old, new) in changes.items()}
        act.note(Entry("work:case:changed", _writer(act, step), payload, case_id=act.case.id))
    if "vendor" in changes:
        act.case.vendor_id = changes["vendor"][1]


def _writer(act: Act, step: Advance) -> Actor:
    automatic = [node for node in step.completed if node.kind in {"script", "service", "decision"}]
    if not automatic:
        return act.actor
    node = act.bundle.definition.nodes[automatic[0].node]
    return Actor("rule", node.name or node.id)


def _record_incident(act: Act, node: str, reason: str) -> None:
    act.case.incident = reason
    spec = act.bundle.definition.nodes[node]
    act.note(
        Entry(
            "work:incident:raised",
            Actor("rule", spec.name or node),
            {"reason": reason},
            case_id=act.case.id,
            node=node,
            node_name=spec.name,
        )
    )


def _close(act: Act, last: Advance) -> None:
    act.case.header = act.runtime.engine.header(act.live)
    act.case.next_due = last.next_due
    if last.ended:
        act.case.status, act.case.closed_at = "ended", act.now
        act.case.result = str(act.live.case_data.get("result") or act.case.result or "done")
        act.note(
            Entry("work:case:closed", Actor("rule", N_("办结")), {"result": act.case.result}, case_id=act.case.id)
        )
    act.session.flush()


def _send_notices(act: Act) -> None:
    for user_ids, sentence, values in act.notices:
        url = f"/tasks/{values.pop('item')}" if "item" in values else f"/cases/{act.case.number}"
        notify(act.session, user_ids, sentence, values={"title": act.case.title, **values}, url=url, now=act.now)
    act.notices.clear()


def add_party(act: Act, unit_id: int, side: str) -> None:
    """Let a unit see the case from now on."""
    join(act, act.session.get_one(Unit, unit_id), side)
