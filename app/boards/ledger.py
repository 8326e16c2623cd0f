"""Reads of the whole ledger: one page of records, narrowed by whatever the reader knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from app.clock import ZONE
from app.ledger.models import Record
from app.people.rules import Viewer
from app.work.models import Case
from app.work.queries.scope import case_scope, record_scope

PAGE = 50


@dataclass(frozen=True)
class Filters:
    """What narrows the ledger; every value comes from the address and may be nonsense."""

    person: str = ""
    unit: int | None = None
    kind: str = ""
    case: str = ""
    first: date | None = None
    last: date | None = None
    code: str = ""

    @property
    def named(self) -> dict[str, Any]:
        """Return the conditions that are set."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


@dataclass(frozen=True)
class Page:
    """One page of (Record, number of its case) and where the next one begins."""

    rows: Sequence[tuple[Record, str | None]]
    after: int | None


def records(session: Session, viewer: Viewer, filters: Filters, after: int | None = None) -> Page:
    """Return visible records, newest first."""
    query = _visible(viewer).where(*_narrow(filters)).order_by(Record.id.desc())
    if after is not None:
        query = query.where(Record.id < after)
    rows = [(record, number) for record, number in session.execute(query.limit(PAGE + 1))]
    return Page(rows[:PAGE], rows[PAGE - 1][0].id if len(rows) > PAGE else None)


def _visible(viewer: Viewer) -> Select[Record, str]:
    query = select(Record, Case.number).outerjoin(Case, Case.id == Record.case_id).where(record_scope(viewer))
    if viewer.sees_all_cases:
        return query
    open_case = exists().where(Case.id == Record.case_id, case_scope(viewer))
    return query.where(or_(Record.case_id.is_(None), open_case))


def _narrow(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.person:
        found.append(Record.actor_name.contains(filters.person, autoescape=True))
    if filters.unit is not None:
        found.append(Record.unit_id == filters.unit)
    if filters.kind:
        found.append(_of_kind(filters.kind))
    if filters.case:
        found.append(Case.number == filters.case.upper())
    if filters.code:
        found.append(Record.code == code_of(filters.code))
    if filters.first:
        found.append(Record.at >= day_start(filters.first))
    if filters.last:
        found.append(Record.at < day_start(filters.last + timedelta(days=1)))
    return found


def _of_kind(kind: str) -> ColumnElement[bool]:
    """Return the condition for one kind, or for a whole area when only the area is named."""
    return Record.kind == kind if ":" in kind else Record.kind.startswith(f"{kind}:", autoescape=True)


def code_of(text: str) -> str:
    """Return a receipt code as it is stored, however it was typed."""
    plain = "".join(text.upper().replace("回执", "").replace("-", "").split())
    return f"{plain[:4]}-{plain[4:]}"


def day_start(day: date) -> datetime:
    """Return the instant a day begins."""
    return datetime.combine(day, time(), ZONE)
