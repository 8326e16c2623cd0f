"""Use cases of review; none of them commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.ledger import Actor, Entry, append
from app.review import subjects
from app.review.models import ReviewAct
from app.review.operations.levels import stale_passes, void
from app.review.queries import acts_of
from app.review.subjects import Subject
from app.work.models import Case
from app.work.operations.cases import lock_case
from app.work.operations.signals import send_message
from app.work.runtime import Runtime

__all__ = ["MESSAGE", "content_changed", "lead_back"]

MESSAGE = "content_changed"


def content_changed(
    session: Session, runtime: Runtime, ref: str, actor: Actor, now: datetime, *, case_id: int | None = None
) -> int:
    """End the passes that a change of a subject's content voided, and lead its running review to the first level.

    `case_id` is the case that reviews it at present, None when there is none. Return how many passes ended. The case
    is locked before anything is written. Passes of what readers saw stay: the record must tell who answers for it.
    """
    case = lock_case(session, case_id) if case_id else None
    subject = subjects.find(session, ref, {})
    stale = stale_passes(session, acts_of(session, ref), subject)
    for one in stale:
        void(session, one, subject, now)
    _record(session, stale, subject, case, actor, now)
    if case is not None:
        lead_back(session, runtime, case, ref, actor, now)
    return len(stale)


def _record(
    session: Session, ended: Sequence[ReviewAct], subject: Subject, case: Case | None, actor: Actor, now: datetime
) -> None:
    """Write into the ledger which passes a change ended: into the case's chain, without one into the house's."""
    if ended:
        passes = [{"act": one.id, "level": one.level, "digest": one.digest} for one in ended]
        payload = {"subject": subject.ref, "version": subject.version, "digest": subject.digest, "passes": passes}
        entry = Entry("review:passes:voided", actor, payload, case_id=case.id if case else None)
        append(session, f"case:{case.id}" if case else "house", [entry], now)


def lead_back(session: Session, runtime: Runtime, case: Case, ref: str, actor: Actor, now: datetime) -> None:
    """Lead a locked case back into its review; one that is over, or between two reviews, does not wait for that."""
    if case.status == "running":
        send_message(session, runtime, case, MESSAGE, {"subject": ref}, {}, now, actor=actor)
