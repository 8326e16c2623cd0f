"""Check the chains: every body against its hash, its neighbours, its columns and the head of its chain."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.ledger.models import ChainHead, Record
from app.ledger.rules import FIRST, digest, short_code

T = TypeVar("T")


@dataclass(frozen=True)
class Verdict:
    """The outcome: how much was read and the first record that does not fit, if any."""

    records: int
    chains: int
    broken: str | None = None

    @property
    def clean(self) -> bool:
        """Say whether every record fits."""
        return self.broken is None


def verify(session: Session, chain: str | None = None) -> Verdict:
    """Read all chains, or only `chain`, and stop at the first record that does not fit."""
    heads = {head.chain: head for head in session.scalars(_only(select(ChainHead), ChainHead.chain, chain))}
    query = _only(select(Record), Record.chain, chain).order_by(Record.chain, Record.seq)
    with closing(session.scalars(query.execution_options(yield_per=1000))) as records:
        return _judge(session, records, heads)


def _judge(session: Session, records: Iterable[Record], heads: dict[str, ChainHead]) -> Verdict:
    chains = len(heads)
    count, current, seq, previous = 0, None, 0, FIRST
    for record in records:
        if record.chain != current:
            broken = _end_of(heads, current, seq, previous)
            if broken:
                return Verdict(count, chains, broken)
            current, seq, previous = record.chain, 0, FIRST
        reason = _misfit(record, seq + 1, previous)
        if reason:
            return Verdict(count, chains, f"record {record.id} ({record.chain} no. {record.seq}): {reason}")
        count, seq, previous = count + 1, record.seq, record.hash
        session.expunge(record)
    broken = _end_of(heads, current, seq, previous) or _missing(heads)
    return Verdict(count, chains, broken)


def _only(query: Select[T], column: InstrumentedAttribute[str], chain: str | None) -> Select[T]:
    return query if chain is None else query.where(column == chain)


def _misfit(record: Record, seq: int, previous: str) -> str | None:
    if record.seq != seq:
        return f"number {seq} is missing before it"
    if record.prev_hash != previous:
        return "it does not follow the record before it"
    if digest(record.algorithm, previous, record.body) != record.hash:
        return "its content is not what was recorded"
    body = json.loads(record.body)
    for name, stored in _columns(record).items():
        if body[name] != stored:
            return f"its column {name} differs from what was recorded"
    if record.code != short_code(record.hash):
        return "its receipt code is not that of its hash"
    return None


def _columns(record: Record) -> dict[str, object]:
    return {
        "chain": record.chain,
        "seq": record.seq,
        "at": _text(record.at),
        "mode": record.mode,
        "kind": record.kind,
        "case": record.case_id,
        "item": record.item_id,
        "node": record.node,
        "node_name": record.node_name,
        "result": record.result,
        "started": _text(record.started_at),
    }


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="microseconds") if instant else None


def _end_of(heads: dict[str, ChainHead], chain: str | None, seq: int, last: str) -> str | None:
    """Compare the last record read with its chain's head; take the head off the list of those not yet seen."""
    if chain is None:
        return None
    head = heads.pop(chain, None)
    if head is None or head.seq != seq or head.hash != last:
        return f"chain {chain}: it ends at no. {seq}, not where its head says"
    return None


def _missing(heads: dict[str, ChainHead]) -> str | None:
    left = sorted(chain for chain, head in heads.items() if head.seq)
    return f"chain {left[0]}: all its records are missing" if left else None
