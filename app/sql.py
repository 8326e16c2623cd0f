"""Statements that every completion sends, compiled once for each database, and writes that travel together.

Most of what SQLAlchemy does for a statement is the same each time. Here it is done once; what is left is the share of
the driver and of the column types. Everything else in the product goes the ordinary way.

A write whose outcome nobody reads is owed: it goes out just before the connection's next statement or its commit,
with all others owed by then, on PostgreSQL as one round trip. The order of statements stays what it was.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Self, TypeVar

from sqlalchemy import ColumnElement, Dialect, FromClause, Insert, Table, bindparam, event, inspect, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import ReturnsRows

CONNECTION = "guanjia.connection"
CURSORS, OWED = "guanjia.cursors", "guanjia.owed"
WORTH_A_PIPELINE = 3  # statements; to begin and to end a pipeline costs about as much as one round trip
Convert = Callable[[Any], Any]
Mapped = TypeVar("Mapped")


def connection_of(session: Session) -> Connection:
    """Return the connection of a session; a writing one has the same for its whole life."""
    found: Connection | None = session.info.get(CONNECTION)
    # a savepoint is not set before the session is asked for its connection
    if found is None or session.in_nested_transaction():
        found = session.connection()
        if "write" in session.info:
            session.info[CONNECTION] = found
    return found


class Found(list[Any]):
    """The rows of an answer, their columns by name; read like SQLAlchemy's own results."""

    rowcount = -1

    def all(self) -> Self:
        """Return the rows."""
        return self

    def one(self) -> Any:
        """Return the only row."""
        if not self:
            raise NoResultFound
        return self.one_or_none()

    def one_or_none(self) -> Any:
        """Return the only row, or None."""
        if len(self) > 1:
            raise MultipleResultsFound
        return self[0] if self else None

    def scalar(self) -> Any:
        """Return the first column of the first row, or None."""
        return self[0][0] if self else None

    def scalar_one(self) -> Any:
        """Return the first column of the only row."""
        return self.one()[0]

    def scalars(self) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in self]


class Sent(NamedTuple):
    """A statement with its values: `many` rows of them at once, or one; `alone` if it must change one row."""

    text: str
    given: Any
    many: bool = False
    alone: bool = False


def send_owed_first(engine: Engine) -> None:
    """Send what a connection owes before its next statement, and forget it when its transaction is undone."""
    event.listen(engine, "before_cursor_execute", _owed_first, retval=True)
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "rollback_savepoint", lambda connection, *_: _forget(connection))


def send_owed(connection: Connection) -> None:
    """Send the writes that a connection owes; raise StaleDataError when a row was changed by somebody else."""
    writes: list[Sent] | None = connection.info.pop(OWED, None)
    if writes:
        _exchange(connection, writes)


def send_text(connection: Connection, text: str) -> None:
    """Send a statement without values at once."""
    _exchange(connection, [Sent(text, ())])


def _owed_first(connection: Connection, _cursor: Any, text: str, given: Any, *_: Any) -> tuple[str, Any]:
    send_owed(connection)
    return text, given


def _forget(connection: Connection) -> None:
    connection.info.pop(OWED, None)


def _exchange(connection: Connection, sent: Sequence[Sent]) -> Any:
    """Send statements in their order, on PostgreSQL as one round trip, and return the cursor of the last."""
    driver: Any = connection.connection.dbapi_connection
    cursors = _cursors(connection, driver, len(sent))
    try:
        with _together(connection, driver, len(sent)):
            for cursor, one in zip(cursors, sent, strict=True):
                _send(connection, cursor, one)
    except connection.dialect.loaded_dbapi.Error as error:
        # what SQLAlchemy does of it: its own error, and a lost connection is taken out of the pool
        connection._handle_dbapi_exception(error, sent[-1].text, None, None, None)  # noqa: SLF001
    if any(one.alone and cursor.rowcount != 1 for cursor, one in zip(cursors, sent, strict=True)):
        raise StaleDataError
    return cursors[-1]


def _send(connection: Connection, cursor: Any, one: Sent) -> None:
    # whoever listens to statements (a count, a log of slow ones) hears of these too
    for ear in connection.engine.dispatch.before_cursor_execute:
        if ear is not _owed_first:
            ear(connection, cursor, one.text, one.given, None, one.many)
    if one.many:
        cursor.executemany(one.text, one.given)
    else:
        cursor.execute(one.text, one.given)


def _cursors(connection: Connection, driver: Any, count: int) -> list[Any]:
    # kept with the driver's connection: on PostgreSQL a new one costs a third of a short statement
    kept: list[Any] = connection.info.setdefault(CURSORS, [])
    kept += (driver.cursor() for _ in range(count - len(kept)))
    return kept[:count]


def _together(connection: Connection, driver: Any, count: int) -> AbstractContextManager[Any]:
    worth = count >= WORTH_A_PIPELINE and connection.dialect.name == "postgresql"
    return driver.pipeline() if worth else nullcontext()


@dataclass
class _Text:
    """A statement as one database reads it: its values in order, each with what its type makes of it.

    `columns` are what it answers with; `read` makes named rows of them, known since the first answer.
    """

    text: str
    values: tuple[tuple[str, str, Convert | None], ...]
    fixed: Mapping[str, Any]
    by_name: bool
    columns: Sequence[ColumnElement[Any]]
    read: Callable[[Iterable[Any]], list[Any]] | None = None


class Prepared:
    """A statement whose text is kept. Lists of any length (`IN`) are not for it."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._texts: dict[tuple[str, tuple[str, ...]], _Text] = {}

    def run(self, session: Session, **values: Any) -> Found:
        """Send it with these values, behind what is owed; an INSERT writes exactly the columns named."""
        connection = connection_of(session)
        text = self._text(connection, tuple(values))
        sent = [*connection.info.pop(OWED, ()), Sent(text.text, _arguments(text, values))]
        cursor = _exchange(connection, sent)
        if text.columns and text.read is None:
            text.read = _reader(text.columns, connection.dialect, cursor.description)
        found = Found(text.read(cursor.fetchall()) if text.read else ())
        found.rowcount = cursor.rowcount
        return found

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
        write = Sent(text.text, given if many else given[0], many, alone)
        connection.info.setdefault(OWED, []).append(write)

    def _text(self, connection: Connection, names: tuple[str, ...]) -> _Text:
        key = (connection.dialect.name, names)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = _compiled(self._statement, connection.dialect, names)
        return found


def _compiled(statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]) -> _Text:
    columns = list(statement.exported_columns) if isinstance(statement, ReturnsRows) else []
    if isinstance(statement, Insert) and not columns:
        statement = statement.inline()  # else PostgreSQL returns the new id, which nobody reads
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    order = compiled.positiontup or list(compiled.binds)
    values = tuple(
        (name, compiled.binds[name].key, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in order
    )
    fixed = {bind.key: bind.effective_value for bind in compiled.binds.values() if not bind.required}
    return _Text(str(compiled), values, fixed, compiled.positiontup is None, columns)


def _arguments(text: _Text, values: Mapping[str, Any]) -> Any:
    given = {**text.fixed, **values} if text.fixed else values
    if text.by_name:
        return {name: given[key] if turn is None else turn(given[key]) for name, key, turn in text.values}
    return tuple([given[key] if turn is None else turn(given[key]) for _, key, turn in text.values])


def _reader(
    columns: Sequence[ColumnElement[Any]], dialect: Dialect, described: Sequence[Any]
) -> Callable[[Iterable[Any]], list[Any]]:
    """Return what makes named rows of the driver's; `described` says which type the database gives each column."""
    names = [str(column.key) for column in columns]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024
    kinds = [
        column.type.dialect_impl(dialect).result_processor(dialect, told[1])
        for column, told in zip(columns, described, strict=True)
    ]
    turns = [(place, turn) for place, turn in enumerate(kinds) if turn is not None]

    def read(rows: Iterable[Any]) -> list[Any]:
        found = []
        for one in map(list, rows):
            for place, turn in turns:
                one[place] = turn(one[place])
            found.append(row._make(one))
        return found

    return read


def columns_of(kind: type[Any], row: Sequence[Any]) -> dict[str, Any]:
    """Return the columns of a whole row by name; they stand in the table's order."""
    return dict(zip(_names(inspect(kind).local_table), row, strict=True))


def held(session: Session, kind: type[Mapped], values: Mapping[str, Any]) -> Mapped:
    """Return a row that was read or written by a prepared statement as if the session had read it.

    What the session holds of it already is renewed. A column that is not among `values` is empty.
    """
    known: Mapped | None = session.identity_map.get(inspect(kind).identity_key_from_primary_key((values["id"],)))
    if known is not None:
        for name, value in values.items():
            set_committed_value(known, name, value)
        return known
    row = kind()
    vars(row).update(dict.fromkeys(_names(inspect(kind).local_table)), **values)
    make_transient_to_detached(row)
    session.add(row)
    return row


@lru_cache(maxsize=50)
def _names(table: FromClause) -> tuple[str, ...]:
    return tuple(column.key for column in table.c)


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
