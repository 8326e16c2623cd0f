"""Tables of processes. A published version and its parts are never changed: triggers refuse it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Versioned
from app.ledger.guards import guard_table


class Process(Versioned, Base):
    """One process (流程), known by its slug; `running_version_id` is what new cases start on."""

    __tablename__ = "process"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    running_version_id: Mapped[int | None]


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


guard_table(ProcessVersion.__table__)
guard_table(VersionPart.__table__)
