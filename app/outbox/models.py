"""Rows of what is owed, and the notices people read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

import app.people.models  # noqa: F401 - notices belong to users
from app.db import Base, Versioned

MAIL, WEBHOOK, SERVICE, SIGNAL = "mail", "webhook", "service", "signal"


class Owed(Versioned, Base):
    """Something the house owes to the outside; its id is the key by which a receiver drops repeats.

    `case_id` is the case that waits for it, if one does; it points upwards and carries no foreign key.
    """

    __tablename__ = "owed"
    __table_args__ = (
        Index(
            "ix_owed_waiting",
            "due",
            sqlite_where=text("done_at IS NULL AND dead_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
        Index(
            "ix_owed_case",
            "case_id",
            sqlite_where=text("done_at IS NULL AND dead_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    case_id: Mapped[int | None]
    created_at: Mapped[datetime]
    due: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    owner: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]


class Notice(Base):
    """One message to one person: the sentence and its values, translated when it is read."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_user", "user_id", "id"),
        Index(
            "ix_notice_unread",
            "user_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    message: Mapped[str]
    # `values` and `text` are taken by SQL; the sentence's %(name)s come from here
    named: Mapped[dict[str, Any]]
    url: Mapped[str | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
