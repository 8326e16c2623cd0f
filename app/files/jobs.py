"""Uploads without a request: receive one in a transaction of its own, sweep once an hour."""

from __future__ import annotations

import time
from typing import BinaryIO

from flask import current_app

from app import clock
from app.db import transaction
from app.files import operations
from app.files.models import Upload
from app.files.store import Store

STORE = "guanjia.files.store"


def store() -> Store:
    """Return the store of the running application."""
    found: Store = current_app.extensions[STORE]
    return found


def receive(stream: BinaryIO, name: str, *, owner_id: int, item_id: int | None = None) -> Upload:
    """Take a file and make it a draft of its owner."""
    taken = store().take(stream, name)
    try:
        with transaction() as session:
            now = clock.now(session)
            return operations.keep(session, store(), taken, owner_id=owner_id, now=now, item_id=item_id)
    finally:
        taken.discard()


def sweep() -> int:
    """Remove what nobody needs any more; return how many blobs went."""
    with transaction() as session:
        return operations.sweep(session, store(), clock.now(session), machine_now=time.time())
