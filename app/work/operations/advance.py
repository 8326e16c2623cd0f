"""Write what an engine step means: rows, items, deadlines, records, notices. The heart of one completion."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, delete, insert

from app.engine import Advance, CompletedNode, OpenNode, TaskRow
from app.i18n import N_
from app.ledger import Actor, Entry, Receipt, append
from app.outbox.operations import notify
from app.sql import Prepared
from app.work.models import TaskState
from app.work.operations.act import Act
from app.work.operations.awaiting import note_waits, owe_signals
from app.work.operations.items import charge_time, open_item, withdraw_items
from app.work.operations.limits import follow_limits
from app.work.operations.services import serve
from app.work.operations.stopping import close_gone, raise_incident

# built once: every completion passes here
_COLUMNS = tuple(field.name for field in fields(TaskRow))
_ROW = TaskState.metadata.tables["task_row"]
_CLEAR = Prepared(delete(_ROW).where(_ROW.c.case_id == bindparam("of"), _ROW.c.id == bindparam("token")))
_KEEP = Prepared(insert(_ROW))
TAGS = {
    "user": "work:item:completed",
    "script": "work:script:run",
    "service": "work:service:done",
    "decision": "work:decision:made",
    "gateway": "work:gateway:chosen",
    "timer": "work:timer:fired",
    "message": "work:message:received",
    "error": "work:error:caught",
    "escalation": "work:escalation:raised",
    "repetition": "work:repetition:ended",
    "call": "work:call:returned",
    "end": "work:end:reached",
}


def settle(act: Act, steps: Sequence[Advance], reason: str = "") -> list[Receipt]:
    """Write `steps` and every service task they lead to, then append all records of the act at once.

    The case and its items are written by whoever called, or by the commit.
    """
    queue = deque(steps)
    rows, changed = _Rows(), set[str]()
    last = steps[-1]
    while queue:
        last = queue.popleft()
        rows.take(last)
        withdraw_items(act, last.withdrawn, reason)
        note_waits(act, last)
        owe_signals(act, last)
        for node in last.completed:
            _record_node(act, node)
        _record_changes(act, last)
        queue.extend(_open(act, last.opened))
        for incident in last.incidents:
            raise_incident(act, incident)
        changed |= last.case_changes.keys()
        if not queue and not last.ended:
            queue.extend(follow_limits(act, changed))
            changed.clear()
    rows.write(act)
    close_gone(act)
    _close(act, last)
    charge_time(act)
    receipts = append(act.session, f"case:{act.case.id}", act.entries, act.now, fresh=act.fresh, drill=act.case.drill)
    act.fresh = False
    act.entries.clear()
    _send_notices(act)
    return receipts


class _Rows:
    """The engine rows that the steps of one act leave changed or removed."""

    def __init__(self) -> None:
        self.changed: dict[str, TaskRow] = {}
        self.stale: set[str] = set()

    def take(self, step: Advance) -> None:
        """Add what a step did; a later step replaces what an earlier one wrote."""
        self.changed |= {row.id: row for row in step.changed}
        self.stale |= {*step.removed, *(row.id for row in step.changed)}
        for id_ in step.removed:
            self.changed.pop(id_, None)

    def write(self, act: Act) -> None:
        """Two statements, however many rows."""
        if self.stale:
            _CLEAR.owe_many(act.session, [{"of": act.case.id, "token": token} for token in self.stale])
        if self.changed:
            rows = [{"case_id": act.case.id, **_columns(row)} for row in self.changed.values()]
            _KEEP.owe_many(act.session, rows)


def _columns(row: TaskRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}


def _open(act: Act, opened: Sequence[OpenNode]) -> list[Advance]:
    """Open what waits for people; run the product's own services and return the steps they caused."""
    caused = []
    for node in opened:
        if node.wait == "person":
            open_item(act, node)
        elif node.wait == "service":
            step = serve(act, node)
            caused += [step] if step else []
    return caused


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


def _close(act: Act, last: Advance) -> None:
    act.case.header = act.runtime.engine.header(act.live)
    act.case.next_due = last.next_due
    if last.ended:
        act.case.status, act.case.closed_at = "ended", act.now
        act.case.result = str(act.live.case_data.get("result") or act.case.result or "done")
        act.note(
            Entry("work:case:closed", Actor("rule", N_("办结")), {"result": act.case.result}, case_id=act.case.id)
        )


def _send_notices(act: Act) -> None:
    for user_ids, sentence, values in act.notices:
        url = f"/tasks/{values.pop('item')}" if "item" in values else f"/cases/{act.case.number}"
        notify(act.session, user_ids, sentence, values={"title": act.case.title, **values}, url=url, now=act.now)
    act.notices.clear()
