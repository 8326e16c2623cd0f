"""What a record is: its canonical text, its digest and the short code a person can read out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

FORMAT = 1
FIRST = "0" * 64
ACTOR_KINDS = frozenset(
    {"person", "stand_in", "transcriber", "rule", "timer", "worker", "administrator", "console", "setup"}
)


@dataclass(frozen=True)
class Actor:
    """Who or what did it. `kind` tells a person, a stand-in, a clerk, a rule and the console apart."""

    kind: str
    name: str
    user_id: int | None = None
    unit_id: int | None = None
    unit_name: str = ""
    acting_for: str | None = None
    client: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in ACTOR_KINDS:
            raise ValueError(f"unknown actor kind {self.kind}")


@dataclass(frozen=True)
class Entry:
    """One thing to record. `kind` reads area:subject:action, for example `work:item:completed`."""

    kind: str
    actor: Actor
    payload: Mapping[str, Any] = field(default_factory=dict)
    case_id: int | None = None
    item_id: int | None = None
    node: str | None = None
    node_name: str | None = None
    result: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True)
class Receipt:
    """What a completed act returns: where its record stands and the code of the record's hash."""

    chain: str
    seq: int
    code: str
    hash: str
    at: datetime


def canonical(value: object) -> str:
    """Write `value` as JSON that has only one form: sorted keys, no spaces, decimals and instants as text."""
    return _WRITER.encode(value)


def body_of(entry: Entry, *, chain: str, seq: int, at: datetime, mode: str) -> str:
    """Return the canonical text of the record that `entry` becomes."""
    return canonical(
        {
            "format": FORMAT,
            "chain": chain,
            "seq": seq,
            "at": at,
            "mode": mode,
            "kind": entry.kind,
            "actor": vars(entry.actor),
            "case": entry.case_id,
            "item": entry.item_id,
            "node": entry.node,
            "node_name": entry.node_name,
            "result": entry.result,
            "started": entry.started_at,
            "payload": dict(entry.payload),
        }
    )


def digest(algorithm: str, previous: str, body: str) -> str:
    """Return the hash that binds `body` to the record before it."""
    return hashlib.new(algorithm, f"{previous}\n{body}".encode()).hexdigest()


def short_code(hash_: str) -> str:
    """Return the receipt code, for example `7KQ2-F4MD`: 40 bits of the hash in 32 clear characters."""
    text = base64.b32encode(bytes.fromhex(hash_[:10])).translate(_CLEAR).decode()
    return f"{text[:4]}-{text[4:]}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return sorted(value) if isinstance(value, set | frozenset) else list(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


# made once: every record passes here
_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False)
_CLEAR = bytes.maketrans(b"IO", b"89")
