"""Work items: opened when a token reaches a person, closed when it moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, case, insert, select, update

from app.deadlines.operations import begin
from app.engine import Node, OpenNode
from app.i18n import N_
from app.people.operations import resolve
from app.people.rules import Resolution
from app.sql import Prepared
from app.work.models import Case, Stretch, WorkItem
from app.work.operations.act import Act, earlier_people
from app.work.operations.asking import asked_of, keeper_of
from app.work.operations.clocks import draw_up_limit, run_handling, void_item
from app.work.rules import SIDES, side_of, words

# built once: every completion passes here
_TABLES = WorkItem.metadata.tables
_CHARGE, _OFFER, _JOIN = (Prepared(insert(_TABLES[name])) for name in ("stretch", "candidate", "party"))
_ITEM = Prepared(insert(_TABLES["work_item"]).returning(_TABLES["work_item"].c.id))
_STOP = Prepared(update(_TABLES["stretch"]).where(_TABLES["stretch"].c.id == bindparam("stretch")))
# whose turn it is: the vendor first, then the requester, then the office; and what is charged until now
_OPEN = and_(WorkItem.case_id == Case.id, WorkItem.status == "open", WorkItem.id != bindparam("done"))
_TURN = Prepared(
    select(
        WorkItem.side,
        WorkItem.unit_id,
        WorkItem.unit_name,
        WorkItem.name,
        Stretch.id.label("running"),
        Stretch.side.label("running_side"),
        Stretch.unit_id.label("running_unit"),
        Stretch.node_name.label("running_node"),
    )
    .select_from(Case)
    .outerjoin(WorkItem, _OPEN)
    .outerjoin(Stretch, and_(Stretch.case_id == Case.id, Stretch.ends.is_(None)))
    .where(Case.id == bindparam("of"))
    .order_by(case({side: n for n, side in enumerate(SIDES)}, value=WorkItem.side, else_=len(SIDES)), WorkItem.id)
    .limit(1)
)


def open_item(act: Act, opened: OpenNode) -> dict[str, Any]:
    """Create the work item of a token that waits for a person: people, deadline, notices. Return its columns."""
    node = act.bundle.definition.nodes[opened.node]
    people = _people_for(act, node, opened)
    asked = asked_of(act.session, act.case.id, people.user_ids)
    holder = keeper_of(act.session, act.case.id, asked)
    deadline = draw_up_limit(act, node, opened.data, holder.unit_id)
    row = _row(act, opened, node, people, holder)
    if deadline is not None:
        row |= {"due_at": deadline.due_at, "amber_at": deadline.amber_at}
    item_id: int = _ITEM.run(act.session, **row).scalar_one()
    if deadline is not None:
        begin(act.session, deadline, item_id)
    if row["assignee_id"] is None:
        _OFFER.owe_many(act.session, [{"item_id": item_id, "user_id": user_id} for user_id in people.user_ids])
    _join(act, node, [holder, *asked])
    _tell(act, node, people, item_id)
    return {"id": item_id, **row}


def _row(act: Act, opened: OpenNode, node: Node, people: Resolution, holder: Any) -> dict[str, Any]:
    """Return the columns of a new work item."""
    alone = len(people.user_ids) == 1
    return {
        "case_id": act.case.id,
        "token": opened.token,
        "node": node.id,
        "name": node.name,
        "name_en": node.name_en or node.name,
        "form": node.form,
        "form_digest": act.bundle.form_digests.get(node.form or ""),
        "round": opened.round,
        "status": "open",
        "side": side_of(node.properties, holder.unit_kind),
        "unit_id": holder.unit_id,
        "unit_name": holder.unit_name,
        "rule": dict(opened.rule or {}),
        "rule_text": people.text_zh,
        "assignee_id": holder.user_id if alone else None,
        "assignee_name": holder.name if alone else None,
        "from_name": act.actor.name,
        "from_unit": act.actor.unit_name,
        "returned": opened.round > 1,
        "urged": 0,
        "inside": node.properties.get("inside") == "true",
        "pause_text": node.properties.get("pauses"),
        "opened_at": act.now,
        "row_version": 1,
        "due_at": None,
        "amber_at": None,
    }


def _join(act: Act, node: Node, asked: Sequence[Any]) -> None:
    """Let the units of all who are asked take part: each of them has to be able to open the step."""
    new = {one.unit_id: one.unit_kind for one in asked if one.party is None}
    for unit_id, kind in new.items():
        side = side_of(node.properties, kind)
        _JOIN.owe(act.session, case_id=act.case.id, unit_id=unit_id, side=side, since=act.now)


def _tell(act: Act, node: Node, people: Resolution, item_id: int) -> None:
    others = [user_id for user_id in people.user_ids if user_id != act.actor.user_id]
    if others:
        values = {"node": node.name, "node_en": node.name_en, "item": item_id}
        act.notices.append((others, N_("%(title)s：到了“%(node)s”，请您办理。"), values))


def withdraw_items(act: Act, tokens: Sequence[str], reason: str) -> None:
    """Close the open items of tokens that the engine cancelled; the reason stays readable."""
    if not tokens:
        return
    query = select(WorkItem).where(
        WorkItem.case_id == act.case.id, WorkItem.token.in_(tokens), WorkItem.status == "open"
    )
    for item in act.session.scalars(query):
        item.status, item.closed_at, item.result = "withdrawn", act.now, reason
        void_item(act.session, item, act.now)
    act.session.flush()


def charge_time(act: Act) -> None:
    """End the running stretch when another side's turn began; a closed case has no running stretch."""
    found = _TURN.run(act.session, of=act.case.id, done=act.done.id if act.done else 0).one()
    turn = found if found.side is not None else None
    run_handling(act, turn)
    if turn and (found.running_side, found.running_unit, found.running_node) == (turn.side, turn.unit_id, turn.name):
        return
    if found.running is not None:
        _STOP.owe(act.session, stretch=found.running, ends=act.now)
    if turn:
        values = {"case_id": act.case.id, "side": turn.side, "unit_id": turn.unit_id, "unit_name": turn.unit_name}
        _CHARGE.owe(act.session, **values, node_name=turn.name, begins=act.now)


def _reads_past(rule: Mapping[str, Any] | None) -> bool:
    if not rule:
        return False
    return rule.get("rule") == "earlier" or any(_reads_past(one) for one in rule.get("of", ()))


def _people_for(act: Act, node: Node, opened: OpenNode) -> Resolution:
    barring = words(node.properties.get("distinct.from"))
    # who did what before is asked only where the rule or the separation of duties needs it
    earlier = earlier_people(act.session, act.case.id, act.done) if barring or _reads_past(opened.rule) else {}
    barred = {earlier[other] for other in barring if other in earlier}
    people = resolve(act.session, opened.rule or {}, starter_id=act.case.starter_id, earlier=earlier, barred=barred)
    allowed = tuple(user_id for user_id in people.user_ids if user_id not in barred)
    if allowed:
        return Resolution(allowed, people.text_zh, people.text_en, fell_back=people.fell_back)
    return resolve(act.session, {"rule": "role", "role": "supervisor"}, starter_id=act.case.starter_id, earlier={})
