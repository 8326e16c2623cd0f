"""`guanjia serve` as a process: it starts, tells its log, refuses what it cannot do, and stops cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from app.config import Settings
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
STOPS_WITHIN = 10
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def start(data: Path, port: int, *words: str, **env: str) -> subprocess.Popen[str]:
    """Start `guanjia serve`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GUANJIA_")}
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--data", str(data), "--port", str(port), *words],
        cwd=ROOT,
        env={**clean, "PYTHONUNBUFFERED": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell that runs the tests in the background has them ignore Ctrl-C; the server must not inherit that
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no thread runs yet
    )


def wait_for(process: subprocess.Popen[str], words: str) -> list[str]:
    """Read the output until a line has these words; return the lines."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def refused(data: Path, port: int, *words: str, **env: str) -> str:
    """Start a server that must not come up; return its one sentence."""
    process = start(data, port, *words, **env)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    assert len(err.strip().splitlines()) == 1, err
    return err


def stopped(process: subprocess.Popen[str], sign: int) -> tuple[int, list[dict[str, Any]]]:
    """Send a signal; return the exit code and the log."""
    began = time.monotonic()
    process.send_signal(sign)
    _out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < STOPS_WITHIN
    return process.returncode, [json.loads(line) for line in err.splitlines()]


class Running:
    """One server on the city, its address and how to stop it."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.browser = requests.Session()
        self.process = start(data, self.port)
        wait_for(self.process, self.url)

    def sign_in(self, password: str) -> int:
        """Sign in through the page; return the status of the answer."""
        return self.submit(password, self.token())

    def token(self) -> str:
        """Open the page in a browser of its own; return what its form carries."""
        self.browser = requests.Session()
        found = TOKEN.search(self.browser.get(f"{self.url}/sign-in", timeout=30).text)
        return found[1] if found else ""

    def submit(self, password: str, token: str) -> int:
        """Send the form of the sign-in page; return the status of the answer."""
        fields = {"user_name": "dept", "password": password, "csrf_token": token}
        address = f"{self.url}/sign-in?secret=query"
        return self.browser.post(address, data=fields, timeout=30, allow_redirects=False).status_code


@pytest.fixture
def running(sqlite_settings: Settings) -> Iterator[Running]:
    """Yield a server on a SQLite city."""
    server = Running(sqlite_settings.data)
    yield server
    if server.process.poll() is None:
        server.process.kill()
    server.process.communicate()


@pytest.mark.crash
def test_a_server_tells_one_line_a_request_and_ends_with_zero(running: Running) -> None:
    """Each request is one JSON line without query, body or raw line breaks; SIGTERM ends with 0."""
    assert running.sign_in("Lanshan-2026") in {302, 303}
    running.browser.get(f"{running.url}/inbox?word=secret", timeout=30)
    requests.get(f"{running.url}/no%0Aline", timeout=30)
    requests.get(f"{running.url}/healthz", timeout=30)
    code, log = stopped(running.process, signal.SIGTERM)
    assert code == 0
    lines = [line for line in log if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/sign-in", 200),
        ("POST", "/sign-in", lines[1]["status"]),
        ("GET", "/inbox", 200),
        ("GET", "/no\nline", 404),
    ]
    assert isinstance(lines[2]["user"], int)
    assert len({line["request_id"] for line in lines}) == len(lines)
    assert all(line["ms"] >= 0 for line in lines)
    assert "Lanshan" not in json.dumps(log)
    assert "secret" not in json.dumps(log)


@pytest.mark.crash
def test_ctrl_c_ends_with_zero(running: Running) -> None:
    """Ctrl-C is no error."""
    assert stopped(running.process, signal.SIGINT)[0] == 0


@pytest.mark.crash
def test_a_running_request_is_finished(running: Running) -> None:
    """A request that waits for the database when SIGTERM arrives still gets its answer."""
    answers: list[int] = []
    token = running.token()
    with closing(sqlite3.connect(running.data / "guanjia.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        asking = threading.Thread(target=lambda: answers.append(running.submit("Lanshan-2026", token)))
        asking.start()
        # only the waiting request keeps the thread alive: the form was answered before, the sign-in waits to write
        asking.join(timeout=2)
        assert asking.is_alive()
        running.process.send_signal(signal.SIGTERM)
        asking.join(timeout=0.5)
        holder.execute("ROLLBACK")
        asking.join(timeout=10)
    assert answers[0] in {302, 303}
    assert running.process.wait(timeout=STOPS_WITHIN) == 0


@pytest.mark.crash
def test_a_database_is_served_once(running: Running) -> None:
    """A second server on the same SQLite database is refused; so is one on a taken port, before anything is made."""
    assert "another process" in refused(running.data, free_port())
    other = running.data / "other"
    assert str(running.port) in refused(other, running.port, "--empty")
    assert not (other / "guanjia.db").exists()
    assert requests.get(f"{running.url}/readyz", timeout=30).json() == {"status": "ready"}


@pytest.mark.crash
def test_what_cannot_be_served_is_one_sentence(tmp_path: Path) -> None:
    """A folder that cannot be made or written, a host nobody knows, a demo password that is too weak."""
    assert "cannot be made" in refused(Path("/proc/guanjia"), free_port())
    locked = tmp_path / "locked"
    (locked / "guanjia.db").mkdir(parents=True)
    assert "database" in refused(locked, free_port(), "--empty")
    assert "no.such.host.invalid" in refused(tmp_path / "a", free_port(), "--host", "no.such.host.invalid")
    assert "PASSWORD" in refused(tmp_path / "b", free_port(), GUANJIA_DEMO_PASSWORD="password")


@pytest.mark.crash
def test_an_empty_start_is_real_and_stays_real(tmp_path: Path) -> None:
    """--empty makes a real database with a key of its own; the next start needs no word and makes nothing anew."""
    port = free_port()
    process = start(tmp_path, port, "--empty")
    assert "user add" in "".join(wait_for(process, "http://"))
    assert stopped(process, signal.SIGTERM)[0] == 0
    assert (tmp_path / "secret.key").is_file()
    process = start(tmp_path, port)
    assert len(wait_for(process, "http://")) == 1
    assert stopped(process, signal.SIGTERM)[0] == 0


@pytest.mark.crash
def test_an_interrupted_demo_is_made_anew(tmp_path: Path) -> None:
    """SIGTERM while the demo is made ends at once; the next start throws the half demo away, and says so."""
    port = free_port()
    process = start(tmp_path, port)
    wait_for(process, " %")
    assert stopped(process, signal.SIGTERM)[0] == 0
    process = start(tmp_path, port, "--empty")
    assert "made anew" in "".join(wait_for(process, "http://"))
    assert stopped(process, signal.SIGTERM)[0] == 0
