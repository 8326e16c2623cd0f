"""The command line: exit codes, one sentence for each mistake, and a record of every change."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import backups, birth, create_app
from app.cli import main
from app.config import Settings, load_settings
from app.db import db
from app.files.jobs import receive
from app.files.models import Upload
from app.ledger import Actor, verify
from app.ledger.models import ChainHead, Record
from app.migrations import upgrade
from app.people.models import User
from app.processes.models import ProcessVersion
from tests.conftest import create_database, database_at, settings_for

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "factories" / "bpmn" / "small" / "small.bpmn"
HOUSE = select(Record).where(Record.chain == "house").order_by(Record.seq.desc()).limit(1)
Run = Callable[..., tuple[int, str, str]]

SHIPPED_FOLDER = Path(__file__).parents[2] / "bpmn"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `guanjia` with these words and returns exit code, output and errors."""
    for name in [name for name in os.environ if name.startswith("GUANJIA_")]:
        monkeypatch.delenv(name)

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


@pytest.fixture
def data(sqlite_settings: Settings) -> Path:
    """Return the data folder of a city."""
    return sqlite_settings.data


@contextmanager
def inside(settings: Settings) -> Iterator[Flask]:
    """Open an application and close its connections afterwards."""
    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def one_sentence(err: str) -> bool:
    """Say whether this is a sentence and no stack trace."""
    return bool(err.strip()) and "Traceback" not in err and len(err.strip().splitlines()) == 1


def newest_record(data: Path) -> Record:
    """Return the last record of the house."""
    with inside(settings_for(data)):
        return db.session.scalars(HOUSE).one()


def is_console(record: Record) -> bool:
    """Say whether the record names the console, the system user and the machine."""
    return record.actor_kind == "console" and bool(record.actor_name) and socket.gethostname() in record.body


# Wrong use


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("serve", "--port", "0"),
        ("serve", "--port", "many"),
        ("check",),
        ("check", "/nowhere.bpmn"),
        ("where", "nowhere"),
        ("restore", "/nowhere.tgz"),
        ("user", "add"),
        ("ledger",),
    ],
)
def test_wrong_use_is_exit_code_two(run: Run, words: tuple[str, ...]) -> None:
    """Wrong words end with 2 and say what is wrong."""
    code, out, err = run(*words)
    assert code == 2
    assert "Traceback" not in out + err
    assert (out + err).strip()


@pytest.mark.parametrize(
    "words",
    [("load",), ("ledger", "verify"), ("user", "add", "anna"), ("user", "disable", "anna"), ("backup", "b.tgz")],
)
def test_only_serve_makes_a_database(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    """A mistyped data folder is said, and nothing is made there."""
    for folder in (tmp_path / "nowhere", tmp_path):
        code, _out, err = run(*words, "--data", folder)
        assert code == 2
        assert one_sentence(err)
        assert "serve" in err
    assert list(tmp_path.iterdir()) == []


def test_every_command_takes_a_data_folder(run: Run) -> None:
    """Each command's help lists --data."""
    for words in ("serve", "load", "where", "check", "backup", "restore"):
        assert "--data" in run(words, "--help")[1], words
    for group, words in (("ledger", ("verify",)), ("user", ("add", "passwd", "disable"))):
        for word in words:
            assert "--data" in run(group, word, "--help")[1], (group, word)


def test_bad_settings_are_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    """A wrong setting ends every command with 2 and its name."""
    monkeypatch.setenv("GUANJIA_DIGEST", "md5")
    code, _out, err = run("load", "--data", data)
    assert code == 2
    assert one_sentence(err)
    assert "GUANJIA_DIGEST" in err


def test_a_database_that_is_none_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """A file that is no database is said so."""
    (tmp_path / "guanjia.db").write_bytes(b"not a database" * 100)
    code, _out, err = run("ledger", "verify", "--data", tmp_path)
    assert code == 2
    assert one_sentence(err)
    assert "not a database" in err


def test_an_unreachable_server_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a server behind the address the commands say so."""
    monkeypatch.setenv("GUANJIA_DATABASE_URL", "postgresql://nobody:hush-hush@127.0.0.1:9/none")
    code, _out, err = run("load", "--data", tmp_path)
    assert code == 2
    assert one_sentence(err)
    assert "hush-hush" not in err


@pytest.mark.parametrize("words", [("load",), ("ledger", "verify"), ("serve", "--port", "18999")])
def test_a_newer_database_is_left_alone(run: Run, data: Path, words: tuple[str, ...]) -> None:
    """A database of a newer program is not opened, whatever the command."""
    with inside(settings_for(data)), db.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    code, _out, err = run(*words, "--data", data)
    assert code == 2
    assert one_sentence(err)
    assert "newer" in err


# Accounts


def test_accounts_at_the_console(run: Run, data: Path) -> None:
    """Add, give a password, disable: each says what it did and leaves a record of who sat at the console."""
    code, out, _err = run("user", "add", "anna", "--role", "office", "--unit", "office", "--data", data)
    assert code == 0
    assert re.search(r"password \S{12,}", out)
    assert is_console(newest_record(data))
    code, out, _err = run("user", "passwd", "anna", "--data", data)
    assert code == 0
    assert re.search(r": \S{12,}", out)
    assert newest_record(data).kind == "people:password:reset"
    assert is_console(newest_record(data))
    assert run("user", "disable", "Anna", "--data", data)[0] == 0
    assert newest_record(data).kind == "people:user:disabled"
    assert is_console(newest_record(data))
    assert run("user", "passwd", "anna", "--password", "Lanshan-2027", "--data", data)[0] == 0
    with inside(settings_for(data)):
        assert db.session.scalars(select(User).where(User.user_name == "anna")).one().disabled_at is not None
        assert verify(db.session()).clean


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "dept"), "user_name"),
        (("add", "Über"), "user_name"),
        (("add", "anna", "--role", "king"), "角色"),
        (("add", "anna", "--role", "vendor_lead"), "外包"),
        (("add", "anna", "--role", "sysadmin", "--role", "office"), "角色|同一个账号"),
        (("add", "anna", "--unit", "moon"), "moon"),
        (("add", "anna", "--password", "short"), "password"),
        (("passwd", "nobody"), "nobody"),
        (("passwd", "dept", "--password", "short"), "new"),
        (("disable", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_done_to_accounts(run: Run, data: Path, words: tuple[str, ...], said: str) -> None:
    """A refused change is one sentence, exit code 2, and leaves no record."""
    before = newest_record(data).seq
    code, out, err = run("user", *words, "--data", data)
    assert code == 2
    assert one_sentence(err), err
    assert re.search(said, err)
    assert out == ""
    assert newest_record(data).seq == before


# Processes


def test_load_publishes_and_records(run: Run, data: Path) -> None:
    """The first load publishes as the console, the second changes nothing."""
    slugs = {path.name for path in SHIPPED_FOLDER.iterdir()}
    first = run("load", "--data", data)[1].splitlines()
    assert sorted(first) == sorted(f"{slug}: published" for slug in slugs)
    record = newest_record(data)
    assert record.kind == "processes:version:published"
    assert is_console(record)
    again = run("load", "--data", data)[1].splitlines()
    assert sorted(again) == sorted(f"{slug}: unchanged" for slug in slugs)
    assert newest_record(data).seq == record.seq
    with inside(settings_for(data)):
        assert len(db.session.scalars(select(ProcessVersion)).all()) == len(slugs)


def test_where_prints_every_address(run: Run) -> None:
    """Diagram, table, forms and the page of a process."""
    code, out, _err = run("where", "task_dispatch")
    assert code == 0
    for address in (
        "bpmn/task_dispatch/task_dispatch.bpmn",
        "forms/task_dispatch/demand.form",
        "/start/task_dispatch",
    ):
        assert address in out.splitlines()


def test_the_shipped_processes_are_in_order(run: Run) -> None:
    """What ships has no problem, with all its forms and tables."""
    for file in sorted((ROOT / "bpmn").glob("*/*.bpmn")):
        assert run("check", file)[:2] == (0, ""), file


def test_a_lone_diagram_is_checked_without_forms(run: Run, tmp_path: Path) -> None:
    """A diagram outside its folders is checked, only the forms it names are not looked for."""
    lone = tmp_path / "draft.bpmn"
    shutil.copy(SMALL, lone)
    assert run("check", lone)[:2] == (0, "")


def test_an_unknown_form_is_named(run: Run, tmp_path: Path) -> None:
    """In its folders a diagram that names a form nobody made is refused, with file, line and element."""
    shutil.copytree(SMALL.parents[2], tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py*"))
    file = tmp_path / "bpmn" / "small" / "small.bpmn"
    file.write_text(SMALL.read_text("utf-8").replace('formRef="do"', 'formRef="gone"'), "utf-8")
    code, out, _err = run("check", file)
    assert code == 1
    assert re.fullmatch(rf"{re.escape(str(file))}:21: error: do 办理: .*gone.*\n", out)


def test_problems_name_their_own_file(run: Run, tmp_path: Path) -> None:
    """A broken form and a broken table are told under their own names."""
    shutil.copytree(SMALL.parents[2], tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py*"))
    form, table = tmp_path / "forms" / "small" / "do.form", tmp_path / "bpmn" / "small" / "rates.dmn"
    form.write_text('{"components": [\n  {"type":\n', "utf-8")
    table.write_text("<definitions>", "utf-8")
    code, out, _err = run("check", tmp_path / "bpmn" / "small" / "small.bpmn")
    assert code == 1
    assert f"{form}:3: error: do do: " in out
    assert f"{table}:1: error: rates rates: " in out


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "text": "这不是流程图".encode(),
    "cut off": SMALL.read_bytes()[:900],
    "huge": b"<definitions>" + b" " * (3 * 1024 * 1024),
    "deep": b"<a>" * 100_000,
    "doctype": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><definitions>&b;</definitions>',
    "entity bomb": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><definitions>&c;</definitions>',
    "outside entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><definitions>&b;</definitions>',
    "nothing drawn": b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
    "other file": b"<html><body/></html>",
    "nul": b"<definitions>\0</definitions>",
    "other encoding": SMALL.read_text("utf-8").replace("UTF-8", "GBK").encode("gbk"),
    "unsupported": SMALL.read_bytes()
    .replace(b"<exclusiveGateway", b"<complexGateway")
    .replace(b"</exclusiveGateway", b"</complexGateway"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_diagram_is_told_line_by_line(run: Run, tmp_path: Path, name: str) -> None:
    """Whatever is in the file: lines of `file:line: severity: element name: sentence`, exit code 1, no secrets."""
    file = tmp_path / "draft.bpmn"
    file.write_bytes(BROKEN[name])
    code, out, err = run("check", file)
    assert code == 1
    assert err == ""
    assert "root:" not in out
    for line in out.splitlines():
        assert re.fullmatch(rf"{re.escape(str(file))}:\d+: (error|warning): [^:]*: .*[。：:].*", line), line


def test_problems_are_printed_for_programs(run: Run, tmp_path: Path) -> None:
    """`--json` prints one document with every file: its problems with rule, place, sentence and remedy."""
    sound, broken, gone = tmp_path / "sound.bpmn", tmp_path / "broken.bpmn", tmp_path / "gone.bpmn"
    shutil.copy(SMALL, sound)
    broken.write_text(SMALL.read_text("utf-8").replace("${starter}", "${starter + }"), "utf-8")
    code, out, _err = run("check", sound, broken, "--json")
    assert code == 1
    assert [(one["file"], bool(one["problems"])) for one in json.loads(out)] == [
        (str(sound), False),
        (str(broken), True),
    ]
    problem = json.loads(out)[1]["problems"][0]
    assert set(problem) == {"rule", "severity", "element", "name", "line", "column", "message", "fix"}
    assert (problem["rule"], problem["severity"]) == ("assignee", "error")
    assert problem["element"]
    assert problem["line"]
    assert problem["column"]
    code, out, err = run("check", gone, tmp_path, sound, "--json")
    assert (code, err) == (2, "")
    rules = [[problem["rule"] for problem in one["problems"]] for one in json.loads(out)]
    assert rules == [["unreadable"], ["unreadable"], []]


# The ledger


def test_verify_names_the_first_broken_record(run: Run, data: Path) -> None:
    """A clean ledger is 0; one changed byte is 1 and names the record."""
    code, out, _err = run("ledger", "verify", "--data", data)
    assert (code, out.split(":")[0]) == (0, "clean")
    with inside(settings_for(data)), db.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("drop trigger record_no_update"))
        connection.execute(text("update record set body = replace(body, 'housing', 'hous1ng') where id = 2"))
        connection.execute(text("update record set body = replace(body, 'health', 'hea1th') where id = 3"))
    code, out, _err = run("ledger", "verify", "--data", data)
    assert code == 1
    assert "record 2 (house no. 2)" in out


def test_a_ledger_in_sm3(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By setting, new databases hash with SM3; they verify, with and without the setting."""
    del data
    folder = tmp_path / "sm3"
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setenv("GUANJIA_DIGEST", "sm3")
        born(folder)
        assert run("user", "add", "anna", "--data", folder)[0] == 0
        assert run("ledger", "verify", "--data", folder)[0] == 0
    assert run("ledger", "verify", "--data", folder)[0] == 0
    assert newest_record(folder).algorithm == "sm3"


def born(folder: Path, url: str | None = None) -> None:
    """Make a real, empty database."""
    settings = settings_for(folder, url) if url else load_settings(data=str(folder))
    with inside(settings) as app:
        upgrade(db.engine)
        birth.ensure(app, empty=True, say=lambda _sentence: None)


def test_a_real_database_is_born_by_the_setup(tmp_path: Path) -> None:
    """The first record says what the database is, who set it up, and where; all in one step with the processes."""
    born(tmp_path)
    with inside(settings_for(tmp_path)):
        first = db.session.scalars(select(Record).where(Record.seq == 1)).one()
        assert (first.kind, first.actor_kind, first.mode) == ("house:database:born", "setup", "real")
        assert socket.gethostname() in first.body
        assert db.session.scalar(select(ProcessVersion.number)) == 1


# Backup and restore


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def city(request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings of a city with an uploaded file, on each database."""
    settings: Settings = request.getfixturevalue(f"{request.param}_settings")
    with inside(settings):
        owner = db.session.scalars(select(User.id).where(User.user_name == "dept")).one()
        receive(BytesIO(b"%PDF-1.7\n%%EOF"), "验收.pdf", owner_id=owner)
    return settings


def elsewhere(request: pytest.FixtureRequest, settings: Settings, folder: Path) -> Settings:
    """Settings of an empty folder and an empty database of the same kind."""
    folder.mkdir()
    if settings.is_sqlite:
        return settings_for(folder)
    server, name = request.getfixturevalue("postgres_server"), f"r_{uuid4().hex[:12]}"
    create_database(server, name, None)
    return settings_for(folder, database_at(server, name))


def tables_of(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table but the ledger's, as text."""
    with inside(settings), db.engine.connect() as connection:
        return {
            table.name: sorted(tuple(str(value) for value in row) for row in connection.execute(select(table)))
            for table in db.metadata.sorted_tables
            if table.name not in {"record", "chain_head"}
        }


def test_a_backup_comes_back_whole(request: pytest.FixtureRequest, city: Settings, tmp_path: Path) -> None:
    """Every row and file returns, the ledger verifies, says that it was restored, and new rows get free numbers."""
    archive = tmp_path / "b.tgz"
    with inside(city) as app:
        backups.write(app, archive, Actor("console", "root", client="host"))
        head = db.session.get_one(ChainHead, "house").seq
    before = tables_of(city)
    target = elsewhere(request, city, tmp_path / "restored")
    assert f"no. {head};" in backups.read(target, archive, Actor("console", "root", client="host"))
    assert tables_of(target) == before
    with inside(target):
        assert verify(db.session()).clean
        last = db.session.scalars(HOUSE).one()
        assert (last.kind, last.seq, last.actor_kind) == ("house:backup:restored", head + 1, "console")
        upload = db.session.scalars(select(Upload)).one()
        kept = target.data / "files" / upload.digest[:2] / upload.digest[2:]
        assert kept.read_bytes() == b"%PDF-1.7\n%%EOF"
        again = receive(BytesIO(b"%PDF-1.7 other\n%%EOF"), "again.pdf", owner_id=upload.owner_id)
        assert again.id > upload.id


@pytest.mark.postgres
def test_a_backup_moves_between_the_databases(
    request: pytest.FixtureRequest, postgres_settings: Settings, tmp_path: Path
) -> None:
    """From PostgreSQL to SQLite and back: the trial may grow up."""
    there, back = tmp_path / "there.tgz", tmp_path / "back.tgz"
    by = Actor("console", "root")
    before = tables_of(postgres_settings)
    with inside(postgres_settings) as app:
        backups.write(app, there, by)
    (tmp_path / "small").mkdir()
    small = settings_for(tmp_path / "small")
    backups.read(small, there, by)
    assert tables_of(small) == before
    with inside(small) as app:
        backups.write(app, back, by)
    large = elsewhere(request, postgres_settings, tmp_path / "large")
    backups.read(large, back, by)
    assert tables_of(large) == before
    with inside(large):
        assert verify(db.session()).clean


def test_backup_and_restore_at_the_console(run: Run, data: Path, tmp_path: Path) -> None:
    """Both say what they did; nothing is ever overwritten; the key is not in the archive, others cannot read it."""
    archive = data.parent / f"{uuid4().hex}.tgz"
    (data / "secret.key").write_text("k" * 64)
    code, out, _err = run("backup", archive, "--data", data)
    assert (code, str(archive) in out) == (0, True)
    assert newest_record(data).kind == "house:backup:written"
    assert is_console(newest_record(data))
    assert archive.stat().st_mode & 0o077 == 0
    with tarfile.open(archive) as parts:
        assert set(parts.getnames()) == {"manifest.json", "guanjia.db"}
    assert run("backup", archive, "--data", data)[0] == 2
    assert run("restore", archive, "--data", data)[0] == 2
    target = tmp_path / "restored"
    assert run("restore", archive, "--data", target)[0] == 0
    assert newest_record(target).kind == "house:backup:restored"
    assert is_console(newest_record(target))
    assert run("restore", archive, "--data", target)[0] == 2
    assert run("ledger", "verify", "--data", target)[0] == 0


def archive_of(parts: dict[str, bytes]) -> bytes:
    """Return a backup with these parts."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        archive_of({"hello.txt": b"x"}),
        archive_of({"manifest.json": b"[]", "guanjia.db": b""}),
        archive_of({"manifest.json": b'{"house": {"seq": 3}}', "guanjia.db": b"no database" * 99}),
        archive_of({"manifest.json": b'{"house": {"seq": 3}}', "../outside": b"x", "/outside-of-all": b"x"}),
    ],
)
def test_what_is_no_backup_leaves_nothing(run: Run, tmp_path: Path, content: bytes) -> None:
    """A file that is no backup is said in one sentence and restores nothing, inside the folder or outside."""
    file, target = tmp_path / "b.tgz", tmp_path / "target"
    file.write_bytes(content)
    code, _out, err = run("restore", file, "--data", target)
    assert code == 2
    assert one_sentence(err), err
    assert {path.name for path in target.rglob("*") if path.is_file()} <= {"secret.key", "guanjia.db.lock"}
    assert not (tmp_path / "outside").exists()


def test_a_changed_backup_is_not_restored(run: Run, data: Path, tmp_path: Path) -> None:
    """An archive whose ledger does not verify is exit code 1 and restores nothing."""
    archive = tmp_path / "b.tgz"
    with inside(settings_for(data)) as app:
        with db.engine.execution_options(write=True).begin() as connection:
            connection.execute(text("drop trigger record_no_update"))
            connection.execute(text("update record set actor_name = 'x' where id = 4"))
        backups.write(app, archive, Actor("console", "root"))
    code, _out, err = run("restore", archive, "--data", tmp_path / "target")
    assert code == 1
    assert "record 4" in err
    assert not (tmp_path / "target" / "guanjia.db").exists()


# The front end


def test_serve_without_a_front_end_is_one_sentence(tmp_path: Path) -> None:
    """A program whose front end was never built says what to run, before anything is made."""
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("static", "client", "__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "serve", "--data", str(tmp_path / "data")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert one_sentence(done.stderr)
    assert "npm run build" in done.stderr
    assert not (tmp_path / "data" / "guanjia.db").exists()
