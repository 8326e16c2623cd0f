"""Calendars and deadlines. `case_id` and `work_item_id` point upwards to `work` and carry no foreign key."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

import app.people.models  # noqa: F401 - units and users are referred to by foreign keys
from app.db import Base, Versioned
from app.deadlines.rules import Limit, parse_limit

RUNNING, PAUSED, MET, VOID = "running", "paused", "met", "void"
RESPOND, FINISH = "respond", "finish"
HOLIDAY, MAKEUP = "holiday", "makeup"
IMPORTED, PROVISIONAL = "imported", "provisional"


class CalendarPlan(Versioned, Base):
    """When one unit works; the plan without a unit is the house's default."""

    __tablename__ = "calendar_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), unique=True)
    name: Mapped[str]
    spans: Mapped[list[Any]]
    weekdays: Mapped[list[Any]]
    # a fresh random mark at every change of the plan or of any day: a cached calendar is valid while it is equal
    revision: Mapped[str]


class CalendarYear(Versioned, Base):
    """What is known of one year: its holidays were imported, or weekdays are only assumed (暂按周末推算)."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    source: Mapped[str]
    changed_at: Mapped[datetime]


class CalendarDay(Versioned, Base):
    """A holiday or a make-up day (调休), for every plan or for one."""

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("plan_id", "date"), Index("ix_calendar_day_date", "date"))

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("calendar_plan.id"))
    date: Mapped[date]
    kind: Mapped[str]
    name: Mapped[str]
    source: Mapped[str]


class Deadline(Versioned, Base):
    """One running limit: of a work item (respond, finish) or of a whole case.

    `remind` and `escalate` are what the step says of its reports (`rules.Reports`); without them the house's custom
    holds. A row from before `remind_at` reminds at `amber_at`. `reminded80_at` is the last reminder, whatever its
    share. Until `held_until` no other drain reports it: one is at it, or that failed `failures` times in a row.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "uq_deadline_live_item",
            "work_item_id",
            "kind",
            unique=True,
            sqlite_where=text("state != 'void'"),
            postgresql_where=text("state != 'void'"),
        ),
        Index("ix_deadline_case", "case_id"),
        Index("ix_deadline_next_event", "next_event_at"),
        Index("ix_deadline_plan_state", "plan_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int]
    work_item_id: Mapped[int | None]
    kind: Mapped[str]
    name: Mapped[str | None]
    limit_text: Mapped[str]
    clock: Mapped[str]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("calendar_plan.id"))
    state: Mapped[str] = mapped_column(default=RUNNING)
    started_at: Mapped[datetime]
    amber_at: Mapped[datetime]
    due_at: Mapped[datetime]
    original_due_at: Mapped[datetime | None]
    remind: Mapped[str | None]
    remind_at: Mapped[list[Any] | None]
    escalate: Mapped[str | None]
    escalate_at: Mapped[list[str]]
    met_at: Mapped[datetime | None]
    overdue: Mapped[bool] = mapped_column(default=False)
    reminded80_at: Mapped[datetime | None]
    reminded100_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    escalations: Mapped[int] = mapped_column(default=0)
    next_event_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    pauses: Mapped[list[DeadlinePause]] = relationship(order_by="DeadlinePause.id", lazy="select")
    changes: Mapped[list[DeadlineChange]] = relationship(order_by="DeadlineChange.id", lazy="select")

    @property
    def limit(self) -> Limit:
        """Return the limit it began with."""
        return parse_limit(self.limit_text)


class DeadlinePause(Versioned, Base):
    """A stretch in which the clock stood still, charged to the side that was waited for."""

    __tablename__ = "deadline_pause"
    __table_args__ = (Index("ix_deadline_pause_deadline", "deadline_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    reason: Mapped[str]
    charged_side: Mapped[str]
    charged_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class DeadlineChange(Base):
    """An extension, another limit from the start (the priority changed), or a new due instant; the old is kept."""

    __tablename__ = "deadline_change"
    __table_args__ = (Index("ix_deadline_change_deadline", "deadline_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    kind: Mapped[str]
    at: Mapped[datetime]
    limit_text: Mapped[str]
    reason: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    old_due_at: Mapped[datetime]
    new_due_at: Mapped[datetime]


__all__ = ["CalendarDay", "CalendarPlan", "CalendarYear", "Deadline", "DeadlineChange", "DeadlinePause"]
