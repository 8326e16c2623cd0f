"""What the studio does without a request: once an hour old try-outs are removed."""

from __future__ import annotations

from app import clock
from app.db import transaction
from app.studio.operations import trying


def sweep_try_outs() -> int:
    """Remove the try-outs nobody has touched for seven days; return how many went."""
    with transaction() as session:
        return trying.sweep(session, clock.now(session))
