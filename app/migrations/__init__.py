"""Bring a database to the schema of this program: Alembic, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.errors import SettingError


def upgrade(engine: Engine) -> None:
    """Create or update the schema; nothing is written when it is up to date.

    Raise SettingError when a newer program made the database.
    """
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    current = revision_of(engine)
    if current is not None and current not in {known.revision for known in scripts.walk_revisions()}:
        raise SettingError("The database was made by a newer version of Guanjia; this one cannot open it.")
    if current == scripts.get_current_head():
        return
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision_of(engine: Engine) -> str | None:
    """Return the schema's revision; None when the database holds no tables of this program."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def alembic_config() -> Config:
    """Return Alembic's configuration; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
