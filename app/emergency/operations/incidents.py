"""Incident reports (事件汇报): what was reported late, which vendor mends it, what is summed up and improved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from app.clock import local
from app.deadlines.rules import Limit, parse_limit
from app.emergency import measuring
from app.emergency.operations.ending import start_tasks
from app.emergency.operations.steps import Result, told, write_log
from app.emergency.queries import of_case
from app.emergency.queries.rosters import callees, ids
from app.emergency.rules import ALARM, DUTY, minutes_against
from app.i18n import N_
from app.people.models import Site
from app.people.operations import holders, sla, vendor_for
from app.people.rules import OFFICE
from app.work.runtime import Call, Runtime

LATE_AFTER: Final = "PT30M"  # for cases begun before their process said how soon to report
TITLE: Final = N_("事件：%(what)s")
LATE: Final = N_("迟报：发现后 %(minutes)s 分钟才报告，应在 %(limit)s 分钟内。")
MEND: Final = N_("根治：%(what)s")


def opened(session: Session, call: Call) -> Result:
    """Read a report: what lists show of it, who decides what becomes of it, whether it came late."""
    data, case = told(call), call.case
    site = session.get(Site, data.get("site") or 0)
    case.title = (TITLE % {"what": data.get("what") or ""})[:200]
    case.site_id = site.id if site else None
    case.summary = [text for text in (site.name if site else "", str(data.get("what") or "")) if text]
    found = _found(data, case.opened_at)
    limit = _limit(data.get("late_after"))
    delay = minutes_against(found, case.opened_at, limit.duration)
    watch = [*ids(callees(session, DUTY, None, call.now)), *sorted(holders(session, OFFICE))]
    return {
        "told": str(data.get("what") or "")[:500],
        "case.found_at": found.isoformat(),
        "case.reported_at": case.opened_at.isoformat(),
        "case.late": timedelta(minutes=delay) > limit.duration,
        "case.late_minutes": delay,
        "case.late_after": limit.text,
        "case.duty_and_office": list(dict.fromkeys(watch)),
    }


def match(session: Session, call: Call) -> Result:
    """Find the vendor whose contract covers the site and category; without one the office handles it."""
    data = told(call)
    today = local(call.now).date()
    contract = vendor_for(session, data.get("site") or call.case.site_id, data.get("category"), today)
    limits = sla(session, contract.id if contract else None, call.case.priority)
    return {
        "has_vendor": contract is not None,
        "case.vendor": contract.vendor_id if contract else None,
        "case.contract": contract.id if contract else None,
        "case.finish_limit": limits.finish,
    }


def summarised(session: Session, call: Call) -> Result:
    """Note whether it was reported late, by the times the summary gives."""
    data, known = told(call), call.case_data
    found = _found(data, measuring.instant(known.get("found_at") or call.case.opened_at))
    reported = measuring.instant(data.get("reported_at") or known.get("reported_at") or call.case.opened_at)
    limit = _limit(known.get("late_after")).duration
    delay = minutes_against(found, reported, limit)
    late = timedelta(minutes=delay) > limit
    text = LATE % {"minutes": delay, "limit": limit // timedelta(minutes=1)} if late else ""
    emergency = of_case(session, call.case.id)
    if late and emergency is not None:
        write_log(session, emergency, ALARM, text, call.now)
    return {
        "case.found_at": found.isoformat(),
        "case.late": late,
        "case.late_minutes": delay,
        "late_text": text,
        "recurring": measuring.is_yes(data.get("recurring")),
        "major": emergency is not None or data.get("severity") == "major",
    }


def improve(session: Session, runtime: Runtime, call: Call) -> Result:
    """Have the cause of what comes again and again removed: a task linked to this case."""
    data, case = told(call), call.case
    what = str(data.get("improvement") or MEND % {"what": data.get("what") or case.title})
    line = {"what": what, "site": data.get("site"), "category": data.get("category")}
    return {"improvements_cases": [] if case.drill else start_tasks(session, runtime, call, case.site_id, [line])}


def close(session: Session, call: Call) -> Result:
    """Note when the report was closed."""
    del session
    return {"reported_closed_at": call.now.isoformat()}


def _limit(said: Any) -> Limit:
    """Return within which time what was found is to be reported, as the process says it."""
    return parse_limit(str(said or LATE_AFTER))


def _found(data: Mapping[str, Any], default: datetime) -> datetime:
    """Return when it was found by what was told; never later than it was reported."""
    said = data.get("found_at")
    return min(measuring.instant(said), default) if said else default
