"""kill -9 during submits: what was acknowledged is there, once and whole."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from sqlalchemy import func, select

from app import create_app
from app.config import Settings
from app.db import db
from app.ledger import verify
from app.ledger.models import Record
from app.work.models import Case, WorkItem
from tests.conftest import FULL, PASSWORD, running
from tests.factories.small import publish_small

KILLS = 30 if FULL else 5
ROOT = Path(__file__).parents[2]


class Server:
    """The product in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        env = {**os.environ, "GUANJIA_DATABASE_URL": settings.database_url, "GUANJIA_SECRET_KEY": settings.secret_key}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.server", str(settings.data), str(self.port)],
            cwd=ROOT,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait()

    def wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/readyz", timeout=5).ok:
                    return
            assert self.process.poll() is None, "the server ended by itself"
            threading.Event().wait(0.1)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def browser(url: str, user_name: str) -> requests.Session:
    session = requests.Session()
    session.post(f"{url}/sign-in", data={"user_name": user_name, "password": PASSWORD}, timeout=30)
    return session


def submit(url: str, acknowledged: list[str], stop: threading.Event) -> None:
    """Start cases and complete their second step until the server is gone; note each acknowledged key."""
    with contextlib.suppress(requests.RequestException):
        dept = browser(url, "dept")
        while not stop.is_set():
            key = uuid4().hex
            answer = dept.post(
                f"{url}/start/small", data={"title": f"事项 {key[:6]}", "key": key}, timeout=30, allow_redirects=False
            )
            if answer.status_code == 303:
                acknowledged.append(key)


@pytest.mark.crash
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_killed_server_loses_nothing(request: pytest.FixtureRequest, database: str) -> None:
    """After each kill every acknowledged start exists once, each case has one open item, and the chains verify."""
    settings: Settings = request.getfixturevalue(f"{database}_settings")
    for _app in running(settings):
        publish_small()
    acknowledged: list[str] = []
    for _ in range(KILLS):
        server = Server(settings)
        stop = threading.Event()
        threads = [threading.Thread(target=submit, args=(server.url, acknowledged, stop)) for _ in range(3)]
        for thread in threads:
            thread.start()
        before = len(acknowledged)
        deadline = time.monotonic() + 20
        while len(acknowledged) < before + random.randint(3, 12) and time.monotonic() < deadline:  # noqa: S311
            threading.Event().wait(0.01)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
    audit(settings, acknowledged)


def audit(settings: Settings, acknowledged: list[str]) -> None:
    assert len(acknowledged) >= KILLS
    for _app in audited(settings):
        keys = db.session.scalars(select(Case.start_key)).all()
        assert len(keys) == len(set(keys))
        assert set(acknowledged) <= set(keys)
        for case in db.session.scalars(select(Case)):
            items = db.session.scalars(select(WorkItem).where(WorkItem.case_id == case.id)).all()
            assert [item.status for item in items].count("open") == 1, case.number
            done = [item for item in items if item.status == "done"]
            records = db.session.scalar(
                select(func.count()).where(Record.case_id == case.id, Record.kind == "work:item:completed")
            )
            assert records == len(done), case.number
        assert verify(db.session()).clean


def audited(settings: Settings) -> Iterator[object]:
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
