"""What all lists share: paging, sorting, counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.api import queries
from app.api.errors import InvalidRequest
from app.api.routes import Call
from app.api.shapes import WHOLE, Shape, one_of, result
from app.db import db
from app.i18n import N_

PAGING: Mapping[str, Shape] = {"firstResult": WHOLE, "maxResults": WHOLE}
COUNT = result("CountResultDto", count=WHOLE)
HALF_SORTED = N_("sortBy 和 sortOrder 要一起给。")


def sorting(columns: Mapping[str, Any]) -> Mapping[str, Shape]:
    """Return the parameters by which a list is sorted."""
    return {"sortBy": one_of(*columns), "sortOrder": one_of("asc", "desc")}


def listed(
    call: Call,
    query: queries.List,
    columns: Mapping[str, Any],
    last: Any,
    tell: Callable[[Any], dict[str, Any]],
    *,
    by: queries.Sorting | None = None,
) -> list[dict[str, Any]]:
    """Return the asked stretch of a list in the asked order, each row as `tell` says it."""
    wanted = queries.ordered(query, asked_order(call.query) if by is None else by, columns, last)
    rows = queries.page(db.session(), wanted, call.query.get("firstResult", 0), call.query.get("maxResults"))
    return [tell(row) for row in rows]


def counted(query: queries.List) -> dict[str, int]:
    """Return how long a list is."""
    return {"count": queries.count(db.session(), query)}


def asked_order(asked: Mapping[str, Any]) -> queries.Sorting:
    """Return the asked order; raise InvalidRequest when only half of it is there."""
    by, order = asked.get("sortBy"), asked.get("sortOrder")
    if (by is None) != (order is None):
        raise InvalidRequest(HALF_SORTED)
    return [] if by is None or order is None else [(by, order)]
