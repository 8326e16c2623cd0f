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
from sqlalchemy import func, inspect, select, text

from app import create_app, runtime_of
from app.db import Base, db
from app.migrations import alembic_config, changing, known, upgrade
from app.models import all_models
from tests.conftest import create_database, database_at, settings_for
from tests.factories.small import open_item, publish_small, start_small


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
    with changing(db.engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade(db.engine)


def test_a_database_with_cases_goes_back_and_forth(either_app: Flask) -> None:
    """Tables that other rows point at are changed under them: nothing is lost, nothing points nowhere."""
    publish_small()
    begun = start_small(runtime_of(either_app))
    before = counted()
    config = alembic_config()
    for revision in known()[2:-1]:
        with changing(db.engine) as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, revision)
        upgrade(db.engine)
        assert counted() == before, revision
    assert open_item(begun.case_id).inside is False
    with db.engine.connect() as connection:
        assert db.engine.dialect.name != "sqlite" or connection.scalar(text("PRAGMA foreign_keys")) == 1


def counted() -> dict[str, int]:
    """Count the rows of the tables that a case fills."""
    db.session.rollback()
    tables = ("case_file", "work_item", "party", "stretch", "record", "deadline", "candidate")
    rows = {name: select(func.count()).select_from(Base.metadata.tables[name]) for name in tables}
    return {name: db.session.scalar(query) or 0 for name, query in rows.items()}
