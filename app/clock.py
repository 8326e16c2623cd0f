"""What time it is. A real database knows only the machine's clock; a demo or test database adds an offset.

The offset is one row that exists only in a database born as demo or test, and moves forward only, so nothing
can be back-dated.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, is_postgres

ZONE = ZoneInfo("Asia/Shanghai")


class ClockOffset(Base):
    """The one row that makes a database a demo or a test; absent in a real one."""

    __tablename__ = "clock_offset"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    seconds: Mapped[float]
    kind: Mapped[str]


def now(session: Session) -> datetime:
    """Return the present instant of this database, in UTC."""
    offset = session.scalar(select(ClockOffset.seconds))
    return _machine_now(session) + timedelta(seconds=offset or 0.0)


def kind(session: Session) -> str:
    """Return `real`, `demo` or `test`."""
    return session.scalar(select(ClockOffset.kind)) or "real"


def birth(session: Session, kind_: str, start: datetime) -> None:
    """Make this empty database a demo or test whose clock begins at `start`."""
    session.add(ClockOffset(id=1, kind=kind_, seconds=(start - _machine_now(session)).total_seconds()))
    session.flush()


def advance(session: Session, to: datetime) -> datetime:
    """Move the clock of a demo or test forward to `to`; earlier instants leave it as it is."""
    row = session.get_one(ClockOffset, 1, with_for_update=True)
    row.seconds = max(row.seconds, (to - _machine_now(session)).total_seconds())
    session.flush()
    return now(session)


def local(instant: datetime) -> datetime:
    """Return `instant` in the one display zone."""
    return instant.astimezone(ZONE)


def _machine_now(session: Session) -> datetime:
    if is_postgres(session):
        # statement time, so that a worker with a wrong clock does no harm; never clock_timestamp() (volatile)
        instant: datetime = session.execute(text("select statement_timestamp()")).scalar_one()
        return instant.astimezone(UTC)
    return datetime.now(UTC)
