"""What people write into the log of an emergency while it goes on: decisions, news, resources."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.emergency.models import LogEntry
from app.emergency.operations.steps import write_log
from app.emergency.queries import visible
from app.emergency.rules import WRITTEN_KINDS
from app.errors import Invalid
from app.i18n import N_
from app.ledger import Entry, append
from app.people.rules import Viewer
from app.work.models import Case
from app.work.operations.act import person

LONGEST: Final = 2000


def note(session: Session, who: Viewer, emergency_id: int, kind: str, text: str, now: datetime) -> LogEntry:
    """Write a decision, a piece of news or a resource into the log, with a record in the chain of the case.

    Raise NotFound for an emergency that is not this person's to see, Invalid without a text.
    """
    emergency = visible(session, who, emergency_id)
    said = text.strip()
    if kind not in WRITTEN_KINDS:
        raise Invalid(fields={"kind": N_("选记的是决定、动态还是调用资源。")})
    if not said or len(said) > LONGEST:
        raise Invalid(fields={"text": N_("写清内容，不超过 2000 字。")})
    row = write_log(session, emergency, kind, said, now, who)
    case = session.get_one(Case, emergency.case_id)
    entry = Entry(f"emergency:log:{kind}", person(who), {"text": said}, case_id=case.id)
    append(session, f"case:{case.id}", [entry], now, drill=case.drill)
    return row
