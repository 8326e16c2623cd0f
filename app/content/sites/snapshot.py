"""What a site's pages are drawn from, read in one session; nothing here writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.config import Settings
from app.content.models import (
    Article,
    ArticleLink,
    ArticleVersion,
    Publication,
    PublishedPage,
    SiteColumn,
    SitePublishing,
    SiteTemplate,
)
from app.content.rules import OWN
from app.content.sites.facts import ColumnFacts, FileFacts, Line, SiteFacts, Story
from app.content.sites.style import sheet_path
from app.people.models import Site

Links = tuple[tuple[Line, ...], tuple[Line, ...]]
UPDATE = "update"
PREVIEW, DIRECT, NO_ROUTE = "preview", "direct", "none"


def publishing_of(session: Session, site_id: int) -> SitePublishing:
    """Return how a site is published; one that nobody set up has its own folder, named by its code."""
    found = session.get(SitePublishing, site_id)
    if found is not None:
        return found
    site = session.get_one(Site, site_id)
    return SitePublishing(
        site_id=site_id, mode=OWN, folder=site.code.lower(), route=PREVIEW, title="", footer="", changed_by=""
    )


def site_facts(session: Session, site_id: int) -> SiteFacts:
    """Return a site with its open columns."""
    site, how = session.get_one(Site, site_id), publishing_of(session, site_id)
    settings: Settings = current_app.extensions["guanjia.settings"]
    query = select(SiteColumn).where(SiteColumn.site_id == site_id, SiteColumn.state == "open")
    columns = session.scalars(query.order_by(SiteColumn.position, SiteColumn.id))
    return SiteFacts(
        id=site.id,
        code=site.code,
        name=site.name,
        title=how.title,
        owner=site.owner.name,
        folder=how.folder,
        base=site.url.rstrip("/"),
        footer=how.footer,
        report=f"{settings.url}/report-error",
        sheet=sheet_path(style_of(session, site_id)),
        columns=tuple(column_facts(one) for one in columns),
    )


def column_facts(column: SiteColumn) -> ColumnFacts:
    """Return a column as pages name it."""
    return ColumnFacts(column.id, column.slug, column.name, column.parent_id)


def template_of(session: Session, site_id: int) -> SiteTemplate | None:
    """Return the version of the templates a site is drawn with; None before its first publication."""
    query = select(SiteTemplate).where(SiteTemplate.site_id == site_id).order_by(SiteTemplate.number.desc()).limit(1)
    return session.scalar(query)


def style_of(session: Session, site_id: int) -> str:
    """Return what a site adds to the shipped style."""
    found = template_of(session, site_id)
    return found.style if found else ""


# Lists: in the order of publication; what readers cannot see keeps its place and is left out

_LINE = (Article.id, ArticleVersion.title, Article.path, Article.published_at, ArticleVersion.summary)


def slot_of(session: Session, article: Article) -> int:
    """Return the place of an article in its column, counted from 0, the oldest."""
    at = article.published_at
    query = select(func.count()).where(
        Article.column_id == article.column_id,
        Article.published_at.is_not(None),
        or_(Article.published_at < at, and_(Article.published_at == at, Article.id < article.id)),
    )
    return session.scalar(query) or 0


def total_slots(session: Session, column_id: int) -> int:
    """Return how many articles were ever published in a column."""
    query = select(func.count()).where(Article.column_id == column_id, Article.published_at.is_not(None))
    return session.scalar(query) or 0


def lines_in(session: Session, column_id: int, slots: range, total: int) -> list[Line]:
    """Return the articles of these slots that readers may see, newest first."""
    newest_first = Article.published_at.desc(), Article.id.desc()
    within = (
        select(Article.id)
        .where(Article.column_id == column_id, Article.published_at.is_not(None))
        .order_by(*newest_first)
        .offset(total - slots.stop)
        .limit(len(slots))
    )
    return _lines(session, _shown().where(Article.id.in_(within)).order_by(*newest_first))


def newest_in(session: Session, column_id: int, most: int) -> list[Line]:
    """Return the newest articles of a column."""
    query = _shown().where(Article.column_id == column_id, Article.published_at.is_not(None))
    return _lines(session, query.order_by(Article.published_at.desc(), Article.id.desc()).limit(most))


def newest_of(session: Session, site_id: int, most: int) -> list[Line]:
    """Return the newest articles of a site."""
    query = _shown().where(Article.site_id == site_id, Article.published_at.is_not(None))
    return _lines(session, query.order_by(Article.published_at.desc(), Article.id.desc()).limit(most))


def lines_of_month(session: Session, site_id: int, month: str) -> list[Line]:
    """Return the articles of a month (2026-11), in the order of publication."""
    begin, end = _bounds(month)
    query = _shown().where(Article.site_id == site_id, Article.published_at >= begin, Article.published_at < end)
    return _lines(session, query.order_by(Article.published_at, Article.id))


def month_of(at: datetime) -> str:
    """Return the month in which an instant lies, here."""
    return clock.local(at).strftime("%Y-%m")


def months_written(session: Session, site_id: int) -> set[str]:
    """Return the months that have a share of the site map."""
    query = select(PublishedPage.path).where(
        PublishedPage.site_id == site_id, PublishedPage.path.like("sitemap-2%"), PublishedPage.digest != ""
    )
    return {path.removeprefix("sitemap-").removesuffix(".xml") for path in session.scalars(query)}


def _bounds(month: str) -> tuple[datetime, datetime]:
    year, number = (int(part) for part in month.split("-"))
    begin = datetime(year, number, 1, tzinfo=clock.ZONE)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=clock.ZONE)
    return begin.astimezone(UTC), end.astimezone(UTC)


def _shown() -> Any:
    return select(*_LINE).join(ArticleVersion, ArticleVersion.id == Article.published_id)


def _lines(session: Session, query: Any) -> list[Line]:
    return [
        Line(number, title, path or "", at, summary) for number, title, path, at, summary in session.execute(query)
    ]


# Articles


def path_for(article: Article, column: SiteColumn) -> str:
    """Return the address an article has or will have below its site; given once, whenever it is published."""
    return article.path or f"{column.slug}/{clock.local(article.created_at):%Y%m}/a{article.id}.html"


def story_of(
    session: Session,
    article: Article,
    version: ArticleVersion,
    at: datetime,
    updated_at: datetime | None,
    note: str,
    links: Links | None = None,
) -> Story:
    """Return an article as its readers would see this version of it; `links` if they are known already."""
    column = session.get_one(SiteColumn, article.column_id)
    policies, interpretations = links or linked(session, article.id)
    return Story(
        article_id=article.id,
        path=path_for(article, column),
        title=version.title,
        html=version.body,
        at=at,
        column=column_facts(column),
        source=version.source,
        byline=version.byline,
        summary=version.summary,
        number=str(version.meta.get("document_number") or ""),
        updated_at=updated_at,
        note=note,
        files=files_of(version.files),
        policies=policies,
        interpretations=interpretations,
    )


def published_stories(session: Session, article_ids: Sequence[int]) -> dict[int, Story]:
    """Return these articles as their readers see them now; those they do not see are not in it."""
    query = (
        select(Article, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.id == Article.published_id)
        .where(Article.id.in_(article_ids))
    )
    latest, links = latest_updates(session, article_ids), linked_to(session, article_ids)
    return {
        article.id: story_of(
            session,
            article,
            version,
            article.published_at or article.updated_at,
            latest.get(article.id, (None, ""))[0],
            latest.get(article.id, (None, ""))[1],
            links[article.id],
        )
        for article, version in session.execute(query)
    }


def latest_updates(session: Session, article_ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    """Return when each article was changed for its readers since it appeared, and what was said about it."""
    query = select(Publication).where(Publication.article_id.in_(article_ids)).order_by(Publication.id)
    latest = {row.article_id: row for row in session.scalars(query)}
    return {row.article_id: (row.at, row.reason) for row in latest.values() if row.act == UPDATE}


def linked(session: Session, article_id: int) -> Links:
    """Return the published policies an article explains, and what explains it."""
    return linked_to(session, [article_id])[article_id]


def linked_to(session: Session, article_ids: Sequence[int]) -> dict[int, Links]:
    """Return for each of these articles the published policies it explains, and what explains it."""
    wanted = set(article_ids)
    query = select(ArticleLink.policy_id, ArticleLink.interpretation_id).where(_names_one_of(article_ids))
    pairs = session.execute(query).all()
    others = {one for pair in pairs for one in pair}
    shown = _shown().where(Article.id.in_(others)).order_by(Article.published_at, Article.id)
    lines = _lines(session, shown) if others else []
    policies, explained = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for policy, interpretation in pairs:
        policies[interpretation].add(policy)
        explained[policy].add(interpretation)
    return {
        id_: (
            tuple(line for line in lines if line.article_id in policies[id_]),
            tuple(line for line in lines if line.article_id in explained[id_]),
        )
        for id_ in wanted
    }


def linked_ids(session: Session, article_ids: Iterable[int]) -> set[int]:
    """Return the articles whose pages name one of these."""
    wanted = list(article_ids)
    query = select(ArticleLink.policy_id, ArticleLink.interpretation_id).where(_names_one_of(wanted))
    return {one for pair in session.execute(query) for one in pair} - set(wanted)


def _names_one_of(article_ids: Sequence[int]) -> ColumnElement[bool]:
    return or_(ArticleLink.policy_id.in_(article_ids), ArticleLink.interpretation_id.in_(article_ids))


def files_of(files: Iterable[Mapping[str, Any]]) -> tuple[FileFacts, ...]:
    """Return the pictures and attachments of a version."""
    return tuple(FileFacts(one.get("media_id"), one["digest"], one["name"], one["kind"]) for one in files)
