"""The command `guanjia import`: says what it would do, does it only when told to, and what it loads runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, create_app, runtime_of
from app.cli import main
from app.config import Settings
from app.db import db, transaction
from app.processes.models import Process
from app.work.operations import start_case
from tests.factories.small import case_of, complete, open_item, viewer

HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">'
DRAWN = f"""{HEAD}
  <process id="Leave-Request" name="请假">
    <startEvent id="s"/>
    <task id="ask" name="申请"/>
    <exclusiveGateway id="g" name="同意吗"/>
    <task id="book" name="登记"/>
    <endEvent id="e"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
    <sequenceFlow id="f2" sourceRef="ask" targetRef="g"/>
    <sequenceFlow id="f3" name="是" sourceRef="g" targetRef="book"/>
    <sequenceFlow id="f4" name="否" sourceRef="g" targetRef="e"/>
    <sequenceFlow id="f5" sourceRef="book" targetRef="e"/>
  </process>
</definitions>"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Return a hand-drawn diagram."""
    file = tmp_path / "drawn.bpmn"
    file.write_text(DRAWN)
    return file


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `guanjia` and returns exit code, output and errors."""

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


@pytest.fixture
def house(sqlite_settings: Settings) -> Iterator[Callable[[], Flask]]:
    """Return a function that opens the database of the test once the command is done with it."""
    opened: list[Any] = []

    def open_() -> Flask:
        app = create_app(sqlite_settings)
        context = app.app_context()
        context.push()
        opened.append(context)
        return app

    yield open_
    for context in opened:
        db.session.remove()
        db.engine.dispose()
        context.pop()


def test_the_list_changes_nothing(run: Run, drawn: Path, sqlite_settings: Settings) -> None:
    """Without --accept each repair is a line with its place, the exit code is 1 and neither file nor data change."""
    code, out, err = run("import", drawn, "--data", sqlite_settings.data)
    assert code == 1
    assert f"{drawn}:5: g 同意吗: “同意吗”的分支没有能用的条件，由办理“申请”的人选择：是、否。" in out.splitlines()
    assert "--accept" in err
    assert drawn.read_text() == DRAWN


def test_the_list_as_json(run: Run, drawn: Path) -> None:
    """--json prints one document: what would be repaired, what is left, whether it would run."""
    code, out, _err = run("import", drawn, "--json")
    told = json.loads(out)
    assert code == 1
    assert (told["slug"], told["runs"], told["done"]) == ("leave_request", True, None)
    rules = [(one["rule"], one["element"], one["line"]) for one in told["repairs"]]
    assert rules == [
        ("executable", "Leave-Request", 2),
        ("branch-chosen", "g", 5),
        ("assignee-missing", "ask", 4),
        ("assignee-missing", "book", 6),
    ]
    assert {one["severity"] for one in told["problems"]} == {"warning"}


def test_the_repaired_file_is_written_where_it_is_wanted(run: Run, drawn: Path, tmp_path: Path) -> None:
    """--output writes the repaired file, which needs no repair any more; it is no answer without --accept."""
    output = tmp_path / "repaired.bpmn"
    assert run("import", drawn, "--output", output)[0] == 2
    assert run("import", drawn, "--accept", "--output", output)[0] == 0
    assert run("import", output)[0] == 0
    assert drawn.read_text() == DRAWN


def test_what_is_loaded_runs(run: Run, drawn: Path, sqlite_settings: Settings, house: Any) -> None:
    """--accept publishes a new process; a case of it is started, decided and ends."""
    assert run("import", drawn, "--accept", "--data", sqlite_settings.data)[:2] == (
        0,
        run("import", drawn, "--data", sqlite_settings.data)[1] + "leave_request: 4 repairs made\n",
    )
    runtime = runtime_of(house())
    with transaction() as session:
        person, now = viewer(session, "dept"), clock.now(session)
        answers = {"decision": "branch_1"}
        begun = start_case(session, runtime, "leave_request", person, answers, "key", now)
    assert open_item(begun.case_id).node == "book"
    complete(runtime, open_item(begun.case_id).id, "dept", {})
    assert case_of(begun.case_id).status == "ended"


def test_an_import_never_replaces_a_process(run: Run, drawn: Path, sqlite_settings: Settings, house: Any) -> None:
    """A name that is taken gets a number; a wanted name is taken if it can be one."""
    data = ("--accept", "--data", sqlite_settings.data)
    assert run("import", drawn, *data)[1].splitlines()[-1].startswith("leave_request:")
    assert run("import", drawn, *data)[1].splitlines()[-1].startswith("leave_request_2:")
    assert run("import", drawn, *data, "--slug", "holiday")[1].splitlines()[-1].startswith("holiday:")
    assert run("import", drawn, *data, "--slug", "No Name")[0] == 2
    house()
    assert {"leave_request", "leave_request_2", "holiday"} <= set(db.session.scalars(select(Process.slug)))


@pytest.mark.parametrize("content", [b"", b"no xml", HEAD.encode() + b"</definitions>"])
def test_what_cannot_be_imported_is_told(run: Run, tmp_path: Path, content: bytes) -> None:
    """A file that is no diagram has the checker's sentence, exit code 1, and is not loaded even with --accept."""
    file = tmp_path / "broken.bpmn"
    file.write_bytes(content)
    code, out, err = run("import", file, "--accept", "--output", tmp_path / "out.bpmn")
    assert code == 1
    assert out.startswith(f"{file}:1: error: ")
    assert err == f"{file}: cannot be imported.\n"
    assert not (tmp_path / "out.bpmn").exists()


def test_a_call_of_a_process_of_this_house_stays(run: Run, tmp_path: Path, sqlite_settings: Settings) -> None:
    """With the database at hand its processes may be called; without it the call becomes a step."""
    assert run("load", "--data", sqlite_settings.data)[0] == 0
    file = tmp_path / "calls.bpmn"
    call = '<callActivity id="book" calledElement="task_dispatch"/>'
    file.write_text(DRAWN.replace('<task id="book" name="登记"/>', call))

    def told(*words: object) -> set[str]:
        return {one["rule"] for one in json.loads(run("import", file, "--json", *words)[1])["repairs"]}

    assert "step-by-hand" in told()
    assert "step-by-hand" not in told("--data", sqlite_settings.data)
