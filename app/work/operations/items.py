"""Work items: opened when a token reaches a person, closed when it moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, insert, select
from sqlalchemy.orm import Session

from app.engine import Node, OpenNode
from app.i18n import N_
from app.people.models import Unit, User
from app.people.operations import resolve
from app.people.rules import Resolution
from app.work.models import Candidate, Party, Stretch, WorkItem
from app.work.operations.act import Act, earlier_people
from app.work.operations.clocks import arm_item, run_handling, void_item
from app.work.rules import leading_side, side_of, words


def open_item(act: Act, opened: OpenNode) -> WorkItem:
    """Create the work item of a token that waits for a person: people, deadline, notices."""
    node = act.bundle.definition.nodes[opened.node]
    people = _people_for(act, node, opened)
    holder, unit, is_party = holder_of(act, people.user_ids[0])
    alone = len(people.user_ids) == 1
    item = WorkItem(
        case_id=act.case.id,
        token=opened.token,
        node=node.id,
        name=node.name,
        name_en=node.name_en or node.name,
        form=node.form,
        form_digest=act.bundle.form_digests.get(node.form or ""),
        round=opened.round,
        status="open",
        side=side_of(node.properties, unit.kind),
        unit_id=unit.id,
        unit_name=unit.name,
        rule=dict(opened.rule or {}),
        rule_text=people.text_zh,
        assignee_id=holder.id if alone else None,
        assignee_name=holder.name if alone else None,
        from_name=act.actor.name,
        from_unit=act.actor.unit_name,
        returned=opened.round > 1,
        pause_text=node.properties.get("pauses"),
        opened_at=act.now,
    )
    act.session.add(item)
    act.session.flush()
    if not alone:
        rows = [{"item_id": item.id, "user_id": user_id} for user_id in people.user_ids]
        act.session.execute(insert(Candidate), rows)
    if not is_party:
        act.session.add(Party(case_id=act.case.id, unit_id=unit.id, side=item.side, since=act.now))
    arm_item(act, item, node, opened.data)
    others = [user_id for user_id in people.user_ids if user_id != act.actor.user_id]
    if others:
        act.notices.append(
            (
                others,
                N_("%(title)s：到了“%(node)s”，请您办理。"),
                {"node": node.name, "node_en": node.name_en, "item": item.id},
            )
        )
    return item


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


def join(act: Act, unit: Unit, side: str) -> None:
    """Make a unit a party of the case, once."""
    if act.session.get(Party, (act.case.id, unit.id)) is None:
        act.session.add(Party(case_id=act.case.id, unit_id=unit.id, side=side, since=act.now))
        act.session.flush()


def charge_time(act: Act) -> None:
    """End the running stretch when another side's turn began; a closed case has no running stretch."""
    running = act.session.scalar(select(Stretch).where(Stretch.case_id == act.case.id, Stretch.ends.is_(None)))
    item = leading_item(act.session, act.case.id)
    run_handling(act, item)
    if running and item and _same_turn(running, item):
        return
    if running:
        running.ends = act.now
    if item:
        act.session.add(
            Stretch(
                case_id=act.case.id,
                side=item.side,
                unit_id=item.unit_id,
                unit_name=item.unit_name,
                node_name=item.name,
                begins=act.now,
            )
        )


def _same_turn(running: Stretch, item: WorkItem) -> bool:
    turn = (running.side, running.unit_id, running.node_name)
    return turn == (item.side, item.unit_id, item.name)


def leading_item(session: Session, case_id: int) -> WorkItem | None:
    """Return the open item whose side the case's time is charged to now."""
    items = session.scalars(
        select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "open").order_by(WorkItem.id)
    ).all()
    side = leading_side([item.side for item in items])
    return next((item for item in items if item.side == side), None)


def holder_of(act: Act, user_id: int) -> tuple[User, Unit, bool]:
    """Return a person, their unit, and whether it is a party of the case already."""
    taking_part = and_(Party.case_id == act.case.id, Party.unit_id == Unit.id)
    query = select(User, Unit, Party.unit_id).join(Unit, Unit.id == User.unit_id).outerjoin(Party, taking_part)
    user, unit, party = act.session.execute(query.where(User.id == user_id)).one()
    return user, unit, party is not None


def _reads_past(rule: Mapping[str, Any] | None) -> bool:
    if not rule:
        return False
    return rule.get("rule") == "earlier" or any(_reads_past(one) for one in rule.get("of", ()))


def _people_for(act: Act, node: Node, opened: OpenNode) -> Resolution:
    barring = words(node.properties.get("distinct.from"))
    # who did what before is asked only where the rule or the separation of duties needs it
    earlier = earlier_people(act.session, act.case.id) if barring or _reads_past(opened.rule) else {}
    people = resolve(act.session, opened.rule or {}, starter_id=act.case.starter_id, earlier=earlier)
    barred = {earlier[other] for other in barring if other in earlier}
    allowed = tuple(user_id for user_id in people.user_ids if user_id not in barred)
    if allowed:
        return Resolution(allowed, people.text_zh, people.text_en, fell_back=people.fell_back)
    return resolve(act.session, {"rule": "role", "role": "supervisor"}, starter_id=act.case.starter_id, earlier={})
