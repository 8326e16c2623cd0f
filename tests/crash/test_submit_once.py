"""One work item is completed exactly once, however often and by however many it is submitted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import runtime_of
from app.db import db
from app.errors import Conflict, UserError
from app.ledger import verify
from app.ledger.models import Record
from app.work.models import WorkItem
from tests.factories.small import complete, open_item, publish_small, start_small

THREADS = 16


def at_once(app: Flask, act: Callable[[int], Any]) -> list[Any]:
    """Run `act` in sixteen threads that start at one barrier; return results and errors."""
    barrier = threading.Barrier(THREADS)
    found: list[Any] = [None] * THREADS

    def one(n: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                found[n] = act(n)
            except UserError as error:
                found[n] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def item(either_app: Flask) -> WorkItem:
    """An item that waits for vendor_a_tech."""
    publish_small()
    receipt = start_small(runtime_of(either_app))
    return open_item(receipt.case_id)


def completions(item_id: int) -> int:
    db.session.rollback()
    query = select(func.count()).where(Record.item_id == item_id, Record.kind == "work:item:completed")
    return db.session.scalar(query) or 0


def test_the_same_key_gives_everybody_the_same_receipt(either_app: Flask, item: WorkItem) -> None:
    """Sixteen double clicks: one completion, fifteen stored receipts."""
    runtime = runtime_of(either_app)
    found = at_once(either_app, lambda _n: complete(runtime, item.id, "vendor_a_tech", {"done": "已重传"}, "same"))
    assert len({receipt.code for receipt in found}) == 1
    assert [receipt.repeated for receipt in found].count(False) == 1
    assert completions(item.id) == 1
    assert verify(db.session()).clean


def test_different_keys_give_one_completion_and_conflicts(either_app: Flask, item: WorkItem) -> None:
    """Sixteen competitors: one completion, the others are told who and when, and nothing is halved."""
    runtime = runtime_of(either_app)
    found = at_once(
        either_app, lambda n: complete(runtime, item.id, "vendor_a_tech", {"done": f"第 {n} 份"}, f"k{n}")
    )
    lost = [one for one in found if isinstance(one, Conflict)]
    assert len(lost) == THREADS - 1
    assert all("陆小满" in str(one) for one in lost)
    assert completions(item.id) == 1
    assert open_item(item.case_id).node == "check"


def test_the_same_start_key_starts_one_case(either_app: Flask) -> None:
    """Sixteen impatient starts: one case."""
    publish_small()
    runtime = runtime_of(either_app)
    found = at_once(either_app, lambda _n: start_small(runtime, key="start-once"))
    started = [one for one in found if not isinstance(one, UserError)]
    assert len({receipt.number for receipt in started}) == 1
    assert len(started) >= 1
