"""Uploaded files. The row knows the name and the owner; the bytes lie in the store under their digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Versioned

DRAFT, BOUND = "draft", "bound"


class Upload(Versioned, Base):
    """One file as one person handed it in; several rows may share the same bytes.

    `owner_id`, `case_id` and `item_id` point upwards to areas this one does not know; they carry no foreign key.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index("ix_upload_case", "case_id"),
        Index("ix_upload_item", "item_id"),
        Index("ix_upload_owner_state", "owner_id", "state"),
        Index("ix_upload_digest", "digest"),
        Index("ix_upload_state_created", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int]
    case_id: Mapped[int | None]
    item_id: Mapped[int | None]
    record: Mapped[str | None]
    name: Mapped[str]
    size: Mapped[int]
    digest: Mapped[str]
    media: Mapped[str]
    state: Mapped[str] = mapped_column(default=DRAFT)
    created_at: Mapped[datetime]
    bound_at: Mapped[datetime | None]
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))

    @property
    def extension(self) -> str:
        """Return the extension in small letters, without the dot."""
        return self.name.rpartition(".")[2].lower()

    @property
    def previewable(self) -> bool:
        """Say whether a browser may show it inline (after a second look at its bytes)."""
        return self.media in {"image/png", "image/jpeg"}
