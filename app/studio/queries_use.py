"""How a version is used: which flows its cases took, how long its steps lay, what came back, what was late.

Everything is read in six statements, however many cases there are. Try-outs never become cases, so they are not
here; what is counted are cases this viewer may see, begun in the period, that run or ended on the version.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.deadlines.models import Deadline, DeadlinePause
from app.deadlines.queries import calendar_of, plans
from app.deadlines.rules import Calendar, working_between
from app.engine import Definition, Node
from app.ledger.models import Record
from app.people.rules import Viewer
from app.studio.flows_taken import Count, FlowsTaken, Recorded
from app.work.models import Case, WorkItem
from app.work.operations.advance import TAGS
from app.work.queries.scope import case_scope

FEW = 5  # below this a middle value says little, and the page says how few there are
SAMPLE = 20_000  # steps whose time is worked out; the newest of them when there are more
_NOTHING = timedelta(0)


@dataclass(frozen=True)
class NodeUse:
    """One node: how often it was passed, and for a person's step how long it lay there."""

    node: Node
    count: Count
    done: int = 0
    open: int = 0
    median: timedelta | None = None
    ninety: timedelta | None = None
    again: int = 0
    late: int = 0

    @property
    def few(self) -> bool:
        """Whether so few were done that the times say little."""
        return 0 < self.done < FEW


@dataclass(frozen=True)
class Use:
    """How one version was used in a period."""

    cases: int
    ended: int
    nodes: Sequence[NodeUse]
    flows: Mapping[str, Count]
    day: timedelta
    sampled: bool


@dataclass
class _Lying:
    """What lay at one node."""

    times: list[timedelta] = field(default_factory=list)
    open: int = 0
    again: int = 0
    late: int = 0


def use_of(
    session: Session, viewer: Viewer, version_id: int, definition: Definition, since: datetime | None, now: datetime
) -> Use:
    """Return how a version was used by the cases begun since an instant, or ever."""
    # a drill is in no figure
    mine = [Case.version_id == version_id, Case.drill.is_(False), case_scope(viewer)]
    if since is not None:
        mine.append(Case.opened_at >= since)
    row = session.execute(select(func.count(), func.count(Case.closed_at)).select_from(Case).where(*mine)).one()
    counted = FlowsTaken(definition, _recorded(session, mine), row[0])
    lying, day, sampled = _lying(session, mine, now)
    nodes = [_node_use(node, counted.through(node), lying.get(node.id)) for node in definition.nodes.values()]
    flows = {flow.id: counted.along(flow) for flow in definition.flows.values()}
    return Use(row[0], row[1], nodes, flows, day, sampled)


def _node_use(node: Node, count: Count, lying: _Lying | None) -> NodeUse:
    if lying is None:
        return NodeUse(node, count)
    times = sorted(lying.times)
    return NodeUse(
        node,
        count,
        done=len(times),
        open=lying.open,
        median=_middle(times),
        ninety=times[math.ceil(len(times) * 0.9) - 1] if times else None,
        again=lying.again,
        late=lying.late,
    )


def _middle(times: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=statistics.median(one.total_seconds() for one in times)) if times else None


def _recorded(session: Session, mine: Sequence[ColumnElement[bool]]) -> Recorded:
    """Return what the records of these cases tell of nodes and gateways, in two statements."""
    counts = (func.count(Record.case_id.distinct()), func.count())
    of_nodes = and_(Record.kind.in_(set(TAGS.values())), Record.node.is_not(None), *mine)
    nodes = (
        select(Record.node, Record.kind, *counts)
        .join(Case, Case.id == Record.case_id)
        .where(of_nodes)
        .group_by(Record.node, Record.kind)
    )
    passed: dict[str, Count] = {}
    for node, kind, cases, times in session.execute(nodes):
        # a step of several people goes on once, when all are done
        if node not in passed or kind == TAGS["repetition"]:
            passed[str(node)] = Count(cases, times)
    gateways = (
        select(Record.node, Record.result, *counts)
        .join(Case, Case.id == Record.case_id)
        .where(of_nodes, Record.kind == TAGS["gateway"])
        .group_by(Record.node, Record.result)
    )
    chosen: dict[str, dict[str | None, Count]] = defaultdict(dict)
    for node, result, cases, times in session.execute(gateways):
        chosen[str(node)][result] = Count(cases, times)
    return Recorded(passed, chosen)


# Steps


def _lying(
    session: Session, mine: Sequence[ColumnElement[bool]], now: datetime
) -> tuple[dict[str, _Lying], timedelta, bool]:
    """Return by node how long the steps of people lay, by the calendar of the unit that had them, pauses left out."""
    calendars = _Calendars(session)
    query = (
        select(WorkItem)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.status.in_(("open", "done")), *mine)
        .order_by(WorkItem.id.desc())
        .limit(SAMPLE + 1)
    )
    items = session.scalars(query).all()
    paused = _pauses(session, mine)
    found: dict[str, _Lying] = defaultdict(_Lying)
    for item in items[:SAMPLE]:
        lying, end = found[item.node], item.closed_at or now
        lying.again += item.returned
        lying.late += item.due_at is not None and item.paused_at is None and item.due_at < end
        if item.closed_at is None:
            lying.open += 1
            continue
        calendar = calendars.of(item.unit_id)
        rest = sum((working_between(calendar, *one) for one in paused.get(item.id, ())), _NOTHING)
        lying.times.append(max(working_between(calendar, item.opened_at, item.closed_at) - rest, _NOTHING))
    return found, calendars.of(None).day_length, len(items) > SAMPLE


def _pauses(session: Session, mine: Sequence[ColumnElement[bool]]) -> Mapping[int, list[tuple[datetime, datetime]]]:
    query = (
        select(Deadline.work_item_id, DeadlinePause.from_at, DeadlinePause.to_at)
        .join(Deadline, Deadline.id == DeadlinePause.deadline_id)
        .join(Case, Case.id == Deadline.case_id)
        .where(Deadline.work_item_id.is_not(None), DeadlinePause.to_at.is_not(None), *mine)
    )
    found: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for item_id, begins, ends in session.execute(query):
        if item_id is not None and ends is not None:
            found[item_id].append((begins, ends))
    return found


class _Calendars:
    """The calendars of all units, read once."""

    def __init__(self, session: Session) -> None:
        self._by_unit: dict[int | None, Calendar] = {one.unit_id: calendar_of(session, one) for one in plans(session)}
        self._standard = self._by_unit.get(None) or calendar_of(session, None)

    def of(self, unit_id: int | None) -> Calendar:
        """Return the calendar of a unit, the house's where it has none."""
        return self._by_unit.get(unit_id, self._standard)


def heat(values: Mapping[str, Any]) -> dict[str, int]:
    """Return 0 to 4 for each value, by its share of the largest; nothing is hot where all are nothing."""
    top = max(values.values(), default=None)
    if not top:
        return dict.fromkeys(values, 0)
    return {key: math.ceil(value / top * 4) for key, value in values.items()}
