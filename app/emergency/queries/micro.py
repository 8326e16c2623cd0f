"""Reads of micro-drills: what is asked of somebody just now, the rules, what is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, select
from sqlalchemy.orm import Session

from app.emergency.models import MicroCall, MicroDrill, MicroRule
from app.emergency.rules import GROUPS


def asked_id_of(user_id: int) -> ScalarSelect[int | None]:
    """Return the id of the tap that somebody is waited for just now, as a part of a query."""
    return _asked(user_id).with_only_columns(MicroCall.id).scalar_subquery()


def asked_of(session: Session, user_id: int) -> MicroCall | None:
    """Return the tap that somebody is waited for just now."""
    return session.scalars(_asked(user_id)).first()


def calls_of(session: Session, user_id: int, most: int = 10) -> Sequence[MicroCall]:
    """Return how somebody answered lately."""
    query = select(MicroCall).where(MicroCall.user_id == user_id).order_by(MicroCall.id.desc()).limit(most)
    return session.scalars(query).all()


def rules(session: Session) -> Mapping[str, MicroRule | None]:
    """Return the rule of each group; None where none was made yet."""
    found = {row.group: row for row in session.scalars(select(MicroRule))}
    return {group: found.get(group) for group in GROUPS}


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when the next group is to be tried or the next person asked."""
    del now
    rule = session.scalar(select(MicroRule.next_at).where(MicroRule.next_at.is_not(None)).order_by(MicroRule.next_at))
    open_ = select(MicroDrill.next_at).where(MicroDrill.state == "open", MicroDrill.next_at.is_not(None))
    turn = session.scalar(open_.order_by(MicroDrill.next_at).limit(1))
    return min((one for one in (rule, turn) if one is not None), default=None)


def due_groups(session: Session, now: datetime) -> Sequence[str]:
    """Return the groups whose time has come."""
    return session.scalars(select(MicroRule.group).where(MicroRule.next_at <= now)).all()


def due_drills(session: Session, now: datetime) -> Sequence[int]:
    """Return the micro-drills in which the next person is to be asked."""
    return session.scalars(select(MicroDrill.id).where(MicroDrill.state == "open", MicroDrill.next_at <= now)).all()


def _asked(user_id: int) -> Select[MicroCall]:
    query = select(MicroCall).join(MicroDrill, MicroDrill.id == MicroCall.drill_id)
    query = query.where(MicroCall.user_id == user_id, MicroCall.answered_at.is_(None), MicroDrill.state == "open")
    return query.order_by(MicroCall.id.desc()).limit(1)
