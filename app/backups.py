"""Back up and restore: one archive with the database and the files it names.

The database is copied first, then the files, so that every file a row names is in the archive.
"""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from app import __version__, clock, create_app
from app.config import Settings
from app.db import Base, db, transaction
from app.errors import SettingError
from app.ledger import Actor, Entry, append, verify
from app.ledger.models import ChainHead
from app.migrations import upgrade
from app.models import all_models

MANIFEST = "manifest.json"
DATABASE = "guanjia.db"


def write(app: Flask, file: Path, actor: Actor) -> str:
    """Write the archive `file`; return a sentence. Records the backup with the head it contains."""
    settings: Settings = app.extensions["guanjia.settings"]
    if file.exists():
        raise SettingError(f"{file} exists already; choose another name.")
    head = _record(actor, "house:backup:written", {"file": file.name})
    with tempfile.TemporaryDirectory() as folder, tarfile.open(file, "w:gz") as archive:
        copy = Path(folder) / DATABASE
        _copy_database(settings, copy)
        archive.add(copy, DATABASE)
        _add_text(archive, MANIFEST, json.dumps({"version": __version__, "house": head}))
        for path in sorted((settings.data / "files").rglob("*")):
            if path.is_file():
                archive.add(path, path.relative_to(settings.data))
    return f"{file}: database and files, house chain at no. {head['seq']}."


def read(settings: Settings, file: Path, actor: Actor) -> str:
    """Restore an archive into an empty data folder; say where its ledger ends."""
    if any(path.name != "secret.key" for path in settings.data.iterdir()):
        raise SettingError(f"{settings.data} is not empty; restore into an empty folder.")
    with tempfile.TemporaryDirectory() as folder:
        manifest = _unpack(file, Path(folder))
        copy = Path(folder) / DATABASE
        if settings.is_sqlite:
            copy.replace(settings.data / DATABASE)
        files = Path(folder) / "files"
        if files.is_dir():
            files.rename(settings.data / "files")
        app = create_app(settings)
        with app.app_context():
            upgrade(db.engine)
            if not settings.is_sqlite:
                _fill(copy)
            verdict = verify(db.session())
            db.session.rollback()
            if not verdict.clean:
                raise SettingError(f"The restored ledger does not verify: {verdict.fault}")
            _record(actor, "house:backup:restored", {"file": file.name, **manifest})
    return f"Restored at no. {manifest['house']['seq']} of the house chain; what came later is not in this archive."


def _record(actor: Actor, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    with transaction() as session:
        append(session, "house", [Entry(kind, actor, payload)], clock.now(session))
        head = session.get_one(ChainHead, "house")
        return {"seq": head.seq, "hash": head.hash}


def _copy_database(settings: Settings, target: Path) -> None:
    """Copy the database as of one instant: SQLite's own backup, or a read of all tables in one snapshot."""
    if settings.is_sqlite:
        source_path = db.engine.url.database or ""
        with sqlite3.connect(source_path) as source, sqlite3.connect(target) as copy:
            source.backup(copy)
        return
    _dump(target)


def _dump(target: Path) -> None:
    from sqlalchemy import create_engine  # noqa: PLC0415 - only for PostgreSQL

    all_models()
    engine = create_engine(f"sqlite:///{target}")
    Base.metadata.create_all(engine)
    snapshot = db.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as source, engine.begin() as copy:
        for table in Base.metadata.sorted_tables:
            for rows in source.execute(select(table)).mappings().partitions(500):
                copy.execute(insert(table), [dict(row) for row in rows])
    engine.dispose()


def _fill(copy: Path) -> None:
    """Fill the migrated, empty database from a copy."""
    from sqlalchemy import create_engine, text  # noqa: PLC0415

    all_models()
    engine = create_engine(f"sqlite:///{copy}")
    with engine.connect() as source, db.engine.begin() as target:
        for table in Base.metadata.sorted_tables:
            for rows in source.execute(select(table)).mappings().partitions(500):
                target.execute(insert(table), [dict(row) for row in rows])
        for table in Base.metadata.sorted_tables:
            if "id" in table.c and table.c.id.autoincrement is not False and table.c.id.type.python_type is int:
                target.execute(
                    text(
                        f"select setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - our own names
                        f"coalesce((select max(id) from {table.name}), 1))"
                    )
                )
    engine.dispose()


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (tarfile.TarError, OSError, ValueError, KeyError) as error:
        raise SettingError(f"{file} is not a backup of Guanjia.") from error
    return manifest
