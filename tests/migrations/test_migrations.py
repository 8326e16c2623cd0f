"""The migrations make what the models say, on both databases, and go back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from app import create_app
from app.db import Base, db
from app.migrations import alembic_config, upgrade
from app.models import all_models
from tests.conftest import create_database, database_at, settings_for


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on an empty database without tables."""
    url = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        name = f"m_{uuid4().hex[:12]}"
        create_database(server, name, None)
        url = database_at(server, name)
    app = create_app(settings_for(tmp_path, url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_the_migrations_make_what_the_models_say(bare_app: Flask) -> None:
    """After the upgrade nothing is left for autogenerate to change."""
    upgrade(db.engine)
    all_models()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(bare_app: Flask) -> None:
    """Every start of the program upgrades; the second time is harmless."""
    upgrade(db.engine)
    upgrade(db.engine)


def test_the_migrations_go_back(bare_app: Flask) -> None:
    """Down to nothing and up again works."""
    upgrade(db.engine)
    config = alembic_config()
    with db.engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade(db.engine)
