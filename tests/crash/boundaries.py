"""Kill -9 at the commits of a mixed run, restart, and see that everything goes on to its end.

A program of its own: it forks, so it must have one thread. `sqlite DIR [every]` runs once while keeping the database
as it was after each commit, then from each of these states: a process dies right before (or after) its next commit,
another takes over. `postgres DIR KILLS` lets one run be killed again and again. Prints what was tried as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from app import clock, create_app, runtime_of
from app.config import load_settings
from app.db import db, transaction
from app.engine import Engine as CaseEngine
from app.ledger import Actor, verify
from app.work.jobs import fire_deadlines, fire_timers
from app.work.jobs_services import serve_owed
from app.work.jobs_signals import deliver_owed
from app.work.models import Awaited, Case, WorkItem
from app.work.operations import complete_work_item, correlate
from app.work.runtime import Call, Runtime, Topic
from app.work.watch import find_stalled
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import viewer
from tests.processes import diagrams as d

ROUNDS = 80
TOPIC = "test.outside"
ROBOT = Actor("worker", "收款系统")
SIDES = ("before", "after")
WRITES = ("INSERT", "UPDATE", "DELETE")


def publish_mixed() -> None:
    """Publish a process with everything that can be interrupted, and one that throws the signal it waits for."""
    publish_drawn(
        "mixed",
        d.start(),
        asked(),
        d.service("outside", TOPIC),
        d.catch("t", d.timer("Duration", "PT1H")),
        d.catch("m", d.message("paid")),
        d.catch("g", d.signal("go")),
        d.gateway("parallel", "both"),
        done("one"),
        done("two"),
        d.gateway("parallel", "joined"),
        d.end(),
        d.chain("s", "ask", "outside", "t", "m", "g", "both", "one", "joined", "e"),
        d.chain("both", "two", "joined"),
        outside=d.named("paid", "go"),
        topics=frozenset({TOPIC}),
    )
    publish_drawn(
        "throws",
        d.start(),
        asked(),
        d.throw("t", d.signal("go")),
        d.end(),
        d.chain("s", "ask", "t", "e"),
        outside=d.named("go"),
    )


def add_topic(runtime: Runtime) -> None:
    """Register the service that is done outside."""

    def record(_session: Session, call: Call) -> Mapping[str, Any]:
        return call.result

    runtime.add_topic(Topic(TOPIC, record, lambda _inputs, key: {"key": key}))


# --- the run: it looks at the database only, so that whoever restarts it goes on where it stands


def drive(runtime: Runtime, turn: int = 0) -> None:
    """Begin the cases of this turn and do whatever is to be done until all have ended."""
    start_drawn(runtime, "mixed", f"第 {turn} 件", key=f"mixed-{turn}")
    for _ in range(ROUNDS):
        if not _machines(runtime) + _people(runtime) + _outside(runtime, turn):
            if _all_ended():
                return
            _pass_time()
    raise AssertionError(f"no end in sight: {_standing()}")


def _machines(runtime: Runtime) -> int:
    return serve_owed(runtime, "one") + fire_timers(runtime) + fire_deadlines() + deliver_owed(runtime, "one")


def _people(runtime: Runtime) -> int:
    ids = _read(select(WorkItem.id).where(WorkItem.status == "open"))
    for item_id in ids:
        with transaction() as session:
            who, now = viewer(session, "dept"), clock.now(session)
            complete_work_item(session, runtime, item_id, who, {"done": "办了"}, f"key-{item_id}", now)
    return len(ids)


def _outside(runtime: Runtime, turn: int) -> int:
    """Pay once the case waits for it; throw the signal once it waits for that."""
    names = _read(select(Awaited.name))
    if "paid" in names:
        with transaction() as session:
            keys = {"title": f"第 {turn} 件"}
            correlate(session, runtime, "paid", keys, {"sum": 5}, clock.now(session), actor=ROBOT)
    thrown = _read(select(Case.id).where(Case.start_key == f"throws-{turn}"))
    if "go" in names and not thrown:
        start_drawn(runtime, "throws", key=f"throws-{turn}")
    return int("paid" in names or ("go" in names and not thrown))


def _pass_time() -> None:
    """Let an hour and a lease go by."""
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(minutes=65))


def _all_ended() -> bool:
    return not _read(select(Case.id).where(Case.status != "ended"))


def _standing() -> list[Any]:
    return _read(select(Case.number))


def _read(query: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(query))


def check(runtime: Runtime) -> None:
    """After a restart nothing is broken and nothing stands still."""
    assert verify(db.session()).clean
    db.session.rollback()
    assert find_stalled(runtime) == 0


# --- the killing


class Boundary:
    """Counts the commits that wrote something; `act` hears of each, before and after."""

    def __init__(self, act: Callable[[str, int], None]) -> None:
        self._act, self._count, self._wrote = act, 0, False
        self._ears: list[tuple[Any, str, Callable[..., None]]] = [
            (Engine, "before_cursor_execute", self._statement),
            (Session, "before_commit", lambda session: self._reach("before", session)),
            (Session, "after_commit", lambda session: self._reach("after", session)),
            (Session, "after_rollback", self._forget),
        ]
        for ear in self._ears:
            event.listen(*ear)

    def remove(self) -> None:
        """Hear no more."""
        for ear in self._ears:
            event.remove(*ear)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self._wrote = self._wrote or statement.startswith(WRITES)

    def _forget(self, _session: Session) -> None:
        self._wrote = False

    def _reach(self, side: str, session: Session) -> None:
        # the end of a savepoint is told of like a commit
        if not self._wrote or session.in_nested_transaction():
            return
        if side == "after":
            self._wrote = False
            self._count += 1
        self._act(side, self._count + (side == "before"))


def dying(side: str, number: int) -> Callable[[str, int], None]:
    """Return what kills this process at the `number`-th commit."""

    def act(reached: str, count: int) -> None:
        if (reached, count) == (side, number):
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def forked(app: Flask, act: Callable[[Runtime], None]) -> int:
    """Run `act` in a process of its own; return its wait status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        with app.app_context():
            act(runtime_of(app))
    except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def killed(app: Flask, side: str, number: int, turn: int = 0) -> bool:
    """Let a process die at a commit; False when it came to the end before."""

    def act(runtime: Runtime) -> None:
        Boundary(dying(side, number))
        drive(runtime, turn)

    status = forked(app, act)
    assert os.WIFSIGNALED(status) or status == 0, "the run failed"
    return os.WIFSIGNALED(status)


def finishes(app: Flask, turn: int = 0) -> None:
    """Restart, check, go on to the end, check again."""

    def act(runtime: Runtime) -> None:
        check(runtime)
        drive(runtime, turn)
        check(runtime)

    assert forked(app, act) == 0, "it did not come to its end"


def on_sqlite(app: Flask, database: Path, every: int) -> dict[str, int]:
    """Die at each commit of the run, before it and after it in turns."""

    def keep(side: str, number: int) -> None:
        if side == "after":
            _copy(database, database.with_name(f"state-{number}.db"))

    _copy(database, database.with_name("state-0.db"))
    boundary = Boundary(keep)
    once(app, drive)
    boundary.remove()
    states = sorted(database.parent.glob("state-*.db"), key=lambda path: int(path.stem.rpartition("-")[2]))
    kills = 0
    for number, state in enumerate(states[::every]):
        for side in SIDES if every == 1 else SIDES[number % 2 :][:1]:
            for part in ("", "-wal", "-shm"):
                database.with_name(database.name + part).unlink(missing_ok=True)
            shutil.copy(state, database)
            kills += killed(app, side, 1)
            finishes(app)
    return {"commits": len(states) - 1, "kills": kills}


def _copy(database: Path, to: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def once(app: Flask, act: Callable[[Runtime], None]) -> None:
    """Run `act` here, so that the processes forked later start warm, but with no case in memory."""
    with app.app_context():
        act(runtime_of(app))
        db.session.remove()
        db.engine.dispose()
    app.extensions["guanjia.runtime"] = replace(runtime_of(app), engine=CaseEngine())


def on_postgres(app: Flask, kills: int) -> dict[str, int]:
    """Kill one run after the other at its first, second, third … commit, on one database."""
    once(app, drive)
    done_, turn = 0, 1
    while done_ < kills:
        side = SIDES[done_ % 2]
        if killed(app, side, 1 + done_ % 7, turn):
            done_ += 1
        else:
            turn += 1
    finishes(app, turn)
    return {"turns": turn, "kills": done_}


def main() -> None:
    """Prepare the run, then kill it."""
    kind, folder, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    settings = load_settings(data=str(folder))
    app = create_app(settings)
    add_topic(runtime_of(app))
    once(app, lambda _runtime: publish_mixed())
    if kind == "sqlite":
        assert settings.sqlite_file is not None
        told = on_sqlite(app, settings.sqlite_file, number)
    else:
        told = on_postgres(app, number)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
