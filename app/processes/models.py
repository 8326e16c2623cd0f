"""Tables of processes. A published version and its parts are never changed: triggers refuse it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Versioned
from app.ledger.guards import guard_table


class Process(Versioned, Base):
    """One process (流程), known by its slug; `running_version_id` is what new cases start on.

    `starters` narrows who of those the diagram lets start it: `{"roles": […], "units": […]}` with role keys and unit
    ids, one of them is enough; `{}` narrows nothing. A suspended process (`suspended_at` set) starts no case.
    """

    __tablename__ = "process"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    running_version_id: Mapped[int | None]
    category: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    starters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    suspended_at: Mapped[datetime | None]
    suspended_by: Mapped[str | None]
    suspended_reason: Mapped[str | None]


class ProcessManager(Base):
    """Who may edit a process. A process without managers may be edited by everybody who may edit processes."""

    __tablename__ = "process_manager"

    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, index=True)


class ProcessVersion(Base):
    """One published version: diagram, tables and forms under one digest."""

    __tablename__ = "process_version"
    __table_args__ = (UniqueConstraint("process_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("process.id"))
    number: Mapped[int]
    digest: Mapped[str]
    note: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[str]
    approved_by: Mapped[str | None]


class VersionPart(Base):
    """One file of a version: the diagram (`bpmn`), a decision table (`table`) or a form (`form`)."""

    __tablename__ = "version_part"
    __table_args__ = (UniqueConstraint("version_id", "kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("process_version.id"))
    kind: Mapped[str]
    name: Mapped[str]
    text: Mapped[str]
    digest: Mapped[str]


class Deployment(Base):
    """What one upload over REST made or found: a name of the uploader's choice and the versions behind it."""

    __tablename__ = "deployment"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str | None]
    at: Mapped[datetime]
    by: Mapped[str]


class Deployed(Base):
    """One version of a deployment and the file its diagram came in."""

    __tablename__ = "deployed"

    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("process_version.id"), primary_key=True, index=True)
    resource: Mapped[str]


class Proposal(Versioned, Base):
    """A version that somebody wants to publish: it waits for a second person, for its hour, or for both.

    `state` is one of waiting (for approval), approved (for its hour), published, refused, withdrawn, failed. `parts`
    holds the texts as `[[kind, name, text], …]`: what is approved is exactly what will run. `draft_id` points upwards
    to the studio's draft, if there was one, and carries no foreign key. `reasons` says why, by the key of a change.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "ix_proposal_due",
            "effective_at",
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    draft_id: Mapped[int | None]
    base_version_id: Mapped[int | None]
    origin: Mapped[str]  # studio, load, rest, import, rollback
    parts: Mapped[list[Any]]
    digest: Mapped[str]
    note: Mapped[str]
    state: Mapped[str]
    effective_at: Mapped[datetime | None]
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int | None]
    proposed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    version_id: Mapped[int | None]
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Walk(Base):
    """A recorded walk through a process, replayed on every later publish.

    `steps` is what was done and what was then open, as the try-out writes it; `version_id` is the version it was
    recorded on, None while that is still a draft. A retired walk is kept but no longer replayed.
    """

    __tablename__ = "walk"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("process_version.id"))
    name: Mapped[str]
    steps: Mapped[list[Any]]
    outcome: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None]


class Favourite(Base):
    """A process that somebody wants at the top of the start page and of the library."""

    __tablename__ = "favourite"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)


guard_table(ProcessVersion.__table__)
guard_table(VersionPart.__table__)
