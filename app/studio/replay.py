"""One case told step by step: what was done at each instant, and where its tokens stood then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from app.engine import Definition
from app.ledger.models import Record
from app.web import filters
from app.work.models import WorkItem
from app.work.pages.diagram import PASSED
from app.work.pages.records import Line, record_line
from app.work.queries.casefile import CaseFile

# reading moves nothing
_READING = frozenset({"work:item:opened", "work:copy:read", "work:case:changed"})


@dataclass(frozen=True)
class Step:
    """What happened at one instant: its lines in order, and the state of the diagram behind it."""

    number: int
    at: datetime
    lines: Sequence[Line]
    marks: dict[str, Any]

    @property
    def told(self) -> Line:
        """Return the line that says what happened: a person's if there is one."""
        return next((line for line in self.lines if not line.rule), self.lines[0])


@dataclass
class _Stand:
    """What has been passed until now."""

    passed: set[str] = field(default_factory=set)
    chosen: dict[str, set[str]] = field(default_factory=dict)


def replay(file: CaseFile, definition: Definition, locale: str) -> list[Step]:
    """Return the steps of a case, oldest first, as far as its records are this viewer's to read."""
    stand = _Stand()
    found: list[Step] = []
    stand.passed |= {one.id for one in definition.starts[:1]}
    told = sorted((one for one in file.records if one.kind not in _READING), key=lambda one: one.seq)
    for at, group in groupby(told, key=lambda one: one.at):
        records = list(group)
        moved = list(_pass(stand, records, definition))
        lines = [record_line(one, definition, locale, file.recorded.get(one.item_id or 0)) for one in records]
        found.append(Step(len(found) + 1, at, lines, _marks(stand, moved, file.steps, definition, at)))
    return found


def _pass(stand: _Stand, records: Sequence[Record], definition: Definition) -> Iterator[str]:
    """Note what these records passed; yield the nodes."""
    for record in records:
        node = definition.nodes.get(record.node or "")
        if node is None or not (record.kind in PASSED or record.kind == "work:item:completed"):
            continue
        stand.passed.add(node.id)
        stand.passed |= {
            one.id for one in definition.nodes.values() if one.kind == "start" and one.scope == node.scope
        }
        if record.kind == "work:gateway:chosen" and record.result:
            stand.chosen[node.id] = set(record.result.split("、")) | {record.result}
        yield node.id


def _marks(
    stand: _Stand, moved: Sequence[str], items: Sequence[WorkItem], definition: Definition, at: datetime
) -> dict[str, Any]:
    open_ = {one.node: one for one in items if one.opened_at <= at and (one.closed_at is None or one.closed_at > at)}
    nodes = dict.fromkeys(stand.passed, "done")
    nodes |= {node: "late" if one.due_at and one.due_at < at else "now" for node, one in open_.items()}
    flows = [
        flow.id
        for flow in definition.flows.values()
        if flow.source in stand.passed
        and flow.target in nodes
        and (flow.source not in stand.chosen or stand.chosen[flow.source] & {flow.name, flow.id})
    ]
    holders = {node: one.assignee_name or one.done_by_name or one.unit_name for node, one in open_.items()}
    focus = next(iter(open_), moved[-1] if moved else None)
    return {"nodes": nodes, "flows": flows, "moved": list(moved), "holders": holders, "focus": focus}


def as_json(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return the steps as the player reads them."""
    return [{"at": filters.instant(step.at), **step.marks} for step in steps]
