"""More or fewer people at a step that several sign (加签、减签)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import NotRepeated
from app.errors import Conflict, Invalid, Refused
from app.i18n import N_
from app.ledger import Entry
from app.ledger.models import Record
from app.people.models import Unit, User
from app.people.operations import resolve
from app.people.rules import VENDOR, Viewer
from app.work.models import WorkItem
from app.work.operations.act import Act, person
from app.work.operations.advance import settle
from app.work.operations.cases import lock_item, refuse_if_closed, refuse_unless_holder, resume
from app.work.operations.moves import STEERING, refuse_unless_running
from app.work.rules import reason_of
from app.work.runtime import Runtime

ADDED = "work:item:signer_added"
REMOVED = "work:item:signer_removed"


def add_signer(
    session: Session, runtime: Runtime, item_id: int, viewer: Viewer, user_id: int, reason: str, now: datetime
) -> None:
    """Ask one more person at a step that several sign: side by side at once, one after the other at the end.

    Whoever holds one of its open items may, and the desks.
    """
    case, item = lock_item(session, item_id)
    refuse_if_closed(item)
    refuse_unless_running(case)
    if not _steers(viewer):
        refuse_unless_holder(session, item, viewer)
    reason = reason_of(reason)
    signer = _signer(session, item, user_id)
    act = resume(session, runtime, case, person(viewer), now)
    step = runtime.engine.add_signer(act.live, item.token, _value(item, signer), act.env)
    act.note(_entry(act, ADDED, item, signer, reason))
    settle(act, [step], reason)


def remove_signer(
    session: Session, runtime: Runtime, item_id: int, viewer: Viewer, reason: str, now: datetime
) -> None:
    """Ask one person fewer: take the open item of one signer away. The last one cannot be taken away.

    The desks may, and whoever added that signer.
    """
    case, item = lock_item(session, item_id)
    refuse_if_closed(item)
    refuse_unless_running(case)
    if not _steers(viewer) and not _added_by(session, item, viewer):
        raise Refused(N_("只有加签的人、流程负责人、派发岗、督办或主任能减签。"))
    reason = reason_of(reason)
    act = resume(session, runtime, case, person(viewer), now)
    step = runtime.engine.remove_signer(act.live, item.token, act.env)
    if not any(one.node == item.node and one.round == item.round for one in runtime.engine.open_nodes(act.live)):
        raise Conflict(N_("“%(node)s”只剩这一个人没办，不能再减。可以转办，或者退回。"), node=item.name)
    signer = session.get(User, item.assignee_id) if item.assignee_id else None
    act.note(_entry(act, REMOVED, item, signer, reason))
    if signer is not None and signer.id != viewer.user_id:
        text = N_("%(title)s：“%(node)s”不用您办了。%(who)s：%(reason)s")
        said = {"node": item.name, "node_en": item.name_en, "who": viewer.name, "reason": reason}
        act.notices.append(([signer.id], text, said))
    settle(act, [step], reason)


def _steers(viewer: Viewer) -> bool:
    return viewer.may("work.repair") or bool(viewer.roles & STEERING)


def _signer(session: Session, item: WorkItem, user_id: int) -> User:
    """Return the person to be asked; raise Invalid when they cannot be, Conflict when they are asked already."""
    signer = session.get(User, user_id)
    unit = session.get(Unit, signer.unit_id) if signer is not None else None
    if signer is None or unit is None or (unit.kind == VENDOR and unit.id != item.unit_id):
        raise Invalid(fields={"user": N_("请选一位在职的同事。")})
    rule = {"rule": "user", "name": signer.user_name}
    if user_id not in resolve(session, rule, starter_id=None, earlier={}).user_ids:
        raise Invalid(fields={"user": N_("请选一位在职的同事。")})
    asked = select(WorkItem.assignee_id).where(
        WorkItem.case_id == item.case_id,
        WorkItem.node == item.node,
        WorkItem.round == item.round,
        WorkItem.status.in_(("open", "done")),
    )
    if user_id in session.scalars(asked).all():
        raise Conflict(N_("%(who)s已经在“%(node)s”的名单里。"), who=signer.name, node=item.name)
    return signer


def _value(item: WorkItem, signer: User) -> Any:
    """Return the signer as the list of the step names people: by account name or by number."""
    if item.rule.get("rule") != "user":
        raise NotRepeated(N_("“%(node)s”不是按人员名单会签的，不能加人。"), node=item.name)
    return signer.id if isinstance(item.rule.get("name"), int) else signer.user_name


def _added_by(session: Session, item: WorkItem, viewer: Viewer) -> bool:
    query = select(Record.body).where(Record.case_id == item.case_id, Record.kind == ADDED, Record.node == item.node)
    added = (json.loads(body) for body in session.scalars(query.where(Record.actor_id == viewer.user_id)))
    return item.assignee_id in {one["payload"]["who_id"] for one in added}


def _entry(act: Act, kind: str, item: WorkItem, signer: User | None, reason: str) -> Entry:
    who = {"who": signer.name, "who_id": signer.id} if signer else {"who": item.rule_text, "who_id": None}
    return Entry(
        kind,
        act.actor,
        {"version": act.bundle.number, "reason": reason, "round": item.round, **who},
        case_id=item.case_id,
        item_id=item.id,
        node=item.node,
        node_name=item.name,
    )
