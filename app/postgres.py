"""Everything that only PostgreSQL has. On SQLite each of these does nothing or takes the plain way.

| what | here | SQLite instead |
|---|---|---|
| the database's clock | `STATEMENT_TIME`, `statement_time` | the machine's clock (`app.clock`) |
| SELECT … FOR UPDATE SKIP LOCKED | `stepping_over` | one writer at a time |
| advisory lock until the commit | `lock_key` | one writer at a time |
| REPEATABLE READ | `see_one_instant` | every reading transaction |
| NOTIFY and LISTEN | `notify`, `Listener` | a hint within the process |

Elsewhere stand only what SQLAlchemy writes for both databases (FOR UPDATE, partial indexes, RETURNING) and the
trigger functions of append-only tables in `app.ledger.guards`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, DateTime, Select, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

CHANNEL = "guanjia_due"
LISTEN_FOR = 1.0  # seconds after which a listener looks whether it should end
RECONNECT = 5.0
Query = TypeVar("Query", bound=Select[Any])

log = structlog.get_logger()


def is_postgres(session: Session) -> bool:
    """Say whether this session talks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


# the database's clock, so that a machine with a wrong one does no harm; never clock_timestamp(): it is volatile
# and keeps an index from being used
STATEMENT_TIME: ColumnElement[datetime] = func.statement_timestamp(type_=DateTime(timezone=True))


def statement_time(session: Session) -> datetime:
    """Return the database's clock."""
    return session.execute(select(STATEMENT_TIME)).scalar_one().astimezone(UTC)


def stepping_over(query: Query) -> Query:
    """Lock the rows of `query`; those that somebody else holds are stepped over."""
    return query.with_for_update(skip_locked=True)


def lock_key(session: Session, key: int, *, shared: bool = False) -> None:
    """Hold a lock without a row until the commit."""
    if is_postgres(session):
        verb = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        session.execute(text(f"select {verb}(:key)"), {"key": key})


def see_one_instant(session: Session) -> None:
    """Let a reading session see one instant from now to its end; what it has read before is read anew."""
    if is_postgres(session) and "write" not in session.info:
        session.rollback()
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def notify(session: Session) -> None:
    """Wake all listeners once this transaction is committed."""
    if is_postgres(session):
        session.execute(text("select pg_notify(:channel, '')"), {"channel": CHANNEL})


class Listener:
    """Calls `wake` whenever a transaction anywhere said that something is due; a hint, never a promise.

    It has a connection of its own and takes a new one when that is lost.
    """

    def __init__(self, url: str, wake: Callable[[], Any]) -> None:
        self._address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._wake, self._stop = wake, threading.Event()
        self._thread = threading.Thread(target=self._run, name="guanjia-listen", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End within about a second."""
        self._stop.set()

    def _run(self) -> None:
        import psycopg  # noqa: PLC0415 - takes its time to load, and on SQLite nobody needs it

        while not self._stop.is_set():
            try:
                self._listen()
            except psycopg.Error as error:
                log.warning("listening_again", reason=str(error).strip())
                self._stop.wait(RECONNECT)

    def _listen(self) -> None:
        import psycopg  # noqa: PLC0415

        with psycopg.connect(self._address, autocommit=True, application_name="guanjia listen") as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._stop.is_set():
                for _ in connection.notifies(timeout=LISTEN_FOR, stop_after=1):
                    self._wake()
