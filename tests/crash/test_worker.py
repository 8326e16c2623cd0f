"""`guanjia worker`: the drains in processes of their own; refused where they would be at odds with a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app, runtime_of
from app.cli import main
from app.config import Settings
from app.db import db
from app.ledger import verify
from app.ledger.models import Record
from app.runner import only_server
from tests.conftest import running
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.processes.diagrams import catch, chain, end, start, timer

ROOT = Path(__file__).parents[2]
CASES = 12
Run = Callable[..., tuple[int, str, str]]


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


def test_what_would_be_at_odds_is_refused(run: Run, sqlite_settings: Settings) -> None:
    """A second process on SQLite, a server that leaves SQLite's drains to nobody, a drain that does not exist."""
    data = sqlite_settings.data
    with only_server(sqlite_settings.sqlite_file):
        code, _out, err = run("worker", "--data", data)
    assert (code, "another process" in err) == (2, True)
    code, _out, err = run("serve", "--data", data, "--no-drains")
    assert (code, "PostgreSQL" in err) == (2, True)
    code, _out, err = run("worker", "--data", data, "--drains", "timers,mail")
    assert (code, "'mail'" in err) == (2, True)
    code, _out, err = run("worker", "--data", data / "nowhere")
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_the_clock_is_accepted_beside_a_server(run: Run, sqlite_settings: Settings) -> None:
    """It is a write, not a drain: it ends at once and is recorded in the name of the console."""
    with only_server(sqlite_settings.sqlite_file):
        code, out, _err = run("worker", "--data", sqlite_settings.data, "--accept-clock")
    assert (code, "believed" in out) == (0, True)
    for _app in running(sqlite_settings):
        record = db.session.scalars(select(Record).where(Record.kind == "house:clock:accepted")).one()
        assert record.actor_kind == "console"


@pytest.fixture
def workers(postgres_settings: Settings) -> Iterator[list[subprocess.Popen[str]]]:
    """Two workers of one database."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GUANJIA_")}
    env |= {"GUANJIA_DATABASE_URL": postgres_settings.database_url, "GUANJIA_SECRET_KEY": "k" * 40}
    words = [sys.executable, "-m", "app.cli", "worker", "--data", str(postgres_settings.data), "--drains", "timers"]
    started = [
        subprocess.Popen(
            words,
            cwd=ROOT,
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.crash
@pytest.mark.postgres
def test_two_workers_share_the_timers(postgres_settings: Settings, workers: list[subprocess.Popen[str]]) -> None:
    """They fire each timer once without being told, and SIGTERM ends them with 0."""
    app = create_app(postgres_settings)
    with app.app_context():
        publish_drawn(
            "waiting",
            start(),
            asked(),
            catch("t", timer("Duration", "PT1S")),
            done("after"),
            end(),
            chain("s", "ask", "t", "after", "e"),
        )
        for process in workers:
            assert process.stdout is not None
            assert "works on timers" in process.stdout.readline()
        for number in range(CASES):
            start_drawn(runtime_of(app), "waiting", f"事项 {number}")
        fired = select(func.count(), func.count(Record.case_id.distinct())).where(Record.kind == "work:timer:fired")
        wait_until(lambda: db.session.execute(fired).one() == (CASES, CASES))
        assert verify(db.session()).clean
        db.session.remove()
        db.engine.dispose()
    for process in workers:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=10) for process in workers] == [0, 0]


def wait_until(look: Callable[[], bool]) -> None:
    """Look every tenth of a second, for twenty seconds at most."""
    for _ in range(200):
        db.session.rollback()
        if look():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it did not happen")
