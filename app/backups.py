"""Back up and restore: one archive with the database and the files it names.

The database is copied first, then the files, so that every file a row names is in the archive. The copy is a
SQLite file whichever database it was taken from. The secret key is not part of it.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, Table, create_engine, func, insert, select

from app import __version__, clock, create_app
from app.config import Settings
from app.db import Base, db, transaction
from app.errors import SettingError
from app.ledger import Actor, Entry, append, verify
from app.ledger.models import ChainHead
from app.migrations import revision_of, upgrade
from app.models import all_models

MANIFEST = "manifest.json"
DATABASE = "guanjia.db"
FILES = "files"
BATCH = 500
_BLOB = re.compile(r"files/[0-9a-f]{2}/[0-9a-f]{62}")
# what lies in a data folder before there is a database
_HARMLESS = frozenset({"secret.key", "guanjia.db.lock"})


class Damaged(SettingError):
    """What the archive holds is not what was recorded. Exit code 1."""


def write(app: Flask, file: Path, actor: Actor) -> str:
    """Write the archive `file`; return a sentence. Records the backup with the head it contains."""
    settings: Settings = app.extensions["guanjia.settings"]
    if file.exists():
        raise SettingError(f"{file} exists already; choose another name.")
    with _appearing(file) as part:
        head = _record(actor, "house:backup:written", {"file": file.name})
        with tempfile.TemporaryDirectory(dir=file.parent) as folder, tarfile.open(part, "w:gz") as archive:
            copy = Path(folder) / DATABASE
            _copy_database(settings, copy)
            _add_text(archive, MANIFEST, json.dumps({"version": __version__, "house": head}))
            archive.add(copy, DATABASE)
            count = sum(_add_file(archive, path, settings.data) for path in _blobs(settings.data / FILES))
    return f"{file}: the database up to no. {head['seq']} of the house chain, and {count} files."


def read(settings: Settings, file: Path, actor: Actor) -> str:
    """Restore an archive into an empty data folder and database; say where its ledger ends."""
    _refuse_used(settings)
    with tempfile.TemporaryDirectory(dir=settings.data) as name:
        folder = Path(name)
        manifest = _unpack(file, folder)
        with _engine_on(folder / DATABASE) as copy:
            upgrade(copy)
        verdict = _place(settings, folder)
    app = create_app(settings)
    with app.app_context():
        _record(actor, "house:backup:restored", {"file": file.name, **manifest})
        db.session.remove()
        db.engine.dispose()
    seq = manifest["house"]["seq"]
    return f"Restored {verdict} records, the house chain up to no. {seq}; what came later is not in this archive."


def _refuse_used(settings: Settings) -> None:
    """Refuse a folder or a database with anything in it: restoring never overwrites."""
    for path in settings.data.rglob("*"):
        if path.is_file() and path.name not in _HARMLESS:
            raise SettingError(f"{settings.data} is not empty; restore into an empty folder.")
    if settings.sqlite_file is not None:
        if settings.sqlite_file.exists():
            raise SettingError(f"{settings.sqlite_file} exists already; restore into an empty folder.")
        return
    engine = create_engine(settings.database_url)
    try:
        if revision_of(engine) is not None and _has_records(engine):
            raise SettingError("The database is not empty; restore into a new one.")
    finally:
        engine.dispose()


def _has_records(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(select(func.count()).select_from(ChainHead)))


def _place(settings: Settings, folder: Path) -> int:
    """Verify what was unpacked and put it where the program looks for it; return how many records there are."""
    unpacked = Settings(**{**vars(settings), "database_url": f"sqlite:///{folder / DATABASE}"})
    app = create_app(unpacked)
    with app.app_context():
        verdict = verify(db.session())
        db.session.remove()
        db.engine.dispose()
    if not verdict.clean:
        raise Damaged(f"The ledger in the archive does not verify: {verdict.fault}. Nothing was restored.")
    if settings.sqlite_file is None:
        _fill(settings, folder / DATABASE)
    else:
        shutil.move(folder / DATABASE, settings.sqlite_file)
    if (folder / FILES).is_dir():
        shutil.rmtree(settings.data / FILES, ignore_errors=True)
        (folder / FILES).rename(settings.data / FILES)
    return verdict.records


def _record(actor: Actor, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    with transaction() as session:
        append(session, "house", [Entry(kind, actor, payload)], clock.now(session))
        head = session.get_one(ChainHead, "house")
        return {"seq": head.seq, "hash": head.hash}


def _copy_database(settings: Settings, target: Path) -> None:
    """Copy the database as of one instant: SQLite's own backup, or a read of all tables in one snapshot."""
    if settings.sqlite_file is not None:
        with closing(sqlite3.connect(settings.sqlite_file)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
        return
    with _engine_on(target) as copy_engine:
        upgrade(copy_engine)
        snapshot = db.engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as reading, copy_engine.begin() as writing:
            for table in _tables():
                _copy_rows(reading, writing, table)


def _fill(settings: Settings, copy: Path) -> None:
    """Migrate the empty PostgreSQL database and fill it, all or nothing."""
    engine = create_engine(settings.database_url)
    upgrade(engine)
    with _engine_on(copy) as source, source.connect() as reading, engine.begin() as writing:
        for table in _tables():
            _copy_rows(reading, writing, table)
            _continue_numbers(writing, table)
    engine.dispose()


def _copy_rows(reading: Connection, writing: Connection, table: Table) -> None:
    for rows in reading.execute(select(table)).mappings().partitions(BATCH):
        writing.execute(insert(table), [dict(row) for row in rows])


def _continue_numbers(writing: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that were restored."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = writing.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    last = writing.scalar(select(func.max(column)))
    if sequence and last:
        writing.execute(select(func.setval(sequence, last)))


def _tables() -> list[Table]:
    all_models()
    return Base.metadata.sorted_tables


@contextmanager
def _engine_on(file: Path) -> Iterator[Engine]:
    """Open a SQLite file that nobody else uses."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _appearing(file: Path) -> Iterator[Path]:
    """Let `file` appear when it is whole; readable by its owner only, it holds personal data."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    part = Path(name)
    try:
        open(descriptor, "rb").close()  # noqa: PTH123 - a descriptor, not a path
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _blobs(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("??/*")) if path.is_file())


def _add_file(archive: tarfile.TarFile, path: Path, root: Path) -> bool:
    try:
        archive.add(path, path.relative_to(root).as_posix())
    except FileNotFoundError:  # swept meanwhile: no row in the copy needs it
        return False
    return True


def _add_text(archive: tarfile.TarFile, name: str, content: str) -> None:
    data = content.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack the parts of a backup and nothing else an archive may hold."""
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                if member.isreg() and (member.name in {MANIFEST, DATABASE} or _BLOB.fullmatch(member.name)):
                    _unpack_one(archive, member, folder / member.name)
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        (folder / DATABASE).stat()
        int(manifest["house"]["seq"])
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, FileNotFoundError) as error:
        raise SettingError(f"{file} is not a whole backup of Guanjia.") from error
    return manifest


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = archive.extractfile(member)
    assert source is not None  # noqa: S101 - a regular file has content
    with source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
