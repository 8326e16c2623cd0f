"""Password hashes: argon2id, with a bound on how many are computed at once."""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Unavailable
from app.i18n import N_
from app.people.models import User

# 19 MiB, t=2, p=1; each hash takes a core for some 30 ms, so a storm of sign-ins must not take them all
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing: Final = threading.BoundedSemaphore(2)
_PATIENCE: Final = 10.0
# checked when there is no such account, so that the answer takes as long as for a real one; no password has this hash
_NOBODY: Final = f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p=1${'A' * 22}${'A' * 43}"
_CLEAR: Final = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))


@dataclass(frozen=True)
class Proof:
    """What checking a password showed. Made outside the transaction: hashing is slow on purpose."""

    user_id: int | None
    seen_hash: str
    right: bool


def prove(session: Session, user_name: str, password: str) -> Proof:
    """Check `password` for this user name; takes equally long whether or not the account exists."""
    row = session.execute(
        select(User.id, User.password_hash).where(User.user_name == user_name.strip().lower())
    ).one_or_none()
    user_id, stored = (row.id, row.password_hash) if row else (None, "")
    right = _verify(stored or _NOBODY, password)
    return Proof(user_id, stored, right and bool(stored))


def hash_password(password: str) -> str:
    """Return the hash to store."""
    with _Turn():
        return _hasher.hash(password)


def one_time_password() -> str:
    """Return a random password that can be read out and satisfies the rules."""
    text = "".join(secrets.choice(_CLEAR) for _ in range(9))
    return f"{text[:3]}-{text[3:6]}-{text[6:]}Aa7"


def _verify(stored: str, password: str) -> bool:
    with _Turn():
        try:
            return _hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


class _Turn:
    """One of the few places at the hashing table."""

    def __enter__(self) -> None:
        if not _hashing.acquire(timeout=_PATIENCE):
            raise Unavailable(N_("同时登录的人太多。请过几秒再登录一次。"))

    def __exit__(self, *_: object) -> None:
        _hashing.release()
