"""kill -9 during mixed work of several clients: what was acknowledged is there, once and whole, and goes on."""

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
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from app import clock, create_app, runtime_of
from app.config import Settings
from app.db import db, transaction
from app.ledger import verify
from app.ledger.models import Record
from app.work.models import Case, WorkItem
from app.work.operations.cases import lock_case, resume
from app.work.runtime import Runtime
from app.work.watch import WATCHDOG, suspects
from tests.conftest import FULL, running
from tests.crash.mixed import PEOPLE, Told, clients, publish_crossing, token_of

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
        self.log = settings.data / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.server", str(settings.data), str(self.port)],
                cwd=ROOT,
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.wait()

    def wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/readyz", timeout=5).ok:
                    return
            assert self.process.poll() is None, f"the server ended by itself: {self.log.read_text()[-3000:]}"
            threading.Event().wait(0.1)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.mark.crash
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_killed_server_loses_nothing(request: pytest.FixtureRequest, database: str) -> None:
    """Killed amid mixed work, whatever was acknowledged exists once, the chains verify, no case is left standing."""
    settings: Settings = request.getfixturevalue(f"{database}_settings")
    tokens: dict[str, str] = {}
    for _app in running(settings):
        publish_crossing()
        tokens |= {name: token_of(name) for name in PEOPLE}
    told = Told()
    for _ in range(KILLS):
        server = Server(settings)
        stop = threading.Event()
        at_work = clients(server.url, settings, tokens, told)
        threads = [threading.Thread(target=one.run, args=(stop,)) for one in at_work]
        for thread in threads:
            thread.start()
        before = len(told.kinds)
        deadline = time.monotonic() + 20
        while len(told.kinds) < before + random.randint(8, 30) and time.monotonic() < deadline:  # noqa: S311
            threading.Event().wait(0.01)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
        at_work[0].database.dispose()
    audit(settings, told)


def audit(settings: Settings, told: Told) -> None:
    kinds = Counter(told.kinds)
    assert kinds.keys() >= {"start", "complete", "rest"}, kinds
    assert len(told.items) == len(set(told.items)), "an item was completed twice"
    for app in audited(settings):
        keys = db.session.scalars(select(Case.start_key)).all()
        assert len(keys) == len(set(keys))
        # what a browser sent, behind whose it is
        assert set(told.starts) <= {str(key).rpartition(":")[2] for key in keys}
        done = set(db.session.scalars(select(WorkItem.id).where(WorkItem.status == "done")))
        assert set(told.items) <= done
        query = select(Record.item_id, func.count()).where(Record.kind == "work:item:completed")
        records = {row[0]: row[1] for row in db.session.execute(query.group_by(Record.item_id))}
        assert records == dict.fromkeys(done, 1)
        assert verify(db.session()).clean
        db.session.rollback()
        assert db.session.scalars(select(Case.number).where(Case.incident.is_not(None))).all() == []
        assert suspects(db.session()) == []
        runtime = runtime_of(app)
        for case_id in db.session.scalars(select(Case.id).where(Case.status == "running")):
            has_a_way(runtime, case_id)


def has_a_way(runtime: Runtime, case_id: int) -> None:
    """See that what the engine says waits is what the tables say: for each person one item, and nothing else."""
    with transaction() as session:
        live = resume(session, runtime, lock_case(session, case_id), WATCHDOG, clock.now(session)).live
        assert not live.ended
        assert not runtime.engine.stalled(live)
        people = sorted(one.token for one in runtime.engine.open_nodes(live) if one.wait == "person")
        items = session.scalars(
            select(WorkItem.token).where(WorkItem.case_id == case_id, WorkItem.status == "open")
        ).all()
        assert people == sorted(items)


def audited(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
