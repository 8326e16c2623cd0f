"""The least a completion must cost: engine step, changed rows, one record, one commit, on the raw driver."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from app.engine import Engine, compile_definition
from app.engine.port import Environment
from app.ledger.rules import Actor, Entry, body_of, digest
from tests.conftest import START

SMALL = Path(__file__).resolve().parents[1] / "factories" / "bpmn" / "small" / "small.bpmn"
ANSWERS: dict[str, dict[str, Any]] = {"ask": {}, "do": {"done": "已办"}, "check": {"decision": "back"}}
TABLES = (
    "CREATE TABLE floor_task (id TEXT PRIMARY KEY, internal TEXT, data TEXT)",
    "CREATE TABLE floor_record (body TEXT, hash TEXT)",
)
Execute = Callable[[str, tuple[Any, ...]], Any]


def on_sqlite(file: Path) -> tuple[Execute, str]:
    """Return how to send a statement to a SQLite file, and its placeholder."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection.execute, "?"


def on_postgres(url: str) -> tuple[Execute, str]:
    """Return how to send a statement to PostgreSQL, and its placeholder."""
    connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)
    return connection.execute, "%s"  # type: ignore[return-value]


def floor(execute: Execute, mark: str) -> Callable[[], float]:
    """Return a function that completes one node at the least cost and returns its milliseconds."""
    for table in TABLES:
        execute(table, ())
    engine, env = Engine(), Environment(START, {"id": 1, "unit": 2})
    live, _ = engine.start(compile_definition(SMALL.read_bytes()), {}, {}, env)
    keep = (
        f"INSERT INTO floor_task VALUES ({mark}, {mark}, {mark}) "  # noqa: S608 - the placeholder is ours
        "ON CONFLICT (id) DO UPDATE SET internal = excluded.internal, data = excluded.data"
    )
    write = f"INSERT INTO floor_record VALUES ({mark}, {mark})"  # noqa: S608

    def once() -> float:
        begin = time.perf_counter()
        execute("BEGIN IMMEDIATE" if mark == "?" else "BEGIN", ())
        (waiting,) = engine.open_nodes(live)
        step = engine.complete(live, waiting.token, ANSWERS[waiting.node], env)
        for one in step.changed:
            execute(keep, (one.id, one.internal, one.data))
        body = body_of(Entry("a:b:c", Actor("person", "甲"), {}), chain="c", seq=1, at=START, mode="test")
        execute(write, (body, digest("sha256", "", body)))
        execute("COMMIT", ())
        return (time.perf_counter() - begin) * 1000

    return once
