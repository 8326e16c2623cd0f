"""Years, plans and what a changed calendar does to running deadlines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.db import Base, prepare_engine
from app.deadlines import operations, queries, rules
from app.deadlines.models import CalendarDay
from app.deadlines.operations import calendars
from app.errors import Conflict, Invalid, Refused
from app.files.rules import read_csv
from app.ledger.models import Record
from app.ledger.rules import Actor
from app.outbox.models import Notice
from app.people.models import RoleGrant, Unit, User
from app.people.operations.authors import Author, by_person, by_setup
from app.people.rules import Viewer

ZONE = ZoneInfo("Asia/Shanghai")
SETUP = by_setup()


def at(text: str) -> datetime:
    """Read local wall time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


NOW = at("2026-11-20 10:00")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Open a writing session on an empty database."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    with Session(engine, info={"write": True}) as session:
        yield session
        session.rollback()
    engine.dispose()


def clerk(session: Session) -> tuple[User, Author, Author]:
    """Return the office's clerk, the same as author, and a vendor as author."""
    office = Unit(code="wgb", name="网管办", kind="office")
    session.add(office)
    session.flush()
    user = User(user_name="office", name="江晚舟", unit_id=office.id, created_at=NOW)
    session.add(user)
    session.flush()
    session.add(RoleGrant(user_id=user.id, role="office", unit_id=office.id, granted_by="setup", granted_at=NOW))
    session.flush()
    vendor = Viewer(
        user_id=99,
        name="乙",
        user_name="v",
        unit_id=9,
        unit_name="乙方",
        unit_kind="vendor",
        roles=frozenset({"vendor_lead"}),
        permissions=frozenset({"account.self"}),
    )
    return user, Author(Actor("person", "江晚舟", user.id)), by_person(vendor)


def kinds(session: Session) -> list[str]:
    """Return the kinds of all records."""
    return list(session.scalars(select(Record.kind).order_by(Record.id)))


def test_a_new_database_knows_the_covered_years_and_says_which_it_assumes(session: Session) -> None:
    """2025 and 2026 come from the package, 2027 has no data: assumed, recorded, and each editor is told once.

    Also the editor whose account is made after the database.
    """
    operations.establish(session, NOW)
    assert [(row.year, row.status) for row in queries.years(session)] == [
        (2025, "imported"),
        (2026, "imported"),
        (2027, "provisional"),
    ]
    assert kinds(session)[-1] == "deadlines:year:assumed"
    assert session.scalars(select(Notice)).all() == []
    user, _, _ = clerk(session)
    operations.ensure_years(session, NOW)
    operations.ensure_years(session, NOW)
    notice = session.scalars(select(Notice)).one()
    assert (notice.user_id, notice.named) == (user.id, {"year": 2027})


def test_establishing_twice_changes_nothing(session: Session) -> None:
    """A second start imports nothing, records nothing and tells nobody again."""
    operations.establish(session, NOW)
    before = kinds(session)
    operations.establish(session, NOW)
    assert operations.ensure_years(session, NOW) == []
    assert kinds(session) == before


def test_the_package_agrees_with_the_state_council_for_2026(session: Session) -> None:
    """Spot checks of the published arrangement: National Day off, 10 October and 14 February at work."""
    operations.establish(session, NOW)
    calendar = queries.calendar_for(session, None)
    works = [calendar.works_on(date(2026, *day)) for day in ((10, 1), (10, 7), (10, 8), (10, 10), (2, 14), (2, 17))]
    assert works == [False, False, True, True, True, False]


def table(rows: Sequence[Sequence[str]], encoding: str) -> bytes:
    """Write rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


ROWS = [
    ("日期", "类别", "名称"),
    ("2027-01-01", "放假", "元旦"),
    ("2027/1/2", "上班", "元旦"),
    ("2027年1月4日", "holiday", ""),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_from_any_office_machine_imports_a_year(session: Session, encoding: str) -> None:
    """UTF-8, with mark, GB18030 and UTF-16 read the same; the year is no longer assumed."""
    operations.establish(session, NOW)
    rows = read_csv(table(ROWS, encoding))
    operations.import_rows(session, 2027, rows, source="放假安排.csv", by=SETUP, now=NOW)
    calendar = queries.calendar_for(session, None)
    assert [calendar.works_on(date(2027, 1, day)) for day in (1, 2, 4, 5)] == [False, True, False, True]
    assert 2027 in calendar.known_years
    assert kinds(session)[-1] == "deadlines:year:imported"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("日期", "类别", "名称")],
        [("2027-01-01", "放假", "元旦"), ("2027-13-01", "放假", "")],
        [("2027-01-01", "放假", "元旦"), ("2027-02-30", "放假", "")],
        [("2027-01-01", "大概放假", "元旦")],
        [("2026-01-01", "放假", "元旦")],
        [("2027-01-01",)],
        [("2027-01-01", "放假", ""), ("2027-01-01", "上班", "")],
    ],
)
def test_a_table_with_one_wrong_line_changes_nothing(session: Session, rows: list[tuple[str, ...]]) -> None:
    """A bad line is named and the calendar stays as it was."""
    operations.establish(session, NOW)
    before = session.scalars(select(CalendarDay.id)).all()
    with pytest.raises(Invalid):
        operations.import_rows(session, 2027, rows, source="x.csv", by=SETUP, now=NOW)
    assert session.scalars(select(CalendarDay.id)).all() == before


def test_an_imported_year_is_not_thrown_away_for_nothing(session: Session) -> None:
    """Asking the package for a year it does not have keeps what was uploaded."""
    operations.import_rows(session, 2027, [("2027-01-01", "放假", "元旦")], source="x.csv", by=SETUP, now=NOW)
    with pytest.raises(Invalid):
        operations.import_year(session, 2027, SETUP, NOW)
    assert operations.ensure_years(session, NOW) == [2025, 2026]


def test_a_calendar_that_changes_moves_what_runs_by_it(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline reaching into the assumed year moves when the year is imported; `work` is told of it."""
    monkeypatch.setattr(calendars, "_listeners", [])
    locked: list[list[int]] = []
    told: list[operations.Moved] = []
    operations.listen(lambda _, cases: locked.append(list(cases)), lambda _, moved, __: told.extend(moved))
    operations.establish(session, NOW)
    running = operations.arm(session, "3 工作日", case_id=7, work_item_id=1, now=at("2026-12-30 10:00"), name="办理")
    plain = operations.arm(session, "3 天", case_id=8, work_item_id=2, now=at("2026-12-30 10:00"))
    met = operations.arm(session, "3 工作日", case_id=9, work_item_id=3, now=at("2026-12-30 10:00"))
    operations.meet(session, met, at("2026-12-30 11:00"))
    assert queries.running_into_provisional(session) == 1
    assert (running.due_at, met.due_at) == (at("2027-01-04 10:00"), at("2027-01-04 10:00"))
    rows = [("2027-01-01", "放假", "元旦"), ("2027-01-02", "上班", "元旦")]
    operations.import_rows(session, 2027, rows, source="x.csv", by=SETUP, now=at("2026-12-31 09:00"))
    assert running.due_at == at("2027-01-04 10:00")
    rows = [("2027-01-01", "放假", "元旦"), ("2027-01-04", "放假", "元旦")]
    operations.import_rows(session, 2027, rows, source="y.csv", by=SETUP, now=at("2026-12-31 09:10"))
    assert running.due_at == at("2027-01-06 10:00")
    assert (plain.due_at, met.due_at) == (at("2027-01-02 10:00"), at("2027-01-04 10:00"))
    assert [(move.case_id, move.name, move.new_due) for move in told] == [(7, "办理", at("2027-01-06 10:00"))]
    assert locked[-1] == [7]
    assert queries.running_into_provisional(session) == 0


def test_a_unit_may_have_hours_of_its_own(session: Session) -> None:
    """A round-the-clock vendor counts its own hours, the others the default's."""
    user, author, _ = clerk(session)
    operations.establish(session, NOW)
    plan = operations.add_plan(
        session, unit_id=user.unit_id, spans="00:00-24:00", weekdays=range(7), by=author, now=NOW
    )
    mine = operations.arm(session, "4 工作小时", case_id=1, unit_id=user.unit_id, now=at("2026-11-20 17:00"))
    other = operations.arm(session, "4 工作小时", case_id=1, now=at("2026-11-20 17:00"))
    assert (mine.due_at, other.due_at) == (at("2026-11-20 21:00"), at("2026-11-23 12:00"))
    operations.change_plan(
        session, plan.id, spans="08:00-12:00", weekdays=[0, 1, 2, 3, 4], by=author, now=NOW, seen=plan.row_version
    )
    assert mine.due_at == at("2026-11-23 12:00")
    with pytest.raises(Conflict):
        operations.add_plan(session, unit_id=user.unit_id, spans="08:00-12:00", weekdays=[0], by=author, now=NOW)
    with pytest.raises(Conflict):
        operations.drop_plan(session, plan.id, by=author, now=NOW)
    assert kinds(session)[-2:] == ["deadlines:plan:created", "deadlines:plan:changed"]


def test_only_editors_change_the_calendar_and_the_default_stays(session: Session) -> None:
    """A vendor is refused, the default plan cannot be dropped, hours without sense are refused."""
    _, author, vendor = clerk(session)
    plan = operations.establish(session, NOW)
    with pytest.raises(Refused):
        operations.import_year(session, 2026, vendor, NOW)
    with pytest.raises(Conflict):
        operations.drop_plan(session, plan.id, by=author, now=NOW)
    with pytest.raises(Invalid):
        operations.change_plan(session, plan.id, spans="全天", weekdays=[0], by=author, now=NOW)
    with pytest.raises(Conflict):
        operations.change_plan(session, plan.id, spans="08:00-12:00", weekdays=[0], by=author, now=NOW, seen=99)


def test_the_year_grid_shows_every_day_as_it_is_worked(session: Session) -> None:
    """Twelve months, every day once, special days named."""
    plan = operations.establish(session, NOW)
    months = queries.year_grid(session, plan, 2026)
    assert [len(month) for month in months] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    day = months[9][9]
    assert (day.date, day.works, day.kind, day.name) == (date(2026, 10, 10), True, "makeup", "国庆节")
    assert rules.write_spans([(a, b) for a, b in plan.spans]) == "08:30-12:00, 13:30-17:30"
