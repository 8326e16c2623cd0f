"""`guanjia export`: the folders get what runs, byte for byte, and lose only what is no part of it any more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.cli import main
from app.config import Settings
from app.db import db, transaction
from app.ledger import Actor
from app.processes.operations import load_folders, publish
from app.processes.source import Source, find_slugs
from tests.factories.drawn import asked
from tests.processes.diagrams import chain, diagram, end, start

ROOT = Path(__file__).parents[2]
SETUP = Actor("setup", "setup")
SMALLEST = diagram(start(), asked(), end(), chain("s", "ask", "e"))
FORM = {
    "type": "default",
    "id": "ask",
    "schemaVersion": 16,
    "components": [{"type": "textfield", "id": "t", "key": "t", "label": "请写"}],
}


@pytest.fixture
def data(app: Flask, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder of a city, with no settings from outside."""
    for name in [name for name in os.environ if name.startswith("GUANJIA_")]:
        monkeypatch.delenv(name)
    return sqlite_settings.data


def run(*words: object) -> int:
    """Run `guanjia` with these words and return the exit code."""
    db.session.rollback()
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def put(source: Source) -> None:
    with transaction() as session:
        publish(session, source, SETUP, clock.now(session))


def test_unchanged_shipped_processes_leave_no_difference(data: Path, tmp_path: Path) -> None:
    """Load all shipped processes, export each to a copy: git sees no change."""
    copy = tmp_path / "copy"
    for name in ("bpmn", "forms"):
        shutil.copytree(ROOT / name, copy / name)
    with transaction() as session:
        load_folders(session, ROOT / "bpmn", ROOT / "forms", SETUP, clock.now(session))
    slugs = find_slugs(ROOT / "bpmn")
    assert slugs
    for slug in slugs:
        assert run("export", slug, "--to", copy, "--data", data) == 0
    for name in ("bpmn", "forms"):
        compared = subprocess.run(
            ["git", "diff", "--no-index", "--stat", str(ROOT / name), str(copy / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (compared.returncode, compared.stdout) == (0, "")


def test_an_export_writes_the_version_and_removes_what_it_has_no_more(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Old forms and tables go, everything else in the folders stays; a chosen version is written as it was."""
    to, text = tmp_path / "to", json.dumps(FORM, ensure_ascii=True)
    put(Source("p", SMALLEST, forms={"ask": text}))
    put(Source("p", SMALLEST.replace(b"><", b">\r\n<"), forms={"ask": text, "more": text}))
    assert run("export", "p", "--to", to, "--data", data) == 0
    assert capsys.readouterr().out.splitlines() == [
        "written: bpmn/p/p.bpmn",
        "written: forms/p/ask.form",
        "written: forms/p/more.form",
        "3 written, 0 removed, 0 unchanged",
    ]
    assert (to / "bpmn/p/p.bpmn").read_bytes() == SMALLEST.replace(b"><", b">\r\n<")
    assert (to / "forms/p/ask.form").read_text() == json.dumps(FORM, ensure_ascii=False, indent=2) + "\n"
    for name in ("README.md", "routes.toml", "old.dmn"):
        (to / "bpmn/p" / name).write_text("x")
    assert run("export", "p", "--version", 1, "--to", to, "--data", data) == 0
    assert capsys.readouterr().out.splitlines() == [
        "written: bpmn/p/p.bpmn",
        "removed: bpmn/p/old.dmn",
        "removed: forms/p/more.form",
        "1 written, 2 removed, 1 unchanged",
    ]
    assert (to / "bpmn/p/p.bpmn").read_bytes() == SMALLEST
    assert sorted(one.name for one in (to / "bpmn/p").iterdir()) == ["README.md", "p.bpmn", "routes.toml"]


def test_what_cannot_be_exported_is_one_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown process, an unknown version, and a form whose id would leave the folder."""
    put(Source("p", SMALLEST, forms={"ask": json.dumps(FORM), "../../etc": json.dumps(FORM)}))
    for words, said in (
        (("q",), "There is no process q; there are: p."),
        (("p", "--version", 7), "p has no version 7."),
        (("p",), "“../../etc”"),
    ):
        assert run("export", *words, "--to", tmp_path / "to", "--data", data) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "to").exists()
