"""Whose unit has a step: of the person who is asked alone, of several until one takes it, of who took it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from app.people.models import Unit, User
from app.people.operations import holders
from app.people.rules import OFFICE, VENDOR, Viewer
from app.sql import Prepared
from app.work.models import Candidate, Party, WorkItem

_ASKED = (
    select(
        User.id.label("user_id"),
        User.name,
        Unit.id.label("unit_id"),
        Unit.name.label("unit_name"),
        Unit.kind.label("unit_kind"),
        Party.unit_id.label("party"),
    )
    .join(Unit, Unit.id == User.unit_id)
    .outerjoin(Party, and_(Party.case_id == bindparam("of"), Party.unit_id == Unit.id))
)
# built once: every completion passes here
_ALONE = Prepared(_ASKED.where(User.id == bindparam("user")))
_SEVERAL = _ASKED.where(User.id.in_(bindparam("users", expanding=True)))


def asked_of(session: Session, case_id: int, user_ids: Sequence[int]) -> list[Any]:
    """Return people with their units, in their order; `party` is None while the unit takes no part in the case."""
    if len(user_ids) == 1:
        return [_ALONE.run(session, of=case_id, user=user_ids[0]).one()]
    rows = session.execute(_SEVERAL, {"of": case_id, "users": list(user_ids)}).all()
    return sorted(rows, key=lambda one: user_ids.index(one.user_id))


def keeper_of(session: Session, case_id: int, asked: Sequence[Any]) -> Any:
    """Return by whose unit a step stands until somebody takes it: that of whoever is asked first.

    What several vendors are asked for stands by the house: none of them is to read the name of another.
    """
    vendors = {one.unit_id for one in asked if one.unit_kind == VENDOR}
    if len(vendors) <= 1:
        return asked[0]
    house = next((one for one in asked if one.unit_kind != VENDOR), None)
    desk = sorted(holders(session, OFFICE))
    if house is None and desk:
        house = asked_of(session, case_id, desk[:1])[0]
    return house or asked[0]


def move_to(item: WorkItem, viewer: Viewer) -> None:
    """Let a step stand by the unit of who takes it."""
    if item.unit_id != viewer.unit_id:
        item.unit_id, item.unit_name = viewer.unit_id, viewer.unit_name


def move_back(session: Session, item: WorkItem) -> None:
    """Let a step that was given back stand where it stood when several were asked."""
    query = select(Candidate.user_id).where(Candidate.item_id == item.id).order_by(Candidate.user_id)
    keeper = keeper_of(session, item.case_id, asked_of(session, item.case_id, session.scalars(query).all()))
    item.unit_id, item.unit_name = keeper.unit_id, keeper.unit_name
