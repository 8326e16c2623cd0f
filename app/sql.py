"""Statements that every completion sends, compiled once for each database.

Most of what SQLAlchemy does for a statement is the same each time. Here it is done once; what is left is the share of
the driver and of the column types. Everything else in the product goes the ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Table, bindparam, inspect, update
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql import ClauseElement, Select

CONNECTION = "guanjia.connection"
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

    def run_many(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Send it for each of several rows that have the same names, as one statement."""
        connection = connection_of(session)
        text = self._text(connection, tuple(rows[0]))
        connection.exec_driver_sql(text.text, [_arguments(text, row) for row in rows])

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
    """Write the changed columns of a loaded row under its version, at once, and let the session forget the row.

    Raise StaleDataError when somebody was faster, as a flush does.
    """
    names = tuple(inspect(row).committed_state)
    seen = row.row_version
    if not names:
        return
    values = {name: getattr(row, name) for name in names}
    written = _writing(inspect(row).mapper.local_table).run(
        session, gj_id=row.id, gj_seen=seen, row_version=seen + 1, **values
    )
    if written.rowcount != 1:
        raise StaleDataError
    session.expunge(row)
    set_committed_value(row, "row_version", seen + 1)


@lru_cache(maxsize=50)
def _writing(table: Table) -> Prepared:
    mine = table.c.id == bindparam("gj_id")
    return Prepared(update(table).where(mine, table.c.row_version == bindparam("gj_seen")))
