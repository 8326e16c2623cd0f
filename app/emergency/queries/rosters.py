"""Whom a group calls and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency.queries.numbers import called_for, on_duty, phone_of
from app.emergency.rules import DUTY, GROUP_ROLES, GROUPS
from app.people.models import User
from app.people.operations import holders


@dataclass(frozen=True)
class Callee:
    """Somebody who is called, under which number."""

    user_id: int
    name: str
    title: str = ""
    phone: str = ""


def callees(session: Session, group: str, plan_id: int | None, now: datetime) -> list[Callee]:
    """Return whom a group calls for a plan, in order: who is on duty, then its list, else the holders of its roles.

    A list made for the plan comes instead of the one for all. Nobody is named twice; disabled accounts are left out.
    """
    listed = called_for(session, plan_id)[group]
    found = [Callee(one.user_id, one.user.name, one.title, phone_of(one)) for one in listed]
    known = {one.user_id: one for one in found}
    if group == DUTY:
        watch = [known.get(one.user_id) or _plain(one.user) for one in on_duty(session, now)]
        found = list({one.user_id: one for one in [*watch, *found]}.values())
    return found or _holders(session, group)


def ids(people: Iterable[Callee]) -> list[int]:
    """Return the ids of people, in order."""
    return [one.user_id for one in people]


def _holders(session: Session, group: str) -> list[Callee]:
    """Return the holders of the first role of a group that anybody has."""
    for role in GROUP_ROLES[group]:
        found = holders(session, role)
        if found:
            query = select(User).where(User.id.in_(found)).order_by(User.id)
            return [_plain(one, GROUPS[group]) for one in session.scalars(query)]
    return []


def _plain(user: User, title: str = "") -> Callee:
    return Callee(user.id, user.name, title, user.phone)
