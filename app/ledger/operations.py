"""Append records. The caller's transaction makes them durable together with what they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from app import clock
from app.ledger.models import ChainHead, Record
from app.ledger.rules import FIRST, Entry, Receipt, body_of, digest, short_code
from app.sql import Prepared

# built once: every completed node passes here
_HEADS, _RECORDS = ChainHead.metadata.tables["chain_head"], Record.metadata.tables["record"]
_LOCK = Prepared(select(_HEADS).where(_HEADS.c.chain == bindparam("of")).with_for_update())
_MOVE = Prepared(update(_HEADS).where(_HEADS.c.chain == bindparam("of")))
_BEGIN, _WRITE = Prepared(insert(_HEADS)), Prepared(insert(_RECORDS))
DRILL = "drill"


@dataclass
class _Head:
    """The end of a chain while records are appended to it."""

    chain: str
    seq: int
    hash: str
    algorithm: str
    mode: str


def append(
    session: Session,
    chain: str,
    entries: Sequence[Entry],
    now: datetime,
    *,
    fresh: bool = False,
    drill: bool = False,
) -> list[Receipt]:
    """Append `entries` to `chain` in order and return one receipt each.

    Three statements however many entries: lock the head, insert, move the head. The chain's first append
    creates its head and fixes digest and mode (real, demo, test; with `drill` drill) for its life; with `fresh` it is
    known to be that. So everything that is ever added to the chain of a drill says so.
    """
    head = _new_head(session, chain, drill=drill) if fresh else _locked_head(session, chain, drill=drill)
    rows = [_row_after(head, entry, now) for entry in entries]
    if rows:
        _WRITE.owe_many(session, rows)
        _MOVE.owe(session, of=chain, seq=head.seq, hash=head.hash)
    return [Receipt(chain, row["seq"], row["code"], row["hash"], now) for row in rows]


def _locked_head(session: Session, chain: str, *, drill: bool) -> _Head:
    found = _LOCK.run(session, of=chain).one_or_none()
    return _new_head(session, chain, drill=drill) if found is None else _Head(*found)


def _new_head(session: Session, chain: str, *, drill: bool) -> _Head:
    head = _Head(chain, 0, FIRST, session.info.get("digest", "sha256"), DRILL if drill else clock.kind(session))
    _BEGIN.owe(session, **vars(head))
    return head


def _row_after(head: _Head, entry: Entry, now: datetime) -> dict[str, Any]:
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
