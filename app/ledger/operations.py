"""Append records. The caller's transaction makes them durable together with what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import clock
from app.ledger.models import ChainHead, Record
from app.ledger.rules import FIRST, Entry, Receipt, body_of, digest, short_code


def append(session: Session, chain: str, entries: Sequence[Entry], now: datetime) -> list[Receipt]:
    """Append `entries` to `chain` in order and return one receipt each.

    Three statements however many entries: lock the head, insert, move the head. The chain's first append
    creates its head and fixes digest and mode (real, demo, test) for its life.
    """
    head = _locked_head(session, chain)
    rows = [_row_after(head, entry, now) for entry in entries]
    if rows:
        # the table, not the class: one statement whichever columns are empty
        session.execute(insert(Record.metadata.tables["record"]), rows)
    session.flush()
    return [Receipt(chain, row["seq"], row["code"], row["hash"], now) for row in rows]


def _locked_head(session: Session, chain: str) -> ChainHead:
    head = session.scalar(select(ChainHead).where(ChainHead.chain == chain).with_for_update())
    if head is None:
        algorithm = session.info.get("digest", "sha256")
        head = ChainHead(chain=chain, seq=0, hash=FIRST, algorithm=algorithm, mode=clock.kind(session))
        session.add(head)
    return head


def _row_after(head: ChainHead, entry: Entry, now: datetime) -> dict[str, Any]:
    """Compute the row that follows `head` and move `head` onto it."""
    seq = head.seq + 1
    body = body_of(entry, chain=head.chain, seq=seq, at=now, mode=head.mode)
    hash_ = digest(head.algorithm, head.hash, body)
    row = {
        "chain": head.chain,
        "seq": seq,
        "at": now,
        "month": now.strftime("%Y-%m"),
        "mode": head.mode,
        "kind": entry.kind,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.user_id,
        "actor_name": entry.actor.name,
        "unit_id": entry.actor.unit_id,
        "unit_name": entry.actor.unit_name,
        "case_id": entry.case_id,
        "item_id": entry.item_id,
        "node": entry.node,
        "node_name": entry.node_name,
        "result": entry.result,
        "started_at": entry.started_at,
        "body": body,
        "prev_hash": head.hash,
        "hash": hash_,
        "algorithm": head.algorithm,
        "code": short_code(hash_),
    }
    head.seq, head.hash = seq, hash_
    return row
