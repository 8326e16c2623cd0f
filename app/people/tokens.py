"""Tokens of programs as they are read: for whom a program acts, and the list of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from app.people import rules
from app.people.models import ApiToken, RoleGrant, Unit, User
from app.people.rules import Viewer
from app.sql import Prepared

# built once: every request of a program passes here
_HOLDER = Prepared(
    select(
        ApiToken.id,
        ApiToken.name,
        ApiToken.expires_at.is_not(None).label("expires"),
        User.id.label("user_id"),
        User.name.label("person"),
        User.user_name,
        User.unit_id,
        User.locale,
        Unit.name.label("unit_name"),
        Unit.kind,
        RoleGrant.role,
    )
    .join(User, User.id == ApiToken.user_id)
    .join(Unit, Unit.id == User.unit_id)
    .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
    .where(ApiToken.digest == bindparam("digest"), ApiToken.revoked_at.is_(None), User.disabled_at.is_(None))
)


@dataclass(frozen=True)
class KeyHolder:
    """What a program's token leads to: its row, and the user in whose name the program acts."""

    token_id: int
    viewer: Viewer
    expires_at: datetime | None


def key_holder(session: Session, digest: str) -> KeyHolder | None:
    """Return for whom the program with this token acts; None when it was revoked or the account is disabled."""
    rows = _HOLDER.run(session, digest=digest).all()
    if not rows:
        return None
    row = rows[0]
    roles = frozenset(one.role for one in rows if one.role)
    viewer = Viewer(
        user_id=row.user_id,
        name=row.person,
        user_name=row.user_name,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        unit_kind=row.kind,
        roles=roles,
        permissions=rules.permissions_of(roles),
        locale=row.locale,
        client=f"REST {row.name}",
    )
    expires_at = session.get_one(ApiToken, row.id).expires_at if row.expires else None
    return KeyHolder(row.id, viewer, expires_at)


def tokens(session: Session) -> Sequence[ApiToken]:
    """Return all tokens with their users, those in use first, newest first."""
    order = (ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
    return session.scalars(select(ApiToken).options(joinedload(ApiToken.user)).order_by(*order)).all()
