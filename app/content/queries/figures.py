"""Reads of the figures of content: each number, and the list of exactly what it counts.

Everything is asked by its time, so what lies outside the period costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.content import figures
from app.content.figures import DECISIONS, Decision, Period, Reviews, Work
from app.content.models import Article, ArticleVersion, Fault, Publication, SiteColumn
from app.content.sites.snapshot import UPDATE
from app.deadlines.queries import calendar_for
from app.deadlines.rules import Calendar, working_between
from app.people.models import Unit, User
from app.people.rules import OFFICE, VENDOR, Viewer
from app.review.models import ReviewAct

SHOWN: Final = ("publish", UPDATE)


@dataclass(frozen=True)
class Slice:
    """What a list is narrowed to: the period, whose view of the house it is, and one person, unit or level."""

    period: Period
    own_unit: int | None = None
    person: int | None = None
    unit: int | None = None
    level: str = ""


@dataclass(frozen=True)
class Figures:
    """All figures of a period."""

    people: Mapping[int, Work]
    units: Mapping[int, Work]
    vendors: Mapping[int, Work]
    levels: Mapping[str, Reviews]
    reviewers: Mapping[int, Reviews]
    faults: int


def slice_for(viewer: Viewer, period: Period) -> Slice:
    """Return what the viewer may count: the whole house, or the own unit."""
    whole = viewer.unit_kind == OFFICE or viewer.sees_all_cases
    return Slice(period, None if whole else viewer.unit_id)


def figures_of(session: Session, part: Slice) -> Figures:
    """Return all figures of a period."""
    units = _work(session, part, Article.unit_id)
    kinds = _kinds(session, units)
    for unit_id, work in units.items():
        work.name, work.unit_kind = kinds[unit_id]
    decided = decisions(session, part)
    passers = session.scalars(select(Fault.passers).where(*of_faults(part))).all()
    counts, names = figures.faults_of([seen_by(one, part) for one in passers])
    return Figures(
        people=_named(session, _work(session, part, None)),
        units=_most_first({key: one for key, one in units.items() if one.unit_kind != VENDOR}),
        vendors=_most_first({key: one for key, one in units.items() if one.unit_kind == VENDOR}),
        levels=figures.by_level(decided),
        reviewers=figures.by_reviewer(decided, counts, names),
        faults=len(passers),
    )


def decisions(session: Session, part: Slice) -> list[Decision]:
    """Return every decision of a period, the latest first, with the working time it took."""
    query = select(ReviewAct).where(*of_acts(part)).order_by(ReviewAct.at.desc(), ReviewAct.id.desc())
    calendar = calendar_for(session, None)
    return [decision_of(row, calendar) for row in session.scalars(query)]


def decision_of(row: ReviewAct, calendar: Calendar) -> Decision:
    """Return an act as it is counted, with the working time it took."""
    return Decision(
        act=row.act,
        user_id=row.user_id,
        name=row.user_name,
        unit=row.unit_name,
        level=row.level,
        level_name=row.level_name,
        started_at=row.started_at,
        at=row.at,
        characters=row.characters,
        is_recorded=row.recorded_by is not None,
        **({"working": working_between(calendar, row.started_at, row.at)} if row.started_at else {}),
    )


# Conditions: the same for a number and for its list


def of_versions(part: Slice) -> list[ColumnElement[bool]]:
    """Return the condition of the versions counted."""
    within = [ArticleVersion.created_at >= part.period.start, ArticleVersion.created_at < part.period.end]
    whose = [ArticleVersion.created_by_id == part.person] if part.person else []
    return [*within, *whose, *_of_articles(part)]


def of_publications(part: Slice) -> list[ColumnElement[bool]]:
    """Return the condition of the publications counted."""
    within = [Publication.at >= part.period.start, Publication.at < part.period.end, Publication.act.in_(SHOWN)]
    whose = [Article.author_id == part.person] if part.person else []
    return [*within, *whose, *_of_articles(part)]


def _of_articles(part: Slice) -> list[ColumnElement[bool]]:
    """Narrow to the articles of a unit; a head of unit also counts what others wrote for its columns."""
    found: list[ColumnElement[bool]] = [Article.unit_id == part.unit] if part.unit else []
    if part.own_unit is not None:
        own = select(SiteColumn.id).where(SiteColumn.owner_id == part.own_unit)
        found.append(or_(Article.unit_id == part.own_unit, Article.column_id.in_(own)))
    return found


def of_acts(part: Slice) -> list[ColumnElement[bool]]:
    """Return the condition of the decisions counted."""
    tests = (
        (part.own_unit, ReviewAct.unit_id == part.own_unit),
        (part.unit, ReviewAct.unit_id == part.unit),
        (part.person, ReviewAct.user_id == part.person),
        (part.level or None, ReviewAct.level == part.level),
    )
    within = [ReviewAct.at >= part.period.start, ReviewAct.at < part.period.end, ReviewAct.act.in_(DECISIONS)]
    return [*within, *(test for asked, test in tests if asked is not None)]


def of_faults(part: Slice) -> list[ColumnElement[bool]]:
    """Return the condition of the faults counted."""
    within = and_(Fault.at >= part.period.start, Fault.at < part.period.end)
    if part.own_unit is None:
        return [within]
    mine = select(Article.id).where(*_of_articles(part))
    return [within, Fault.article_id.in_(mine)]


def seen_by(passers: Iterable[Mapping[str, Any]], part: Slice) -> list[Mapping[str, Any]]:
    """Return who let a fault pass, of the own unit only where the viewer sees no other."""
    return [one for one in passers if part.own_unit is None or one.get("unit_id") == part.own_unit]


# Rows


def _work(session: Session, part: Slice, by: Any) -> dict[int, Work]:
    """Return what was made, by unit (`by` names the column) or by person."""
    key = ArticleVersion.created_by_id if by is None else by
    made = (
        select(key, func.count(func.distinct(ArticleVersion.article_id)), func.count(), _sum_of_characters())
        .join(Article, Article.id == ArticleVersion.article_id)
        .where(*of_versions(part))
        .group_by(key)
    )
    found = {
        row[0]: Work("", articles=row[1], versions=row[2], characters=int(row[3])) for row in session.execute(made)
    }
    key = Article.author_id if by is None else by
    out = (
        select(key, func.count())
        .select_from(Publication)
        .join(Article, Article.id == Publication.article_id)
        .where(*of_publications(part))
        .group_by(key)
    )
    for row in session.execute(out):
        found.setdefault(row[0], Work("")).published = row[1]
    return found


def _sum_of_characters() -> ColumnElement[Any]:
    return func.coalesce(func.sum(ArticleVersion.characters), 0)


def _named(session: Session, people: Mapping[int, Work]) -> dict[int, Work]:
    query = select(User.id, User.name, Unit.name, Unit.kind).join(Unit, Unit.id == User.unit_id)
    for user_id, name, unit, kind in session.execute(query.where(User.id.in_(people))):
        people[user_id].name, people[user_id].unit, people[user_id].unit_kind = name, unit, kind
    return _most_first(people)


def _most_first(work: Mapping[int, Work]) -> dict[int, Work]:
    return dict(sorted(work.items(), key=lambda pair: (-pair[1].characters, -pair[1].published, pair[0])))


def _kinds(session: Session, units: Iterable[int]) -> dict[int, tuple[str, str]]:
    query = select(Unit.id, Unit.name, Unit.kind).where(Unit.id.in_(list(units)))
    return {row.id: (row.name, row.kind) for row in session.execute(query)}
