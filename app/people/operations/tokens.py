"""Tokens of programs: issued in the name of a user, shown once, revoked; each a record."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Invalid, NotFound
from app.i18n import N_
from app.people import rules
from app.people.models import ApiToken, User
from app.people.operations.accounts import refuse_self
from app.people.operations.authors import Author, note
from app.people.operations.signing import token_hash

LONGEST = 60
BYTES = 32
PREFIX = "gj_"  # a token never begins with a dash, which a command line would take for an option
UNNAMED = "REST"


def issue_token(
    session: Session,
    by: Author,
    user_name: str,
    name: str,
    now: datetime,
    last_day: date | None = None,
) -> str:
    """Give a program a token with the rights of a user and return it; only its hash is kept, until `last_day`."""
    by.require("people.tokens")
    open_ = select(User).where(User.user_name == user_name.strip().lower(), User.disabled_at.is_(None))
    user = session.scalar(open_)
    if user is None:
        raise Invalid(fields={"user_name": N_("没有这个账号，或者它已停用。")})
    refuse_self(by, user)
    called = " ".join(name.split()) or UNNAMED
    if len(called) > LONGEST:
        raise Invalid(fields={"name": N_("太长了，请写短一些。")})
    if last_day is not None and last_day < local(now).date():
        raise Invalid(fields={"last_day": N_("这一天已经过去。")})
    token = PREFIX + secrets.token_urlsafe(BYTES)
    row = ApiToken(
        user_id=user.id,
        name=called,
        digest=token_hash(token),
        created_at=now,
        created_by=by.name,
        expires_at=_end_of(last_day, now),
    )
    session.add(row)
    session.flush()
    payload = {"token_id": row.id, "name": called, "user_id": user.id, "user_name": user.user_name}
    note(session, by, "people:token:issued", {**payload, "expires_at": row.expires_at}, now)
    return token


def revoke_token(session: Session, by: Author, token_id: int, now: datetime) -> None:
    """End a token at once; what it did stays in the records."""
    by.require("people.tokens")
    row = session.get(ApiToken, token_id)
    if row is None:
        raise NotFound(N_("没有这个令牌。"))
    if row.revoked_at is None:
        row.revoked_at = now
        payload = {"token_id": row.id, "name": row.name, "user_id": row.user_id}
        note(session, by, "people:token:revoked", payload, now)


def touch_token(session: Session, token_id: int, now: datetime) -> None:
    """Note that the token was used; written at most once a minute."""
    seldom = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - rules.TOUCH)
    statement = update(ApiToken).where(ApiToken.id == token_id, seldom).values(last_used_at=now)
    session.execute(statement.execution_options(synchronize_session=False))


def _end_of(day: date | None, now: datetime) -> datetime | None:
    """Return the instant at which a day ends in the house's zone."""
    if day is None:
        return None
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.replace(year=day.year, month=day.month, day=day.day) + timedelta(days=1)
