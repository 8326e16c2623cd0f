"""A case that cannot go on by itself though no step of it failed: it becomes an incident of the whole case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.people.operations import resolve
from app.work.models import Case, Incident
from app.work.operations.stopping import FALLBACK, OPEN, OWNER

WHOLE = "case"  # in place of a token
NAME, NAME_EN = N_("整个办件"), "The whole case"
STALLED, TIMER = "stalled", "timer"
STOPPED = N_("停住了：没有人要办，也没有什么要等。")
SIGNAL_FAILED = N_("信号“%(name)s” 8 次都没送到。")
CLOCK_FAILED = N_("到时该走的一步 8 次都没走成（%(error)s）。")


def stop_case(session: Session, case: Case, kind: str, reason: str, now: datetime) -> bool:
    """Make it visible that a locked case stands still, and tell who answers for it; False when it is already."""
    if case.incident is not None:
        return False
    people = resolve(session, OWNER, starter_id=None, earlier={}, fallback=FALLBACK)
    row = session.scalar(select(Incident).where(Incident.case_id == case.id, Incident.token == WHOLE))
    if row is None:
        row = Incident(
            case_id=case.id, token=WHOLE, node=WHOLE, node_name=NAME, node_name_en=NAME_EN, rule=dict(OWNER), tries=0
        )
        session.add(row)
    case.incident = row.reason = reason
    row.kind, row.state, row.raised_at, row.tries = kind, OPEN, now, row.tries + 1
    row.owner, row.owner_en = people.text_zh, people.text_en
    row.solved_at = row.solved_by_id = row.solved_by_name = row.solved_how = None
    session.flush()
    entry = Entry("work:incident:raised", Actor("rule", N_("巡查")), {"reason": reason}, case_id=case.id)
    append(session, f"case:{case.id}", [entry], now)
    notify(
        session,
        people.user_ids,
        N_("“%(title)s”%(reason)s请您处置。"),
        values={"title": case.title, "reason": reason},
        url=f"/cases/{case.number}?tab=handling",
        now=now,
    )
    return True
