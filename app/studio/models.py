"""Tables of the studio: drafts of processes, who has one open, try-outs.

Nothing here is evidence: a draft may be changed and thrown away, and no try-out ever becomes a case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Versioned

OPEN, PROPOSED, PUBLISHED, DISCARDED = "open", "proposed", "published", "discarded"


class ProcessDraft(Versioned, Base):
    """A process as somebody is drawing it (草稿): its texts are `DraftPart`s, `row_version` counts every save.

    `base_version_id` is the version it began from, None for a new process.
    """

    __tablename__ = "process_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    base_version_id: Mapped[int | None] = mapped_column(ForeignKey("process_version.id"))
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    updated_by: Mapped[str]
    reasons: Mapped[dict[str, Any]]


class DraftPart(Versioned, Base):
    """One text of a draft: the diagram (`bpmn`), a decision table (`table`) or a form (`form`)."""

    __tablename__ = "draft_part"
    __table_args__ = (UniqueConstraint("draft_id", "kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("process_draft.id"))
    kind: Mapped[str]
    name: Mapped[str]
    text: Mapped[str]


class DraftEditor(Base):
    """Who has a draft open in a browser, and when their page last said so."""

    __tablename__ = "draft_editor"

    draft_id: Mapped[int] = mapped_column(ForeignKey("process_draft.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    seen_at: Mapped[datetime]


class TryOut(Versioned, Base):
    """One run of a draft in the browser (试走): engine state, clock and what was done, all of it throw-away."""

    __tablename__ = "try_out"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("process_draft.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    digest: Mapped[str]
    now: Mapped[datetime]
    state: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]]
    ended: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
