"""The pages of a site as bytes. Pure: the same values give the same bytes, whoever asks and whenever.

A site speaks Chinese whatever language its editor uses, so the templates are no part of the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.clock import ZONE
from app.content.rules import ATTACHMENT, COVER
from app.content.sites.facts import FEED, HOME, MISSING, SITEMAP, ColumnFacts, Line, SiteFacts, Story, relative
from app.content.sites.style import TEMPLATES

Files = Mapping[int, str]
Links = Callable[[str], str]
_MEDIA = re.compile(r'(src|href)="/content/media/([1-9][0-9]{0,9})"')
_SOURCELESS = re.compile(r'<img (?![^>]*src=")[^>]*>')
# a control sign has no place in XML, however it came into a title
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Shelf:
    """A column on the home page with its newest articles."""

    column: ColumnFacts
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Turn:
    """Where the pager of a column's page leads."""

    number: int
    newer: str | None
    older: str | None


def render_home(site: SiteFacts, shelves: Sequence[Shelf]) -> bytes:
    """Return the home page: every column with its newest articles."""
    return _draw("home.html.jinja", site, HOME, shelves=shelves)


def render_column(site: SiteFacts, column: ColumnFacts, path: str, lines: Sequence[Line], turn: Turn) -> bytes:
    """Return one page of a column, newest article first."""
    return _draw("column.html.jinja", site, path, column=column, lines=lines, turn=turn)


def render_article(site: SiteFacts, story: Story, to: Links | None = None) -> bytes:
    """Return the page of an article; `to` says where links lead when the page is not in its site."""
    lead = to or partial(relative, story.path)
    placed = {one.media_id: lead(one.path) for one in story.files if one.media_id is not None}
    return _draw(
        "article.html.jinja",
        site,
        story.path,
        lead,
        story=story,
        body=Markup(_with_files(story.html, placed)),  # noqa: S704 - cleaned when it was handed in
        attachments=[(one, lead(one.path)) for one in story.files if one.kind == ATTACHMENT],
        cover=next((lead(one.path) for one in story.files if one.kind == COVER), None),
    )


def render_down(site: SiteFacts, path: str) -> bytes:
    """Return what stands in the place of an article that was taken down."""
    return _draw("down.html.jinja", site, path)


def render_missing(site: SiteFacts) -> bytes:
    """Return the page for addresses that lead nowhere; it leads on from any depth."""
    return _draw("missing.html.jinja", site, MISSING, lambda target: f"/{target}")


def render_feed(site: SiteFacts, lines: Sequence[Line]) -> bytes:
    """Return the newest articles as an Atom feed."""
    updated = max((line.at for line in lines), default=datetime(2000, 1, 1, tzinfo=UTC))
    return _draw("feed.xml.jinja", site, FEED, lines=lines, updated=updated)


def render_sitemap(site: SiteFacts, lines: Sequence[Line]) -> bytes:
    """Return one month's share of the site map."""
    return _draw("sitemap.xml.jinja", site, SITEMAP, lines=lines, months=())


def render_sitemap_index(site: SiteFacts, months: Sequence[str]) -> bytes:
    """Return the site map: the pages of columns, and where the articles of each month are listed."""
    return _draw("sitemap-index.xml.jinja", site, SITEMAP, lines=(), months=months)


def month_path(month: str) -> str:
    """Return the file of one month's share of the site map; `month` reads 2026-11."""
    return f"sitemap-{month}.xml"


def columns_path() -> str:
    """Return the file of the site map's share that lists home and columns."""
    return "sitemap-columns.xml"


def render_sitemap_columns(site: SiteFacts) -> bytes:
    """Return the share of the site map that lists home and columns."""
    return _draw("sitemap-columns.xml.jinja", site, SITEMAP)


def _with_files(html: str, placed: Files) -> str:
    """Let the text's pictures lead to where the site has them; one it does not have is left out."""

    def place(found: re.Match[str]) -> str:
        url = placed.get(int(found[2]))
        return f'{found[1]}="{url}"' if url else ""

    return _SOURCELESS.sub("", _MEDIA.sub(place, html))


def _draw(name: str, site: SiteFacts, path: str, to: Links | None = None, **values: Any) -> bytes:
    lead = to or partial(relative, path)
    text = _environment().get_template(name).render(site=site, path=path, to=lead, **values)
    return _CONTROL.sub("", text).encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters.update(minute=_minute, date=_date, instant=_instant)
    return environment


def _minute(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def _date(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d")


def _instant(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")
