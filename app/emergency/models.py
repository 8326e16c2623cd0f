"""Tables of emergencies: plans in versions, who is called, what happened in each emergency or drill."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

import app.people.models
import app.work.models  # noqa: F401 - sites, people and cases are referred to by foreign keys
from app.db import Base, Json, Versioned
from app.ledger.guards import guard_table
from app.people.models import Site, User


class EmergencyPlan(Versioned, Base):
    """A plan (应急预案) for one kind of emergency. `drill_months`: the longest time between two passed drills."""

    __tablename__ = "emergency_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    process: Mapped[str] = mapped_column(String(64), default="emergency_plan")
    drill_months: Mapped[int] = mapped_column(default=12)
    disabled_at: Mapped[datetime | None]


class PlanVersion(Base):
    """One version of a plan's text; never changed.

    `targets`: limit texts by name (`confirm`, `contain`, `phone`, `written`, `restore`). `knowledge`: entries
    `{title, note, url}`. `script`: what a drill injects, entries `{after, text}` with `after` as an ISO duration.
    """

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("emergency_plan.id"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    targets: Mapped[dict[str, Any]] = mapped_column(Json)
    knowledge: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    script: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(500), default="")
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_by_name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]

    plan: Mapped[EmergencyPlan] = relationship()


class RosterMember(Versioned, Base):
    """Whom a group (值班、指挥、技术、宣传、联络) calls, in order; without a plan: for every plan.

    `phone` is only filled when it is not the one of the account. `checked_at` is when somebody last found the
    number to be right.
    """

    __tablename__ = "roster_member"
    __table_args__ = (Index("ix_roster_member_group", "group", "plan_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(String(16))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("emergency_plan.id"))
    position: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    title: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    checked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class DutyShift(Versioned, Base):
    """Who is on duty (值班) from an instant to an instant; comes before everybody else of the duty group."""

    __tablename__ = "duty_shift"
    __table_args__ = (Index("ix_duty_shift_ends", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class Emergency(Versioned, Base):
    """An emergency or a drill: the one of a case. Its instants are written by the nodes of the case as they complete.

    `grade` is 1 to 4 (extra-major to ordinary), None before it is graded. `outcome` is empty while it goes on, then
    `closed` or `false_alarm`.
    """

    __tablename__ = "emergency"
    __table_args__ = (
        Index("ix_emergency_began", "began_at"),
        Index("ix_emergency_open", "drill", sqlite_where=text("outcome = ''"), postgresql_where=text("outcome = ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), unique=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("emergency_plan.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("plan_version.id"))
    kind: Mapped[str] = mapped_column(String(20))
    drill: Mapped[bool] = mapped_column(default=False)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    told: Mapped[str] = mapped_column(String(500))
    grade: Mapped[int | None]
    began_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    contained_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16), default="")

    plan: Mapped[EmergencyPlan] = relationship()
    version: Mapped[PlanVersion] = relationship()
    site: Mapped[Site | None] = relationship()


class GradeChange(Base):
    """A grade that was set or changed: by which row of the decision table, or by which commander; never changed."""

    __tablename__ = "grade_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    emergency_id: Mapped[int] = mapped_column(ForeignKey("emergency.id"), index=True)
    at: Mapped[datetime]
    before: Mapped[int | None]
    after: Mapped[int]
    basis: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    by_name: Mapped[str] = mapped_column(String(60), default="")


class CallAttempt(Versioned, Base):
    """Somebody of a roster who was to be called: when, by whom, with which outcome, and when they took it up.

    `outcome` is empty while the call is open, then `reached`, `no_answer`, `busy`, `wrong_number`.
    """

    __tablename__ = "call_attempt"
    __table_args__ = (Index("ix_call_attempt_emergency", "emergency_id", "group"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    emergency_id: Mapped[int] = mapped_column(ForeignKey("emergency.id"))
    group: Mapped[str] = mapped_column(String(16))
    round: Mapped[int]
    position: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    asked_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16), default="")
    outcome_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    by_name: Mapped[str] = mapped_column(String(60), default="")
    acknowledged_at: Mapped[datetime | None]


class EmergencyReport(Base):
    """A report (初报、续报、终报 …) as it was registered after a person sent it outside; never changed.

    `kind` is `phone`, `written`, `followup`, `police` or `closing`; `sent_at` is what the sender says,
    `recorded_at` when it was recorded. `due_at` is when it was due then.
    """

    __tablename__ = "emergency_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    emergency_id: Mapped[int] = mapped_column(ForeignKey("emergency.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(String(20), default="")
    receiver: Mapped[str] = mapped_column(String(120), default="")
    receipt: Mapped[str] = mapped_column(String(80), default="")
    sent_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    by_name: Mapped[str] = mapped_column(String(60), default="")
    recorded_at: Mapped[datetime]


class LogEntry(Base):
    """A line of the log of an emergency; never changed.

    `kind` is `decision`, `note`, `resource`, `status`, `inject` or `alarm`.
    """

    __tablename__ = "emergency_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    emergency_id: Mapped[int] = mapped_column(ForeignKey("emergency.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    by_name: Mapped[str] = mapped_column(String(60), default="")


class Inject(Versioned, Base):
    """What the script of a drill brings in at an instant; `delivered_at` when it was."""

    __tablename__ = "inject"
    __table_args__ = (
        Index(
            "ix_inject_due",
            "due_at",
            sqlite_where=text("delivered_at is null"),
            postgresql_where=text("delivered_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    emergency_id: Mapped[int] = mapped_column(ForeignKey("emergency.id"), index=True)
    due_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(String(500))
    delivered_at: Mapped[datetime | None]


class Drill(Versioned, Base):
    """A planned drill (演练) of a plan and, once run, what it showed.

    `state` is `planned`, `running`, `passed`, `failed` or `dropped`. `result` compares with the targets:
    `{name: {target, minutes, met}}`. `overdue_case_id` is the task that asked for it when it was overdue.
    """

    __tablename__ = "drill"
    __table_args__ = (Index("ix_drill_plan", "plan_id", "planned_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("emergency_plan.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    planned_on: Mapped[date]
    scene: Mapped[str] = mapped_column(String(500), default="")
    script: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(12), default="planned")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), unique=True)
    result: Mapped[dict[str, Any]] = mapped_column(Json)
    passed_at: Mapped[datetime | None]
    overdue_case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))

    plan: Mapped[EmergencyPlan] = relationship()


class MicroRule(Versioned, Base):
    """When the people of a group are tried by surprise: how often, between which hours, how long they have."""

    __tablename__ = "micro_rule"

    group: Mapped[str] = mapped_column(String(16), primary_key=True)
    per_month: Mapped[int] = mapped_column(default=0)
    from_hour: Mapped[int] = mapped_column(default=8)
    to_hour: Mapped[int] = mapped_column(default=22)
    answer_minutes: Mapped[int] = mapped_column(default=5)
    next_at: Mapped[datetime | None]


class MicroDrill(Versioned, Base):
    """One try by surprise (微演练): open until somebody answers or the roster is at its end.

    `state` is `open`, `answered` or `nobody`. `next_at` is when the next of the roster is tried.
    """

    __tablename__ = "micro_drill"
    __table_args__ = (Index("ix_micro_drill_next", "state", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(String(16))
    began_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="open")
    next_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class MicroCall(Versioned, Base):
    """One person tried in a micro-drill and when they tapped."""

    __tablename__ = "micro_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    drill_id: Mapped[int] = mapped_column(ForeignKey("micro_drill.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


for model in (PlanVersion, GradeChange, EmergencyReport, LogEntry):
    guard_table(model.__table__)
