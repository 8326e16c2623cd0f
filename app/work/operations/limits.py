"""Limits that follow the case (`guanjia.limit.follows`).

While such a step is open, its limit is reckoned anew whenever a value of `case.*` in its limit changes: the grade of
an emergency rises and everybody has less time. Elapsed time stays counted; the old limit stays on record.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select

from app.deadlines import operations as clocks
from app.deadlines.models import Deadline
from app.deadlines.queries import open_of_item
from app.deadlines.rules import Limit, parse_limit
from app.engine import Advance, Definition, Node
from app.i18n import N_
from app.ledger import Actor, Entry
from app.work.models import Candidate, WorkItem
from app.work.operations.act import Act
from app.work.operations.clocks import draw_up_limit, show_due
from app.work.rules import fill, names_of

READS: Final = re.compile(r"\bcase\.(\w+)")
CHANGED: Final = N_("办件情况变了，时限改为%(limit)s。")
TOLD: Final = N_("%(title)s：“%(node)s”的时限改为%(limit)s。")
RULE: Final = N_("时限随办件变化")


class Moved(NamedTuple):
    """An open step whose limit changed."""

    item: WorkItem
    node: Node
    limit: str
    old: datetime | None
    new: datetime


def follow_limits(act: Act, changed: Collection[str]) -> list[Advance]:
    """Reckon anew the limits of open steps that read one of these values of `case.*`.

    Return the step that re-arms the timers drawn over these limits; nothing when there are none.
    """
    nodes = _following(act.bundle.definition, changed)
    if not nodes:
        return []
    found = (_reckon(act, item, nodes[item.node]) for item in _open_items(act, nodes))
    moved = [one for one in found if one is not None]
    for one in moved:
        _note(act, one)
    return _rearmed(act, moved)


def _following(definition: Definition, changed: Collection[str]) -> dict[str, Node]:
    if not changed:
        return {}
    return {id_: node for id_, node in definition.nodes.items() if _reads(node.properties, changed)}


def _reads(properties: Mapping[str, str], changed: Collection[str]) -> bool:
    follows = properties.get("limit.follows") == "true"
    return follows and not set(changed).isdisjoint(READS.findall(properties.get("limit", "")))


def _open_items(act: Act, nodes: Collection[str]) -> Sequence[WorkItem]:
    query = select(WorkItem).where(
        WorkItem.case_id == act.case.id, WorkItem.status == "open", WorkItem.node.in_(nodes)
    )
    # the item of this act is done, although its row does not say so yet
    return [one for one in act.session.scalars(query.order_by(WorkItem.id)) if one is not act.done]


def _reckon(act: Act, item: WorkItem, node: Node) -> Moved | None:
    limit = _limit(act, node)
    if limit is None:
        return None
    deadline = next(iter(open_of_item(act.session, item.id)), None)
    if deadline is None:
        return _begin(act, item, node, limit)
    if clocks.limit_in_force(deadline) == limit:
        return None
    old = deadline.due_at
    clocks.set_limit(act.session, deadline, act.now, to=limit, reason=CHANGED % {"limit": limit.text})
    return _shown(item, node, limit, old, deadline)


def _limit(act: Act, node: Node) -> Limit | None:
    text = fill(node.properties["limit"], names_of({}, act.live.case_data))
    return parse_limit(str(text), node.properties.get("limit.clock")) if text else None


def _begin(act: Act, item: WorkItem, node: Node, limit: Limit) -> Moved | None:
    """Start the clock of a step that had no limit when it opened; it counts from there."""
    deadline = draw_up_limit(act, node, {}, item.unit_id, item.opened_at)
    if deadline is None:
        return None
    clocks.begin(act.session, deadline, item.id)
    return _shown(item, node, limit, None, deadline)


def _shown(item: WorkItem, node: Node, limit: Limit, old: datetime | None, deadline: Deadline) -> Moved:
    show_due(item, deadline)
    return Moved(item, node, limit.text, old, deadline.due_at)


def _note(act: Act, moved: Moved) -> None:
    item, due = moved.item, {"old": moved.old, "new": moved.new}
    payload = {"reason": CHANGED % {"limit": moved.limit}, "limit": moved.limit, "due": due}
    act.note(
        Entry(
            "work:item:due_changed",
            Actor("rule", RULE),
            payload,
            case_id=act.case.id,
            item_id=item.id,
            node=item.node,
            node_name=item.name,
        )
    )
    values = {"node": item.name, "node_en": item.name_en, "limit": moved.limit, "item": item.id}
    act.notices.append((_people(act, item), TOLD, values))


def _people(act: Act, item: WorkItem) -> list[int]:
    if item.assignee_id is not None:
        return [item.assignee_id]
    return list(act.session.scalars(select(Candidate.user_id).where(Candidate.item_id == item.id)))


def _rearmed(act: Act, moved: Sequence[Moved]) -> list[Advance]:
    """Let the timers drawn over these limits read them anew: named as the step, or with the same limit."""
    properties = act.bundle.definition.properties
    named = {name.removeprefix("due."): text for name, text in properties.items() if name.startswith("due.")}
    dues = {
        name: one.new
        for name, text in named.items()
        for one in moved
        if name == one.node.id or text == one.node.properties["limit"]
    }
    return [act.runtime.engine.rearm(act.live, dues, act.env)] if dues else []
