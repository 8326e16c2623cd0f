"""Check the chains: every body against its hash, its neighbours, its columns and the head of its chain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.i18n import N_
from app.ledger.models import ChainHead, Record
from app.ledger.rules import FIRST, digest, short_code
from app.postgres import see_one_instant

T = TypeVar("T")


REASONS: Mapping[str, str] = {
    "gap": N_("它前面少了记录"),
    "link": N_("和它前面那条接不上"),
    "content": N_("内容和当时记下的不一样"),
    "column": N_("查询用的栏目和当时记下的不一样"),
    "code": N_("回执码和它的校验值对不上"),
    "end": N_("链的末尾和登记的末尾对不上"),
    "missing": N_("整条链的记录都不见了"),
}


PLAIN: Mapping[str, str] = {
    "gap": "a record before it is missing",
    "link": "it does not follow the record before it",
    "content": "its content is not what was recorded",
    "column": "a column differs from what was recorded",
    "code": "its receipt code is not that of its hash",
    "end": "it does not end where its head says",
    "missing": "all its records are missing",
}


@dataclass(frozen=True)
class Fault:
    """The first thing that does not fit; its text is the console's English, REASONS holds the words of pages.

    Without a record it is the end of the chain that does not fit.
    """

    reason: str
    chain: str
    seq: int
    record_id: int | None = None

    def __str__(self) -> str:
        place = f"record {self.record_id} ({self.chain} no. {self.seq})" if self.record_id else f"chain {self.chain}"
        return f"{place}: {PLAIN[self.reason]}"


@dataclass(frozen=True)
class Verdict:
    """The outcome: how much was read, and the first fault if there is one."""

    records: int
    chains: int
    fault: Fault | None = None

    @property
    def clean(self) -> bool:
        """Say whether every record fits."""
        return self.fault is None


def verify(session: Session, chain: str | None = None) -> Verdict:
    """Read all chains, or only `chain`, and stop at the first record that does not fit.

    A reading session sees one instant, so that records written meanwhile are no fault.
    """
    see_one_instant(session)
    heads = {head.chain: head for head in session.scalars(_only(select(ChainHead), ChainHead.chain, chain))}
    query = _only(select(Record), Record.chain, chain).order_by(Record.chain, Record.seq)
    with closing(session.scalars(query.execution_options(yield_per=1000))) as records:
        return _judge(session, records, heads)


def _judge(session: Session, records: Iterable[Record], heads: dict[str, ChainHead]) -> Verdict:
    chains, count = len(heads), 0
    last: tuple[str, int, str] | None = None
    for record in records:
        if last is None or record.chain != last[0]:
            fault = _end_of(heads, last)
            if fault:
                return Verdict(count, chains, fault)
            last = (record.chain, 0, FIRST)
        reason = _misfit(record, last[1] + 1, last[2])
        if reason:
            return Verdict(count, chains, Fault(reason, record.chain, record.seq, record.id))
        count, last = count + 1, (record.chain, record.seq, record.hash)
        session.expunge(record)
    return Verdict(count, chains, _end_of(heads, last) or _missing(heads))


def _only(query: Select[T], column: InstrumentedAttribute[str], chain: str | None) -> Select[T]:
    return query if chain is None else query.where(column == chain)


def _misfit(record: Record, seq: int, previous: str) -> str | None:
    if record.seq != seq:
        return "gap"
    if record.prev_hash != previous:
        return "link"
    if digest(record.algorithm, previous, record.body) != record.hash:
        return "content"
    if _recorded(json.loads(record.body)) != _columns(record):
        return "column"
    return None if record.code == short_code(record.hash) else "code"


def _columns(record: Record) -> tuple[object, ...]:
    """Return what the columns say, in the order of `_recorded`."""
    return (
        record.chain,
        record.seq,
        _text(record.at),
        record.month,
        record.mode,
        record.kind,
        record.actor_kind,
        record.actor_id,
        record.actor_name,
        record.unit_id,
        record.unit_name,
        record.case_id,
        record.item_id,
        record.node,
        record.node_name,
        record.result,
        _text(record.started_at),
    )


def _recorded(body: dict[str, Any]) -> tuple[object, ...]:
    """Return what the body says of the columns."""
    actor = body["actor"]
    return (
        body["chain"],
        body["seq"],
        body["at"],
        body["at"][: len("2026-11")],
        body["mode"],
        body["kind"],
        actor["kind"],
        actor["user_id"],
        actor["name"],
        actor["unit_id"],
        actor["unit_name"],
        body["case"],
        body["item"],
        body["node"],
        body["node_name"],
        body["result"],
        body["started"],
    )


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="microseconds") if instant else None


def _end_of(heads: dict[str, ChainHead], last: tuple[str, int, str] | None) -> Fault | None:
    """Compare the last record read with its chain's head; take the head off the list of those not yet seen."""
    if last is None:
        return None
    chain, seq, hash_ = last
    head = heads.pop(chain, None)
    fits = head is not None and (head.seq, head.hash) == (seq, hash_)
    return None if fits else Fault("end", chain, seq)


def _missing(heads: dict[str, ChainHead]) -> Fault | None:
    left = sorted(chain for chain, head in heads.items() if head.seq)
    return Fault("missing", left[0], 0) if left else None
