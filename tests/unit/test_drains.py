"""Drains of due timers and deadlines: once, never early, by any number of workers, one bad case aside."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock, create_app, runtime_of
from app.config import Settings
from app.db import WAKE, db, transaction
from app.deadlines.models import Deadline
from app.ledger import verify
from app.ledger.models import Record
from app.outbox.operations import owe
from app.outbox.rules import LEASE, MOST_TRIES
from app.postgres import Listener
from app.runner import draining
from app.work import jobs
from app.work.models import Case, Incident, TaskState
from app.work.turns import BATCH
from tests.factories.drawn import asked, done, publish_drawn, start_drawn
from tests.factories.small import case_of, publish_small, start_small
from tests.processes.diagrams import boundary, catch, chain, end, start, timer

DAY = timedelta(days=1)
THREADS = 4


def publish_waiting(cycle: str = "PT1H") -> None:
    """Publish a process that waits an hour after its first step."""
    publish_drawn(
        "waiting",
        start(),
        asked(),
        catch("t", timer("Duration", cycle)),
        done("after"),
        end(),
        chain("s", "ask", "t", "after", "e"),
    )


def start_many(app: Flask, count: int, slug: str = "waiting") -> list[int]:
    return [start_drawn(runtime_of(app), slug, f"事项 {number}").case_id for number in range(count)]


def pass_time(span: timedelta) -> datetime:
    """Move the clock on."""
    with transaction() as session:
        return clock.advance(session, clock.now(session) + span)


def fired(kind: str = "work:timer:fired") -> Counter[int]:
    """Count the records of a kind by case."""
    db.session.rollback()
    query = select(Record.case_id, func.count()).where(Record.kind == kind).group_by(Record.case_id)
    return Counter({case_id: count for case_id, count in db.session.execute(query) if case_id is not None})


def together(app: Flask, act: Callable[[], int]) -> int:
    """Run `act` in several threads at once, as several workers would; return the sum."""

    def one(_: int) -> int:
        with app.app_context():
            try:
                return act()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, range(THREADS)))


def test_many_drains_at_once_fire_each_timer_once(either_app: Flask) -> None:
    """Four drains share twenty due cases without doing one twice; none fires before its time."""
    runtime = runtime_of(either_app)
    publish_waiting()
    cases = start_many(either_app, 20)
    pass_time(timedelta(minutes=59))
    assert together(either_app, lambda: jobs.fire_timers(runtime)) == 0
    pass_time(timedelta(minutes=1))
    assert together(either_app, lambda: jobs.fire_timers(runtime)) == 20
    assert fired() == Counter(cases)
    assert verify(db.session()).clean


def test_a_dead_workers_cases_are_free_after_its_lease(either_app: Flask) -> None:
    """What a killed drain had claimed is left alone for a minute, then fired by the next."""
    runtime = runtime_of(either_app)
    publish_waiting()
    cases = start_many(either_app, 3)
    pass_time(DAY)
    assert sorted(jobs.TIMERS.claim()) == cases
    assert jobs.fire_timers(runtime) == 0
    pass_time(LEASE)
    assert jobs.fire_timers(runtime) == 3
    assert fired() == Counter(cases)


def test_a_drain_that_is_told_to_stop_gives_back_what_it_has_not_begun(app: Flask) -> None:
    """After the running transaction it ends; another worker has the rest at once."""
    runtime = runtime_of(app)
    publish_waiting()
    cases = start_many(app, 3)
    pass_time(DAY)
    asked_to = iter((False, True))
    assert jobs.fire_timers(runtime, lambda: next(asked_to)) == 1
    assert jobs.fire_timers(runtime) == 2
    assert fired() == Counter(cases)


def test_a_stand_still_fires_a_cycle_once_and_says_how_often_it_was_missed(app: Flask) -> None:
    """Five missed turns of a reminder are one turn with their number, and the next is in time again."""
    runtime = runtime_of(app)
    publish_drawn(
        "reminding",
        start(),
        asked(),
        done("work"),
        boundary("b", "work", timer("Cycle", "R/PT1H"), interrupting=False),
        end("e"),
        end("told"),
        chain("s", "ask", "work", "e"),
        chain("b", "told"),
    )
    case_id = start_drawn(runtime, "reminding").case_id
    now = pass_time(timedelta(hours=5, minutes=30))
    assert jobs.fire_timers(runtime) == 1
    assert jobs.fire_timers(runtime) == 0
    assert fired() == Counter([case_id])
    due = case_of(case_id).next_due
    assert due is not None
    assert now < due <= now + timedelta(hours=1)
    body = db.session.scalar(select(Record.body).where(Record.kind == "work:timer:fired"))
    assert body is not None
    assert '"count":5' in body


def test_a_suspended_case_waits(app: Flask) -> None:
    """Its timers fire once it runs again."""
    runtime = runtime_of(app)
    publish_waiting()
    case_id = start_drawn(runtime, "waiting").case_id
    set_status(case_id, "suspended")
    pass_time(DAY)
    assert jobs.fire_timers(runtime) == 0
    set_status(case_id, "running")
    assert jobs.fire_timers(runtime) == 1


def set_status(case_id: int, status: str) -> None:
    with transaction() as session:
        session.get_one(Case, case_id).status = status


def damage(case_id: int) -> None:
    """Make a case unreadable for the engine."""
    with transaction() as session:
        rows = TaskState.metadata.tables["task_row"]
        session.execute(update(rows).where(rows.c.case_id == case_id).values(internal="no JSON"))
        case = session.get_one(Case, case_id)
        case.header = {**case.header, "touched": True}  # another version: the cached case is not used


def test_a_case_that_fails_lets_the_others_pass_and_becomes_an_incident(either_app: Flask) -> None:
    """It rests longer each time; after the eighth failure it is visible, once, and told to who answers for it."""
    runtime = runtime_of(either_app)
    publish_waiting()
    broken, *sound = start_many(either_app, 4)
    damage(broken)
    pass_time(DAY)
    assert jobs.fire_timers(runtime) == 4
    assert fired() == Counter(sound)
    assert jobs.fire_timers(runtime) == 0
    tries = 1
    while case_of(broken).incident is None:
        pass_time(timedelta(hours=3))
        tries += jobs.fire_timers(runtime)
    assert tries == MOST_TRIES
    pass_time(timedelta(hours=3))
    assert jobs.fire_timers(runtime) == 1
    row = db.session.scalars(select(Incident).where(Incident.case_id == broken)).one()
    assert (row.kind, row.state) == ("timer", "open")
    assert fired("work:incident:raised") == Counter([broken])
    assert "8 次" in (case_of(broken).incident or "")


def test_a_report_that_fails_lets_the_others_pass(app: Flask) -> None:
    """The other deadlines are told; the failing one rests and is not forgotten."""
    publish_small()
    cases = [start_small(runtime_of(app), f"事项 {number}").case_id for number in range(3)]
    with transaction() as session:
        rows = Deadline.metadata.tables["deadline"]
        session.execute(update(rows).where(rows.c.case_id == cases[0]).values(escalate_at=["no instant"]))
    pass_time(10 * DAY)
    assert jobs.fire_deadlines() == 3
    assert set(fired("work:deadline:overdue")) == set(cases[1:])
    assert jobs.fire_deadlines() == 0
    pass_time(timedelta(minutes=1))
    assert jobs.fire_deadlines() == 1


def test_more_than_a_batch_is_drained_without_a_pause(app: Flask) -> None:
    """A full batch says that there may be more; the last one says there is none."""
    publish_waiting()
    start_many(app, BATCH + 1)
    pass_time(DAY)
    assert [jobs.fire_timers(runtime_of(app)) for _ in range(3)] == [BATCH, 1, 0]


def test_the_threads_fire_a_timer_at_its_time(either_app: Flask) -> None:
    """On an idle system nobody has to ask: the drains wake by themselves at the instant that is due."""
    runtime = runtime_of(either_app)
    publish_waiting("PT1S")
    with draining(either_app, ["timers"]):
        case_id = start_drawn(runtime, "waiting").case_id
        fired_at = wait_until(lambda: db.session.scalar(_fired_at(case_id)))
    started = case_of(case_id).opened_at
    assert started + timedelta(seconds=1) <= fired_at <= started + timedelta(seconds=3)


def _fired_at(case_id: int) -> Any:
    return select(Record.at).where(Record.case_id == case_id, Record.kind == "work:timer:fired")


def wait_until(look: Callable[[], Any]) -> Any:
    """Look every tenth of a second, for twenty seconds at most."""
    for _ in range(200):
        db.session.rollback()
        found = look()
        if found:
            return found
        threading.Event().wait(0.1)
    raise AssertionError("it did not happen")


def test_what_is_owed_wakes_the_drains(either_app: Flask) -> None:
    """A commit that owes something hints at once, one that is rolled back or owes nothing does not."""
    hints: list[str] = []
    either_app.extensions[WAKE] = lambda: hints.append("now")
    with transaction() as session:
        owe(session, "mail", {}, now=clock.now(session))
        owe(session, "mail", {}, now=clock.now(session))
    assert hints == ["now"]
    with pytest.raises(ZeroDivisionError), transaction() as session:
        owe(session, "mail", {"n": 1 / 0}, now=clock.now(session))
    with transaction() as session:
        clock.now(session)
    assert hints == ["now"]


@pytest.mark.postgres
def test_another_process_is_woken_by_the_commit(postgres_settings: Settings) -> None:
    """LISTEN hears what NOTIFY said in the committed transaction."""
    heard = threading.Event()
    listener = Listener(postgres_settings.database_url, heard.set)
    listener.start()
    app = create_app(postgres_settings)
    with app.app_context():
        for _ in range(100):
            with transaction() as session:
                owe(session, "mail", {}, now=clock.now(session))
            if heard.wait(0.1):
                break
        db.session.remove()
        db.engine.dispose()
    listener.stop()
    assert heard.is_set()
