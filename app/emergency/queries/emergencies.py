"""Reads of emergencies: which ones there are for a viewer, and what happened in one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.emergency.models import CallAttempt, Emergency, EmergencyReport, GradeChange, LogEntry
from app.errors import NotFound
from app.people.rules import Viewer
from app.work.models import Case
from app.work.queries.scope import case_scope

PAGE = 50


def _visible(viewer: Viewer) -> Select[Emergency]:
    query = select(Emergency).join(Case, Case.id == Emergency.case_id).where(case_scope(viewer))
    return query.options(joinedload(Emergency.plan), joinedload(Emergency.version), joinedload(Emergency.site))


def running(session: Session, viewer: Viewer, *, drill: bool | None = None) -> list[Emergency]:
    """Return what goes on now, the latest first; `drill` leaves only drills, or only real ones."""
    query = _visible(viewer).where(Emergency.outcome == "")
    if drill is not None:
        query = query.where(Emergency.drill.is_(drill))
    return list(session.scalars(query.order_by(Emergency.began_at.desc(), Emergency.id.desc())))


def past(
    session: Session, viewer: Viewer, *, drill: bool | None = None, before: int | None = None
) -> list[Emergency]:
    """Return a page of what is over, the latest first; `before` is the last id of the page before."""
    query = _visible(viewer).where(Emergency.outcome != "")
    if drill is not None:
        query = query.where(Emergency.drill.is_(drill))
    if before is not None:
        query = query.where(Emergency.id < before)
    return list(session.scalars(query.order_by(Emergency.id.desc()).limit(PAGE)))


def of_number(session: Session, viewer: Viewer, number: str) -> Emergency:
    """Return the emergency of a case; raise NotFound when there is none or it is not this viewer's to see."""
    return _one(session, _visible(viewer).where(Case.number == number))


def visible(session: Session, viewer: Viewer, emergency_id: int) -> Emergency:
    """Return an emergency by its id, as `of_number` does."""
    return _one(session, _visible(viewer).where(Emergency.id == emergency_id))


def _one(session: Session, query: Select[Emergency]) -> Emergency:
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def of_case(session: Session, case_id: int) -> Emergency | None:
    """Return the emergency of a case; None when the case has none."""
    return session.scalar(select(Emergency).where(Emergency.case_id == case_id))


def calls_of(session: Session, emergency_id: int) -> Sequence[CallAttempt]:
    """Return who was to be called, in order."""
    query = select(CallAttempt).where(CallAttempt.emergency_id == emergency_id)
    return session.scalars(query.order_by(CallAttempt.id)).all()


def reports_of(session: Session, emergency_id: int) -> Sequence[EmergencyReport]:
    """Return the reports that were sent, in order."""
    query = select(EmergencyReport).where(EmergencyReport.emergency_id == emergency_id)
    return session.scalars(query.order_by(EmergencyReport.id)).all()


def grades_of(session: Session, emergency_id: int) -> Sequence[GradeChange]:
    """Return the grades it had, in order."""
    query = select(GradeChange).where(GradeChange.emergency_id == emergency_id)
    return session.scalars(query.order_by(GradeChange.id)).all()


def log_of(session: Session, emergency_id: int) -> Sequence[LogEntry]:
    """Return its log, in order."""
    query = select(LogEntry).where(LogEntry.emergency_id == emergency_id)
    return session.scalars(query.order_by(LogEntry.id)).all()
