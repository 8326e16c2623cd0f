"""Triggers that refuse every later change of a table, written for both databases.

SQLite needs `recursive_triggers` (set in app.db), else REPLACE slips past the delete trigger. On PostgreSQL
truncation has its own trigger.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import DDL, FromClause, Table, event

MESSAGE = "records are never changed"


def guard_statements(table: str, dialect: str) -> Iterator[str]:
    """Yield the statements that make `table` append-only on `dialect`."""
    if dialect == "sqlite":
        for action in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    yield (
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
    )
    yield (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
    yield (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def unguard_statements(table: str, dialect: str) -> Iterator[str]:
    """Yield the statements that take the guards away again, for a migration that goes back."""
    if dialect == "sqlite":
        yield f"DROP TRIGGER {table}_no_update"
        yield f"DROP TRIGGER {table}_no_delete"
        return
    yield f"DROP TRIGGER {table}_no_change ON {table}"
    yield f"DROP TRIGGER {table}_no_truncate ON {table}"
    yield f"DROP FUNCTION {table}_refuse()"


def guard_table(table: FromClause) -> None:
    """Add the triggers whenever `table` is created from the models; migrations call guard_statements."""
    assert isinstance(table, Table)  # noqa: S101 - a mapped class always has a plain table
    for dialect in ("sqlite", "postgresql"):
        for statement in guard_statements(table.name, dialect):
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
