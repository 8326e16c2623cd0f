"""What the topics of emergencies share: the emergency of a case, what a step was told, who did a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.emergency.models import Emergency, LogEntry
from app.emergency.queries.emergencies import of_case
from app.errors import Conflict
from app.i18n import N_
from app.people.rules import Viewer
from app.work.models import WorkItem
from app.work.runtime import Call

Result = Mapping[str, Any]
NO_EMERGENCY: Final = N_("这件办件还没有登记为突发事件。")


def emergency_of(session: Session, call: Call) -> Emergency:
    """Return the emergency of the case whose step runs."""
    found = of_case(session, call.case.id)
    if found is None:
        raise Conflict(NO_EMERGENCY)
    return found


def told(call: Call) -> dict[str, Any]:
    """Return what the step can read: the token's data, its own inputs before them."""
    return {**call.data, **call.inputs}


def last_item(session: Session, case_id: int, node: str) -> WorkItem | None:
    """Return the step completed last at a node of the process or of one that it calls; None when there is none."""
    here = or_(WorkItem.node == node, WorkItem.node.like(f"%:{node}"))
    query = select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.status == "done", here)
    return session.scalars(query.order_by(WorkItem.closed_at.desc(), WorkItem.id.desc()).limit(1)).first()


def write_log(
    session: Session, emergency: Emergency, kind: str, text: str, now: datetime, by: WorkItem | Viewer | None = None
) -> LogEntry:
    """Write a line into the log of an emergency, in the name of who did a step, of a person, or of nobody."""
    user_id, name = _who(by)
    row = LogEntry(emergency_id=emergency.id, at=now, kind=kind, text=text, by_id=user_id, by_name=name)
    session.add(row)
    session.flush()
    return row


def _who(by: WorkItem | Viewer | None) -> tuple[int | None, str]:
    if by is None:
        return None, ""
    if isinstance(by, Viewer):
        return by.user_id, by.name
    return by.done_by_id, by.done_by_name or ""
