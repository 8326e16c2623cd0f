"""Owe, notify; claim, finish and fail what is owed.

A row is claimed with a lease, sent outside any transaction, then finished by whoever still holds the lease. A
killed sender costs a lease's time and perhaps a repeat, never a loss.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from app.db import wake
from app.outbox import rules
from app.outbox.models import Notice, Owed
from app.postgres import stepping_over
from app.sql import Prepared

_TELL = Prepared(insert(Notice.metadata.tables["notice"]))


def notify(
    session: Session,
    user_ids: Iterable[int],
    message: str,
    *,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    url: str | None = None,
    kind: str = "work",
) -> int:
    """Put one notice into each person's list (one statement); return how many were told."""
    rows = [
        {
            "user_id": user,
            "kind": kind,
            "message": message,
            "named": dict(values or {}),
            "url": url,
            "created_at": now,
        }
        for user in dict.fromkeys(user_ids)
    ]
    if rows:
        _TELL.owe_many(session, rows)
    return len(rows)


def mark_read(session: Session, user_id: int, now: datetime, *, notice_id: int | None = None) -> int:
    """Mark one or all of a person's notices as read; return how many were unread."""
    query = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now)
    if notice_id is not None:
        query = query.where(Notice.id == notice_id)
    return len(session.scalars(query.returning(Notice.id)).all())


def owe(
    session: Session, kind: str, payload: Mapping[str, Any], *, now: datetime, due: datetime | None = None
) -> Owed:
    """Note that something must leave the house; it is durable together with its cause.

    `case` in the payload names the case that waits for it.
    """
    row = Owed(kind=kind, payload=dict(payload), case_id=payload.get("case"), created_at=now, due=due or now, tries=0)
    session.add(row)
    session.flush()
    wake(session)
    return row


@dataclass(frozen=True)
class Claim:
    """One leased thing to send: its key, kind and content."""

    id: int
    kind: str
    payload: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Return the key by which the receiver drops repeats."""
        return f"owed-{self.id}"


def claim(session: Session, owner: str, now: datetime, *, kinds: Collection[str], limit: int = 50) -> list[Claim]:
    """Lease the oldest due rows of these kinds to `owner`; rows another sender is claiming are stepped over."""
    free = or_(Owed.lease_until.is_(None), Owed.lease_until <= now)
    query = select(Owed).where(Owed.done_at.is_(None), Owed.dead_at.is_(None), Owed.due <= now, free)
    query = query.where(Owed.kind.in_(kinds))
    rows = session.scalars(stepping_over(query.order_by(Owed.due, Owed.id).limit(limit))).all()
    for row in rows:
        row.owner, row.lease_until = owner, now + rules.LEASE
    session.flush()
    return [Claim(row.id, row.kind, row.payload) for row in rows]


def finish(session: Session, owed_id: int, owner: str, now: datetime, note: str | None = None) -> bool:
    """Note that it was sent, or in `note` why it no longer has to be; False when the lease has passed on."""
    row = _held(session, owed_id, owner)
    if row is None:
        return False
    row.done_at, row.lease_until, row.owner, row.last_error = now, None, None, note
    session.flush()
    return True


def postpone(session: Session, owed_id: int, owner: str, until: datetime) -> None:
    """Give a row back untried, to be looked at again from `until` on."""
    row = _held(session, owed_id, owner)
    if row is not None:
        row.due, row.lease_until, row.owner = until, None, None
        session.flush()


def fail(
    session: Session, owed_id: int, owner: str, now: datetime, reason: str, most: int = rules.MOST_TRIES
) -> bool:
    """Note a failed try: wait longer each time, after `most` give up visibly. True when given up."""
    row = _held(session, owed_id, owner)
    if row is None:
        return False
    row.tries += 1
    row.last_error, row.owner, row.lease_until = reason[:500], None, None
    if rules.is_dead(row.tries, most):
        row.dead_at = now
    else:
        row.due = now + rules.wait_after(row.tries, row.id)
    session.flush()
    return row.dead_at is not None


def progress(session: Session, owed_id: int, owner: str, payload: Mapping[str, Any], now: datetime) -> bool:
    """Note how far a long errand came and keep it for another lease; False when the lease has passed on."""
    row = _held(session, owed_id, owner)
    if row is None:
        return False
    row.payload, row.lease_until = dict(payload), now + rules.LEASE
    session.flush()
    return True


def retry(session: Session, owed_id: int, now: datetime) -> None:
    """Give a dead letter eight new tries."""
    row = session.get_one(Owed, owed_id)
    row.tries, row.dead_at, row.due = 0, None, now
    session.flush()


def _held(session: Session, owed_id: int, owner: str) -> Owed | None:
    query = select(Owed).where(Owed.id == owed_id, Owed.owner == owner, Owed.done_at.is_(None)).with_for_update()
    return session.scalar(query)
