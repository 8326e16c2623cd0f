"""The cases of a list of emergencies, in one statement."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency.models import Emergency
from app.work.models import Case


def cases_of(session: Session, emergencies: Iterable[Emergency]) -> dict[int, Case]:
    """Return the cases of emergencies by their ids."""
    ids = [one.case_id for one in emergencies]
    return {one.id: one for one in session.scalars(select(Case).where(Case.id.in_(ids)))} if ids else {}
