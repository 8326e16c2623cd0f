"""What stands on an article's page and belongs to other parts: findings, passes, the case, handing in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.content.checks import Found
from app.content.models import Article, ArticleVersion, Finding, SiteColumn, Waiver
from app.content.operations import submitting as handing_in
from app.content.operations.articles import meta_of, typed_digest
from app.content.operations.findings import check, of_version
from app.content.queries.articles import scope
from app.content.queries.columns import right_at
from app.content.rules import DOWN, PUBLISHED, REJECTED, RETURNED, WRITE
from app.errors import NotFound
from app.people.models import Site
from app.people.rules import Viewer
from app.work.models import Case
from app.work.queries.scope import case_scope

Shown = tuple[Finding | Found, str | None]


def findings(session: Session, version: ArticleVersion | None) -> Sequence[Shown]:
    """Return what the checks found in a version, each with the reason for which it may stand, if one was given."""
    if version is None:
        return ()
    given = session.scalars(select(Waiver).where(Waiver.article_id == version.article_id).order_by(Waiver.id))
    reasons = {(one.rule, one.text): one.reason for one in given}
    return [(one, reasons.get((one.rule, one.text), one.waived)) for one in of_version(session, version.id)]


def findings_now(session: Session, article: Article, fields: Mapping[str, Any]) -> Sequence[Shown]:
    """Return what handing in would find in what is typed: what blocks it needs a reason before, or never goes in."""
    return check(session, article, {**fields, "meta": meta_of(fields)})


def nothing_new(session: Session, article: Article, fields: Mapping[str, Any]) -> str | None:
    """Say why what is typed is not handed in again: readers see, or saw last, exactly it; None when it may go in."""
    if article.state not in {PUBLISHED, DOWN}:
        return None
    digest = typed_digest(session, article, fields)
    return handing_in.nothing_new(session, article.id, digest) if digest else None


def standing(session: Session, article: Article, version: ArticleVersion | None) -> Sequence[Any]:
    """Return who passed which version so far, as review keeps it."""
    found = _from("app.review.queries", "standing")
    if found is None or version is None:
        return ()
    stamps: Sequence[Any] = found(session, f"article:{article.id}", version.digest).stamps
    return stamps


def refusal(session: Session, article: Article) -> Any:
    """Return the decision by which the article came back, or will not be published; None when it is elsewhere."""
    found = _from("app.review.queries", "acts_of")
    if found is None or article.state not in {RETURNED, REJECTED}:
        return None
    return next(
        (one for one in reversed(found(session, f"article:{article.id}")) if one.act in {"return", "reject"}), None
    )


def case_of(session: Session, viewer: Viewer, article: Article) -> Case | None:
    """Return the case that reviews an article, if the viewer may open it."""
    if article.case_id is None:
        return None
    return session.scalar(select(Case).where(Case.id == article.case_id, case_scope(viewer)))


def can_submit() -> bool:
    """Say whether articles can be handed in here."""
    return _from("app.content.operations.submitting", "hand_in") is not None


def submitting() -> Callable[..., Any]:
    """Return the operation that hands an article in."""
    found: Callable[..., Any] | None = _from("app.content.operations.submitting", "hand_in")
    if found is None:
        raise NotFound
    return found


def columns_seen(session: Session, viewer: Viewer) -> Sequence[SiteColumn]:
    """Return the columns by which the viewer's list can be narrowed: those with articles, and those to write in."""
    used = SiteColumn.id.in_(select(Article.column_id).where(scope(viewer)))
    query = (
        select(SiteColumn)
        .join(Site, Site.id == SiteColumn.site_id)
        .where(or_(used, right_at(viewer, WRITE)))
        .options(joinedload(SiteColumn.site))
        .order_by(Site.code, SiteColumn.position, SiteColumn.id)
    )
    return session.scalars(query).all()


def kind_of(session: Session, column_id: int) -> str:
    """Return the kind of article a column is for."""
    return session.scalar(select(SiteColumn.kind).where(SiteColumn.id == column_id)) or ""


def _from(module: str, name: str) -> Any:
    try:
        return getattr(import_module(module), name, None)
    except ModuleNotFoundError:
        return None
