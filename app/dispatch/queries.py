"""Reads of the maintenance register, scoped to the viewer and paged by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, true
from sqlalchemy.orm import Session

from app.clock import ZONE
from app.dispatch.models import MaintenanceEntry
from app.errors import NotFound
from app.i18n import N_
from app.people.models import Site, Unit
from app.people.rules import Viewer
from app.work.models import Case
from app.work.queries.scope import case_scope

PAGE = 30


@dataclass(frozen=True)
class Filters:
    """What narrows the register; every value comes from the address and may be nonsense."""

    text: str = ""
    site: int | None = None
    vendor: int | None = None
    first: date | None = None
    last: date | None = None

    @property
    def named(self) -> dict[str, Any]:
        """Return the conditions that are set."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


@dataclass(frozen=True)
class Line:
    """An entry with the names around it; `number` is None when the case is not this viewer's to open."""

    entry: MaintenanceEntry
    site: str
    vendor: str
    title: str
    number: str | None


@dataclass(frozen=True)
class Page:
    """One page of the register and the key after which the next one starts."""

    rows: Sequence[Line]
    after: str | None


def maintenance(session: Session, viewer: Viewer, filters: Filters, after: str = "") -> Page:
    """Return entries this viewer may see, the latest operation first."""
    query = _lines(viewer).where(*_narrow(filters))
    key = _read_key(after)
    if key:
        begins, entry_id = key
        query = query.where(
            or_(
                MaintenanceEntry.from_at < begins,
                and_(MaintenanceEntry.from_at == begins, MaintenanceEntry.id < entry_id),
            )
        )
    query = query.order_by(MaintenanceEntry.from_at.desc(), MaintenanceEntry.id.desc())
    rows = [_line(row) for row in session.execute(query.limit(PAGE + 1))]
    return Page(rows[:PAGE], _write_key(rows[PAGE - 1].entry) if len(rows) > PAGE else None)


def maintenance_entry(session: Session, viewer: Viewer, entry_id: int) -> Line:
    """Return one entry this viewer may see; another vendor's reads as missing."""
    row = session.execute(_lines(viewer).where(MaintenanceEntry.id == entry_id)).first()
    if row is None:
        raise NotFound(N_("没有这条登记，或者它不归您看。"))
    return _line(row)


def _lines(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(MaintenanceEntry, Site.name, Unit.name, Case.title, Case.number, case_scope(viewer))
        .join(Case, Case.id == MaintenanceEntry.case_id)
        .join(Unit, Unit.id == MaintenanceEntry.vendor_id)
        .outerjoin(Site, Site.id == MaintenanceEntry.site_id)
        .where(_scope(viewer))
    )


def _scope(viewer: Viewer) -> ColumnElement[bool]:
    """Say whose entries: a vendor's own; a department's own sites and cases; the house's desks all."""
    if viewer.is_vendor:
        return MaintenanceEntry.vendor_id == viewer.unit_id
    if viewer.sees_all_cases:
        return true()
    return or_(Site.owner_id == viewer.unit_id, case_scope(viewer))


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    entry, site, vendor, title, number, visible = row
    return Line(entry, site or "", vendor, title if visible else "", number if visible else None)


def _narrow(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.text:
        columns = (MaintenanceEntry.object, MaintenanceEntry.done, MaintenanceEntry.watched_by, Case.number)
        found.append(or_(*(column.icontains(filters.text, autoescape=True) for column in columns)))
    if filters.site is not None:
        found.append(MaintenanceEntry.site_id == filters.site)
    if filters.vendor is not None:
        found.append(MaintenanceEntry.vendor_id == filters.vendor)
    if filters.first:
        ended = or_(MaintenanceEntry.to_at.is_(None), MaintenanceEntry.to_at >= _day_start(filters.first))
        found.append(or_(MaintenanceEntry.from_at >= _day_start(filters.first), ended))
    if filters.last:
        found.append(MaintenanceEntry.from_at < _day_start(filters.last + timedelta(days=1)))
    return found


def _day_start(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def _write_key(entry: MaintenanceEntry) -> str:
    return f"{entry.from_at.timestamp():.6f}~{entry.id}"


def _read_key(text: str) -> tuple[datetime, int] | None:
    try:
        begins, entry_id = text.split("~")
        return datetime.fromtimestamp(float(begins), UTC), int(entry_id)
    except (ValueError, OverflowError, OSError):
        return None
