"""What pages and rules read about the house. Lists are scoped to the viewer and paged by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from app.errors import NotFound
from app.i18n import N_
from app.people import rules
from app.people.models import (
    AuthSession,
    Contract,
    ContractScope,
    Post,
    RoleGrant,
    ServiceCategory,
    Setting,
    Site,
    Unit,
    User,
)
from app.people.rules import PersonFacts, Viewer

_VIEWER = select(
    User.id.label("user_id"),
    User.name,
    User.user_name,
    User.unit_id,
    Unit.name.label("unit_name"),
    Unit.kind.label("unit_kind"),
    User.locale,
    select(Post.title).where(Post.user_id == User.id).order_by(Post.id).limit(1).scalar_subquery().label("title"),
    User.must_change,
).join(Unit, Unit.id == User.unit_id)
# built once: every request asks who it is
_BY_ID = _VIEWER.where(User.id == bindparam("wanted"), User.disabled_at.is_(None))
_BY_NAME = _VIEWER.where(User.user_name == bindparam("wanted"), User.disabled_at.is_(None))
_ROLES = select(RoleGrant.role).where(RoleGrant.user_id == bindparam("wanted"))
T = TypeVar("T")
Choice = tuple[str, str]
PAGE = 30


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, the key after which the next one starts, and how many there are in all."""

    rows: Sequence[T]
    after: str | None
    total: int


@dataclass(frozen=True)
class UnitLine:
    """A unit in its tree: how deep it stands and how many open accounts it has."""

    unit: Unit
    depth: int
    people: int


@dataclass(frozen=True)
class SessionFacts:
    """What a cookie's token leads to: whose session, and how it ended if it did."""

    session_id: int
    user_id: int
    ended: str | None
    last_seen: datetime


# One person


def viewer_of(session: Session, user_id: int) -> Viewer | None:
    """Return the viewer with this id; None when there is no such account or it is disabled."""
    return _viewer(session, _BY_ID, user_id)


def viewer_named(session: Session, user_name: str) -> Viewer | None:
    """Return the viewer with this user name, as `viewer_of` does."""
    return _viewer(session, _BY_NAME, user_name)


def _viewer(session: Session, query: Select[Any], wanted: int | str) -> Viewer | None:
    connection = session.connection()
    row = connection.execute(query, {"wanted": wanted}).mappings().one_or_none()
    if row is None:
        return None
    roles = frozenset(connection.execute(_ROLES, {"wanted": row["user_id"]}).scalars())
    return Viewer(roles=roles, permissions=rules.permissions_of(roles), **{**row, "title": row["title"] or ""})


def session_facts(session: Session, hashed_token: str, now: datetime) -> SessionFacts | None:
    """Return what the token of a cookie leads to; None for a token nobody was given."""
    row = session.execute(
        select(
            AuthSession.id,
            AuthSession.user_id,
            AuthSession.last_seen,
            AuthSession.expires_at,
            AuthSession.revoked_at,
        ).where(AuthSession.token_hash == hashed_token)
    ).one_or_none()
    if row is None:
        return None
    ended = rules.session_end(now, row.last_seen, row.expires_at, row.revoked_at)
    return SessionFacts(row.id, row.user_id, ended, row.last_seen)


def sessions_of(session: Session, user_id: int, now: datetime) -> Sequence[AuthSession]:
    """Return the user's living sessions, newest first."""
    rows = session.scalars(
        select(AuthSession)
        .where(AuthSession.user_id == user_id, AuthSession.revoked_at.is_(None), AuthSession.expires_at > now)
        .order_by(AuthSession.last_seen.desc(), AuthSession.id.desc())
    )
    return [row for row in rows if rules.session_end(now, row.last_seen, row.expires_at, None) is None]


# People


def users(
    session: Session,
    viewer: Viewer,
    *,
    search: str = "",
    unit_id: int | None = None,
    role: str = "",
    state: str = "",
    after: str | None = None,
    size: int = PAGE,
) -> Page[User]:
    """Return accounts the viewer may see, by unit and user name; `state` is `disabled` or open ones."""
    conditions = [_visible_users(viewer), *_user_filter(search, unit_id, role, state)]
    statement = (
        select(User)
        .where(*conditions)
        .options(joinedload(User.unit), selectinload(User.posts), selectinload(User.grants))
        .order_by(User.user_name)
    )
    if after:
        statement = statement.where(User.user_name > after)
    count = select(func.count(User.id)).where(*conditions)
    return _page(session, statement, count, size, lambda one: str(one.user_name))


def user(session: Session, viewer: Viewer, user_id: int) -> User:
    """Return an account the viewer may see, with posts and roles; others read as missing."""
    found = session.scalar(
        select(User)
        .where(User.id == user_id, _visible_users(viewer))
        .options(
            joinedload(User.unit),
            selectinload(User.posts),
            selectinload(User.grants).joinedload(RoleGrant.unit),
        )
    )
    if found is None:
        raise NotFound(N_("没有这个人，或者不归您管。"))
    return found


def person_facts(session: Session, user_ids: Sequence[int]) -> dict[int, PersonFacts]:
    """Return names, units and titles of these people in two statements, disabled ones included."""
    rows = session.scalars(
        select(User)
        .where(User.id.in_(set(user_ids)))
        .options(joinedload(User.unit), selectinload(User.posts), selectinload(User.grants))
    )
    return {row.id: _facts(row) for row in rows}


def holding(session: Session, permission: str) -> list[int]:
    """Return everybody whose roles permit this, accounts in use only."""
    roles = [role.key for role in rules.ROLES.values() if permission in role.permissions]
    able = exists().where(RoleGrant.user_id == User.id, RoleGrant.role.in_(roles))
    return list(session.scalars(select(User.id).where(User.disabled_at.is_(None), able).order_by(User.id)))


def people(session: Session, viewer: Viewer, unit_id: int | None = None) -> Sequence[PersonFacts]:
    """Return the open accounts a viewer may name in a form: a vendor's people see their own unit only."""
    conditions: list[ColumnElement[bool]] = [User.disabled_at.is_(None)]
    if viewer.is_vendor:
        conditions.append(User.unit_id == viewer.unit_id)
    if unit_id is not None:
        conditions.append(User.unit_id == unit_id)
    rows = session.scalars(
        select(User)
        .join(Unit, Unit.id == User.unit_id)
        .where(*conditions)
        .options(joinedload(User.unit), selectinload(User.posts), selectinload(User.grants))
        .order_by(Unit.code, User.id)
    )
    return [_facts(row) for row in rows]


# Units and sites


def units(session: Session, viewer: Viewer, *, search: str = "", state: str = "") -> Sequence[UnitLine]:
    """Return the tree of units in reading order; a search or `state` gives a flat list."""
    statement = select(Unit).where(_visible_units(viewer)).order_by(Unit.code)
    if search:
        statement = statement.where(or_(*_like(search, Unit.name, Unit.name_en, Unit.code)))
    statement = statement.where(Unit.disabled_at.is_not(None) if state == "disabled" else Unit.disabled_at.is_(None))
    rows = session.scalars(statement).all()
    counts = _people_per_unit(session)
    return [UnitLine(unit, depth, counts.get(unit.id, 0)) for unit, depth in _tree(rows)]


def unit(session: Session, viewer: Viewer, unit_id: int) -> Unit:
    """Return a unit the viewer may see; others read as missing."""
    found = session.scalar(select(Unit).where(Unit.id == unit_id, _visible_units(viewer)))
    if found is None:
        raise NotFound(N_("没有这个单位，或者它不归您看。"))
    return found


def unit_by_code(session: Session, code: str) -> Unit | None:
    """Return the unit with this code."""
    return session.scalar(select(Unit).where(Unit.code == code))


def sites(
    session: Session,
    viewer: Viewer,
    *,
    search: str = "",
    state: str = "",
    after: str | None = None,
    size: int = PAGE,
) -> Page[Site]:
    """Return websites the viewer may see, by identification code."""
    conditions = [_visible_sites(viewer)]
    if search:
        conditions.append(or_(*_like(search, Site.name, Site.code, Site.url, Unit.name)))
    if state:
        conditions.append(Site.state == state)
    statement = (
        select(Site)
        .join(Unit, Unit.id == Site.owner_id)
        .where(*conditions)
        .options(joinedload(Site.owner), joinedload(Site.parent))
        .order_by(Site.code)
    )
    if after:
        statement = statement.where(Site.code > after)
    count = select(func.count(Site.id)).join(Unit, Unit.id == Site.owner_id).where(*conditions)
    return _page(session, statement, count, size, lambda one: str(one.code))


def site(session: Session, viewer: Viewer, site_id: int) -> Site:
    """Return a website the viewer may see; others read as missing."""
    found = session.scalar(
        select(Site)
        .where(Site.id == site_id, _visible_sites(viewer))
        .options(joinedload(Site.owner), joinedload(Site.parent))
    )
    if found is None:
        raise NotFound(N_("没有这个网站，或者它不归您看。"))
    return found


# Contracts


def contracts(
    session: Session,
    viewer: Viewer,
    *,
    search: str = "",
    state: str = "",
    on: date,
    after: str | None = None,
    size: int = PAGE,
) -> Page[Contract]:
    """Return contracts the viewer may see, newest first. `state` is `running`, `ended` or empty for all."""
    conditions = [_visible_contracts(viewer)]
    if search:
        conditions.append(or_(*_like(search, Contract.number, Contract.name, Unit.name)))
    running = Contract.disabled_at.is_(None) & (Contract.valid_to >= on)
    if state:
        conditions.append(running if state == "running" else ~running)
    statement = (
        select(Contract)
        .join(Unit, Unit.id == Contract.vendor_id)
        .where(*conditions)
        .options(joinedload(Contract.vendor), selectinload(Contract.scopes).joinedload(ContractScope.category))
        .order_by(Contract.valid_from.desc(), Contract.id.desc())
    )
    if after:
        day, _, row_id = after.partition("_")
        statement = statement.where(
            tuple_(Contract.valid_from, Contract.id) < tuple_(date.fromisoformat(day), int(row_id))
        )
    count = select(func.count(Contract.id)).join(Unit, Unit.id == Contract.vendor_id).where(*conditions)
    return _page(session, statement, count, size, lambda one: f"{one.valid_from.isoformat()}_{one.id}")


def contract(session: Session, viewer: Viewer, contract_id: int) -> Contract:
    """Return a contract the viewer may see; another vendor's reads as missing."""
    found = session.scalar(
        select(Contract)
        .where(Contract.id == contract_id, _visible_contracts(viewer))
        .options(
            joinedload(Contract.vendor),
            selectinload(Contract.scopes).joinedload(ContractScope.category),
            selectinload(Contract.scopes).joinedload(ContractScope.site),
            selectinload(Contract.clauses),
            selectinload(Contract.sla_rows),
            selectinload(Contract.allowances),
        )
    )
    if found is None:
        raise NotFound(N_("没有这份合同，或者它不归您看。"))
    return found


def categories(session: Session) -> Sequence[ServiceCategory]:
    """Return the service categories in use, in the order they were entered."""
    return session.scalars(
        select(ServiceCategory).where(ServiceCategory.disabled_at.is_(None)).order_by(ServiceCategory.id)
    ).all()


# Choices of forms


def people_choices(session: Session, viewer: Viewer, unit_id: int | None = None) -> list[Choice]:
    """Return people a form may offer, as (id, “name · unit”)."""
    return [(str(one.user_id), f"{one.name} · {one.unit_name}") for one in people(session, viewer, unit_id)]


def department_people_choices(session: Session) -> list[Choice]:
    """Return everybody in departments and the office, whom a recorded demand may name as its requester."""
    rows = session.scalars(
        select(User)
        .join(Unit, Unit.id == User.unit_id)
        .where(User.disabled_at.is_(None), Unit.kind != rules.VENDOR, _may_ask())
        .order_by(Unit.code, User.name)
    ).all()
    return [(str(one.id), f"{one.name} · {one.unit.name}") for one in rows]


def _may_ask() -> ColumnElement[bool]:
    asking = [role.key for role in rules.ROLES.values() if "work.start" in role.permissions]
    return exists().where(RoleGrant.user_id == User.id, RoleGrant.role.in_(asking))


def unit_choices(session: Session, viewer: Viewer, kinds: Sequence[str] = tuple(rules.UNIT_KINDS)) -> list[Choice]:
    """Return open units a form may offer, in tree order; vendors know only themselves."""
    rows = session.scalars(
        select(Unit)
        .where(Unit.disabled_at.is_(None), Unit.kind.in_(kinds), _visible_units(viewer))
        .order_by(Unit.code)
    ).all()
    return [(str(one.id), "\N{IDEOGRAPHIC SPACE}" * depth + one.name) for one, depth in _tree(rows)]


def vendor_choices(session: Session, viewer: Viewer) -> list[Choice]:
    """Return open vendors a form may offer."""
    return unit_choices(session, viewer, (rules.VENDOR,))


def site_choices(session: Session, viewer: Viewer) -> list[Choice]:
    """Return websites in use a form may offer: own ones for a department, contracted ones for a vendor."""
    rows = session.scalars(select(Site).where(Site.state != "closed", _visible_sites(viewer)).order_by(Site.code))
    return [(str(one.id), one.name) for one in rows]


def category_choices(session: Session) -> list[Choice]:
    """Return the service categories a form may offer."""
    return [(str(one.id), one.name) for one in categories(session)]


# Settings


def setting(session: Session, key: str) -> Any:
    """Return one setting, its default when it was never changed."""
    row = session.get(Setting, key)
    return rules.SETTINGS[key].default if row is None else row.value


def settings(session: Session) -> dict[str, Any]:
    """Return all settings."""
    changed: dict[str, Any] = {row.key: row.value for row in session.scalars(select(Setting))}
    return {key: changed.get(key, rule.default) for key, rule in rules.SETTINGS.items()}


# Scopes: the one place that says whose rows somebody sees


def _visible_users(viewer: Viewer) -> ColumnElement[bool]:
    return User.id > 0 if viewer.may("people.view") else User.unit_id == viewer.unit_id


def _visible_units(viewer: Viewer) -> ColumnElement[bool]:
    return Unit.id == viewer.unit_id if viewer.is_vendor else Unit.id > 0


def _visible_contracts(viewer: Viewer) -> ColumnElement[bool]:
    return Contract.vendor_id == viewer.unit_id if viewer.is_vendor else Contract.id > 0


def _visible_sites(viewer: Viewer) -> ColumnElement[bool]:
    if not viewer.is_vendor:
        return Site.id > 0
    own = select(ContractScope.site_id).join(Contract).where(Contract.vendor_id == viewer.unit_id)
    everywhere = own.where(ContractScope.site_id.is_(None)).exists()
    return or_(everywhere, Site.id.in_(own.where(ContractScope.site_id.is_not(None))))


# Parts


def _facts(user: User) -> PersonFacts:
    return PersonFacts(
        user.id,
        user.name,
        user.user_name,
        user.unit_id,
        user.unit.name,
        user.unit.kind,
        user.posts[0].title if user.posts else "",
        tuple(sorted(grant.role for grant in user.grants)),
        user.disabled_at is not None,
    )


def _user_filter(search: str, unit_id: int | None, role: str, state: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search:
        titled = select(Post.user_id).where(*_like(search, Post.title))
        named = select(Unit.id).where(*_like(search, Unit.name))
        conditions.append(
            or_(*_like(search, User.name, User.user_name), User.id.in_(titled), User.unit_id.in_(named))
        )
    if unit_id is not None:
        conditions.append(User.unit_id == unit_id)
    if role:
        conditions.append(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role == role)))
    closed = state == "disabled"
    conditions.append(User.disabled_at.is_not(None) if closed else User.disabled_at.is_(None))
    return conditions


def _like(search: str, *columns: Any) -> list[ColumnElement[bool]]:
    return [column.icontains(search.strip(), autoescape=True) for column in columns]


def _page(
    session: Session, statement: Select[Any], count: Select[int], size: int, key: Callable[[Any], str]
) -> Page[Any]:
    rows = session.scalars(statement.limit(size + 1)).all()
    after = key(rows[size - 1]) if len(rows) > size else None
    return Page(rows[:size], after, session.scalar(count) or 0)


def _people_per_unit(session: Session) -> dict[int, int]:
    statement = select(User.unit_id, func.count()).where(User.disabled_at.is_(None)).group_by(User.unit_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def _tree(rows: Sequence[Unit]) -> list[tuple[Unit, int]]:
    known = {row.id for row in rows}
    below: dict[int | None, list[Unit]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    ordered: list[tuple[Unit, int]] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        ordered.append((row, depth))
        waiting.extend((child, depth + 1) for child in reversed(below.get(row.id, [])))
    return ordered
