"""Reads of the freshness of columns, scoped to the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.content.freshness import STATES, Kept
from app.content.models import SiteColumn
from app.content.queries.columns import own_column
from app.people.models import Site
from app.people.rules import OFFICE, Viewer
from app.work.models import Case


@dataclass(frozen=True)
class ColumnState:
    """A column with its rule, and the case that asked for news last."""

    column: SiteColumn
    kept: Kept
    case: Case | None


def columns(session: Session, viewer: Viewer, now: datetime) -> list[ColumnState]:
    """Return the columns that have a rule, the most pressing first; a department sees its own."""
    found = states(session, _scope(viewer))
    order = list(STATES)
    return sorted(found, key=lambda one: (order.index(one.kept.state(now)), one.kept.due_at or now, one.column.id))


def states(session: Session, *conditions: ColumnElement[bool]) -> list[ColumnState]:
    """Return the state of every open column that has a rule and meets the conditions."""
    query = _ruled().where(*conditions).options(joinedload(SiteColumn.owner))
    return [ColumnState(column, kept_of(column, case), case) for column, case in session.execute(query)]


def kept_of(column: SiteColumn, case: Case | None) -> Kept:
    """Return a column's rule and history as the rules read them."""
    return Kept(
        update_days=column.update_days or 0,
        warn_days=column.warn_days,
        published_at=column.last_published_at,
        reminded_at=column.reminded_at,
        asked_at=case.opened_at if case else None,
        answered_at=case.closed_at if case and case.status != "running" else None,
    )


def _ruled() -> Select[SiteColumn, Case]:
    asked = Case.id == SiteColumn.due_case_id
    return (
        select(SiteColumn, Case)
        .join(SiteColumn.site)
        .outerjoin(Case, asked)
        .where(SiteColumn.update_days.is_not(None), SiteColumn.state == "open", Site.state == "open")
        .options(contains_eager(SiteColumn.site))
        .order_by(SiteColumn.id)
    )


def _scope(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.unit_kind == OFFICE or viewer.sees_all_cases:
        return true()
    return false() if viewer.is_vendor else own_column(viewer)
