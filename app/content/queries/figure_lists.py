"""The lists behind the figures of content: exactly what each number counts, by the same conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.content import figures
from app.content.figures import Decision
from app.content.models import Article, ArticleVersion, Fault, Publication
from app.content.queries.figures import (
    Slice,
    decision_of,
    of_acts,
    of_faults,
    of_publications,
    of_versions,
    seen_by,
)
from app.deadlines.queries import calendar_for
from app.people.models import Unit
from app.review.models import ReviewAct
from app.work.models import Case

PAGE: Final = 40
TESTS: Final[Mapping[str, Callable[[Decision], bool]]] = {
    "decided": lambda _one: True,
    "returned": lambda one: one.act == figures.RETURN,
    "rejected": lambda one: one.act == figures.REJECT,
    "fast": lambda one: one.is_too_fast,
    "unopened": lambda one: one.is_unopened,
}


@dataclass(frozen=True)
class Line:
    """One line of a list: what it is, where it opens, who, when, and one more fact."""

    title: str
    url: str
    who: str
    unit: str
    at: datetime
    what: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Lines:
    """One page of a list, how many there are in all, and where the next page begins."""

    rows: Sequence[Line]
    total: int
    after: int | None


def articles_handed_in(session: Session, part: Slice, after: int = 0) -> Lines:
    """List the articles handed in, each with its latest version of the period."""
    latest = (
        select(func.max(ArticleVersion.id))
        .join(Article, Article.id == ArticleVersion.article_id)
        .where(*of_versions(part))
        .group_by(ArticleVersion.article_id)
    )
    return _versions(session, [ArticleVersion.id.in_(latest)], after)


def versions(session: Session, part: Slice, after: int = 0) -> Lines:
    """List the versions handed in."""
    return _versions(session, of_versions(part), after)


def publications(session: Session, part: Slice, after: int = 0) -> Lines:
    """List what was published."""
    query = select(Publication, Article, Unit.name).join(Article, Article.id == Publication.article_id)
    query = query.join(Unit, Unit.id == Article.unit_id).where(*of_publications(part))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = session.execute(query.order_by(Publication.at.desc(), Publication.id.desc()).offset(after).limit(PAGE))
    rows = [
        Line(article.title, f"/articles/{article.id}", article.author_name, unit, row.at, row.act, {})
        for row, article, unit in page
    ]
    return _page(rows, total, after)


def reviews(session: Session, part: Slice, which: str, after: int = 0) -> Lines:
    """List decisions: one of `TESTS` says which."""
    query = select(ReviewAct).where(*of_acts(part)).order_by(ReviewAct.at.desc(), ReviewAct.id.desc())
    calendar = calendar_for(session, None)
    pairs = [(row, decision_of(row, calendar)) for row in session.scalars(query)]
    kept = [(row, one) for row, one in pairs if TESTS[which](one)]
    page = kept[after : after + PAGE]
    places = _places(session, [row for row, _one in page])
    return _page([_act_line(row, one, *places[row.id]) for row, one in page], len(kept), after)


def faults(session: Session, part: Slice, after: int = 0) -> Lines:
    """List the faults found after publication; of one person, those this person let pass."""
    query = select(Fault, Article).join(Article, Article.id == Fault.article_id).where(*of_faults(part))
    found = [
        (fault, article)
        for fault, article in session.execute(query.order_by(Fault.at.desc(), Fault.id.desc()))
        if part.person is None or part.person in figures.reviewers_in(seen_by(fault.passers, part))
    ]
    rows = [
        Line(article.title, f"/articles/{article.id}", fault.by, "", fault.at, "fault", {"words": fault.words})
        for fault, article in found[after : after + PAGE]
    ]
    return _page(rows, len(found), after)


# Rows


def _versions(session: Session, conditions: Sequence[ColumnElement[bool]], after: int) -> Lines:
    query = select(ArticleVersion).join(Article, Article.id == ArticleVersion.article_id).where(*conditions)
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(ArticleVersion.id).subquery()))
    order = query.order_by(ArticleVersion.created_at.desc(), ArticleVersion.id.desc())
    rows = [
        Line(
            row.title,
            f"/articles/{row.article_id}",
            row.created_by,
            row.unit_name,
            row.created_at,
            "version",
            {"number": row.number, "characters": row.characters},
        )
        for row in session.scalars(order.offset(after).limit(PAGE))
    ]
    return _page(rows, total or 0, after)


def _places(session: Session, rows: Sequence[ReviewAct]) -> dict[int, tuple[str, str]]:
    """Return title and address of what each act was about: the article, else the case."""
    wanted = {int(row.subject[8:]) for row in rows if row.subject.startswith("article:")}
    articles = select(ArticleVersion.article_id, ArticleVersion.number, ArticleVersion.title)
    titles = {
        (one.article_id, one.number): one.title
        for one in session.execute(articles.where(ArticleVersion.article_id.in_(wanted)))
    }
    cases = {
        one.id: one
        for one in session.execute(
            select(Case.id, Case.title, Case.number).where(Case.id.in_({row.case_id for row in rows}))
        )
    }
    return {row.id: _place(row, titles, cases) for row in rows}


def _place(row: ReviewAct, titles: Mapping[tuple[int, int], str], cases: Mapping[int, Any]) -> tuple[str, str]:
    kind, _, number = row.subject.partition(":")
    if kind == "article" and (int(number), row.version) in titles:
        return titles[int(number), row.version], f"/articles/{number}"
    case = cases.get(row.case_id or 0)
    return (case.title, f"/cases/{case.number}") if case else (row.subject, "")


def _act_line(row: ReviewAct, one: Decision, title: str, url: str) -> Line:
    values = {
        "level": row.level_name,
        "version": row.version,
        "characters": row.characters,
        "minutes": one.minutes,
        "speed": one.speed,
        "open_for": one.open_for,
        "opinion": row.opinion,
        "fast": one.is_too_fast,
        "unopened": one.is_unopened,
    }
    return Line(title, url, row.user_name, row.unit_name, row.at, row.act, values)


def _page(rows: Sequence[Line], total: int, after: int) -> Lines:
    return Lines(rows, total, after + PAGE if after + PAGE < total else None)
