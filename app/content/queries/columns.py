"""Columns of sites and who may do what in them.

Without any grant an editor writes in the columns of the own unit and of the own unit's sites, a publisher of the
office publishes everywhere, and whoever looks after columns manages them all. Grants add to that, and are the only
way for a vendor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from app.content.models import Article, ColumnGrant, SiteColumn
from app.content.rules import DOWN, DRAFT, MANAGE, PUBLISH, REJECTED, WRITE
from app.errors import NotFound
from app.i18n import N_
from app.people.models import Site, Unit, User
from app.people.rules import OFFICE, Viewer

NO_COLUMN: Final = N_("没有这个栏目，或者它不归您管。")
PERMISSIONS: Final = {WRITE: "content.write", PUBLISH: "content.publish", MANAGE: "content.manage"}


@dataclass(frozen=True)
class ColumnLine:
    """A column in the tree of its site: how deep it stands, how many articles readers see and how many are made."""

    column: SiteColumn
    depth: int
    published: int = 0
    in_work: int = 0


@dataclass(frozen=True)
class GrantLine:
    """A grant as a list shows it: to whom, where, which right."""

    grant: ColumnGrant
    name: str
    unit: str
    column: str | None


def right_at(viewer: Viewer, right: str) -> ColumnElement[bool]:
    """Return the condition, for a query over columns, under which the viewer has `right` there."""
    if right == WRITE and not viewer.may(PERMISSIONS[WRITE]):
        return false()
    if right == PUBLISH and not viewer.may(PERMISSIONS[PUBLISH]):
        return false()
    if right == MANAGE and viewer.may(PERMISSIONS[MANAGE]):
        return true()
    if right == PUBLISH and viewer.unit_kind == OFFICE:
        return true()
    granted = granted_at(viewer, right)
    return or_(granted, own_column(viewer)) if right == WRITE and not viewer.is_vendor else granted


def granted_at(viewer: Viewer, *rights: str) -> ColumnElement[bool]:
    """Return the condition that one of these rights was given, at the column or at its whole site."""
    return exists().where(
        ColumnGrant.site_id == SiteColumn.site_id,
        or_(ColumnGrant.column_id.is_(None), ColumnGrant.column_id == SiteColumn.id),
        or_(ColumnGrant.user_id == viewer.user_id, ColumnGrant.unit_id == viewer.unit_id),
        ColumnGrant.right.in_(rights),
    )


def own_column(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that a column, or its site, is the duty of the viewer's unit."""
    own_site = select(Site.id).where(Site.owner_id == viewer.unit_id)
    return or_(SiteColumn.owner_id == viewer.unit_id, SiteColumn.site_id.in_(own_site))


def has_right(session: Session, viewer: Viewer, column_id: int, right: str) -> bool:
    """Say whether the viewer has `right` in a column."""
    query = select(SiteColumn.id).where(SiteColumn.id == column_id, right_at(viewer, right))
    return session.scalar(query) is not None


def columns_with(session: Session, viewer: Viewer, right: str) -> Sequence[SiteColumn]:
    """Return the open columns in which the viewer has `right`, by site and place."""
    query = (
        select(SiteColumn)
        .join(Site, Site.id == SiteColumn.site_id)
        .where(right_at(viewer, right), SiteColumn.state == "open", Site.state == "open")
        .options(joinedload(SiteColumn.site), joinedload(SiteColumn.owner))
        .order_by(Site.code, SiteColumn.position, SiteColumn.id)
    )
    return session.scalars(query).all()


def managed_sites(session: Session, viewer: Viewer) -> Sequence[Site]:
    """Return the sites of which the viewer manages all columns or some."""
    query = select(Site).options(joinedload(Site.owner)).order_by(Site.code)
    if not viewer.may(PERMISSIONS[MANAGE]):
        given = select(ColumnGrant.site_id).where(
            ColumnGrant.right == MANAGE,
            or_(ColumnGrant.user_id == viewer.user_id, ColumnGrant.unit_id == viewer.unit_id),
        )
        query = query.where(Site.id.in_(given))
    return session.scalars(query).all()


def manages_site(session: Session, viewer: Viewer, site_id: int) -> bool:
    """Say whether the viewer manages a whole site: only that opens new columns and gives rights."""
    if viewer.may(PERMISSIONS[MANAGE]):
        return True
    given = select(ColumnGrant.id).where(
        ColumnGrant.site_id == site_id,
        ColumnGrant.column_id.is_(None),
        ColumnGrant.right == MANAGE,
        or_(ColumnGrant.user_id == viewer.user_id, ColumnGrant.unit_id == viewer.unit_id),
    )
    return session.scalar(given) is not None


def column(session: Session, viewer: Viewer, column_id: int, right: str = MANAGE) -> SiteColumn:
    """Return a column in which the viewer has `right`; raise NotFound for any other."""
    query = (
        select(SiteColumn)
        .where(SiteColumn.id == column_id, right_at(viewer, right))
        .options(joinedload(SiteColumn.site), joinedload(SiteColumn.owner))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(NO_COLUMN)
    return found


def managed_columns(session: Session, viewer: Viewer, site_id: int) -> Sequence[SiteColumn]:
    """Return the columns of a site that the viewer manages, by place."""
    query = (
        select(SiteColumn)
        .where(SiteColumn.site_id == site_id, right_at(viewer, MANAGE))
        .options(joinedload(SiteColumn.owner))
        .order_by(SiteColumn.position, SiteColumn.id)
    )
    return session.scalars(query).all()


def column_tree(session: Session, viewer: Viewer, site_id: int) -> list[ColumnLine]:
    """Return the columns of a site that the viewer manages, as a tree with counts."""
    counts = _counts(session, site_id)
    return [
        ColumnLine(one, depth, *counts.get(one.id, (0, 0)))
        for one, depth in in_tree(managed_columns(session, viewer, site_id))
    ]


def in_tree(rows: Iterable[SiteColumn]) -> list[tuple[SiteColumn, int]]:
    """Return columns with their depth, children below their parent, in the order given."""
    given = list(rows)
    known = {row.id for row in given}
    below: dict[int | None, list[SiteColumn]] = {}
    for row in given:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    found: list[tuple[SiteColumn, int]] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        found.append((row, depth))
        waiting.extend((child, depth + 1) for child in reversed(below.get(row.id, [])))
    return found


def grants_of(session: Session, site_id: int) -> list[GrantLine]:
    """Return the grants of a site: to units first, then to people."""
    query = (
        select(ColumnGrant, Unit.name, User.name, SiteColumn.name)
        .outerjoin(User, User.id == ColumnGrant.user_id)
        .outerjoin(Unit, Unit.id == func.coalesce(ColumnGrant.unit_id, User.unit_id))
        .outerjoin(SiteColumn, SiteColumn.id == ColumnGrant.column_id)
        .where(ColumnGrant.site_id == site_id)
        .order_by(ColumnGrant.user_id.is_not(None), Unit.name, User.name, ColumnGrant.id)
    )
    return [GrantLine(grant, person or unit, unit, name) for grant, unit, person, name in session.execute(query)]


def _counts(session: Session, site_id: int) -> dict[int, tuple[int, int]]:
    """Return per column how many articles are published and how many are on the way."""
    seen = func.count(Article.published_id)
    on_the_way = func.count().filter(Article.published_id.is_(None), Article.state.not_in((DRAFT, REJECTED, DOWN)))
    query = select(Article.column_id, seen, on_the_way).where(Article.site_id == site_id).group_by(Article.column_id)
    return {column_id: (published, in_work) for column_id, published, in_work in session.execute(query)}
