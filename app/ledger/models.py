"""Tables of the ledger. `record.body` is the evidence; the other columns only make it findable."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.ledger.guards import guard_table


class ChainHead(Base):
    """The end of one chain: locked by whoever appends. Chains are `house` and `case:<id>`."""

    __tablename__ = "chain_head"

    chain: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str]
    algorithm: Mapped[str]
    mode: Mapped[str]


class Record(Base):
    """One line of the ledger. Triggers refuse update, delete and truncate on both databases."""

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("ix_record_case", "case_id", "seq"),
        Index("ix_record_kind", "kind", "id"),
        Index("ix_record_actor", "actor_id", "id"),
        Index("ix_record_code", "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[str]
    seq: Mapped[int]
    at: Mapped[datetime]
    month: Mapped[str]
    mode: Mapped[str]
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    unit_id: Mapped[int | None]
    unit_name: Mapped[str]
    case_id: Mapped[int | None]
    item_id: Mapped[int | None]
    node: Mapped[str | None]
    node_name: Mapped[str | None]
    result: Mapped[str | None]
    started_at: Mapped[datetime | None]
    body: Mapped[str]
    prev_hash: Mapped[str]
    hash: Mapped[str]
    algorithm: Mapped[str]
    code: Mapped[str]


guard_table(Record.__table__)
