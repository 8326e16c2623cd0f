"""Reads about publication: who may publish or take down what, what waits, what was found, packages of a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from app.content.models import (
    Article,
    ArticleVersion,
    Package,
    PageCheck,
    Publication,
    PublishedPage,
    SiteColumn,
    SitePublishing,
    SiteTemplate,
)
from app.content.queries.articles import scope
from app.content.queries.columns import own_column, right_at
from app.content.rules import OUTSIDE, PASSED, PUBLISH
from app.content.sites.style import template_digest
from app.errors import NotFound
from app.i18n import N_
from app.people.models import Site
from app.people.rules import OFFICE, Viewer

RECENT: Final = 30
NOT_YOURS: Final = N_("没有这篇稿件，或者它不归您发。")
NOT_YOURS_TO_TAKE: Final = N_("没有这篇稿件，或者它不归您撤。")
NO_PACKAGE: Final = N_("没有这个包，或者它不归您看。")


@dataclass(frozen=True)
class SiteLine:
    """A site in the list of how sites are published; without `how` nobody set it up yet."""

    site: Site
    how: SitePublishing | None
    online: int
    pages: int


@dataclass(frozen=True)
class PublicationLine:
    """Something done to what readers see, with the latest comparison of its page."""

    row: Publication
    article: Article
    check: PageCheck | None


def may_publish_at(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition, for a query over articles, under which the viewer publishes them."""
    if not viewer.may("content.publish"):
        return false()
    at_column = SiteColumn.id == Article.column_id
    return exists().where(at_column, or_(right_at(viewer, PUBLISH), own_column(viewer)))


def may_take_down_at(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition, for a query over articles, under which the viewer may take them down."""
    if not viewer.may("content.take_down"):
        return false()
    if viewer.unit_kind == OFFICE:
        return true()
    return or_(
        Article.unit_id == viewer.unit_id, exists().where(SiteColumn.id == Article.column_id, own_column(viewer))
    )


def publishable(session: Session, viewer: Viewer, article_id: int) -> Article:
    """Return an article the viewer may publish; raise NotFound for any other."""
    return _one(session, viewer, article_id, may_publish_at(viewer), NOT_YOURS)


def removable(session: Session, viewer: Viewer, article_id: int) -> Article:
    """Return an article the viewer may take down; raise NotFound for any other."""
    return _one(session, viewer, article_id, may_take_down_at(viewer), NOT_YOURS_TO_TAKE)


def to_publish(session: Session, viewer: Viewer) -> Sequence[Article]:
    """Return the passed articles that wait for the viewer, the earliest wished first."""
    query = _articles().where(Article.state == PASSED, may_publish_at(viewer))
    return session.scalars(query.order_by(Article.publish_at, Article.id).limit(100)).all()


def outside(session: Session, viewer: Viewer) -> Sequence[Article]:
    """Return the passed articles of sites on outside platforms that wait for the viewer."""
    on_platform = exists().where(SitePublishing.site_id == Article.site_id, SitePublishing.mode == OUTSIDE)
    query = _articles().where(Article.state == PASSED, on_platform, may_publish_at(viewer))
    return session.scalars(query.order_by(Article.id).limit(100)).all()


def recent(session: Session, viewer: Viewer, *, most: int = RECENT) -> list[PublicationLine]:
    """Return what was lately done to what readers see, newest first, with what comparing has shown."""
    query = (
        select(Publication, Article)
        .join(Article, Article.id == Publication.article_id)
        .where(scope(viewer))
        .order_by(Publication.id.desc())
        .limit(most)
    )
    rows = session.execute(query).all()
    checks = latest_checks(session, [row.id for row, _article in rows])
    return [PublicationLine(row, article, checks.get(row.id)) for row, article in rows]


def latest_checks(session: Session, publication_ids: Sequence[int]) -> dict[int, PageCheck]:
    """Return the latest comparison of each publication."""
    query = select(PageCheck).where(PageCheck.publication_id.in_(publication_ids)).order_by(PageCheck.id)
    return {row.publication_id: row for row in session.scalars(query)}


def version_of(session: Session, article: Article) -> ArticleVersion:
    """Return the handed-in version of an article; raise NotFound before there is one."""
    found = session.get(ArticleVersion, article.version_id or 0)
    if found is None:
        raise NotFound(NOT_YOURS)
    return found


def site_lines(session: Session) -> list[SiteLine]:
    """Return every site with how it is published and how much of it is online."""
    online = dict(_counted(session, Article.site_id, Article.published_id.is_not(None)))
    pages = dict(_counted(session, PublishedPage.site_id, PublishedPage.digest != ""))
    how = {row.site_id: row for row in session.scalars(select(SitePublishing))}
    sites = session.scalars(select(Site).options(joinedload(Site.owner)).order_by(Site.code))
    return [SiteLine(one, how.get(one.id), online.get(one.id, 0), pages.get(one.id, 0)) for one in sites]


def templates(session: Session, site_id: int) -> Sequence[SiteTemplate]:
    """Return the versions of a site's templates, newest first."""
    query = select(SiteTemplate).where(SiteTemplate.site_id == site_id).order_by(SiteTemplate.number.desc())
    return session.scalars(query.limit(RECENT)).all()


def is_stale(found: Sequence[SiteTemplate]) -> bool:
    """Say whether the product brought other templates since a site was drawn; `found` are its versions."""
    return bool(found) and found[0].digest != template_digest(found[0].style)


def packages(session: Session, site_id: int) -> Sequence[Package]:
    """Return the packages of a site, newest first."""
    query = select(Package).where(Package.site_id == site_id).order_by(Package.number.desc())
    return session.scalars(query.limit(RECENT)).all()


def package(session: Session, package_id: int) -> Package:
    """Return a package; raise NotFound when there is none."""
    found = session.get(Package, package_id)
    if found is None:
        raise NotFound(NO_PACKAGE)
    return found


def at_address(session: Session, folder: str, path: str) -> Article | None:
    """Return the article that has this address, online or taken down."""
    query = (
        select(Article)
        .join(SitePublishing, SitePublishing.site_id == Article.site_id)
        .where(SitePublishing.folder == folder, Article.path == path)
    )
    return session.scalar(query)


def _one(session: Session, viewer: Viewer, article_id: int, condition: ColumnElement[bool], sentence: str) -> Article:
    found = session.scalar(_articles().where(Article.id == article_id, scope(viewer), condition))
    if found is None:
        raise NotFound(sentence)
    return found


def _articles() -> Select[Article]:
    return select(Article).options(joinedload(Article.site), joinedload(Article.column))


def _counted(
    session: Session, group: InstrumentedAttribute[int], condition: ColumnElement[bool]
) -> list[tuple[int, int]]:
    query = select(group, func.count()).where(condition).group_by(group)
    return [(key, number) for key, number in session.execute(query)]
