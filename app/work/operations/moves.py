"""Changing the course of a case: send back (退回), take back (撤回), jump (跳转), end (终止)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.deadlines import operations as clocks
from app.deadlines import queries as limits
from app.engine import Advance, restore
from app.errors import Conflict, Refused
from app.i18n import N_
from app.ledger import Entry
from app.ledger import Receipt as Mark
from app.people.rules import Viewer
from app.work.models import Candidate, Case, WorkItem
from app.work.operations.act import Act, person
from app.work.operations.advance import settle
from app.work.operations.cases import (
    Receipt,
    lock_case,
    lock_item,
    receipt_of,
    refuse_if_closed,
    refuse_if_suspended,
    refuse_unless_holder,
    resume,
    rows_of,
)
from app.work.queries.scope import case_scope
from app.work.rules import reason_of
from app.work.runtime import Runtime

STEERING = frozenset({"office", "supervisor", "director"})
TERMINATED = "terminated"


@dataclass(frozen=True)
class WayBack:
    """A step that an item can be sent back to, and who did it last."""

    node: str
    name: str
    name_en: str
    who: str
    unit: str
    round: int


def ways_back(session: Session, runtime: Runtime, item: WorkItem) -> tuple[WayBack, ...]:
    """Return the completed steps that an open item can be sent back to, the latest first."""
    query = select(WorkItem).where(WorkItem.case_id == item.case_id, WorkItem.status == "done")
    done = {one.node: one for one in session.scalars(query.order_by(WorkItem.id)) if one.node != item.node}
    case = session.get_one(Case, item.case_id)
    definition = runtime.library.bundle(session, case.version_id, case.called).definition
    live = restore(definition, rows_of(session, case.id), case.header)
    reached = runtime.engine.ways_back(live, item.token, tuple(done))
    latest = sorted((done[node] for node in reached), key=lambda one: one.id, reverse=True)
    return tuple(
        WayBack(one.node, one.name, one.name_en, one.done_by_name or "", one.unit_name, one.round) for one in latest
    )


def send_back(
    session: Session,
    runtime: Runtime,
    item_id: int,
    viewer: Viewer,
    node_id: str,
    reason: str,
    key: str,
    now: datetime,
) -> Receipt:
    """Send an open item back to a step that was done before; it goes to whoever did it, if the rule still names them.

    The same `key` by the same person returns the stored receipt.
    """
    case, item = lock_item(session, item_id)
    if item.status == "withdrawn" and item.key == key and item.done_by_id == viewer.user_id:
        return receipt_of(case, item, repeated=True)
    refuse_if_closed(item)
    refuse_if_suspended(case)
    refuse_unless_holder(session, item, viewer)
    reason, before = reason_of(reason), _last_done(session, case, node_id, item)
    act = resume(session, runtime, case, person(viewer), now)
    step = runtime.engine.send_back(act.live, item.token, node_id, act.env)
    payload = {"reason": reason, "from": item.node, "to": node_id, "round": item.round, "due": item.due_at}
    act.note(_entry(act, "work:item:sent_back", payload, item))
    text = N_("%(who)s把“%(title)s”退回到“%(to)s”：%(reason)s")
    mark = _move(act, step, reason, text, {"to": before.name, "to_en": before.name_en}, before)
    item.key, item.done_by_id, item.done_by_name = key, viewer.user_id, viewer.name
    item.receipt_code, item.receipt_seq = mark.code, mark.seq
    session.flush()
    return receipt_of(case, item)


def withdraw(session: Session, runtime: Runtime, item_id: int, viewer: Viewer, reason: str, now: datetime) -> None:
    """Take back one's own completed step while nobody has opened, claimed or done what came after it."""
    case, item = lock_item(session, item_id)
    if item.status != "done":
        raise Conflict(N_("“%(node)s”不是办完的一步，不用撤回。"), node=item.name)
    if item.done_by_id != viewer.user_id:
        raise Refused(N_("只有办完这一步的人能撤回。"))
    refuse_unless_running(case)
    reason = reason_of(reason)
    act = resume(session, runtime, case, person(viewer), now)
    tokens = runtime.engine.outcome(act.live, item.token)
    _refuse_if_touched(act, tokens)
    step = runtime.engine.withdraw(act.live, tokens, item.node, act.env)
    payload = {"reason": reason, "round": item.round, "done_at": item.closed_at}
    act.note(_entry(act, "work:item:taken_back", payload, item))
    text = N_("%(who)s撤回了“%(title)s”的“%(to)s”：%(reason)s")
    _move(act, step, reason, text, {"to": item.name, "to_en": item.name_en}, item)


def jump(
    session: Session,
    runtime: Runtime,
    case_id: int,
    viewer: Viewer,
    token: str,
    node_id: str,
    reason: str,
    now: datetime,
) -> None:
    """Let a waiting or stopped token go on at another node, forwards or backwards."""
    if not viewer.may("work.repair"):
        raise Refused(N_("跳转由流程负责人来做。"))
    case = steered(session, case_id, viewer)
    refuse_unless_running(case)
    reason = reason_of(reason)
    act = resume(session, runtime, case, person(viewer), now)
    source = runtime.engine.node_of(act.live, token)
    step = runtime.engine.jump(act.live, token, node_id, act.env)
    drawn = act.bundle.definition.nodes[node_id]
    payload = {"reason": reason, "from": source, "to": node_id}
    act.note(_entry(act, "work:case:jumped", payload))
    text = N_("%(who)s把“%(title)s”跳转到“%(to)s”：%(reason)s")
    before = _last_done(session, case, node_id, None) if _was_done(session, case, node_id) else None
    _move(act, step, reason, text, {"to": drawn.name, "to_en": drawn.name_en or drawn.name}, before)


def terminate(session: Session, runtime: Runtime, case_id: int, viewer: Viewer, reason: str, now: datetime) -> None:
    """End a case at once, running or suspended: everything open is withdrawn, its clocks are void."""
    case = steered(session, case_id, viewer)
    if case.status == "ended":
        raise Conflict(N_("“%(title)s”已经办结。"), title=case.title)
    reason = reason_of(reason)
    act = resume(session, runtime, case, person(viewer), now)
    for deadline in limits.open_of_case(session, case.id):
        clocks.void(session, deadline, now)
    step = runtime.engine.cancel(act.live, act.env)
    payload = {"reason": reason, "status": case.status, "opened_at": case.opened_at}
    act.note(_entry(act, "work:case:terminated", payload, result=TERMINATED))
    case.result, case.suspended_at = TERMINATED, None
    others = [] if viewer.user_id == case.starter_id else [case.starter_id]
    act.notices.append((others, N_("%(who)s终止了“%(title)s”：%(reason)s"), {"who": viewer.name, "reason": reason}))
    _move(act, step, reason, N_("%(who)s终止了“%(title)s”，不用再办：%(reason)s"), {}, None)
    case.result = TERMINATED
    session.flush()


def steered(session: Session, case_id: int, viewer: Viewer) -> Case:
    """Return a case, locked, whose course this person may change; raise Refused."""
    visible = session.scalar(select(exists().where(Case.id == case_id, case_scope(viewer))))
    if not visible or not (viewer.may("work.repair") or viewer.roles & STEERING):
        raise Refused(N_("这件办件由流程负责人、派发岗、督办或主任来调整。"))
    return lock_case(session, case_id)


def refuse_unless_running(case: Case) -> None:
    """Raise Conflict for a case that is over or stands still."""
    if case.status == "ended":
        raise Conflict(N_("“%(title)s”已经办结。"), title=case.title)
    refuse_if_suspended(case)


def _was_done(session: Session, case: Case, node_id: str) -> bool:
    done = exists().where(WorkItem.case_id == case.id, WorkItem.node == node_id, WorkItem.status == "done")
    return bool(session.scalar(select(done)))


def _last_done(session: Session, case: Case, node_id: str, item: WorkItem | None) -> WorkItem:
    """Return the latest completed item of a node; raise Conflict when there is none."""
    query = select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.node == node_id, WorkItem.status == "done")
    found = session.scalars(query.order_by(WorkItem.id.desc()).limit(1)).first()
    if found is None or (item is not None and item.node == node_id):
        raise Conflict(N_("只能退回到这件办件已经办完的步骤。"))
    return found


def _refuse_if_touched(act: Act, tokens: Sequence[str]) -> None:
    """Raise Conflict when somebody has begun with what came out of a step, or a program has."""
    served = any(one.token in tokens and one.wait == "service" for one in act.runtime.engine.open_nodes(act.live))
    if not tokens or served:
        raise Conflict(N_("后面的步骤已经往下走了，撤不回来。可以请正在办的人退回。"))
    offered = exists().where(Candidate.item_id == WorkItem.id)
    query = select(WorkItem, offered).where(WorkItem.case_id == act.case.id, WorkItem.token.in_(tokens))
    for item, shared in act.session.execute(query):
        if item.first_opened_at is not None or (shared and item.assignee_id is not None):
            who = item.first_opened_by or item.assignee_name
            raise Conflict(N_("“%(node)s”已由%(who)s开始办，撤不回来。可以请他退回。"), node=item.name, who=who)


def _move(act: Act, step: Advance, reason: str, text: str, named: Mapping[str, Any], before: WorkItem | None) -> Mark:
    """Write a step that changed the course, tell those concerned, give the new item to who did it before."""
    said = {"who": act.actor.name, "reason": reason, **named}
    people = holders_of(act.session, act.case.id, WorkItem.token.in_(step.withdrawn))
    if before is not None and before.done_by_id is not None:
        people.append(before.done_by_id)
    others = [user_id for user_id in dict.fromkeys(people) if user_id != act.actor.user_id]
    act.notices.append((others, text, said))
    receipts = settle(act, [step], reason)
    if before is not None:
        _give_back(act, step, before)
    return receipts[0]


def holders_of(session: Session, case_id: int, *where: ColumnElement[bool]) -> list[int]:
    """Return who holds open items of a case, or may take them."""
    mine = (WorkItem.case_id == case_id, WorkItem.status == "open", *where)
    held = select(WorkItem.assignee_id).where(*mine, WorkItem.assignee_id.is_not(None))
    offered = select(Candidate.user_id).join(WorkItem, WorkItem.id == Candidate.item_id)
    free = offered.where(*mine, WorkItem.assignee_id.is_(None))
    return [user_id for query in (held, free) for user_id in session.scalars(query) if user_id is not None]


def _give_back(act: Act, step: Advance, before: WorkItem) -> None:
    """Let the new item go to the person who did it before, where it was offered to several."""
    tokens = [one.token for one in step.opened if one.node == before.node]
    offered = Candidate.item_id == WorkItem.id, Candidate.user_id == before.done_by_id
    query = select(WorkItem).join(Candidate, Candidate.item_id == WorkItem.id).where(*offered)
    mine = query.where(WorkItem.case_id == act.case.id, WorkItem.token.in_(tokens), WorkItem.assignee_id.is_(None))
    for item in act.session.scalars(mine):
        item.assignee_id, item.assignee_name = before.done_by_id, before.done_by_name


def _entry(
    act: Act, kind: str, payload: Mapping[str, Any], item: WorkItem | None = None, result: str | None = None
) -> Entry:
    return Entry(
        kind,
        act.actor,
        {"version": act.bundle.number, **payload},
        case_id=act.case.id,
        item_id=item.id if item else None,
        node=item.node if item else None,
        node_name=item.name if item else None,
        result=result,
    )
