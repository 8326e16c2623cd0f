"""Reads of reports: one that was registered, and the text of one that is still to be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency.drafting import draft
from app.emergency.models import Emergency, EmergencyReport
from app.emergency.operations.reporting import NODES
from app.errors import NotFound
from app.people.rules import Viewer
from app.work.models import WorkItem
from app.work.queries.casefile import draft_of, steps_of, token_data


def report_of(session: Session, emergency: Emergency, report_id: int) -> EmergencyReport:
    """Return a registered report of this emergency; raise NotFound when it has none of this id."""
    query = select(EmergencyReport).where(
        EmergencyReport.id == report_id, EmergencyReport.emergency_id == emergency.id
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def text_to_send(session: Session, viewer: Viewer, emergency: Emergency, kind: str, now: datetime) -> str:
    """Return a report as this person has typed it, else as its open step holds it, else as the record has it now."""
    item = _open_step(session, viewer, emergency, kind)
    if item is not None:
        saved = draft_of(session, viewer, item_id=item.id)
        typed = (saved.fields if saved else {}).get("report_text")
        held = token_data(session, emergency.case_id, item.token).get("report_text")
        if typed or held:
            return str(typed or held)
    return draft(session, emergency, kind, now)


def _open_step(session: Session, viewer: Viewer, emergency: Emergency, kind: str) -> WorkItem | None:
    steps = steps_of(session, viewer, emergency.case_id)
    open_ = [one for one in steps if one.status == "open" and one.node.rpartition(":")[2] == NODES[kind]]
    return open_[-1] if open_ else None
