"""How long a lease lasts, how long to wait after a failure, when to give up. Pure."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

LEASE = timedelta(seconds=60)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=2)
MOST_TRIES = 8
JITTER = 0.25  # of the pause: what failed together does not come back together


def wait_after(tries: int, row_id: int = 0) -> timedelta:
    """Return the pause after the n-th failure: 30 s, 1 min, 2 min and so on, each up to a quarter longer.

    How much longer follows from the row and the try alone, so that it can be reckoned again.
    """
    pause = min(FIRST_WAIT * (1 << min(max(tries - 1, 0), MOST_TRIES)), LONGEST_WAIT)
    return pause * (1 + JITTER * crc32(f"{row_id}:{tries}".encode()) / 0xFFFFFFFF)


def is_dead(tries: int, most: int = MOST_TRIES) -> bool:
    """Say whether no further try is made; the row then shows on the incident page."""
    return tries >= most
