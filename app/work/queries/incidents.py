"""Reads of incidents (异常): of one case, and of all cases open to a viewer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.i18n import N_
from app.people.rules import Viewer
from app.work.models import Case, Incident, WorkItem
from app.work.queries.boxes import Page
from app.work.queries.scope import case_scope

PAGE = 20
OPEN = "open"


def open_of(session: Session, case_id: int) -> Sequence[Incident]:
    """Return what stands still in a case, longest first."""
    query = select(Incident).where(Incident.case_id == case_id, Incident.state == OPEN)
    return session.scalars(query.order_by(Incident.raised_at, Incident.id)).all()


def incident_of(session: Session, case_id: int, incident_id: int) -> Incident:
    """Return one incident of a case, solved or not."""
    found = session.scalar(select(Incident).where(Incident.case_id == case_id, Incident.id == incident_id))
    if found is None:
        raise NotFound(N_("没有这条异常，或者它不归您处置。"))
    return found


def item_of(session: Session, case_id: int, item_id: int) -> int:
    """Return the id of a work item if it is one of this case."""
    found = session.scalar(select(WorkItem.id).where(WorkItem.case_id == case_id, WorkItem.id == item_id))
    if found is None:
        raise NotFound
    return found


def open_page(session: Session, viewer: Viewer, after: str | None = None) -> Page:
    """Return (Incident, Case) of everything that stands still, oldest first."""
    query = (
        select(Incident, Case)
        .join(Case, Case.id == Incident.case_id)
        .where(Incident.state == OPEN, case_scope(viewer))
        .order_by(Incident.id)
    )
    if after and after.isdecimal():
        query = query.where(Incident.id > int(after[:18]))
    rows = session.execute(query.limit(PAGE + 1)).all()
    return Page(rows[:PAGE], str(rows[PAGE - 1][0].id) if len(rows) > PAGE else None)


def open_count(session: Session, viewer: Viewer) -> int:
    """Return how many incidents are open to this viewer."""
    query = select(func.count(Incident.id)).join(Case, Case.id == Incident.case_id)
    return session.scalar(query.where(Incident.state == OPEN, case_scope(viewer))) or 0
