"""Columns of a site: open one, change it, move it, close it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.models import SiteColumn
from app.content.queries import columns as queries
from app.content.rules import KINDS, MANAGE
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.ledger import Entry, append
from app.people.models import Site, Unit
from app.people.rules import VENDOR, Viewer
from app.work.operations.act import person

STATES: Final[Mapping[str, str]] = {"open": N_("在用"), "closed": N_("已停用")}
SLUG: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
LONGEST_WAIT: Final = 366
# names of the folders and pages a published site has beside its columns
TAKEN: Final = frozenset({"assets", "files", "media", "feed", "sitemap", "index", "static", "404"})


@dataclass(frozen=True)
class ColumnFacts:
    """What is said about a column."""

    name: str
    slug: str
    kind: str
    owner_id: int
    name_en: str = ""
    parent_id: int | None = None
    update_days: int | None = None
    warn_days: int = 3
    note: str = ""
    position: int = 0
    state: str = "open"


def create_column(session: Session, viewer: Viewer, site_id: int, facts: ColumnFacts, now: datetime) -> SiteColumn:
    """Open a column at a site the viewer manages."""
    if not queries.manages_site(session, viewer, site_id) or session.get(Site, site_id) is None:
        raise NotFound(queries.NO_COLUMN)
    _check(session, site_id, None, facts)
    position = facts.position or _last(session, site_id) + 1
    row = SiteColumn(site_id=site_id, **asdict(facts) | {"position": position})
    session.add(row)
    session.flush()
    _note(session, viewer, "content:column:created", row, asdict(facts), now)
    return row


def update_column(
    session: Session, viewer: Viewer, column_id: int, facts: ColumnFacts, row_version: int | None, now: datetime
) -> SiteColumn:
    """Change what is said about a column; its folder stays once something is published in it."""
    row = queries.column(session, viewer, column_id, MANAGE)
    if row_version is not None and row.row_version != row_version:
        raise Conflict
    _check(session, row.site_id, row, facts)
    before = {name: getattr(row, name) for name in asdict(facts)}
    for name, value in asdict(facts).items():
        setattr(row, name, value)
    session.flush()
    changed = {name: [before[name], value] for name, value in asdict(facts).items() if before[name] != value}
    if changed:
        _note(session, viewer, "content:column:changed", row, changed, now)
    return row


def _check(session: Session, site_id: int, row: SiteColumn | None, facts: ColumnFacts) -> None:
    wrong = dict(_wrong(facts))
    owner = session.get(Unit, facts.owner_id)
    if owner is None or owner.kind == VENDOR or owner.disabled_at is not None:
        wrong["owner_id"] = N_("请选一个负责的单位。外包单位不能负责栏目。")
    if "slug" not in wrong and _slug_taken(session, site_id, facts.slug, row):
        wrong["slug"] = N_("这个网站已有栏目用了这个网址名。换一个。")
    if row is not None and row.last_published_at is not None and row.slug != facts.slug:
        wrong["slug"] = N_("这个栏目已经发布过稿件，网址名不能再改，改了群众存的网址会打不开。")
    if facts.parent_id is not None and not _may_stand_below(session, site_id, row, facts.parent_id):
        wrong["parent_id"] = N_("上级栏目要在同一个网站，而且不能是它自己或它下面的栏目。")
    if wrong:
        raise Invalid(fields=wrong)


def _wrong(facts: ColumnFacts) -> list[tuple[str, str]]:
    tests = (
        ("name", not facts.name.strip() or len(facts.name) > 80, N_("栏目名要 1 到 80 个字。")),  # noqa: PLR2004
        ("name_en", len(facts.name_en) > 120, N_("英文名最多 120 个字符。")),  # noqa: PLR2004
        (
            "slug",
            not SLUG.fullmatch(facts.slug) or facts.slug in TAKEN,
            N_("网址名要以小写字母开头，只用小写字母、数字和短横，例如 tzgg。"),
        ),
        ("kind", facts.kind not in KINDS, N_("没有这种稿件。请从列表里选一种。")),
        ("note", len(facts.note) > 500, N_("说明最多 500 个字。")),  # noqa: PLR2004
        ("state", facts.state not in STATES, N_("没有这种状态。")),
        (
            "update_days",
            facts.update_days is not None and not 1 <= facts.update_days <= LONGEST_WAIT,
            N_("更新期限要是 1 到 366 天；不要求就留空。"),
        ),
        ("warn_days", not 0 <= facts.warn_days <= LONGEST_WAIT, N_("提前提醒的天数要是 0 到 366。")),
    )
    return [(name, sentence) for name, bad, sentence in tests if bad]


def _slug_taken(session: Session, site_id: int, slug: str, row: SiteColumn | None) -> bool:
    query = select(SiteColumn.id).where(SiteColumn.site_id == site_id, SiteColumn.slug == slug)
    return any(found != (row.id if row else None) for found in session.scalars(query))


def _may_stand_below(session: Session, site_id: int, row: SiteColumn | None, parent_id: int) -> bool:
    query = select(SiteColumn.id, SiteColumn.parent_id).where(SiteColumn.site_id == site_id)
    above = {row.id: row.parent_id for row in session.execute(query)}
    place: int | None = parent_id
    while place is not None:
        if place not in above or (row is not None and place == row.id):
            return False
        place = above.pop(place)
    return True


def _last(session: Session, site_id: int) -> int:
    query = select(func.max(SiteColumn.position)).where(SiteColumn.site_id == site_id)
    return session.scalar(query) or 0


def _note(
    session: Session, viewer: Viewer, kind: str, row: SiteColumn, facts: Mapping[str, Any], now: datetime
) -> None:
    payload = {"column_id": row.id, "site_id": row.site_id, "name": row.name, "facts": dict(facts)}
    append(session, "house", [Entry(kind, person(viewer), payload)], now)
