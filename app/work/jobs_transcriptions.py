"""The drain of recorded decisions that nobody confirmed in time: their people and heads are told, once."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox import operations as outbox
from app.outbox.operations import notify
from app.people.models import User
from app.people.operations import resolve
from app.work.jobs import never
from app.work.models import Transcription, TranscriptionAnswer, WorkItem
from app.work.operations.cases import lock_case
from app.work.operations.transcribing import CONFIRM, PAGE, named

BATCH = 50
REMINDED = N_("“%(title)s”的“%(node)s”由%(clerk)s代录，已过确认期限，请您确认。")
REPORTED = N_("“%(title)s”的“%(node)s”由%(clerk)s按%(who)s的意见代录，到期没有确认，请督促。")
log = structlog.get_logger()


def remind_owed(owner: str, stopping: Callable[[], bool] = never) -> int:
    """Report what was to be confirmed by now; return how many were taken on."""
    with transaction() as session:
        claims = outbox.claim(session, owner, clock.now(session), kinds=(CONFIRM,), limit=BATCH)
    for number, claim in enumerate(claims):
        if stopping():
            return number
        _try(claim.id, int(claim.payload["transcription"]), owner)
    return len(claims)


def _try(owed_id: int, transcription_id: int, owner: str) -> None:
    try:
        with transaction() as session:
            _report(session, owed_id, transcription_id, owner)
    except Exception as error:  # whatever it is: the other rows must not wait for this one
        log.exception("reminder_failed", owed=owed_id)
        with transaction() as session:
            outbox.fail(session, owed_id, owner, clock.now(session), f"{type(error).__name__}: {error}")


def _report(session: Session, owed_id: int, transcription_id: int, owner: str) -> None:
    """Tell the person again and both heads, unless an answer came; finished in the same transaction, so once."""
    row = session.get_one(Transcription, transcription_id)
    case, now = lock_case(session, row.case_id), clock.now(session)
    if not outbox.finish(session, owed_id, owner, now) or session.get(TranscriptionAnswer, row.id) is not None:
        return
    item = session.get_one(WorkItem, row.item_id)
    values = {**named(case, item), "clerk": row.clerk_name, "who": row.decided_by_name}
    heads = [one for one in _heads(session, row) if one not in (row.decided_by_id, row.clerk_id)]
    notify(session, [row.decided_by_id], REMINDED, values=values, url=PAGE, now=now)
    notify(session, heads, REPORTED, values=values, url=f"/cases/{case.number}", now=now)
    entry = Entry(
        "work:transcription:overdue",
        Actor("timer", N_("代录确认期限")),
        {"transcription": row.id, "confirm_by": row.confirm_by},
        case_id=case.id,
        item_id=item.id,
        node=item.node,
        node_name=item.name,
    )
    append(session, f"case:{case.id}", [entry], now)


def _heads(session: Session, row: Transcription) -> list[int]:
    """Return the heads of the person's unit and of the clerk's."""
    units = [session.get_one(User, one).unit_id for one in (row.decided_by_id, row.clerk_id)]
    found = [resolve(session, {"rule": "head", "unit": one}, starter_id=None, earlier={}).user_ids for one in units]
    return list(dict.fromkeys(user_id for people in found for user_id in people))
