"""How long a lease lasts, how long to wait after a failure, when to give up. Pure."""

from __future__ import annotations

from datetime import timedelta

LEASE = timedelta(seconds=60)
FIRST_WAIT = timedelta(seconds=30)
MOST_TRIES = 8


def wait_after(tries: int) -> timedelta:
    """Return the pause after the n-th failure: 30 s, 1 min, 2 min and so on."""
    return FIRST_WAIT * (1 << max(tries - 1, 0))


def is_dead(tries: int) -> bool:
    """Say whether no further try is made; the row then shows on the incident page."""
    return tries >= MOST_TRIES
