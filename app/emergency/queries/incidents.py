"""Reads of incident reports: a page of those open to a viewer, the latest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.models import Site, Unit
from app.people.rules import Viewer
from app.work.models import Case
from app.work.queries.scope import case_scope

INCIDENT: Final = "incident_report"
PAGE: Final = 50


def incident_reports(session: Session, viewer: Viewer, before: int | None = None) -> Sequence[Case]:
    """Return a page of incident reports; `before` is the last id of the page before."""
    query = select(Case).where(Case.slug == INCIDENT, case_scope(viewer))
    if before is not None:
        query = query.where(Case.id < before)
    return session.scalars(query.order_by(Case.id.desc()).limit(PAGE)).all()


def site_names(session: Session, ids: Collection[int | None]) -> Mapping[int, str]:
    """Return the names of sites by their ids."""
    return {row.id: row.name for row in session.execute(select(Site.id, Site.name).where(Site.id.in_(ids)))}


def unit_names(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    """Return the names of units by their ids."""
    return {row.id: row.name for row in session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids)))}
