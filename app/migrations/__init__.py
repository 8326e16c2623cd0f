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
    """Create or update the schema. Raise SettingError when a newer program made the database."""
    config = alembic_config()
    refuse_newer(engine, config)
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def refuse_newer(engine: Engine, config: Config) -> None:
    """Raise SettingError when the database carries a revision this program does not know."""
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise SettingError("The database was made by a newer version of Guanjia; this one cannot open it.")


def alembic_config() -> Config:
    """Return Alembic's configuration; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
