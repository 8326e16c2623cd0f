"""Reads of articles, scoped to the viewer: one, a list with counts, its versions, who may write in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from app.content.bodies import MEDIA_PREFIX
from app.content.models import (
    Article,
    ArticleDraft,
    ArticleEditor,
    ArticleLink,
    ArticleVersion,
    Publication,
    SiteColumn,
)
from app.content.queries.columns import granted_at, own_column, right_at
from app.content.rules import MANAGE, PUBLISH, REJECTED, STATES, WRITE
from app.errors import NotFound
from app.i18n import N_
from app.people.models import User
from app.people.rules import OFFICE, Viewer
from app.work.models import Case
from app.work.queries.scope import case_scope

NO_ARTICLE: Final = N_("没有这篇稿件，或者它不归您看。")
PAGE: Final = 30
PRESENT: Final = timedelta(seconds=40)


@dataclass(frozen=True)
class Filters:
    """What a list of articles is narrowed by; empty ones do not narrow."""

    site_id: int | None = None
    column_id: int | None = None
    state: str = ""
    mine: bool = False
    text: str = ""


@dataclass(frozen=True)
class Articles:
    """One page of a list: its rows, the number after which the next page starts, counts per state."""

    rows: Sequence[Article]
    after: int | None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return how many there are in all states."""
        return sum(self.counts.values())


def media_url(media_id: int) -> str:
    """Return the address under which a picture or file of a library stands in a text."""
    return f"{MEDIA_PREFIX}{media_id}"


def scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition under which an article is open to this viewer.

    The office sees all. A department sees its own, those of its columns and sites, those whose review it takes part
    in, and what is published. A vendor sees what it wrote, what it was granted, and what it has to work on.
    """
    if not viewer.may("content.view"):
        return false()
    if viewer.unit_kind == OFFICE or viewer.sees_all_cases or viewer.may("content.manage"):
        return true()
    at_column = SiteColumn.id == Article.column_id
    granted = exists().where(at_column, granted_at(viewer, WRITE, PUBLISH, MANAGE))
    in_review = Article.case_id.in_(select(Case.id).where(case_scope(viewer)))
    if viewer.is_vendor:
        return or_(Article.unit_id == viewer.unit_id, granted, in_review)
    own = exists().where(at_column, own_column(viewer))
    return or_(Article.unit_id == viewer.unit_id, own, granted, in_review, Article.published_id.is_not(None))


def article(session: Session, viewer: Viewer, article_id: int) -> Article:
    """Return an article with its column and site; raise NotFound for one that is not the viewer's to see."""
    query = (
        select(Article)
        .where(Article.id == article_id, scope(viewer))
        .options(joinedload(Article.site), joinedload(Article.column).joinedload(SiteColumn.owner))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(NO_ARTICLE)
    return found


def articles(session: Session, viewer: Viewer, filters: Filters, after: int | None = None) -> Articles:
    """Return articles the viewer may see, the latest changed first, with counts per state of all that fit."""
    conditions = [scope(viewer), *_narrowed(filters, viewer)]
    query = (
        select(Article)
        .where(*conditions, *_in_state(filters.state))
        .options(joinedload(Article.site), joinedload(Article.column))
        .order_by(Article.updated_at.desc(), Article.id.desc())
        .offset(after or 0)
        .limit(PAGE + 1)
    )
    rows = session.scalars(query).all()
    counted = select(Article.state, func.count()).where(*conditions).group_by(Article.state)
    counts = {row[0]: row[1] for row in session.execute(counted)}
    return Articles(rows[:PAGE], (after or 0) + PAGE if len(rows) > PAGE else None, counts)


def may_write(session: Session, viewer: Viewer, found: Article) -> bool:
    """Say whether the viewer may change the text: who wrote it, or may write in its column; not once rejected."""
    if not viewer.may("content.write") or found.state == REJECTED:
        return False
    if found.author_id == viewer.user_id:
        return True
    query = select(SiteColumn.id).where(SiteColumn.id == found.column_id, right_at(viewer, WRITE))
    return session.scalar(query) is not None


def writable(session: Session, viewer: Viewer, article_id: int) -> Article:
    """Return an article whose text the viewer may change; raise NotFound for any other."""
    found = article(session, viewer, article_id)
    if not may_write(session, viewer, found):
        raise NotFound(N_("没有这篇稿件，或者它不归您改。"))
    return found


def draft(session: Session, article_id: int) -> ArticleDraft:
    """Return what is being typed of an article."""
    return session.get_one(ArticleDraft, article_id)


def version(session: Session, version_id: int | None) -> ArticleVersion | None:
    """Return a version."""
    return None if version_id is None else session.get(ArticleVersion, version_id)


def version_numbered(session: Session, article_id: int, number: int) -> ArticleVersion:
    """Return a version of an article by its number; raise NotFound when there is none."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article_id, ArticleVersion.number == number)
    found = session.scalar(query)
    if found is None:
        raise NotFound(N_("这篇稿件没有这一版。"))
    return found


def versions(session: Session, article_id: int) -> Sequence[ArticleVersion]:
    """Return the versions of an article, newest first."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    return session.scalars(query.order_by(ArticleVersion.number.desc())).all()


def publications(session: Session, article_id: int) -> Sequence[Publication]:
    """Return what was done to what readers see, newest first."""
    query = select(Publication).where(Publication.article_id == article_id)
    return session.scalars(query.order_by(Publication.id.desc())).all()


def linked(session: Session, viewer: Viewer, article_id: int) -> Sequence[tuple[str, Article]]:
    """Return the articles an article is linked with: `policy` it explains, `interpretation` that explains it."""
    pairs = (
        ("policy", ArticleLink.policy_id, ArticleLink.interpretation_id),
        ("interpretation", ArticleLink.interpretation_id, ArticleLink.policy_id),
    )
    found: list[tuple[str, Article]] = []
    for kind, wanted, given in pairs:
        query = select(Article).join(ArticleLink, wanted == Article.id).where(given == article_id, scope(viewer))
        found.extend((kind, row) for row in session.scalars(query.order_by(Article.id)))
    return found


def linkable(session: Session, viewer: Viewer, found: Article) -> Sequence[Article]:
    """Return the policies of the same site that an interpretation can be linked with, or the other way round."""
    other = {"policy": "interpretation", "interpretation": "policy"}.get(found.kind)
    if other is None:
        return ()
    query = select(Article).where(
        Article.kind == other, Article.site_id == found.site_id, Article.id != found.id, scope(viewer)
    )
    return session.scalars(query.order_by(Article.id.desc()).limit(100)).all()


def others_in(session: Session, article_id: int, viewer: Viewer, now: datetime) -> Sequence[str]:
    """Return the names of the other people who have the article open in the editor."""
    query = (
        select(User.name)
        .join(ArticleEditor, ArticleEditor.user_id == User.id)
        .where(ArticleEditor.article_id == article_id, User.id != viewer.user_id)
        .where(ArticleEditor.seen_at > now - PRESENT)
        .order_by(User.name)
    )
    return session.scalars(query).all()


def _narrowed(filters: Filters, viewer: Viewer) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.site_id is not None:
        found.append(Article.site_id == filters.site_id)
    if filters.column_id is not None:
        found.append(Article.column_id == filters.column_id)
    if filters.mine:
        found.append(Article.author_id == viewer.user_id)
    if words := filters.text.strip():
        found.append(or_(*(one.icontains(words, autoescape=True) for one in (Article.title, Article.author_name))))
    return found


def _in_state(state: str) -> list[ColumnElement[bool]]:
    return [Article.state == state] if state in STATES else []
