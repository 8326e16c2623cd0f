"""Signing in and out. A failed sign-in is a result, not an error: its count and record must be committed."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, Refused
from app.i18n import N_
from app.ledger import Actor
from app.people import queries, rules
from app.people.models import AuthSession, User
from app.people.operations.authors import Author, by_person, note
from app.people.operations.passwords import Proof, hash_password

WRONG = N_("账号或密码不对。连续输错 5 次，账号锁定 15 分钟。")
LOCKED = N_("连续输错 5 次，账号已锁定，还要等 %(minutes)s 分钟。急用请找安全管理员重置密码。")


@dataclass(frozen=True)
class SignIn:
    """What came of an attempt: a token for the cookie, or the sentence that says why not."""

    token: str | None = None
    user_id: int | None = None
    problem: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def sign_in(
    session: Session,
    proof: Proof,
    *,
    client: str,
    agent: str = "",
    now: datetime,
    old_token: str | None = None,
) -> SignIn:
    """Open a session for a proven password; count, lock and record a failure. `old_token` is given up."""
    user = proof.user_id and session.get(User, proof.user_id, with_for_update=True)
    if not user or user.disabled_at is not None:
        return _failed(session, user or None, client, now)
    if user.locked_until is not None and user.locked_until > now:
        return _locked(user, now)
    if not proof.right or proof.seen_hash != user.password_hash:
        return _miscounted(session, user, client, now)
    user.failed_count, user.locked_until = 0, None
    if old_token:
        _end(session, AuthSession.token_hash == token_hash(old_token), now)
    return SignIn(open_session(session, user.id, client=client, agent=agent, now=now), user.id)


def open_session(session: Session, user_id: int, *, client: str, agent: str = "", now: datetime) -> str:
    """Sign this user in without a password (demo cards, tests) and return the token for the cookie."""
    viewer = queries.viewer_of(session, user_id)
    if viewer is None:
        raise NotFound(N_("没有这个账号，或者它已停用。"))
    token = secrets.token_urlsafe(32)
    session.add(
        AuthSession(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            last_seen=now,
            expires_at=now + rules.ABSOLUTE,
            client=client[:64],
            agent=agent[:300],
        )
    )
    note(session, by_person(viewer, client), "people:session:opened", {"user_name": viewer.user_name}, now)
    return token


def sign_out(session: Session, by: Author, session_id: int, now: datetime) -> None:
    """End the author's own session."""
    _end(session, AuthSession.id == session_id, now)
    note(session, by, "people:session:closed", {}, now)


def revoke(session: Session, by: Author, session_id: int, now: datetime) -> None:
    """End another of one's own sessions: a browser left open somewhere."""
    row = session.get(AuthSession, session_id)
    if row is None or not by.is_user(row.user_id):
        raise NotFound(N_("没有这个登录，或者它不是您的。"))
    _end(session, AuthSession.id == session_id, now)
    note(session, by, "people:session:revoked", {"client": row.client, "since": row.created_at}, now)


def touch(session: Session, session_id: int, now: datetime) -> None:
    """Note that the session is alive; written at most once a minute."""
    # a plain statement: two pages loading at once must not trip over the row's version
    session.execute(
        update(AuthSession)
        .where(AuthSession.id == session_id, AuthSession.last_seen <= now - rules.TOUCH)
        .values(last_seen=now)
        .execution_options(synchronize_session=False)
    )


def end_sessions(session: Session, user_id: int, now: datetime, keep: int | None = None) -> None:
    """End the sessions of a user whose password, rights or state changed, except `keep`."""
    condition = AuthSession.user_id == user_id
    _end(session, condition if keep is None else condition & (AuthSession.id != keep), now)


def change_password(
    session: Session, by: Author, proof: Proof, new: str, *, session_id: int | None, now: datetime
) -> None:
    """Give the author a new password; ends the author's other sessions."""
    user = session.get_one(User, proof.user_id) if proof.user_id else None
    if user is None or not by.is_user(user.id):
        raise Refused
    if not proof.right or proof.seen_hash != user.password_hash:
        raise Invalid(fields={"old": N_("现在的密码不对。")})
    set_password(user, new, now, must_change=False)
    end_sessions(session, user.id, now, keep=session_id)
    note(session, by, "people:password:changed", {"user_name": user.user_name}, now)


def set_password(user: User, password: str, now: datetime, *, must_change: bool) -> None:
    """Store a password that satisfies the rules and clear the lock."""
    problem = rules.password_problem(password, user.user_name)
    if problem:
        raise Invalid(fields={"new": problem})
    user.password_hash = hash_password(password)
    user.password_changed_at, user.must_change = now, must_change
    user.failed_count, user.locked_until = 0, None


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _end(session: Session, condition: Any, now: datetime) -> None:
    for row in session.scalars(select(AuthSession).where(condition, AuthSession.revoked_at.is_(None))):
        row.revoked_at = now


def _miscounted(session: Session, user: User, client: str, now: datetime) -> SignIn:
    user.failed_count += 1
    if user.failed_count < rules.MAX_FAILURES:
        return _failed(session, user, client, now)
    user.failed_count, user.locked_until = 0, now + rules.LOCK
    _note_failure(session, "people:session:locked", user, client, now)
    return _locked(user, now)


def _failed(session: Session, user: User | None, client: str, now: datetime) -> SignIn:
    _note_failure(session, "people:session:failed", user, client, now)
    return SignIn(problem=WRONG)


def _locked(user: User, now: datetime) -> SignIn:
    assert user.locked_until is not None  # noqa: S101 - the caller has just looked
    minutes = -(-(user.locked_until - now).total_seconds() // 60)
    return SignIn(problem=LOCKED, values={"minutes": int(minutes)})


def _note_failure(session: Session, kind: str, user: User | None, client: str, now: datetime) -> None:
    # what was typed as the name of no account stays out of the ledger: it is often a password
    payload = {"user_id": user.id, "user_name": user.user_name} if user else {}
    note(session, Author(Actor("person", N_("未登录"), client=client)), kind, payload, now)
