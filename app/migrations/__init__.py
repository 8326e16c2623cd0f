"""Bring a database to the schema of this program: Alembic, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from app.errors import SettingError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def upgrade(engine: Engine) -> None:
    """Create or update the schema; nothing is written when it is up to date.

    Raise SettingError when a newer program made the database.
    """
    current = revision_of(engine)
    if current == newest():
        return
    if current is not None and current not in known():
        raise SettingError("The database was made by a newer version of Guanjia; this one cannot open it.")
    # Alembic takes a sixth of a second to load, and most starts have nothing to migrate
    from alembic import command  # noqa: PLC0415

    config = alembic_config()
    with changing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction of a migration; leaving the block commits.

    SQLite changes a table by making it anew, and the old one cannot go while rows point at it: its checks are off
    meanwhile, as sqlite.org/lang_altertable.html asks, and everything is looked through before the commit.
    """
    with engine.execution_options(write=True).connect() as connection:
        raw = connection.connection.driver_connection
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite and raw is not None:
            # before BEGIN: inside a transaction it says nothing and does nothing
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if is_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
                    raise RuntimeError("the migration left rows that point nowhere")
        finally:
            if is_sqlite and raw is not None:
                raw.execute("PRAGMA foreign_keys=ON")


def known() -> list[str]:
    """Return the revisions of this program in order: what the names of the scripts begin with."""
    return sorted(script.name.partition("_")[0] for script in (FOLDER / "versions").glob("[0-9]*_*.py"))


def newest() -> str:
    """Return the revision that this program needs."""
    return known()[-1]


def revision_of(engine: Engine) -> str | None:
    """Return the schema's revision; None when the database holds no tables of this program."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("select version_num from alembic_version"))
        return found


def alembic_config() -> Config:
    """Return Alembic's configuration; there is no ini file."""
    from alembic.config import Config  # noqa: PLC0415 - see upgrade

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config
