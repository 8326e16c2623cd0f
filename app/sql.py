"""Statements that every completion sends, compiled once for each database, and writes that travel together.

Most of what SQLAlchemy does for a statement is the same each time. Here it is done once; what is left is the share of
the driver and of the column types. Everything else in the product goes the ordinary way.

A write whose outcome nobody reads is owed: it goes out just before the connection's next statement or its commit,
with all others owed by then, on PostgreSQL as one round trip. The order of statements stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Table, bindparam, event, inspect, update
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql import ClauseElement, Select

CONNECTION = "guanjia.connection"
OWED = "guanjia.owed"
Convert = Callable[[Any], Any]
Found = CursorResult[*tuple[Any, ...]]


def connection_of(session: Session) -> Connection:
    """Return the connection of a session; a writing one has the same for its whole life."""
    found: Connection | None = session.info.get(CONNECTION)
    if found is None:
        found = session.connection()
        if "write" in session.info:
            session.info[CONNECTION] = found
    return found


class Owed(NamedTuple):
    """A write that is still to be sent: `many` rows of values at once, or one; `alone` if it must change one row."""

    text: str
    given: Any
    many: bool = False
    alone: bool = False


def send_owed_first(engine: Engine) -> None:
    """Send what a connection owes before its next statement, and forget it when its transaction is undone."""
    event.listen(engine, "before_cursor_execute", lambda connection, *_: send_owed(connection))
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "rollback_savepoint", lambda connection, *_: _forget(connection))


def send_owed(connection: Connection) -> None:
    """Send the writes that a connection owes; raise StaleDataError when a row was changed by somebody else."""
    writes: list[Owed] | None = connection.info.pop(OWED, None)
    if not writes:
        return
    driver = connection.connection.dbapi_connection
    cursors = [connection.connection.cursor() for _ in writes]
    try:
        with _together(connection, driver):
            for cursor, write in zip(cursors, writes, strict=True):
                _send(connection, cursor, write)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_always(connection, writes[-1], error) from error
    if any(write.alone and cursor.rowcount != 1 for cursor, write in zip(cursors, writes, strict=True)):
        raise StaleDataError


def _send(connection: Connection, cursor: Any, write: Owed) -> None:
    # whoever listens to statements (a count, a log of slow ones) hears of these too
    for ear in connection.dispatch.before_cursor_execute:
        ear(connection, cursor, write.text, write.given, None, write.many)
    if write.many:
        cursor.executemany(write.text, write.given)
    else:
        cursor.execute(write.text, write.given)


def _together(connection: Connection, driver: Any) -> AbstractContextManager[Any]:
    return driver.pipeline() if connection.dialect.name == "postgresql" else nullcontext()


def _as_always(connection: Connection, write: Owed, error: Exception) -> BaseException:
    """Return what SQLAlchemy would have raised."""
    dbapi = connection.dialect.loaded_dbapi
    return DBAPIError.instance(write.text, None, error, dbapi.Error, dialect=connection.dialect)


def _forget(connection: Connection) -> None:
    connection.info.pop(OWED, None)


class _Text(NamedTuple):
    """A statement as one database reads it: its values in order, each with what its type makes of it."""

    text: str
    values: tuple[tuple[str, str, Convert | None], ...]
    fixed: Mapping[str, Any]
    by_name: bool


class Prepared:
    """A statement whose text is kept. Lists of any length (`IN`) are not for it.

    Reading goes through SQLAlchemy's own cache, which keeps what rows look like; only writing is sent as text.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._texts: dict[tuple[str, tuple[str, ...]], _Text] = {}

    def run(self, session: Session, **values: Any) -> Found:
        """Send it with these values; an INSERT writes exactly the columns named."""
        connection = connection_of(session)
        if isinstance(self._statement, Select):
            return connection.execute(self._statement, values)
        text = self._text(connection, tuple(values))
        return connection.exec_driver_sql(text.text, _arguments(text, values))

    def owe(self, session: Session, **values: Any) -> None:
        """Send it with these values before the next statement."""
        self._owe(session, [values], alone=False)

    def owe_many(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Send it before the next statement for each of several rows that have the same names."""
        self._owe(session, rows, alone=False)

    def owe_one(self, session: Session, **values: Any) -> None:
        """Send it before the next statement; it must change one row, else StaleDataError is raised there."""
        self._owe(session, [values], alone=True)

    def _owe(self, session: Session, rows: Sequence[Mapping[str, Any]], *, alone: bool) -> None:
        connection = connection_of(session)
        text = self._text(connection, tuple(rows[0]))
        given = [_arguments(text, row) for row in rows]
        many = len(given) > 1
        write = Owed(text.text, given if many else given[0], many, alone)
        connection.info.setdefault(OWED, []).append(write)

    def _text(self, connection: Connection, names: tuple[str, ...]) -> _Text:
        key = (connection.dialect.name, names)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = _compiled(self._statement, connection.dialect, names)
        return found


def _compiled(statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]) -> _Text:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    order = compiled.positiontup or list(compiled.binds)
    values = tuple(
        (name, compiled.binds[name].key, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in order
    )
    fixed = {bind.key: bind.effective_value for bind in compiled.binds.values() if not bind.required}
    return _Text(str(compiled), values, fixed, compiled.positiontup is None)


def _arguments(text: _Text, values: Mapping[str, Any]) -> Any:
    given = {**text.fixed, **values}
    if text.by_name:
        return {name: given[key] if turn is None else turn(given[key]) for name, key, turn in text.values}
    return tuple([given[key] if turn is None else turn(given[key]) for _, key, turn in text.values])


def write_back(session: Session, row: Any) -> None:
    """Write the changed columns of a loaded row under its version, before the next statement, and forget the row.

    StaleDataError is raised there when somebody was faster, as by a flush.
    """
    names = tuple(inspect(row).committed_state)
    seen = row.row_version
    if not names:
        return
    values = {name: getattr(row, name) for name in names}
    writing = _writing(inspect(row).mapper.local_table)
    writing.owe_one(session, gj_id=row.id, gj_seen=seen, row_version=seen + 1, **values)
    session.expunge(row)
    set_committed_value(row, "row_version", seen + 1)


@lru_cache(maxsize=50)
def _writing(table: Table) -> Prepared:
    mine = table.c.id == bindparam("gj_id")
    return Prepared(update(table).where(mine, table.c.row_version == bindparam("gj_seen")))
