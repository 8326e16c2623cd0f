"""The life of a deadline on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.db import Base, prepare_engine
from app.deadlines import operations, queries
from app.deadlines.models import CalendarDay, CalendarPlan, CalendarYear, Deadline
from app.deadlines.rules import OFFICE_SPANS, working_between
from app.errors import Conflict, Invalid

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """Read local wall time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Open a writing session on a database with the default plan and the spring festival of 2026."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    with Session(engine, info={"write": True}) as session:
        spans = [list(span) for span in OFFICE_SPANS]
        session.add(CalendarPlan(name="默认", spans=spans, weekdays=[0, 1, 2, 3, 4], revision="a"))
        for day in range(15, 24):
            session.add(CalendarDay(date=date(2026, 2, day), kind="holiday", name="春节", source="t"))
        session.add(CalendarYear(year=2026, status="imported", source="t", changed_at=at("2026-01-01 08:00")))
        session.flush()
        yield session
        session.rollback()
    engine.dispose()


def armed(session: Session, limit: str = "2 工作日", now: str = "2026-02-02 10:00", item: int = 1) -> Deadline:
    """Arm a limit for a work item."""
    return operations.arm(session, limit, case_id=1, work_item_id=item, now=at(now), name="办理")


def test_arming_stores_every_instant_a_list_needs(session: Session) -> None:
    """Lists sort and colour by columns: due, amber and next event are there from the start."""
    deadline = armed(session)
    session.expire_all()
    assert deadline.due_at == at("2026-02-04 10:00")
    assert deadline.amber_at == at("2026-02-03 16:00")
    assert deadline.next_event_at == deadline.amber_at
    assert (deadline.state, deadline.clock, deadline.limit.text) == ("running", "working", "2 工作日")


def test_one_item_has_one_live_deadline_of_a_kind(session: Session) -> None:
    """A voided deadline makes room for the next; respond and finish run side by side."""
    first = armed(session)
    operations.arm(session, "15 分钟", case_id=1, work_item_id=1, kind="respond", now=at("2026-02-02 10:00"))
    operations.void(session, first, at("2026-02-02 11:00"))
    armed(session)
    assert [d.kind for d in queries.open_of_item(session, 1)] == ["respond", "finish"]


def test_a_pause_keeps_the_working_time_that_was_left(session: Session) -> None:
    """Resuming after the festival leaves exactly the working time that was left, charged to the other side."""
    deadline = armed(session, now="2026-02-12 10:00")
    calendar = queries.calendar_for(session, None)
    left = working_between(calendar, at("2026-02-13 09:00"), deadline.due_at)
    operations.pause(session, deadline, at("2026-02-13 09:00"), reason="等来函", charged_side="client")
    assert (deadline.state, deadline.next_event_at) == ("paused", None)
    operations.resume(session, deadline, at("2026-02-26 14:00"))
    assert working_between(calendar, at("2026-02-26 14:00"), deadline.due_at) == left
    assert [stop.charged_side for stop in queries.pauses_of_case(session, 1)] == ["client"]


def test_a_paused_deadline_reports_nothing_and_shows_what_was_left(session: Session) -> None:
    """However long a pause lasts, no reminder leaves and the time left stands still."""
    deadline = armed(session)
    operations.pause(session, deadline, at("2026-02-02 11:00"), reason="等材料", charged_side="client")
    assert queries.due_events(session, at("2026-06-01 10:00")) == []
    assert operations.fire(session, deadline.id, at("2026-06-01 10:00")) == []
    assert queries.due_by_name(session, 1) == {}
    assert queries.left_of(session, deadline, at("2026-06-01 10:00")).amount == timedelta(hours=14)


def test_events_come_once_in_order_and_upwards(session: Session) -> None:
    """80 %, 100 %, one working day later and three: each exactly once."""
    deadline = armed(session)
    seen = []
    for now in (
        "02-03 15:59",
        "02-03 16:00",
        "02-03 16:01",
        "02-04 10:00",
        "02-05 10:00",
        "02-09 10:00",
        "03-09 10:00",
    ):
        moment = at(f"2026-{now}")
        for due in queries.due_events(session, moment):
            seen += [(now, event.kind, event.level) for event in operations.fire(session, due, moment)]
    assert seen == [
        ("02-03 16:00", "amber", 80),
        ("02-04 10:00", "overdue", 0),
        ("02-05 10:00", "escalate", 1),
        ("02-09 10:00", "escalate", 2),
    ]
    assert (deadline.overdue, deadline.escalations, deadline.next_event_at) == (True, 2, None)


def test_after_a_stand_still_only_the_newest_state_is_told(session: Session) -> None:
    """A server that was off for a week does not send yesterday's 80 % after today's overdue."""
    deadline = armed(session)
    events = operations.fire(session, deadline.id, at("2026-02-12 10:00"))
    assert [(event.kind, event.level) for event in events] == [("overdue", 0), ("escalate", 2)]
    assert operations.fire(session, deadline.id, at("2026-02-12 10:00")) == []


def test_an_extension_keeps_the_original_due_instant(session: Session) -> None:
    """The score reads the due instant without the extension; lists read the new one; reminders start anew."""
    deadline = armed(session)
    operations.fire(session, deadline.id, at("2026-02-03 16:05"))
    change = operations.extend(session, deadline, at("2026-02-03 16:10"), by="3 工作日", reason="图审未到")
    assert deadline.due_at == at("2026-02-09 10:00")
    assert deadline.original_due_at == at("2026-02-04 10:00")
    assert (change.old_due_at, change.new_due_at) == (at("2026-02-04 10:00"), at("2026-02-09 10:00"))
    assert deadline.reminded80_at is None
    assert deadline.next_event_at == deadline.amber_at


def test_an_extension_needs_a_reason_and_the_same_clock(session: Session) -> None:
    """Without a reason, or in another kind of time, nothing changes."""
    deadline = armed(session)
    with pytest.raises(Invalid):
        operations.extend(session, deadline, at("2026-02-03 15:10"), by="1 工作日", reason=" ")
    with pytest.raises(Invalid):
        operations.extend(session, deadline, at("2026-02-03 15:10"), by="24 小时", reason="出差")
    with pytest.raises(Invalid):
        operations.pause(session, deadline, at("2026-02-03 15:10"), reason="", charged_side="client")


def test_a_new_limit_counts_from_the_start_and_keeps_pauses(session: Session) -> None:
    """After the priority rose, the elapsed time stays counted and the pause stays left out."""
    deadline = armed(session, "3 工作日")
    operations.pause(session, deadline, at("2026-02-02 14:00"), reason="等材料", charged_side="client")
    operations.resume(session, deadline, at("2026-02-03 14:00"))
    operations.set_limit(session, deadline, at("2026-02-03 15:00"), to="1 工作日", reason="改为加急")
    assert deadline.due_at == at("2026-02-04 10:00")
    assert deadline.original_due_at is None


def test_meeting_stops_the_clock_and_says_whether_it_was_late(session: Session) -> None:
    """Met in time is not overdue, met late is; a met deadline takes no further change."""
    early, late = armed(session, item=1), armed(session, item=2)
    operations.meet(session, early, at("2026-02-04 10:00"))
    operations.meet(session, late, at("2026-02-04 10:00") + timedelta(seconds=1))
    assert (early.overdue, late.overdue) == (False, True)
    assert queries.due_events(session, at("2026-06-01 10:00")) == []
    for change in (operations.meet, operations.resume, operations.void):
        with pytest.raises(Conflict):
            change(session, early, at("2026-02-05 10:00"))


def test_meeting_while_paused_ends_the_pause(session: Session) -> None:
    """What arrives during a pause counts as in time, and the pause ends there."""
    deadline = armed(session)
    stop = operations.pause(session, deadline, at("2026-02-03 09:00"), reason="等材料", charged_side="client")
    operations.meet(session, deadline, at("2026-02-25 09:00"))
    assert (deadline.state, deadline.overdue, stop.to_at) == ("met", False, at("2026-02-25 09:00"))


def test_a_calendar_is_built_once_until_its_revision_changes(session: Session) -> None:
    """Pages share one calendar value; a changed plan is seen at the next read."""
    first = queries.calendar_for(session, None)
    assert queries.calendar_for(session, None) is first
    plan = queries.plan_of(session, None)
    assert plan is not None
    plan.weekdays, plan.revision = [0, 1, 2, 3, 4, 5], "b"
    session.flush()
    assert queries.calendar_for(session, None).works_on(date(2026, 2, 7))


def test_a_database_without_a_plan_still_counts_working_time(session: Session) -> None:
    """The standard office hours hold until a plan exists, and no year counts as known."""
    session.delete(queries.plan_of(session, None))
    session.flush()
    assert armed(session).due_at == at("2026-02-04 10:00")
    assert queries.calendar_for(session, None).known_years == frozenset()


def test_a_step_says_when_it_is_reminded_and_reported(session: Session) -> None:
    """50 and 80 % are told apart, the report upwards comes once at the step's own time; the lamp stays at 80 %."""
    deadline = operations.arm(
        session,
        "2 工作日",
        case_id=1,
        work_item_id=1,
        now=at("2026-02-02 10:00"),
        remind="50,80",
        escalate="4 工作小时",
    )
    seen = []
    for now in ("02-03 10:00", "02-03 16:00", "02-04 10:00", "02-04 15:30", "02-13 10:00"):
        moment = at(f"2026-{now}")
        seen += [(now, one.kind, one.level) for one in operations.fire(session, deadline.id, moment)]
    assert deadline.amber_at == at("2026-02-03 16:00")
    assert seen == [
        ("02-03 10:00", "amber", 50),
        ("02-03 16:00", "amber", 80),
        ("02-04 10:00", "overdue", 0),
        ("02-04 15:30", "escalate", 1),
    ]


def test_a_step_may_switch_its_reports_off(session: Session) -> None:
    """Without reminders and reports upwards only the overdue itself is told."""
    deadline = operations.arm(
        session, "2 工作日", case_id=1, work_item_id=1, now=at("2026-02-02 10:00"), remind="off", escalate="off"
    )
    assert deadline.next_event_at == deadline.due_at
    assert [one.kind for one in operations.fire(session, deadline.id, at("2026-02-12 10:00"))] == ["overdue"]
    assert deadline.next_event_at is None


def test_more_time_repeats_only_the_reminders_that_lie_ahead_again(session: Session) -> None:
    """Half of the time had passed and was told; after an extension it is told at the new half, not twice before."""
    deadline = operations.arm(
        session, "2 工作日", case_id=1, work_item_id=1, now=at("2026-02-02 10:00"), remind="10,50"
    )
    operations.fire(session, deadline.id, at("2026-02-03 10:05"))
    operations.extend(session, deadline, at("2026-02-03 10:10"), by="2 工作日", reason="图审未到")
    assert operations.fire(session, deadline.id, at("2026-02-03 10:11")) == []
    half = operations.fire(session, deadline.id, at("2026-02-04 10:00"))
    assert [(one.kind, one.level) for one in half] == [("amber", 50)]


@pytest.mark.parametrize(("remind", "escalate"), [("0", None), ("80,", None), ("x", None), (None, "x"), (None, "")])
def test_reports_that_cannot_be_read_arm_nothing(session: Session, remind: str | None, escalate: str | None) -> None:
    """A mistake in a step's reports is said where the clock would begin; an empty text is none."""
    if escalate == "":
        assert operations.arm(session, "1 天", case_id=1, now=at("2026-02-02 10:00"), escalate=escalate).escalate_at
        return
    with pytest.raises(Invalid):
        operations.arm(session, "1 天", case_id=1, now=at("2026-02-02 10:00"), remind=remind, escalate=escalate)
