"""Keep, bind, supersede, discard and sweep uploads."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import IO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import NotFound, Refused
from app.files import queries, rules
from app.files.models import BOUND, DRAFT, Upload
from app.files.store import Store, Taken
from app.i18n import N_
from app.postgres import lock_key

DRAFT_LIFE = timedelta(days=7)
BLOB_LIFE = timedelta(hours=24)
_LOCK = 7_401_001
NOT_YOURS = N_("没有这个文件，或者它不归您用。请重新上传。")


def keep(
    session: Session, store: Store, taken: Taken, *, owner_id: int, now: datetime, item_id: int | None = None
) -> Upload:
    """Put a taken file into the store and make it a draft of its owner."""
    # a sweep must not remove the same bytes between their arrival and this row
    lock_key(session, _LOCK, shared=True)
    store.place(taken)
    row = Upload(
        owner_id=owner_id,
        item_id=item_id,
        name=taken.name,
        size=taken.size,
        digest=taken.digest,
        media=taken.media,
        state=DRAFT,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def bind(
    session: Session,
    upload_ids: Collection[int],
    *,
    owner_id: int,
    case_id: int,
    item_id: int | None,
    now: datetime,
    record: str | None = None,
) -> list[Upload]:
    """Bind the person's own drafts to a case, a work item and a record; files already in the case stay as they are.

    Anything else, a stranger's draft above all, reads as if it did not exist and nothing is bound.
    """
    found = queries.uploads(session, set(upload_ids))
    fresh = [row for row in found if row.state == DRAFT and row.owner_id == owner_id]
    already = [row for row in found if row.state == BOUND and row.case_id == case_id]
    if len(fresh) + len(already) != len(set(upload_ids)):
        raise NotFound(NOT_YOURS)
    for row in fresh:
        row.state, row.case_id, row.item_id, row.bound_at, row.record = BOUND, case_id, item_id, now, record
    session.flush()
    return found


def supersede(session: Session, old_id: int, new_id: int) -> Upload:
    """Note that a file replaces another of the same case; the old one stays and stays readable."""
    old, new = queries.upload(session, old_id), queries.upload(session, new_id)
    if old is None or new is None or old.id == new.id or old.case_id is None or old.case_id != new.case_id:
        raise NotFound(NOT_YOURS)
    old.superseded_by_id = new.id
    session.flush()
    return old


def discard(session: Session, upload_id: int, *, owner_id: int) -> None:
    """Take back one's own draft. What is bound to a record stays for ever."""
    row = queries.upload(session, upload_id)
    if row is None or row.owner_id != owner_id:
        raise NotFound(NOT_YOURS)
    if row.state != DRAFT:
        raise Refused(N_("这个文件已随办理记录存档，不能删除；可以再传一份新的，旧的会标明已被替换。"))
    session.delete(row)
    session.flush()


def sweep(session: Session, store: Store, now: datetime, *, machine_now: float) -> int:
    """Remove drafts after 7 days and blobs no row names after 24 hours; return how many blobs went.

    Runs inside a write transaction: while it lasts no upload can be kept, so the second look holds.
    `machine_now` is the file system's time, which a demo's clock does not move.
    """
    lock_key(session, _LOCK)
    session.execute(delete(Upload).where(Upload.state == DRAFT, Upload.created_at < now - DRAFT_LIFE))
    before = machine_now - BLOB_LIFE.total_seconds()
    old = list(store.old_blobs(before))
    named = set(session.scalars(select(Upload.digest).distinct()))
    gone = [digest for digest in old if digest not in named and store.is_old(digest, before)]
    for digest in gone:
        store.remove(digest)
    store.clear_incoming(before)
    return len(gone)


def bundle(store: Store, uploads: Sequence[Upload], out: IO[bytes]) -> None:
    """Write the files into one zip under their own names; equal names get a number."""
    used: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in uploads:
            name = _free_name(row.name, used)
            used.add(name.casefold())
            with store.open(row.digest) as source, archive.open(name, "w") as target:
                while block := source.read(rules.CHUNK):
                    target.write(block)


def _free_name(name: str, used: set[str]) -> str:
    stem, _, extension = name.rpartition(".")
    number, free = 1, name
    while free.casefold() in used:
        number += 1
        free = f"{stem} ({number}).{extension}"
    return free
