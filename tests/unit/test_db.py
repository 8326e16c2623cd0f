"""The one transaction edge and its guards."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import clock
from app.db import after_commit, db, transaction
from app.errors import Conflict, SettingError
from app.migrations import upgrade
from app.people.models import Setting, Unit
from tests.conftest import START


def test_a_commit_outside_the_edge_is_refused(app: Flask) -> None:
    """Nobody commits but transaction()."""
    with pytest.raises(RuntimeError, match="outside transaction"):
        db.session.commit()


def test_the_reading_session_refuses_to_write(app: Flask) -> None:
    """A change on the reading session is a programming error, not a silent loss."""
    db.session.add(Setting(key="x", value=1))
    with pytest.raises(RuntimeError, match="asked to write"):
        db.session.flush()
    db.session.rollback()


def test_transactions_do_not_nest(app: Flask) -> None:
    """A second transaction inside the first is refused."""
    with pytest.raises(RuntimeError, match="does not nest"), transaction(), transaction():
        pass


def test_an_error_leaves_nothing_behind(either_app: Flask) -> None:
    """Whatever was written before the error is gone, and no after-commit act runs."""
    acts: list[str] = []
    with pytest.raises(ZeroDivisionError), transaction() as session:
        session.add(Setting(key="gone", value=1))
        session.flush()
        after_commit(session, lambda: acts.append("ran"))
        1 / 0  # noqa: B018
    assert db.session.get(Setting, "gone") is None
    assert acts == []


def test_a_stale_write_is_a_conflict(either_app: Flask) -> None:
    """Two people read the same row; the second write is refused instead of undoing the first."""
    with transaction() as session:
        stale = session.scalars(select(Unit)).first()
        session.execute(text("UPDATE unit SET row_version = row_version + 1"))
        with pytest.raises(Exception, match="UPDATE statement on table"):
            stale.name = "二手"
            session.flush()
        session.rollback()
    with pytest.raises(Conflict), transaction() as session:
        unit = session.scalars(select(Unit)).first()
        session.execute(text("UPDATE unit SET row_version = row_version + 1"))
        unit.name = "二手"


def test_concurrent_increments_lose_nothing(either_app: Flask) -> None:
    """Eight threads count up one setting through the edge; every step arrives or is a Conflict that is retried."""
    app = either_app
    with transaction() as session:
        session.add(Setting(key="n", value=0))

    def count_up() -> None:
        with app.app_context():
            for _ in range(5):
                while True:
                    try:
                        with transaction() as session:
                            row = session.get_one(Setting, "n", with_for_update=True)
                            row.value = row.value + 1
                    except Conflict:
                        continue
                    break
            db.session.remove()

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.get(Setting, "n").value == 40


def test_the_clock_of_a_test_moves_forward_only(app: Flask) -> None:
    """An earlier instant leaves the clock where it is: nothing can be back-dated."""
    with transaction() as session:
        later = clock.advance(session, START + timedelta(days=3))
    assert later >= START + timedelta(days=3)
    with transaction() as session:
        assert clock.advance(session, START) >= later


def test_a_naive_instant_is_refused(app: Flask) -> None:
    """A date-time without zone has no instant and is not stored."""
    with pytest.raises(Exception, match="naive"), transaction() as session:
        clock.birth(session, "demo", datetime(2026, 1, 1))  # noqa: DTZ001
        session.execute(select(Unit).where(Unit.disabled_at == datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_database_from_the_future_is_refused(app: Flask) -> None:
    """A database that a newer program made is not touched, with one clear sentence."""
    with db.engine.execution_options(write=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    with pytest.raises(SettingError, match="newer"):
        upgrade(db.engine)
