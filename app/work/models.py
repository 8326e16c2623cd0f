"""Tables of work: a case, its engine rows, its work items and what surrounds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

import app.files.models  # noqa: F401 - scans are referred to by foreign keys
from app.db import Base, Versioned
from app.ledger.guards import guard_table


class NumberSeries(Base):
    """The last number given out in one series, for example `RW-2026`."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Case(Versioned, Base):
    """One run of a process (办件). `header` and the task rows together are the engine's state.

    `called` pins the versions of the processes it may call: slug → version id. Until `held_until` no other drain
    touches its timers: one is at it, or they failed `failures` times in a row and rest. `suspended_at` is set while
    the case stands still (status `suspended`). `drill` marks an exercise (演练): every record, page and notice of
    it says so, figures leave it out.
    """

    __tablename__ = "case_file"
    __table_args__ = (
        Index(
            "ix_case_file_next_due",
            "next_due",
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
        Index("ix_case_file_status", "status", "id"),
        Index("ix_case_file_vendor", "vendor_id", "status"),
        Index("ix_case_file_starter", "starter_id", "id"),
        Index("ix_case_file_starter_unit", "starter_unit_id", "status"),
        Index("ix_case_file_business_key", "business_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("process_version.id"))
    slug: Mapped[str]
    title: Mapped[str]
    summary: Mapped[list[str]]
    status: Mapped[str]
    result: Mapped[str | None]
    priority: Mapped[str]
    starter_id: Mapped[int]
    starter_name: Mapped[str]
    starter_unit_id: Mapped[int]
    site_id: Mapped[int | None]
    vendor_id: Mapped[int | None]
    start_key: Mapped[str | None] = mapped_column(unique=True)
    business_key: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    next_due: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    incident: Mapped[str | None]
    header: Mapped[dict[str, Any]]
    called: Mapped[dict[str, Any]] = mapped_column(default=dict)
    drill: Mapped[bool] = mapped_column(default=False)


class TaskState(Base):
    """One live engine task of a case; written in bulk, read only to rebuild a live case."""

    __tablename__ = "task_row"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    parent: Mapped[str | None]
    scope: Mapped[str | None]
    spec: Mapped[str]
    state: Mapped[int]
    changed: Mapped[float]
    internal: Mapped[str]
    data: Mapped[str]


class Awaited(Base):
    """A message or signal that a token of a case waits for."""

    __tablename__ = "awaited"
    __table_args__ = (Index("ix_awaited_name", "name", "signal"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    token: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    signal: Mapped[bool]


class Incident(Versioned, Base):
    """An automatic step that stands still until somebody retries, repairs or skips it (异常); one row per token.

    `state` is `open`, `retried`, `repaired`, `skipped`, or `gone` when the case went on or ended without it.
    """

    __tablename__ = "incident"
    __table_args__ = (UniqueConstraint("case_id", "token"), Index("ix_incident_state", "state", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    token: Mapped[str]
    node: Mapped[str]
    node_name: Mapped[str]
    node_name_en: Mapped[str]
    kind: Mapped[str]
    reason: Mapped[str]
    raised_at: Mapped[datetime]
    rule: Mapped[dict[str, Any]]
    owner: Mapped[str]
    owner_en: Mapped[str]
    tries: Mapped[int]
    state: Mapped[str]
    solved_at: Mapped[datetime | None]
    solved_by_id: Mapped[int | None]
    solved_by_name: Mapped[str | None]
    solved_how: Mapped[str | None]


class WorkItem(Versioned, Base):
    """What one person or one of several must do at one node (待办); after completion it holds the receipt."""

    __tablename__ = "work_item"
    __table_args__ = (
        UniqueConstraint("case_id", "token"),
        Index("ix_work_item_assignee", "assignee_id", "status", "due_at"),
        Index("ix_work_item_done_by", "done_by_id", "closed_at"),
        Index("ix_work_item_case", "case_id", "status"),
        Index("ix_work_item_status_due", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    token: Mapped[str]
    node: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    form: Mapped[str | None]
    form_digest: Mapped[str | None]
    round: Mapped[int]
    status: Mapped[str]
    side: Mapped[str]
    unit_id: Mapped[int]
    unit_name: Mapped[str]
    rule: Mapped[dict[str, Any]]
    rule_text: Mapped[str]
    assignee_id: Mapped[int | None]
    assignee_name: Mapped[str | None]
    from_name: Mapped[str]
    from_unit: Mapped[str]
    returned: Mapped[bool]
    urged: Mapped[int] = mapped_column(default=0)
    inside: Mapped[bool] = mapped_column(default=False, server_default=false())
    opened_at: Mapped[datetime]
    first_opened_at: Mapped[datetime | None]
    first_opened_by: Mapped[str | None]
    due_at: Mapped[datetime | None]
    amber_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_text: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None]
    done_by_name: Mapped[str | None]
    result: Mapped[str | None]
    answers: Mapped[dict[str, Any] | None]
    key: Mapped[str | None]
    receipt_code: Mapped[str | None]
    receipt_seq: Mapped[int | None]


class Candidate(Base):
    """One of several people who may take an unclaimed work item."""

    __tablename__ = "candidate"
    __table_args__ = (Index("ix_candidate_user", "user_id", "item_id"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)


class Party(Base):
    """A unit that takes part in a case and may therefore see it."""

    __tablename__ = "party"
    __table_args__ = (Index("ix_party_unit", "unit_id", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str]
    since: Mapped[datetime]


class Copy(Base):
    """A case copied to a person for reading (抄送)."""

    __tablename__ = "copy"
    __table_args__ = (Index("ix_copy_user", "user_id", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Draft(Base):
    """Answers typed but not submitted: of a work item, or of a case not yet started (`item_id` 0)."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("user_id", "item_id", "slug", "node"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    item_id: Mapped[int]
    slug: Mapped[str]
    node: Mapped[str]
    title: Mapped[str]
    fields: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class Comment(Base):
    """A remark beside the process (讨论); append-only by habit, never an opinion of a step."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_case", "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    author_id: Mapped[int]
    author_name: Mapped[str]
    unit_id: Mapped[int]
    unit_name: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class Stretch(Base):
    """A stretch of a case's time charged to one side (计时归属); the open one has no end."""

    __tablename__ = "stretch"
    __table_args__ = (Index("ix_stretch_case", "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    side: Mapped[str]
    unit_id: Mapped[int]
    unit_name: Mapped[str]
    node_name: Mapped[str]
    begins: Mapped[datetime]
    ends: Mapped[datetime | None]


class Transcription(Base):
    """A decision given by phone or on paper and recorded by a clerk (代录); never changed, answered below."""

    __tablename__ = "transcription"
    __table_args__ = (Index("ix_transcription_decided_by", "decided_by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("work_item.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    clerk_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    clerk_name: Mapped[str]
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_by_name: Mapped[str]
    medium: Mapped[str]
    claimed_at: Mapped[datetime]
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))
    note: Mapped[str] = mapped_column(default="")
    confirm_by: Mapped[datetime]
    at: Mapped[datetime]


class TranscriptionAnswer(Base):
    """What the person whose decision was recorded says to it: `confirmed` or `objected`, once."""

    __tablename__ = "transcription_answer"

    transcription_id: Mapped[int] = mapped_column(ForeignKey("transcription.id"), primary_key=True)
    answer: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


for model in (Transcription, TranscriptionAnswer):
    guard_table(model.__table__)
