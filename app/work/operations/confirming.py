"""What a person says to a decision that a clerk recorded in their name: it is mine, or it is not (代录确认).

An objection is said, recorded and told to those who watch over the process. What it undoes is up to the areas whose
decisions are recorded: a pass of a review that was never given, for one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.ledger import Entry, append
from app.outbox.operations import notify
from app.people.operations import resolve
from app.people.rules import Viewer
from app.work.models import Case, Transcription, TranscriptionAnswer, WorkItem
from app.work.operations.act import person
from app.work.operations.cases import lock_case
from app.work.operations.transcribing import LONGEST, named
from app.work.queries.transcriptions import CONFIRMED, OBJECTED
from app.work.runtime import Denial, Runtime

AGREED: Final = N_("%(who)s确认了您代录的“%(title)s”的“%(node)s”。")
DENIED: Final = N_("%(who)s对您代录的“%(title)s”的“%(node)s”有异议：%(note)s")
DISPUTED: Final = N_("“%(title)s”的“%(node)s”由%(clerk)s代录，%(who)s说不是本人的意见：%(note)s。请核实。")


def answer_transcription(
    session: Session, runtime: Runtime, viewer: Viewer, transcription_id: int, answer: str, note: str, now: datetime
) -> None:
    """Confirm a recorded decision as one's own, or object to it with words; once, and only by its person.

    The same answer again changes nothing. The clerk is told; of an objection the supervising office, too.
    """
    row = session.get(Transcription, transcription_id)
    if row is None or row.decided_by_id != viewer.user_id:
        raise NotFound
    case = lock_case(session, row.case_id)
    note = note.strip()[:LONGEST]
    if not _is_new(session, row, answer):
        return
    if answer == OBJECTED and not note:
        raise Invalid(fields={"note": N_("写一句哪里不是您的意见，写好后再提交。")})
    item = session.get_one(WorkItem, row.item_id)
    session.add(TranscriptionAnswer(transcription_id=row.id, answer=answer, note=note, by_id=viewer.user_id, at=now))
    session.flush()
    append(session, f"case:{case.id}", [_answered(row, item, viewer, answer, note)], now)
    _tell_answer(session, case, item, row, answer, note, now)
    if answer == OBJECTED:
        for undo in runtime.denials:
            undo(session, Denial(case, item, viewer, now))


def _is_new(session: Session, row: Transcription, answer: str) -> bool:
    if answer not in (CONFIRMED, OBJECTED):
        raise Invalid(fields={"answer": N_("选确认，或者不是我的意见。")})
    given = session.get(TranscriptionAnswer, row.id)
    if given is not None and given.answer != answer:
        raise Conflict(N_("这一条您已经答复过，不能再改。要补充，请在办件的讨论里写。"))
    return given is None


def _answered(row: Transcription, item: WorkItem, viewer: Viewer, answer: str, note: str) -> Entry:
    return Entry(
        f"work:transcription:{answer}",
        person(viewer),
        {"transcription": row.id, "clerk": row.clerk_name, "medium": row.medium, "reason": note},
        case_id=row.case_id,
        item_id=item.id,
        node=item.node,
        node_name=item.name,
        result=answer,
    )


def _tell_answer(
    session: Session, case: Case, item: WorkItem, row: Transcription, answer: str, note: str, now: datetime
) -> None:
    values = {**named(case, item), "who": row.decided_by_name, "clerk": row.clerk_name, "note": note}
    url = f"/cases/{case.number}"
    notify(session, [row.clerk_id], AGREED if answer == CONFIRMED else DENIED, values=values, url=url, now=now)
    if answer == OBJECTED:
        notify(session, watchers(session), DISPUTED, values=values, url=url, now=now)


def watchers(session: Session) -> list[int]:
    """Return who watches over the processes in the supervising office."""
    roles = ("supervisor", "office")
    found = [resolve(session, {"rule": "role", "role": one}, starter_id=None, earlier={}).user_ids for one in roles]
    return list(dict.fromkeys(user_id for people in found for user_id in people))
