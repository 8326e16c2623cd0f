"""What deadlines do without a person: keep the calendar known."""

from __future__ import annotations

from app import clock
from app.db import transaction
from app.deadlines.operations import ensure_years


def keep_years() -> int:
    """Import years that became known; return how many changed."""
    with transaction() as session:
        return len(ensure_years(session, clock.now(session)))
