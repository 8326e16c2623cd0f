"""Reads of lists and shifts as they were made: who is on which list, which numbers were looked at, who is on duty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload

from app.emergency import readiness
from app.emergency.models import DutyShift, RosterMember
from app.emergency.readiness import Span
from app.emergency.rules import GROUPS
from app.errors import NotFound
from app.i18n import N_
from app.people.models import User

NO_MEMBER = N_("名单上没有这个人了。可能刚被别人拿掉。")


@dataclass(frozen=True)
class Standing:
    """How many people a group has for a plan, and how many of their numbers were found right lately."""

    people: int
    valid: int

    @property
    def state(self) -> str:
        """Return the lamp: red without anybody, amber when a number has to be looked at."""
        if not self.people:
            return readiness.RED
        return readiness.GREEN if self.valid == self.people else readiness.AMBER


def phone_of(one: RosterMember) -> str:
    """Return the number under which somebody is called."""
    return one.phone or one.user.phone


def member(session: Session, member_id: int) -> RosterMember:
    """Return one line of a roster."""
    found = session.scalar(_members().where(RosterMember.id == member_id))
    if found is None:
        raise NotFound(NO_MEMBER)
    return found


def members(session: Session, group: str, plan_id: int | None) -> Sequence[RosterMember]:
    """Return exactly the list that was made for this plan, or the one for all, in order."""
    return session.scalars(_members().where(RosterMember.group == group, _for(plan_id))).all()


def lists(session: Session, plan_id: int | None) -> Mapping[str, Sequence[RosterMember]]:
    """Return exactly the lists of all groups that were made for this plan, or those for all."""
    rows = session.scalars(_members().where(_for(plan_id))).all()
    return {group: [one for one in rows if one.group == group] for group in GROUPS}


def standings(session: Session, plan_ids: Collection[int], now: datetime) -> dict[int, dict[str, Standing]]:
    """Return per plan and group how its people stand; a list of its own comes instead of the one for all."""
    rows = session.scalars(_members()).all()
    return {
        plan_id: {group: _standing(chosen(rows, group, plan_id), now) for group in GROUPS} for plan_id in plan_ids
    }


def chosen(rows: Sequence[RosterMember], group: str, plan_id: int | None) -> list[RosterMember]:
    """Return those of `rows` a group calls for a plan: the plan's own list, else the one for all."""
    own = [one for one in rows if one.group == group and one.plan_id is not None and one.plan_id == plan_id]
    return own or [one for one in rows if one.group == group and one.plan_id is None]


def called_for(session: Session, plan_id: int | None) -> Mapping[str, Sequence[RosterMember]]:
    """Return per group whom a plan calls, in order."""
    own = RosterMember.plan_id.is_(None) if plan_id is None else _for(plan_id)
    rows = session.scalars(_members().where(or_(RosterMember.plan_id.is_(None), own))).all()
    return {group: chosen(rows, group, plan_id) for group in GROUPS}


def on_duty(session: Session, now: datetime) -> Sequence[DutyShift]:
    """Return the shifts that are going on."""
    return shifts(session, now, None)


def shifts(session: Session, since: datetime, until: datetime | None) -> Sequence[DutyShift]:
    """Return the shifts of people in use that touch [since, until); without `until` those that go on at `since`."""
    last = DutyShift.starts_at <= since if until is None else DutyShift.starts_at < until
    query = select(DutyShift).join(User, User.id == DutyShift.user_id).options(joinedload(DutyShift.user))
    query = query.where(DutyShift.ends_at > since, last, User.disabled_at.is_(None))
    return session.scalars(query.order_by(DutyShift.starts_at, DutyShift.id)).all()


def spans(rows: Sequence[DutyShift]) -> list[Span]:
    """Return shifts as spans of time with a name."""
    return [Span(one.starts_at, one.ends_at, one.user.name) for one in rows]


def _standing(rows: Sequence[RosterMember], now: datetime) -> Standing:
    return Standing(len(rows), sum(readiness.is_valid(phone_of(one), one.checked_at, now) for one in rows))


def _for(plan_id: int | None) -> ColumnElement[bool]:
    return RosterMember.plan_id.is_(None) if plan_id is None else RosterMember.plan_id == plan_id


def _members() -> Select[RosterMember]:
    """Return the query of all lines whose people are in use, in order."""
    query = select(RosterMember).join(User, User.id == RosterMember.user_id).where(User.disabled_at.is_(None))
    return query.options(joinedload(RosterMember.user)).order_by(RosterMember.position, RosterMember.id)
