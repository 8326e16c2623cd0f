"""Tables of review (多级审核): what each reviewer did to exactly which content. Append-only: nothing is taken back.

A subject is named by its kind and number, for example `article:12`, or `case:77` for fields of a case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import app.people.models
import app.work.models  # noqa: F401 - people, cases and items are referred to by foreign keys
from app.db import Base
from app.ledger.guards import guard_table

OPEN, PASS, RETURN, REJECT, REFUSED = "open", "pass", "return", "reject", "refused"
VOID, SEAL = "void", "seal"
DENIED_BY = "denied_by"  # among the answers of a void: who said that a recorded pass was not theirs


class ReviewAct(Base):
    """One act of a review: a level passed, returned or rejected a content; a pass became void; the chain was sealed.

    `digest` is the hash of the content that was seen; a `void` names the pass it ends in `voids_id` and the content
    that ended it in `digest`. `characters` and `started_at` (first opening) give the reading speed. `raised_from` is
    set when the level moved to another unit for lack of distinct people (提级): the unit it should have been in.
    A level decided by phone or on paper (代录) names the clerk in `recorded_by`.
    """

    __tablename__ = "review_act"
    __table_args__ = (
        Index("ix_review_act_subject", "subject", "id"),
        Index("ix_review_act_user", "user_id", "at"),
        Index("ix_review_act_case", "case_id"),
        Index("ix_review_act_at", "at"),
        Index("ix_review_act_digest", "digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(40), default="")
    level_name: Mapped[str] = mapped_column(default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    user_name: Mapped[str] = mapped_column(default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    unit_name: Mapped[str] = mapped_column(default="")
    recorded_by: Mapped[str | None]
    raised_from: Mapped[str | None]
    started_at: Mapped[datetime | None]
    at: Mapped[datetime]
    characters: Mapped[int] = mapped_column(default=0)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opinion: Mapped[str] = mapped_column(Text, default="")
    voids_id: Mapped[int | None] = mapped_column(ForeignKey("review_act.id"))


class ReviewSnapshot(Base):
    """A content as it was when somebody decided about it, for kinds of subject that keep no versions themselves."""

    __tablename__ = "review_snapshot"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    at: Mapped[datetime]


for model in (ReviewAct, ReviewSnapshot):
    guard_table(model.__table__)
