"""The database: base class, column types, engine set-up and the one place where anything is committed.

Reading happens on the request's session (`db.session`), which refuses to flush. Writing happens inside
`with transaction() as session:`, a new session on its own connection: on SQLite a session that has read cannot
be upgraded to write. Only ids cross that border.
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as AppSession
from sqlalchemy import DateTime, Dialect, Engine, MetaData, Text, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, declared_attr, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator

from app import postgres
from app.errors import READ_ONLY, Conflict, Unavailable, UserError
from app.sql import send_owed, send_owed_first, send_text

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


NAIVE = "a naive date-time has no instant"


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Aware values only; stored and returned in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values: they would mean another instant on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(NAIVE)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """On SQLite write the text at once: every record and item has several of them."""
        return self._as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    @staticmethod
    def _as_text(value: datetime | None) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(NAIVE)
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON kept as text: key order is kept (jsonb would lose engine data), same on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Write compact JSON."""
        del dialect
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read the JSON."""
        del dialect
        return None if value is None else json.loads(value)


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: Json, list[str]: Json, list[Any]: Json}  # noqa: RUF012


class Versioned:
    """A row that several people may change: a stale write is refused instead of lost."""

    row_version: Mapped[int] = mapped_column(nullable=False)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let SQLAlchemy count the row's versions."""
        return {"version_id_col": cls.row_version}


class ReadingSession(AppSession):
    """The session of a request. On PostgreSQL each of its statements stands alone: there is nothing to undo.

    A transaction would say the same at this isolation, but its ROLLBACK makes the driver forget every statement that
    it has prepared, and all would be planned anew each time.
    """

    def get_bind(self, **kwargs: Any) -> Engine | Connection:  # type: ignore[override]
        """Return the engine, on PostgreSQL as one that commits by itself."""
        bind = super().get_bind(**kwargs)
        if not isinstance(bind, Engine) or bind.dialect.name != "postgresql":
            return bind
        return _engine_with(bind, isolation_level="AUTOCOMMIT")


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": ReadingSession})

_open: contextvars.ContextVar[Session | None] = contextvars.ContextVar("open_transaction", default=None)
_sqlite_writers = threading.Lock()
READ_ONLY_STATE = "25006"
COMMITTING = "guanjia.committing"
UNIQUE_VIOLATION = "23505"  # PostgreSQL's code
AFTER_COMMIT = "guanjia.after_commit"
WAKE = "guanjia.wake"
ENGINES = "guanjia.engines"


def _engine_with(engine: Engine, **options: Any) -> Engine:
    """Return the engine with options, the same object each time: a session keeps one connection for each engine."""
    kept: dict[Any, Engine] = current_app.extensions.setdefault(ENGINES, {})
    key = (engine, *options)
    if key not in kept:
        kept[key] = engine.execution_options(**options)
    return kept[key]


def _keep_prepared(connection: Any, _record: object) -> None:
    # the driver's own 100 are fewer than the statements of a working day; each beyond them is planned anew
    connection.prepared_max = 500


def prepare_engine(engine: Engine) -> None:
    """Set up connections: on SQLite the pragmas and an explicit BEGIN, IMMEDIATE for writers."""
    send_owed_first(engine)
    if engine.dialect.name != "sqlite":
        event.listen(engine, "connect", _keep_prepared)
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=5000",
            "foreign_keys=ON",
            "recursive_triggers=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        send_text(connection, "BEGIN IMMEDIATE" if write else "BEGIN")


@event.listens_for(Session, "before_commit")
def _refuse_stray_commit(session: Session) -> None:
    if not session.info.get(COMMITTING) and not session.in_nested_transaction():
        raise RuntimeError("commit outside transaction(): write inside `with transaction() as session:`")


@event.listens_for(Session, "before_flush")
def _refuse_stray_flush(session: Session, _context: object, _instances: object) -> None:
    if "write" not in session.info and (session.new or session.dirty or session.deleted):
        raise RuntimeError("the reading session was asked to write: use transaction()")


@event.listens_for(ReadingSession, "do_orm_execute")
def _refuse_stray_write(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        raise RuntimeError("the reading session was asked to write: use transaction()")


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one unit of work; leaving the block commits, any error rolls everything back.

    Refuses to nest. A stale row becomes Conflict, a busy or read-only database Unavailable.
    """
    if _open.get() is not None:
        raise RuntimeError("transaction() does not nest: pass the session on")
    db.session.rollback()
    engine = db.engine
    lock = _sqlite_writers if engine.dialect.name == "sqlite" else None
    session = Session(
        _engine_with(engine, write=True),
        expire_on_commit=False,
        info={"write": True, "digest": current_app.config.get("DIGEST", "sha256"), AFTER_COMMIT: []},
    )
    token = _open.set(session)
    if lock:
        lock.acquire()
    try:
        yield session
        _announce(session)
        if session.in_transaction():
            session.flush()
            send_owed(session.connection())
        session.info[COMMITTING] = True
        session.commit()
    except StaleDataError as error:
        session.rollback()
        raise Conflict from error
    except DBAPIError as error:
        session.rollback()
        told = sentence_of(error)
        if told is None:
            raise
        raise told from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
        if lock:
            lock.release()
        _open.reset(token)
    for act in session.info[AFTER_COMMIT]:
        act()


def _announce(session: Session) -> None:
    """Wake the drains of all processes, with the commit, if something became due."""
    hint = current_app.extensions.get(WAKE)
    if session.info.get(WAKE):
        postgres.notify(session)
        if hint is not None:
            after_commit(session, hint)


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Try something inside the transaction: an error undoes only what was done in the block, and is passed on."""
    waiting = session.info.setdefault(AFTER_COMMIT, [])
    before = len(waiting)
    try:
        with session.begin_nested():
            yield
    except BaseException:
        del waiting[before:]
        raise


def sentence_of(error: DBAPIError) -> UserError | None:
    """Return what a person is told of what the database refused; None when it is a fault of the program."""
    text, state = str(error.orig), getattr(error.orig, "sqlstate", None)
    if state == UNIQUE_VIOLATION or "UNIQUE constraint failed" in text:
        # two people entered the same thing at once: the second one is told, nothing is half-written
        return Conflict()
    if state == READ_ONLY_STATE or "readonly database" in text:
        return Unavailable(READ_ONLY)
    return Unavailable() if isinstance(error, OperationalError) else None


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Call `act` once the transaction of `session` is committed; never when it is rolled back."""
    session.info[AFTER_COMMIT].append(act)


def wake(session: Session) -> None:
    """Hint the drains, once this is committed, that something is due now; unhinted they look each second."""
    session.info[WAKE] = True
