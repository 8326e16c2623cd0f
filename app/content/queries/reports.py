"""Reads of error reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.models import Article, ErrorReport
from app.errors import NotFound, Refused
from app.people.rules import Viewer
from app.work.models import Case

PAGE = 50


@dataclass(frozen=True)
class Line:
    """One report as a list shows it."""

    report: ErrorReport
    title: str
    number: str


@dataclass(frozen=True)
class ReportPage:
    """A page of reports and where the next one begins."""

    rows: Sequence[Line]
    after: int | None


def reports(session: Session, viewer: Viewer, state: str, after: int | None = None) -> ReportPage:
    """Return a page of reports in this state, newest first."""
    _require(viewer)
    query = (
        select(ErrorReport, Article.title, Case.number)
        .outerjoin(Article, Article.id == ErrorReport.article_id)
        .outerjoin(Case, Case.id == ErrorReport.case_id)
        .where(ErrorReport.state == state)
        .order_by(ErrorReport.id.desc())
        .limit(PAGE + 1)
    )
    found = session.execute(query.where(ErrorReport.id < after) if after else query).all()
    rows = [Line(row, title or "", number or "") for row, title, number in found]
    return ReportPage(rows[:PAGE], rows[PAGE - 1].report.id if len(rows) > PAGE else None)


def report(session: Session, viewer: Viewer, report_id: int) -> ErrorReport:
    """Return one report."""
    _require(viewer)
    row = session.get(ErrorReport, report_id)
    if row is None:
        raise NotFound
    return row


def waiting(session: Session) -> int:
    """Return how many reports nobody has taken up."""
    return session.scalar(select(func.count()).select_from(ErrorReport).where(ErrorReport.state == "new")) or 0


def of_article(session: Session, article_id: int) -> Sequence[ErrorReport]:
    """Return what was reported about an article, oldest first."""
    return session.scalars(
        select(ErrorReport).where(ErrorReport.article_id == article_id).order_by(ErrorReport.id)
    ).all()


def _require(viewer: Viewer) -> None:
    if not viewer.may("content.correct"):
        raise Refused
