"""Pages of a column that stay as they are. Pure.

They are numbered from the oldest article, and articles keep their place (slot) for ever, so a new one touches the
index and at most two numbered pages however many there are. The index shows the newest: at least a page, less than
two. A page that was taken down leaves its slot empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.content.sites.facts import HOME

SIZE: Final = 20


def numbered(total: int, size: int = SIZE) -> int:
    """Return how many numbered pages `total` slots fill, the newest ones left to the index."""
    return max(total // size - 1, 0)


def page_of(slot: int, total: int, size: int = SIZE) -> int:
    """Return the numbered page of a slot (counted from 0, the oldest); 0 is the index."""
    page = slot // size + 1
    return page if page <= numbered(total, size) else 0


def slots(page: int, total: int, size: int = SIZE) -> range:
    """Return the slots a page shows, oldest first; 0 is the index."""
    if page:
        return range((page - 1) * size, page * size)
    return range(numbered(total, size) * size, total)


def touched(changed: Iterable[int], total: int, size: int = SIZE) -> list[int]:
    """Return the pages that may read differently after these slots changed: theirs, the index and the newest two.

    The newest numbered page may just have come into being; the one before it then leads there.
    """
    last = numbered(total, size)
    pages = {0, *(page_of(slot, total, size) for slot in changed), *(one for one in (last - 1, last) if one > 0)}
    return sorted(pages)


def newer(page: int, total: int, size: int = SIZE) -> int | None:
    """Return the page with the next newer articles; 0 is the index, None beyond it."""
    if page == 0:
        return None
    return page + 1 if page < numbered(total, size) else 0


def older(page: int, total: int, size: int = SIZE) -> int | None:
    """Return the page with the next older articles; None after the oldest."""
    if page == 0:
        return numbered(total, size) or None
    return page - 1 or None


def path_of(slug: str, page: int) -> str:
    """Return the file of a column's page."""
    return f"{slug}/page-{page}.html" if page else f"{slug}/{HOME}"
