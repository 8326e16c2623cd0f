"""Reports to those above: drafted from the record, sent outside by a person, registered afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.emergency import measuring
from app.emergency.drafting import draft as draft_of
from app.emergency.models import Emergency, EmergencyReport
from app.emergency.operations.steps import Result, emergency_of, last_item, told
from app.emergency.rules import CLOSING, FOLLOWUP, PHONE, POLICE, REPORTS, WRITTEN
from app.errors import Invalid
from app.i18n import N_
from app.work.models import WorkItem
from app.work.runtime import Call

NODES: Final[Mapping[str, str]] = {
    PHONE: "phone_report",
    WRITTEN: "first_report",
    POLICE: "police_report",
    FOLLOWUP: "followup_report",
    CLOSING: "closing_report",
}
TITLE: Final = N_("%(report)s：%(case)s")
WHICH: Final = N_("不知道是哪一种报告。")


def draft(session: Session, call: Call) -> Result:
    """Write a report as far as the record knows, for a person to finish."""
    emergency, kind = emergency_of(session, call), _kind(call)
    title = TITLE % {"report": REPORTS[kind], "case": call.case.title}
    text = draft_of(session, emergency, kind, call.now, call.case_data.get("facts"))
    return {"report_text": text, "report_title": title, "report_kind": kind}


def report_sent(session: Session, call: Call) -> Result:
    """Register a report that a person sent: its text, way, receiver, time and receipt number."""
    emergency, kind, data = emergency_of(session, call), _kind(call), told(call)
    item = last_item(session, call.case.id, NODES[kind])
    found = _registered(session, emergency, item)
    sent_at = _sent(data.get("sent_at"), call.case.opened_at, call.now)
    row = found or _register(session, emergency, kind, data, item, sent_at, call.now)
    return {"report": row.id}


def _kind(call: Call) -> str:
    """Return which report it is: the step says so itself, or the token does."""
    for value in (call.inputs.get("report_kind"), call.inputs.get("kind"), call.data.get("report_kind")):
        if value in REPORTS:
            return str(value)
    raise Invalid(WHICH)


def _registered(session: Session, emergency: Emergency, item: WorkItem | None) -> EmergencyReport | None:
    if item is None:
        return None
    query = select(EmergencyReport).where(
        EmergencyReport.emergency_id == emergency.id, EmergencyReport.item_id == item.id
    )
    return session.scalar(query)


def _register(
    session: Session,
    emergency: Emergency,
    kind: str,
    data: Mapping[str, Any],
    item: WorkItem | None,
    sent_at: datetime,
    now: datetime,
) -> EmergencyReport:
    same = (EmergencyReport.emergency_id == emergency.id, EmergencyReport.kind == kind)
    row = EmergencyReport(
        emergency_id=emergency.id,
        kind=kind,
        number=(session.scalar(select(func.count()).select_from(EmergencyReport).where(*same)) or 0) + 1,
        body=str(data.get("report_text") or ""),
        channel=str(data.get("channel") or ""),
        receiver=str(data.get("receiver_name") or ""),
        receipt=str(data.get("receipt") or ""),
        sent_at=sent_at,
        due_at=item.due_at if item else None,
        item_id=item.id if item else None,
        by_id=item.done_by_id if item else None,
        by_name=(item.done_by_name if item else None) or "",
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _sent(said: Any, opened_at: datetime, now: datetime) -> datetime:
    """Return when it was sent by what the sender says, to the minute; what cannot have been counts as now."""
    at = measuring.instant(said) if said else now
    return at if opened_at.replace(second=0, microsecond=0) <= at <= now else now
