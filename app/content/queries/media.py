"""Reads of the media libraries: who may see and use one, what is in it, where a picture is used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, exists, or_, select, true, type_coerce
from sqlalchemy.orm import Session

from app.content.models import Article, ArticleVersion, ColumnGrant, Media, SiteColumn
from app.content.queries.columns import right_at
from app.content.rules import WRITE
from app.errors import NotFound
from app.i18n import N_
from app.people.models import Site
from app.people.rules import Viewer

PAGE = 48
NO_MEDIA = N_("没有这个图片或文件，或者它不归您看。")


@dataclass(frozen=True)
class Use:
    """An article that shows a picture or offers a file, and in which version."""

    article_id: int
    title: str
    number: int


def media_scope(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition under which a picture or file is open to this viewer.

    The house sees all; a vendor sees the libraries of sites in which it was given a right.
    """
    if not viewer.is_vendor:
        return true()
    given = exists().where(
        ColumnGrant.site_id == Media.site_id,
        or_(ColumnGrant.user_id == viewer.user_id, ColumnGrant.unit_id == viewer.unit_id),
    )
    return or_(given, Media.created_by_id == viewer.user_id)


def library_sites(session: Session, viewer: Viewer) -> Sequence[Site]:
    """Return the sites to whose library the viewer may add: those with a column to write in."""
    writable = exists().where(SiteColumn.site_id == Site.id, right_at(viewer, WRITE))
    return session.scalars(select(Site).where(writable).order_by(Site.code)).all()


def may_add(session: Session, viewer: Viewer, site_id: int) -> bool:
    """Say whether the viewer may put something into the library of a site."""
    query = select(SiteColumn.id).where(SiteColumn.site_id == site_id, right_at(viewer, WRITE)).limit(1)
    return session.scalar(query) is not None


def one(session: Session, viewer: Viewer, media_id: int) -> Media:
    """Return a picture or file the viewer may see; raise NotFound for any other."""
    found = session.scalar(select(Media).where(Media.id == media_id, media_scope(viewer)))
    if found is None:
        raise NotFound(NO_MEDIA)
    return found


def library(
    session: Session,
    viewer: Viewer,
    site_id: int,
    *,
    search: str = "",
    pictures: bool | None = None,
    before: int | None = None,
    size: int = PAGE,
) -> Sequence[Media]:
    """Return what is in the library of a site, newest first; one more than `size` when there is more."""
    query = select(Media).where(Media.site_id == site_id, Media.disabled_at.is_(None), media_scope(viewer))
    if search:
        words = search.strip()
        query = query.where(
            or_(Media.name.icontains(words, autoescape=True), Media.alt.icontains(words, autoescape=True))
        )
    if pictures is not None:
        query = query.where(Media.width.is_not(None) if pictures else Media.width.is_(None))
    if before is not None:
        query = query.where(Media.id < before)
    return session.scalars(query.order_by(Media.id.desc()).limit(size + 1)).all()


def of_site(session: Session, site_id: int, media_ids: Collection[int]) -> dict[int, Media]:
    """Return those of `media_ids` that are in the library of a site."""
    query = select(Media).where(Media.site_id == site_id, Media.id.in_(media_ids))
    return {row.id: row for row in session.scalars(query)}


def uses(session: Session, row: Media) -> list[Use]:
    """Return the articles whose latest version uses a picture or file, newest first."""
    # the list of files is JSON text; the number always comes first in it
    named = type_coerce(ArticleVersion.files, Text).contains(f'"media_id":{row.id},', autoescape=True)
    query = (
        select(ArticleVersion)
        .join(Article, Article.version_id == ArticleVersion.id)
        .where(Article.site_id == row.site_id, named)
        .order_by(ArticleVersion.id.desc())
    )
    return [Use(found.article_id, found.title, found.number) for found in session.scalars(query)]
