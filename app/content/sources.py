"""Articles that forms offer to choose from: published interpretations, named by title and site."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.content.models import Article
from app.content.queries.articles import scope
from app.formkit.sources import register_source

MOST: Final = 200


def install() -> None:
    """Offer the lists to forms: `widget` article, `scope` interpretation or published."""
    register_source("article.interpretation", _interpretations, _named)
    register_source("article.published", _published, _named)


def _interpretations(asking: Any) -> list[tuple[int, str]]:
    query = select(Article).where(
        Article.kind == "interpretation", Article.published_id.is_not(None), scope(asking.viewer)
    )
    rows = asking.session.scalars(query.options(joinedload(Article.site)).order_by(Article.id.desc()).limit(MOST))
    return [(row.id, f"{row.title} · {row.site.name}") for row in rows]


def _published(asking: Any) -> list[tuple[int, str]]:
    """Return what was published last, of the reader's own unit first of all."""
    query = select(Article).where(Article.published_id.is_not(None), scope(asking.viewer))
    order = ((Article.unit_id != asking.viewer.unit_id), Article.published_at.desc(), Article.id.desc())
    rows = asking.session.scalars(query.options(joinedload(Article.column)).order_by(*order).limit(MOST))
    return [(row.id, f"{row.title} · {row.column.name}") for row in rows]


def _named(asking: Any, value: Any) -> str | None:
    if not isinstance(value, int):
        return None
    query = select(Article.title).where(Article.id == value, scope(asking.viewer))
    found: str | None = asking.session.scalar(query)
    return found
