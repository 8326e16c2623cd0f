"""Who is at a row that became due: claimed with a lease by one drain, resting after a failure.

Correctness does not hang on the lease: whoever acts locks the case and looks again. The lease only keeps two
drains from doing the same work, and passes on by itself when its holder dies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, TextClause, and_, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import clock
from app.db import db, transaction
from app.deadlines.models import Deadline
from app.errors import Unavailable
from app.outbox.rules import LEASE, is_dead, wait_after
from app.postgres import stepping_over
from app.work.models import Case

BATCH = 50
GaveUp = Callable[[Session, int, Exception, datetime], None]
log = structlog.get_logger()


@dataclass(frozen=True)
class Turns:
    """The rows of one table that become due at `at`, as far as `ready` holds for them."""

    table: type[Case | Deadline]
    at: InstrumentedAttribute[datetime | None]
    ready: ColumnElement[bool] | TextClause

    def next_due(self, session: Session, now: datetime) -> datetime | None:
        """Return when the next row that nobody holds is due."""
        return session.scalar(select(self.at).where(self._free(now), self.at.is_not(None)).order_by(self.at).limit(1))

    def claim(self) -> list[int]:
        """Lease the longest overdue rows, those others hold stepped over; in a transaction of its own."""
        with transaction() as session:
            now = clock.now(session)
            due = select(self.table.id).where(self._free(now), self.at <= now).order_by(self.at).limit(BATCH)
            ids = list(session.scalars(stepping_over(due)))
            self._hold(session, ids, now + LEASE)
        return ids

    def give_back(self, ids: Collection[int]) -> None:
        """End the lease of rows that were not come to."""
        with transaction() as session:
            self._hold(session, ids, None)

    def rest(self, session: Session, row_id: int, now: datetime) -> int:
        """Let a row whose turn failed rest, longer each time; return how often it failed in a row."""
        row: Any = session.get_one(self.table, row_id, with_for_update=True, populate_existing=True)
        row.failures += 1
        row.held_until = now + wait_after(row.failures, row.id)
        return int(row.failures)

    def _free(self, now: datetime) -> ColumnElement[bool]:
        return and_(self.ready, or_(self.table.held_until.is_(None), self.table.held_until <= now))

    def _hold(self, session: Session, ids: Collection[int], until: datetime | None) -> None:
        # the table, not the class: a lease is no change that somebody else's write must not overlook
        rows: Any = self.table.__table__
        if ids:
            session.execute(update(rows).where(rows.c.id.in_(ids)).values(held_until=until))


def take_turns(
    turns: Turns,
    act: Callable[[int], Any],
    gave_up: GaveUp,
    stopping: Callable[[], bool],
) -> int:
    """Claim a batch and `act` on each row; return how many were claimed.

    A row that fails rests and lets the others pass; from the eighth failure on `gave_up` makes it visible. A database
    that does not answer is no fault of a row and is passed on.
    """
    now = clock.now(db.session())
    due = turns.next_due(db.session(), now)
    db.session.rollback()
    if due is None or due > now:
        return 0
    ids = turns.claim()
    for number, row_id in enumerate(ids):
        if stopping():
            turns.give_back(ids[number:])
            return number
        try:
            act(row_id)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is: the other rows must not wait for this one
            log.exception("turn_failed", table=turns.table.__tablename__, row=row_id)
            _rest(turns, row_id, error, gave_up)
    return len(ids)


def _rest(turns: Turns, row_id: int, error: Exception, gave_up: GaveUp) -> None:
    with transaction() as session:
        failures = turns.rest(session, row_id, clock.now(session))
    if is_dead(failures):
        # a transaction of its own: a case is locked before anything that hangs on it
        with transaction() as session:
            gave_up(session, row_id, error, clock.now(session))
