"""What time it is. A real database knows only the machine's clock; a demo or test database adds an offset.

The offset is one row that exists only in a database born as demo or test, and moves forward only, so nothing
can be back-dated. On PostgreSQL the machine is the database server. On SQLite it is this one, whose clock may be
set by anybody: there the time never goes backwards (`Steady`), and `app.runner.guard` watches for jumps forward.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base
from app.postgres import STATEMENT_TIME, is_postgres, statement_time
from app.sql import Prepared

ZONE = ZoneInfo("Asia/Shanghai")
WORTH_SAYING = 60.0  # seconds
CATCHING_UP = 0.5  # of the machine's pace, while its clock is behind what was told already


class ClockOffset(Base):
    """The one row that makes a database a demo or a test; absent in a real one."""

    __tablename__ = "clock_offset"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    seconds: Mapped[float]
    kind: Mapped[str]


class ClockMark(Base):
    """How far the machine's clock was seen (`seen`), and the jump that keeps the drains waiting, if one does.

    `accepted` counts how often somebody said that the machine's clock is right; the time then follows it, even
    backwards.
    """

    __tablename__ = "clock_mark"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    seen: Mapped[datetime]
    accepted: Mapped[int] = mapped_column(default=0)
    held_at: Mapped[datetime | None]
    jump: Mapped[float | None]


def wall() -> datetime:
    """Return what the machine's clock shows."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Return seconds since some instant, as counted by the machine; nobody can set them.

    Where the system offers it, sleep counts too: a laptop that was closed has not had its clock set.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Steady:
    """The machine's clock without steps backwards.

    After one the time goes on at half pace until the machine has caught up: nothing is re-ordered, nothing stops.
    """

    def __init__(self, wall: Callable[[], datetime] = wall, elapsed: Callable[[], float] = elapsed) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._lock = threading.Lock()
        self._told: datetime | None = None
        self._then = 0.0
        self._accepted = 0

    def read(self, seen: datetime | None = None, accepted: int = 0) -> datetime:
        """Return the time; never before `seen`, unless the machine's clock was accepted since."""
        with self._lock:
            machine, then = self._wall(), self._elapsed()
            if accepted != self._accepted:
                self._told, self._accepted = None, accepted
            told = self._told if self._told is not None else seen
            if told is not None and told > machine:
                passed = max(then - self._then, 0.0) if self._told is not None else 0.0
                machine = max(machine, told + timedelta(seconds=CATCHING_UP * passed))
            self._told, self._then = machine, then
            return machine


# one for each database: several may live in one process
_steady: WeakKeyDictionary[Any, Steady] = WeakKeyDictionary()
_NOW = Prepared(
    select(ClockOffset.seconds, ClockOffset.kind, ClockMark.seen, ClockMark.accepted).select_from(
        select(1).subquery().outerjoin(ClockOffset, ClockOffset.id == 1).outerjoin(ClockMark, ClockMark.id == 1)
    )
)
_KIND = Prepared(select(ClockOffset.kind))
_SERVER_NOW = Prepared(
    select(STATEMENT_TIME, select(ClockOffset.seconds).scalar_subquery(), select(ClockOffset.kind).scalar_subquery())
)
KIND = "guanjia.kind"


def now(session: Session) -> datetime:
    """Return the present instant of this database, in UTC."""
    if is_postgres(session):
        instant, offset, session.info[KIND] = _SERVER_NOW.run(session).one()
        return _shifted(instant.astimezone(UTC), offset)
    offset, session.info[KIND], seen, accepted = _NOW.run(session).one()
    return _shifted(_machine_of(session).read(seen, accepted or 0), offset)


def machine_shows(session: Session) -> datetime:
    """Return what the clock behind this database shows, right or wrong."""
    return statement_time(session) if is_postgres(session) else wall()


def machine_now(session: Session) -> datetime:
    """Return the present instant without the offset of a demo or test."""
    if is_postgres(session):
        return statement_time(session)
    found = mark(session)
    return _machine_of(session).read(*(found.seen, found.accepted) if found else ())


def mark(session: Session) -> ClockMark | None:
    """Return how far the clock was seen and whether a jump is being held; None before the first mark."""
    return session.get(ClockMark, 1, populate_existing=True)


def kind(session: Session) -> str:
    """Return `real`, `demo` or `test`."""
    # whoever asked for the time has been told the kind with it
    return session.info.get(KIND) or _KIND.run(session).scalar() or "real"


def birth(session: Session, kind_: str, start: datetime) -> None:
    """Make this empty database a demo or test whose clock begins at `start`."""
    session.add(ClockOffset(id=1, kind=kind_, seconds=(start - machine_now(session)).total_seconds()))
    session.flush()


def advance(session: Session, to: datetime) -> datetime:
    """Move the clock of a demo or test forward to `to`; earlier instants leave it as it is."""
    row = session.get_one(ClockOffset, 1, with_for_update=True)
    row.seconds = max(row.seconds, (to - machine_now(session)).total_seconds())
    session.flush()
    return now(session)


def local(instant: datetime) -> datetime:
    """Return `instant` in the one display zone."""
    return instant.astimezone(ZONE)


def notes(session: Session) -> dict[str, str]:
    """Return what `/readyz` says about the clock; nothing when it is as it should be."""
    found = mark(session)
    if found is None:
        return {}
    if found.held_at is not None:
        return {"clock": f"jumped {found.jump or 0:.0f} s forward; timers wait since {found.held_at.isoformat()}"}
    behind = 0.0 if is_postgres(session) else (found.seen - wall()).total_seconds()
    if behind > WORTH_SAYING:
        return {"clock": f"the machine's clock is {behind:.0f} s behind; time runs at half pace"}
    return {}


def _shifted(instant: datetime, offset: float | None) -> datetime:
    return instant + timedelta(seconds=offset or 0.0)


def _machine_of(session: Session) -> Steady:
    bind: Any = session.get_bind()
    # engine.execution_options() makes a new engine each time, but all share the pool
    pool = bind.pool if hasattr(bind, "pool") else bind.engine.pool
    return _steady.setdefault(pool, Steady())
