"""Statements sent past SQLAlchemy say the same as those it sends itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import DateTime, bindparam, event, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound
from sqlalchemy.orm.exc import StaleDataError

from app.db import UtcDateTime, db, transaction
from app.errors import Conflict
from app.people.models import Setting, Unit
from app.sql import Prepared, columns_of, held, send_owed

UNITS, SETTINGS = Unit.metadata.tables["unit"], Setting.metadata.tables["setting"]
WHOLE = Prepared(select(UNITS).order_by(UNITS.c.id))
BY_CODE = Prepared(select(UNITS.c.id, UNITS.c.name, UNITS.c.disabled_at).where(UNITS.c.code == bindparam("of")))
CLOSE = Prepared(update(UNITS).where(UNITS.c.code == bindparam("of")))
NEW = Prepared(insert(SETTINGS))


def test_rows_are_those_of_the_orm(either_app: Flask) -> None:
    """Every column of a row read as text has the value and the type that the mapped class gives it."""
    with transaction() as session:
        CLOSE.run(session, of="office", disabled_at=datetime(2026, 11, 1, 8, 30, tzinfo=UTC))
    read = [columns_of(Unit, row) for row in WHOLE.run(db.session())]
    units = db.session.scalars(select(Unit).order_by(Unit.id)).all()
    assert read == [{name: getattr(one, name) for name in UNITS.c.keys()} for one in units]  # noqa: SIM118 - columns
    assert {one["disabled_at"] for one in read} >= {None, datetime(2026, 11, 1, 8, 30, tzinfo=UTC)}


def test_an_answer_is_read_as_strictly(either_app: Flask) -> None:
    """None, one, several: what may be asked of an answer is refused as SQLAlchemy refuses it."""
    session = db.session()
    assert BY_CODE.run(session, of="nowhere").one_or_none() is None
    assert BY_CODE.run(session, of="nowhere").scalar() is None
    with pytest.raises(NoResultFound):
        BY_CODE.run(session, of="nowhere").one()
    with pytest.raises(MultipleResultsFound):
        WHOLE.run(session).one_or_none()


def test_a_question_comes_behind_what_is_owed(either_app: Flask) -> None:
    """A read in the same transaction sees the writes that were still to be sent, however many."""
    for names in (["甲"], ["甲", "乙", "丙", "丁"]):
        with transaction() as session:
            for name in names:
                CLOSE.owe(session, of="office", name=name)
            assert BY_CODE.run(session, of="office").one().name == names[-1]


def test_an_error_is_the_one_of_sqlalchemy(either_app: Flask) -> None:
    """The same row twice is an integrity error, asked or owed; a person reads of a conflict, and nothing is kept."""
    with transaction() as session:
        NEW.run(session, key="once", value=1, row_version=1)
        with pytest.raises(IntegrityError), session.begin_nested():
            NEW.run(session, key="once", value=2, row_version=1)
    with pytest.raises(Conflict), transaction() as session:
        NEW.owe(session, key="other", value=1, row_version=1)
        NEW.owe(session, key="once", value=2, row_version=1)
    assert db.session.get(Setting, "other") is None
    assert db.session.get_one(Setting, "once").value == 1


def test_a_row_written_by_nobody_is_stale(either_app: Flask) -> None:
    """A write that must change one row and changes none is refused before the next answer."""
    with transaction() as session:
        CLOSE.owe_one(session, of="nowhere", name="x")
        with pytest.raises(StaleDataError):
            send_owed(session.connection())


def test_what_the_session_holds_is_renewed(either_app: Flask) -> None:
    """A whole row read by text becomes the object the session has of it, and its changes are written as ever."""
    with transaction() as session:
        mine = session.scalars(select(Unit).where(Unit.code == "office")).one()
        CLOSE.run(session, of="office", name="新名")
        row = next(one for one in WHOLE.run(session) if one.code == "office")
        assert held(session, Unit, columns_of(Unit, row)) is mine
        assert mine.name == "新名"
    with transaction() as session:
        row = next(one for one in WHOLE.run(session) if one.code == "office")
        held(session, Unit, columns_of(Unit, row)).name = "又一名"
    assert db.session.scalars(select(Unit.name).where(Unit.code == "office")).one() == "又一名"


def test_listeners_hear_every_statement_once(either_app: Flask) -> None:
    """Whoever listens to statements hears of those sent past SQLAlchemy too, in the order they are sent."""
    heard: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        heard.append(text.split(maxsplit=1)[0])

    event.listen(db.engine, "before_cursor_execute", note)
    with transaction() as session:
        CLOSE.owe(session, of="office", name="甲")
        WHOLE.run(session)
    event.remove(db.engine, "before_cursor_execute", note)
    assert [word for word in heard if word != "BEGIN"] == ["UPDATE", "SELECT"]


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
        datetime(2026, 11, 22, 8, 0, 0, 7, tzinfo=timezone(timedelta(hours=8))),
        datetime(999, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
    ],
)
def test_an_instant_is_the_text_that_sqlalchemy_writes(instant: datetime) -> None:
    """On SQLite instants are compared as text: there is one way to write them."""
    dialect = sqlite.dialect()
    ours = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    theirs = DateTime().dialect_impl(dialect).bind_processor(dialect)
    assert ours is not None
    assert theirs is not None
    assert ours(instant) == theirs(instant.astimezone(UTC))
