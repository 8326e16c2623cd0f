"""What content does without a person: once an hour it looks which columns are due."""

from __future__ import annotations

from app import clock
from app.content.freshness import NOTHING
from app.content.operations.updating import keep_fresh
from app.content.queries.freshness import states
from app.db import db, transaction
from app.work.runtime import Runtime


def keep_columns(runtime: Runtime) -> int:
    """Remind, ask and close where a column needs it, each in a transaction of its own; return how many needed it."""
    session = db.session()
    now = clock.now(session)
    wanted = [one.column.id for one in states(session) if one.kept.step(now) != NOTHING]
    db.session.rollback()
    return sum(_keep(runtime, column_id) != NOTHING for column_id in wanted)


def _keep(runtime: Runtime, column_id: int) -> str:
    with transaction() as session:
        return keep_fresh(session, runtime, column_id, clock.now(session))
