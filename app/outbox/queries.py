"""Reads of notices and of what is owed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from app.outbox.models import Notice, Owed


def unread_of(user_id: int) -> ScalarSelect[int]:
    """Return how many notices this person has not read, as a part of a query."""
    query = select(func.count()).select_from(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    return query.scalar_subquery()


def unread_count(session: Session, user_id: int) -> int:
    """Return how many notices this person has not read."""
    return session.scalar(select(unread_of(user_id))) or 0


def notices(session: Session, user_id: int, *, before: int | None = None, limit: int = 30) -> list[Notice]:
    """Return a person's notices, newest first; `before` is the last id of the page before."""
    query = select(Notice).where(Notice.user_id == user_id)
    if before is not None:
        query = query.where(Notice.id < before)
    return list(session.scalars(query.order_by(Notice.id.desc()).limit(limit)))


def notice(session: Session, user_id: int, notice_id: int) -> Notice | None:
    """Return one of a person's own notices."""
    return session.scalar(select(Notice).where(Notice.id == notice_id, Notice.user_id == user_id))


def dead_letters(session: Session, limit: int = 100) -> list[Owed]:
    """Return what could not be sent in eight tries, newest first."""
    query = select(Owed).where(Owed.dead_at.is_not(None), Owed.done_at.is_(None))
    return list(session.scalars(query.order_by(Owed.id.desc()).limit(limit)))


def next_due(session: Session, now: datetime, kinds: Collection[str]) -> datetime | None:
    """Return when the next owed thing of these kinds that nobody is sending may be tried."""
    free = or_(Owed.lease_until.is_(None), Owed.lease_until <= now)
    waiting = select(Owed.due).where(Owed.done_at.is_(None), Owed.dead_at.is_(None), Owed.kind.in_(kinds), free)
    return session.scalar(waiting.order_by(Owed.due).limit(1))
