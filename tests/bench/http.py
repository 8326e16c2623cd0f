"""The REST interface under load: a server process of its own, four clients, the mix of three reviews and a loop."""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import clock, create_app
from app.config import Settings
from app.db import db, transaction
from app.people.models import RoleGrant, User
from tests.bench import table
from tests.processes import diagrams as d

RATE, PURE, SLOWEST, GROWTH, FIRST = 60, 100, 60.0, 1.3, 3.0
CLIENTS, SECONDS, ROUNDS, COMPARED = 4, 8.0, 240, 30
REVIEWS = d.diagram(
    d.start(),
    *(d.user(id_, assignee="office") for id_ in ("r1", "r2", "r3")),
    d.gateway("exclusive", "g", default="back"),
    d.end(),
    d.chain("s", "r1", "r2", "r3", "g"),
    d.flows("back:g>r1", "ok:g>e[${approved}]"),
).replace(b'id="p"', b'id="bench_reviews"')


class Api:
    """One client with a connection of its own."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, verb: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Send one request; a refusal ends the bench."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        self.connection.request(verb, f"/engine-rest{path}", data, headers or self.headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{verb} {path}: {answer.status} {raw[:300]!r}")
        return json.loads(raw) if raw else None

    def deploy(self) -> None:
        """Deploy the diagram."""
        mark = "bars"
        disposition = 'Content-Disposition: form-data; name="reviews.bpmn"; filename="reviews.bpmn"'
        body = f"--{mark}\r\n{disposition}\r\n\r\n".encode() + REVIEWS + f"\r\n--{mark}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        self.call("POST", "/deployment/create", body, {**self.headers, **kind})

    def start(self) -> str:
        """Start a case and return its id."""
        return str(self.call("POST", "/process-definition/key/bench_reviews/start", {"variables": {}})["id"])

    def task(self, case: str) -> str:
        """Return the one open task of a case."""
        (found,) = self.call("GET", f"/task?processInstanceId={case}")
        return str(found["id"])

    def complete(self, task: str, *, approved: bool) -> float:
        """Complete a task; return the milliseconds."""
        begin = time.perf_counter()
        values = {"variables": {"approved": {"value": approved, "type": "Boolean"}}}
        self.call("POST", f"/task/{task}/complete", values)
        return (time.perf_counter() - begin) * 1000


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[tuple[int, float]]:
    """Serve a prepared data folder; yield the port and the seconds to the first answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = time.perf_counter()
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(folder), "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=settings_env(settings)
    ) as server:
        try:
            yield port, first_answer(port, begin)
        finally:
            server.terminate()


def settings_env(settings: Settings) -> dict[str, str]:
    """Return the environment of the server process."""
    return {**os.environ, "GUANJIA_SECRET_KEY": "k" * 40, "GUANJIA_DATABASE_URL": settings.database_url}


def first_answer(port: int, begin: float) -> float:
    """Wait for the first answer and return the seconds since `begin`."""
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.02)
        else:
            return time.perf_counter() - begin


def new_token(settings: Settings, folder: Path) -> str:
    """Issue a token for the office."""
    command = [sys.executable, "-m", "app.cli", "token", "add", "office", "--data", str(folder)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=settings_env(settings))
    return said.stdout.split()[-1]


def measure(settings: Settings, folder: Path) -> None:
    """Print start-up time, growth in one case, the mix and pure completions."""
    let_deploy(settings)
    token = new_token(settings, folder)
    with served(settings, folder) as (port, first):
        table.told("start-up to the first response", f"≤ {FIRST:g} s", f"{first:.1f} s")
        api = Api(port, token)
        api.deploy()
        growth(api)
        mix(port, token)
        pure(port, token)


def let_deploy(settings: Settings) -> None:
    """Make the office an owner of processes too: one token deploys and completes here."""
    app = create_app(settings)
    with app.app_context():
        with transaction() as session:
            office = session.scalars(select(User).where(User.user_name == "office")).one()
            now = clock.now(session)
            session.add(RoleGrant(user_id=office.id, role="owner", unit_id=None, granted_by="bench", granted_at=now))
        db.session.remove()
        db.engine.dispose()


def growth(api: Api) -> None:
    """Complete one case in many rounds; compare with a case that has just begun, in turns: machines have phases."""
    old = api.start()
    for _ in range(3 * ROUNDS):
        api.complete(api.task(old), approved=False)
    young, times = api.start(), [(0.0, 0.0)]
    for _ in range(2 * COMPARED):
        pair = [api.complete(api.task(case), approved=False) for case in (young, old)]
        times.append((pair[0], pair[1]))
    early, late = (statistics.median(column) for column in zip(*times[-COMPARED:], strict=True))
    table.ratio(
        "REST completion, growth to 700 completed tasks", late / early, GROWTH, f"{early:.1f} → {late:.1f} ms"
    )


def mix(port: int, token: str) -> None:
    """Start, query and complete with several clients."""
    done, stop = [0] * CLIENTS, time.monotonic() + SECONDS

    def client(number: int) -> None:
        api = Api(port, token)
        while time.monotonic() < stop:
            case = api.start()
            for _ in range(3):
                api.complete(api.task(case), approved=True)
                done[number] += 1

    in_threads(client)
    rate = sum(done) / SECONDS
    table.told(f"REST mix, {CLIENTS} clients", f"≥ {RATE} completions/s", f"{rate:.0f} completions/s")


def pure(port: int, token: str) -> None:
    """Complete prepared tasks with several clients."""
    api = Api(port, token)
    tasks = [[api.task(api.start()) for _ in range(100)] for _ in range(CLIENTS)]
    times: list[float] = []

    def client(number: int) -> None:
        mine = Api(port, token)
        times.extend([mine.complete(task, approved=True) for task in tasks[number]])

    begin = time.perf_counter()
    in_threads(client)
    rate = len(times) / (time.perf_counter() - begin)
    late = sorted(times)[int(len(times) * 0.95)]
    budget = f"≥ {PURE}/s, p95 ≤ {SLOWEST:g} ms"
    table.told("REST completions of prepared tasks", budget, f"{rate:.0f}/s, p95 {late:.0f} ms")


def in_threads(client: Any) -> None:
    """Run all clients at once."""
    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
