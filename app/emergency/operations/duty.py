"""The duty table (值班表): shifts are added, taken out before they begin, and read from a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.clock import ZONE, local
from app.emergency.models import DutyShift
from app.emergency.operations.plans import record, require_manage
from app.emergency.operations.roster import NOBODY
from app.emergency.rules import YEARS
from app.errors import Conflict, Invalid, NotFound
from app.files.rules import read_csv
from app.i18n import N_
from app.people.models import User
from app.people.rules import Viewer

LONGEST: Final = timedelta(days=7)
MOST_ROWS: Final = 500
MOST_BYTES: Final = 1024 * 1024
HEADS: Final = frozenset({"账号", "姓名", "账号或姓名", "name", "user"})
SHAPES: Final = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S")
UNREADABLE: Final = N_("写成 2026-11-20 17:30 这样的日期和时间。")
PAST: Final = N_("这个班次已经开始或者过去了。值班表不能补写，也不能改过去的。")
BACKWARDS: Final = N_("结束要在开始之后，一个班次最长七天。")
TWICE: Final = N_("这个人这段时间已经有班。")
BAD_LINE: Final = N_("第 %(line)s 行：%(why)s整张表都没有导入。")
NO_ONE: Final = N_("没有这个账号或姓名；重名的请写账号。")
FEW: Final = N_("每行要写：账号或姓名、开始、结束。")
EMPTY: Final = N_("文件里没有可以导入的班次。每行写：账号或姓名、开始、结束。")
TOO_MANY: Final = N_("一次最多导入 500 个班次。")
NO_SHIFT: Final = N_("没有这个班次了。可能刚被别人拿掉。")


@dataclass(frozen=True)
class Imported:
    """How many shifts of a table were new and how many there already."""

    new: int
    same: int


def add_shift(
    session: Session, viewer: Viewer, user_id: int, starts_at: datetime, ends_at: datetime, now: datetime
) -> DutyShift:
    """Put somebody on duty from an instant to an instant, neither of which is past."""
    require_manage(viewer)
    user = session.get(User, user_id)
    if user is None or user.disabled_at is not None:
        raise Invalid(fields={"user": NOBODY})
    problem = _problem(session, user, starts_at, ends_at, now)
    if problem:
        raise Invalid(fields={"ends_at" if problem == BACKWARDS else "starts_at": problem})
    row = _write(session, user, starts_at, ends_at)
    record(session, viewer, "emergency:shift:added", _facts(row, user), now)
    return row


def remove_shift(session: Session, viewer: Viewer, shift_id: int, now: datetime) -> None:
    """Take out a shift that has not begun."""
    require_manage(viewer)
    row = session.get(DutyShift, shift_id)
    if row is None:
        raise NotFound(NO_SHIFT)
    if row.starts_at <= now:
        raise Conflict(PAST)
    record(session, viewer, "emergency:shift:removed", _facts(row, row.user), now)
    session.delete(row)
    session.flush()


def import_shifts(session: Session, viewer: Viewer, data: bytes, now: datetime) -> Imported:
    """Add the shifts of a table: account or name, begin, end. A line that is wrong refuses the whole table."""
    require_manage(viewer)
    new, same = [], 0
    for line, row in _rows(data):
        user, starts_at, ends_at = _read(session, row, line)
        if _stored(session, user, starts_at, ends_at):
            same += 1
            continue
        problem = _problem(session, user, starts_at, ends_at, now)
        if problem:
            raise Invalid(BAD_LINE, line=line, why=Invalid(problem))
        new.append(_facts(_write(session, user, starts_at, ends_at), user))
    if new:
        record(session, viewer, "emergency:shifts:imported", {"count": len(new), "shifts": new}, now)
    return Imported(len(new), same)


def read_instant(text: str) -> datetime | None:
    """Read a local date and time as people write it; None when it is none."""
    for shape in SHAPES:
        try:
            found = datetime.strptime(text.strip(), shape).replace(tzinfo=ZONE)
        except ValueError:
            continue
        return found if found.year in YEARS else None
    return None


def _rows(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    if len(data) > MOST_BYTES:
        raise Invalid(TOO_MANY)
    rows = read_csv(data)
    if rows and rows[0][0] in HEADS:
        rows[0] = []
    if not any(rows):
        raise Invalid(EMPTY)
    if len(rows) > MOST_ROWS:
        raise Invalid(TOO_MANY)
    return ((line, row) for line, row in enumerate(rows, 1) if row)


def _read(session: Session, row: Sequence[str], line: int) -> tuple[User, datetime, datetime]:
    who, starts, ends = (*row, "", "", "")[:3]
    if not who or not starts or not ends:
        raise Invalid(BAD_LINE, line=line, why=Invalid(FEW))
    starts_at, ends_at = read_instant(starts), read_instant(ends)
    if starts_at is None or ends_at is None:
        raise Invalid(BAD_LINE, line=line, why=Invalid(UNREADABLE))
    found = session.scalars(
        select(User).where(or_(User.user_name == who, User.name == who), User.disabled_at.is_(None))
    ).all()
    exact = [one for one in found if one.user_name == who] or found
    if len(exact) != 1:
        raise Invalid(BAD_LINE, line=line, why=Invalid(NO_ONE))
    return exact[0], starts_at, ends_at


def _problem(session: Session, user: User, starts_at: datetime, ends_at: datetime, now: datetime) -> str | None:
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        return BACKWARDS
    if starts_at < now:
        return PAST
    query = select(DutyShift.id).where(
        DutyShift.user_id == user.id, DutyShift.starts_at < ends_at, DutyShift.ends_at > starts_at
    )
    return TWICE if session.scalar(query.limit(1)) is not None else None


def _stored(session: Session, user: User, starts_at: datetime, ends_at: datetime) -> bool:
    query = select(DutyShift.id).where(
        DutyShift.user_id == user.id, DutyShift.starts_at == starts_at, DutyShift.ends_at == ends_at
    )
    return session.scalar(query.limit(1)) is not None


def _write(session: Session, user: User, starts_at: datetime, ends_at: datetime) -> DutyShift:
    row = DutyShift(user_id=user.id, starts_at=starts_at, ends_at=ends_at)
    session.add(row)
    session.flush()
    return row


def _facts(row: DutyShift, user: User) -> Mapping[str, Any]:
    shown = {name: f"{local(at):%Y-%m-%d %H:%M}" for name, at in (("from", row.starts_at), ("to", row.ends_at))}
    return {"user_id": user.id, "name": user.name, **shown}
