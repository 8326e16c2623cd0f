"""Who holds a work item: claim, release, transfer (认领、释放、转办)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.outbox.operations import notify
from app.people.models import Unit, User
from app.people.rules import Viewer
from app.work.models import Candidate, WorkItem
from app.work.operations.act import person
from app.work.operations.asking import move_back, move_to
from app.work.operations.cases import lock_item, refuse_if_closed, refuse_if_suspended, refuse_unless_holder


def claim(session: Session, item_id: int, viewer: Viewer, now: datetime) -> None:
    """Take an unclaimed item; it leaves the others' inboxes. Claiming one's own item again changes nothing."""
    case, item = lock_item(session, item_id)
    refuse_if_closed(item)
    refuse_if_suspended(case)
    if item.assignee_id == viewer.user_id:
        return
    refuse_unless_holder(session, item, viewer)
    item.assignee_id, item.assignee_name = viewer.user_id, viewer.name
    move_to(item, viewer)
    _record(session, item, viewer, "claimed", now)


def release(session: Session, item_id: int, viewer: Viewer, now: datetime) -> None:
    """Give a claimed item back to those who may take it."""
    _case, item = lock_item(session, item_id)
    refuse_if_closed(item)
    if item.assignee_id != viewer.user_id:
        raise Refused
    if session.scalar(select(Candidate).where(Candidate.item_id == item.id).limit(1)) is None:
        raise Conflict(N_("“%(node)s”只指定了您一个人，放不回去。可以转办给别人。"), node=item.name)
    item.assignee_id = item.assignee_name = None
    move_back(session, item)
    _record(session, item, viewer, "released", now)


def take_over(session: Session, viewer: Viewer, item: WorkItem, now: datetime) -> None:
    """Let somebody whose area allows it complete a step that a colleague has; the record says so.

    Whoever calls has locked the case and made sure that this person may do what the step asks for.
    """
    if item.assignee_id == viewer.user_id or (item.assignee_id is None and _is_offered(session, item, viewer)):
        return
    payload = {"from": item.assignee_name, "to": viewer.name, "to_id": viewer.user_id}
    item.assignee_id, item.assignee_name = viewer.user_id, viewer.name
    session.flush()
    entry = Entry(
        "work:item:transferred",
        person(viewer),
        payload,
        case_id=item.case_id,
        item_id=item.id,
        node=item.node,
        node_name=item.name,
    )
    append(session, f"case:{item.case_id}", [entry], now)


def _is_offered(session: Session, item: WorkItem, viewer: Viewer) -> bool:
    return session.get(Candidate, (item.id, viewer.user_id)) is not None


def transfer(session: Session, item_id: int, viewer: Viewer, to_user_id: int, reason: str, now: datetime) -> None:
    """Hand an item to another person of the same unit; both names and the reason stay in the record."""
    case, item = lock_item(session, item_id)
    refuse_if_closed(item)
    refuse_unless_holder(session, item, viewer)
    if not reason.strip():
        raise Invalid(fields={"reason": N_("写一句为什么转办。")})
    receiver = _receiver(session, item, viewer, to_user_id)
    item.assignee_id, item.assignee_name = receiver.id, receiver.name
    session.execute(delete(Candidate).where(Candidate.item_id == item.id))
    session.execute(insert(Candidate), [{"item_id": item.id, "user_id": receiver.id}])
    _record(session, item, viewer, "transferred", now, {"to": receiver.name, "to_id": receiver.id, "reason": reason})
    values = {"title": case.title, "who": viewer.name}
    text = N_("%(who)s把“%(title)s”转给您办。")
    notify(session, [receiver.id], text, values=values, url=f"/tasks/{item.id}", now=now)


def _receiver(session: Session, item: WorkItem, viewer: Viewer, to_user_id: int) -> User:
    receiver = session.get(User, to_user_id)
    if receiver is None or receiver.disabled_at is not None or receiver.unit_id != item.unit_id:
        unit = session.get_one(Unit, item.unit_id)
        raise Invalid(fields={"to": N_("只能转给%(unit)s在职的人。") % {"unit": unit.name}})
    if receiver.id == viewer.user_id:
        raise Invalid(fields={"to": N_("不能转给自己。")})
    return receiver


def _record(
    session: Session,
    item: WorkItem,
    viewer: Viewer,
    act: str,
    now: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    entry = Entry(
        f"work:item:{act}",
        person(viewer),
        payload or {},
        case_id=item.case_id,
        item_id=item.id,
        node=item.node,
        node_name=item.name,
    )
    append(session, f"case:{item.case_id}", [entry], now)
