"""Pages of content."""

from app.content.views import (
    articles,
    columns,
    corrections,
    editor,
    figures,
    media,
    preview,
    publishing,
    reports,
    site_pages,
    terms,
)
from app.content.views.blueprint import bp

__all__ = [
    "articles",
    "bp",
    "columns",
    "corrections",
    "editor",
    "figures",
    "media",
    "preview",
    "publishing",
    "reports",
    "site_pages",
    "terms",
]
