"""Draw and write a site: all of it, or the pages a few articles appear on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from flask import current_app
from sqlalchemy import Text, select, type_coerce
from sqlalchemy.orm import Session

from app.config import Settings
from app.content.models import Article, ArticleVersion
from app.content.sites import paging, render, snapshot
from app.content.sites.facts import (
    FEED,
    HOME,
    MISSING,
    SITEMAP,
    ColumnFacts,
    FileFacts,
    Line,
    Page,
    SiteFacts,
    Story,
    Written,
    WrittenFile,
)
from app.content.sites.render import Shelf, Turn
from app.content.sites.style import sheet
from app.content.sites.writing import alone, copy_file, is_there, write_pages
from app.files.jobs import store

ON_HOME, IN_FEED, BATCH = 6, 20, 200


def write_site(session: Session, site_id: int, folder: Path, only: Collection[int] | None = None) -> Written:
    """Write the pages on which the articles `only` appear, or all of them; what reads the same is left.

    The caller holds the folder and began the session after that.
    """
    site = snapshot.site_facts(session, site_id)
    drawing = _Drawing(session, site, folder)
    wanted = _all_ids(session, site_id) if only is None else sorted({*only, *snapshot.linked_ids(session, only)})
    written = write_pages(folder, drawing.articles(wanted))
    rest = write_pages(folder, chain(drawing.frame(), drawing.lists(only)))
    return Written((*drawing.copied, *written, *rest))


def write_story(session: Session, site: SiteFacts, story: Story) -> str:
    """Write the page of one article with its files and return the digest of its bytes."""
    folder = folder_of(site.folder)
    data = render.render_article(site, story)
    with alone(folder):
        _copy_files(folder, story)
        style = Page(site.sheet, sheet(snapshot.style_of(session, site.id)))
        write_pages(folder, [style, Page(story.path, data)])
    return hashlib.sha256(data).hexdigest()


def folder_of(name: str) -> Path:
    """Return where the pages of a site lie."""
    settings: Settings = current_app.extensions["guanjia.settings"]
    return settings.sites / name


@dataclass
class _Drawing:
    """One round of drawing: pages are yielded as they are drawn, so that no round holds a whole site."""

    session: Session
    site: SiteFacts
    folder: Path

    def __post_init__(self) -> None:
        self.copied: list[WrittenFile] = []

    def articles(self, article_ids: Iterable[int]) -> Iterator[Page]:
        """Yield the pages of these articles; one that is not published any more says so."""
        for ids in _batches(article_ids):
            stories = snapshot.published_stories(self.session, ids)
            for story in stories.values():
                self.copied.extend(_copy_files(self.folder, story))
                yield Page(story.path, render.render_article(self.site, story), story.article_id)
            yield from self._down([one for one in ids if one not in stories])
            yield from self._orphans(ids, stories)
            self.session.expunge_all()

    def frame(self) -> Iterator[Page]:
        """Yield the pages every site has: style, home, feed, the page for addresses that lead nowhere."""
        site = self.site
        yield Page(site.sheet, sheet(snapshot.style_of(self.session, site.id)))
        shelves = [Shelf(one, tuple(snapshot.newest_in(self.session, one.id, ON_HOME))) for one in site.columns]
        yield Page(HOME, render.render_home(site, shelves))
        yield Page(FEED, render.render_feed(site, snapshot.newest_of(self.session, site.id, IN_FEED)))
        yield Page(MISSING, render.render_missing(site))
        yield Page(render.columns_path(), render.render_sitemap_columns(site))

    def lists(self, only: Collection[int] | None) -> Iterator[Page]:
        """Yield the pages of columns and the site map's shares that list these articles, or all."""
        if only is None:
            for column in self.site.columns:
                yield from self._column(column, None)
            yield from self._sitemap(_all_months(self.session, self.site.id), set())
            return
        slots, months = self._places(only)
        for column in self.site.columns:
            if column.id in slots:
                yield from self._column(column, slots[column.id])
        yield from self._sitemap(months, snapshot.months_written(self.session, self.site.id))

    def _places(self, only: Collection[int]) -> tuple[dict[int, list[int]], set[str]]:
        slots, months = defaultdict[int, list[int]](list), set[str]()
        query = select(Article).where(Article.id.in_(only), Article.published_at.is_not(None))
        for article in self.session.scalars(query):
            slots[article.column_id].append(snapshot.slot_of(self.session, article))
            if article.published_at is not None:
                months.add(snapshot.month_of(article.published_at))
        return slots, months

    def _column(self, column: ColumnFacts, slots: list[int] | None) -> Iterator[Page]:
        total = snapshot.total_slots(self.session, column.id)
        wanted = range(paging.numbered(total) + 1) if slots is None else paging.touched(slots, total)
        for number in wanted:
            lines = snapshot.lines_in(self.session, column.id, paging.slots(number, total), total)
            yield self._column_page(column, number, total, lines)

    def _column_page(self, column: ColumnFacts, number: int, total: int, lines: list[Line]) -> Page:
        path = paging.path_of(column.slug, number)
        turn = Turn(
            number,
            _path(column, paging.newer(number, total)),
            _path(column, paging.older(number, total)),
        )
        return Page(path, render.render_column(self.site, column, path, lines, turn))

    def _sitemap(self, months: set[str], written: set[str]) -> Iterator[Page]:
        found = {month: snapshot.lines_of_month(self.session, self.site.id, month) for month in months}
        for month, lines in found.items():
            data = render.render_sitemap(self.site, lines) if lines else None
            yield Page(render.month_path(month), data)
        known = {month for month, lines in found.items() if lines} | (written - set(found))
        yield Page(SITEMAP, render.render_sitemap_index(self.site, sorted(known)))

    def _down(self, article_ids: list[int]) -> Iterator[Page]:
        if not article_ids:
            return
        gone = self.session.scalars(select(Article).where(Article.id.in_(article_ids), Article.path.is_not(None)))
        for article in gone.all():
            yield Page(article.path or "", render.render_down(self.site, article.path or ""), article.id)

    def _orphans(self, article_ids: Sequence[int], stories: Mapping[int, Story]) -> Iterator[Page]:
        """Yield files that only earlier versions of these articles had: what is no longer published must go."""
        query = select(ArticleVersion.article_id, ArticleVersion.files).where(
            ArticleVersion.article_id.in_(article_ids), type_coerce(ArticleVersion.files, Text) != "[]"
        )
        present = {one.path for story in stories.values() for one in story.files}
        had = {one.path: (one, id_) for id_, files in self.session.execute(query) for one in snapshot.files_of(files)}
        for path, (one, article_id) in had.items():
            if path not in present and not _is_used(self.session, self.site.id, one):
                yield Page(path, None, article_id)


def _path(column: ColumnFacts, page: int | None) -> str | None:
    return None if page is None else paging.path_of(column.slug, page)


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _copy_files(folder: Path, story: Story) -> list[WrittenFile]:
    return [WrittenFile(one.path, one.digest, story.article_id, _copied(folder, one)) for one in story.files]


def _copied(folder: Path, one: FileFacts) -> bool:
    if is_there(folder, one.path):
        return False
    with store().open(one.digest) as source:
        return copy_file(folder, one.path, source)


def _is_used(session: Session, site_id: int, file: FileFacts) -> bool:
    query = (
        select(Article.id)
        .join(ArticleVersion, Article.published_id == ArticleVersion.id)
        .where(Article.site_id == site_id, type_coerce(ArticleVersion.files, Text).contains(file.digest))
    )
    return session.scalar(query.limit(1)) is not None


def _all_ids(session: Session, site_id: int) -> list[int]:
    query = select(Article.id).where(Article.site_id == site_id, Article.path.is_not(None)).order_by(Article.id)
    return list(session.scalars(query))


def _all_months(session: Session, site_id: int) -> set[str]:
    query = select(Article.published_at).where(Article.site_id == site_id, Article.published_at.is_not(None))
    return {snapshot.month_of(at) for at in session.scalars(query) if at is not None}
