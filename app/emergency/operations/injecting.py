"""What the script of a drill brings in: written into its log at its time, told to those who take part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.emergency.models import Emergency, Inject, LogEntry
from app.emergency.rules import INJECT
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.work.models import Case
from app.work.queries.casefile import case_data

SCRIPT: Final = Actor("timer", N_("演练脚本"))
TOLD: Final = N_("【演练】新情节：%(text)s")
PARTS: Final = ("duty", "commander", "tech", "publicity", "liaison")


def waiting() -> Select[Inject]:
    """Return the query of what is still to come in drills that go on."""
    query = select(Inject).join(Emergency, Emergency.id == Inject.emergency_id)
    return query.where(Inject.delivered_at.is_(None), Emergency.outcome == "", Emergency.drill.is_(True))


def deliver(session: Session, inject_id: int, now: datetime) -> bool:
    """Bring in one thing of a script; False when it was done already or the drill is over."""
    query = waiting().where(Inject.id == inject_id, Inject.due_at <= now)
    row = session.scalar(query.with_for_update(of=Inject))
    if row is None:
        return False
    emergency = session.get_one(Emergency, row.emergency_id)
    case = session.get_one(Case, emergency.case_id)
    row.delivered_at = now
    session.add(LogEntry(emergency_id=emergency.id, at=now, kind=INJECT, text=row.text, by_name=SCRIPT.name))
    payload = {"text": row.text, "due_at": row.due_at.isoformat()}
    append(
        session,
        f"case:{case.id}",
        [Entry("emergency:log:inject", SCRIPT, payload, case_id=case.id)],
        now,
        drill=case.drill,
    )
    url = f"/emergency/{case.number}"
    notify(session, _people(case_data(case)), TOLD, values={"text": row.text}, url=url, now=now, kind="emergency")
    session.flush()
    return True


def _people(known: dict[str, Any]) -> Iterable[int]:
    """Return everybody of the groups, as the case knows them."""
    lists = [known.get(name) for name in PARTS]
    return sorted({user_id for one in lists if isinstance(one, list) for user_id in one if isinstance(user_id, int)})
