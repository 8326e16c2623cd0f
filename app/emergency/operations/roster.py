"""Who is called: people join a list, leave it, change places; their numbers are found right."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from app.emergency.models import RosterMember
from app.emergency.operations.plans import record, require_manage
from app.emergency.queries import library, numbers
from app.emergency.rules import GROUPS
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.people.models import User
from app.people.rules import Viewer

UP, DOWN = -1, 1
NOBODY: Final = N_("请选一个人。停用的账号不能上名单。")
THERE: Final = N_("“%(name)s”已经在这张名单上。")
NO_PHONE: Final = N_("账号里没有电话，写一个能打通的号码。")
TOO_LONG: Final = N_("职务最多 60 个字，号码最多 40 个字符。")
CHANGED: Final = N_("名单或者号码刚被别人改过，看过最新的再点一次。")


def add_member(
    session: Session,
    viewer: Viewer,
    group: str,
    plan_id: int | None,
    user_id: int,
    now: datetime,
    *,
    title: str = "",
    phone: str = "",
) -> RosterMember:
    """Put somebody at the end of a group's list, of one plan or of all."""
    require_manage(viewer)
    user = _user(session, group, plan_id, user_id)
    rows = numbers.members(session, group, plan_id)
    if any(one.user_id == user_id for one in rows):
        raise Invalid(THERE, name=user.name)
    _check(user, title.strip(), phone.strip())
    row = RosterMember(
        group=group,
        plan_id=plan_id,
        position=max((one.position for one in rows), default=0) + 1,
        user_id=user_id,
        title=title.strip(),
        phone=_own(user, phone),
    )
    session.add(row)
    session.flush()
    record(session, viewer, "emergency:roster:added", _facts(row, user), now)
    return row


def change_member(
    session: Session, viewer: Viewer, member_id: int, title: str, phone: str, seen: int | None, now: datetime
) -> None:
    """Change post or number of somebody on a list; a new number has to be found right again."""
    require_manage(viewer)
    row = numbers.member(session, member_id)
    _refuse_stale(row, seen)
    _check(row.user, title.strip(), phone.strip())
    before = {"title": row.title, "phone": numbers.phone_of(row)}
    row.title, row.phone = title.strip(), _own(row.user, phone)
    after = {"title": row.title, "phone": numbers.phone_of(row)}
    if before == after:
        return
    if before["phone"] != after["phone"]:
        row.checked_at = None
    payload = _facts(row, row.user) | {"before": before, "after": after}
    record(session, viewer, "emergency:roster:changed", payload, now)


def move_member(session: Session, viewer: Viewer, member_id: int, step: int, now: datetime) -> None:
    """Let somebody change places with the one before (`UP`) or behind; at the end of the list nothing happens."""
    require_manage(viewer)
    row = numbers.member(session, member_id)
    rows = list(numbers.members(session, row.group, row.plan_id))
    place = rows.index(row)
    if not 0 <= place + step < len(rows):
        return
    rows[place], rows[place + step] = rows[place + step], rows[place]
    for number, one in enumerate(rows, 1):
        one.position = number
    order = [one.user.name for one in rows]
    record(session, viewer, "emergency:roster:moved", _facts(row, row.user) | {"order": order}, now)


def remove_member(session: Session, viewer: Viewer, member_id: int, now: datetime) -> None:
    """Take somebody off a list."""
    require_manage(viewer)
    row = numbers.member(session, member_id)
    record(session, viewer, "emergency:roster:removed", _facts(row, row.user), now)
    session.delete(row)
    session.flush()


def check_number(session: Session, viewer: Viewer, member_id: int, phone: str, now: datetime) -> None:
    """Note that the number `phone` was found right just now, by whoever says so."""
    require_manage(viewer)
    row = numbers.member(session, member_id)
    if numbers.phone_of(row) != phone or not phone:
        raise Conflict(CHANGED)
    row.checked_at = now
    record(session, viewer, "emergency:roster:checked", _facts(row, row.user), now)


def _user(session: Session, group: str, plan_id: int | None, user_id: int) -> User:
    if group not in GROUPS:
        raise NotFound
    if plan_id is not None:
        library.plan(session, plan_id)
    user = session.get(User, user_id)
    if user is None or user.disabled_at is not None:
        raise Invalid(NOBODY)
    return user


def _check(user: User, title: str, phone: str) -> None:
    if len(title) > 60 or len(phone) > 40:  # noqa: PLR2004 - as the columns hold
        raise Invalid(TOO_LONG)
    if not phone and not user.phone:
        raise Invalid(NO_PHONE)


def _own(user: User, phone: str) -> str:
    """Return the number as it is kept: nothing when it is the account's."""
    return "" if phone.strip() == user.phone else phone.strip()


def _refuse_stale(row: RosterMember, seen: int | None) -> None:
    if seen is not None and row.row_version != seen:
        raise Conflict(CHANGED)


def _facts(row: RosterMember, user: User) -> dict[str, Any]:
    return {
        "group": row.group,
        "plan_id": row.plan_id,
        "user_id": user.id,
        "name": user.name,
        "position": row.position,
        "phone": row.phone or user.phone,
    }
