"""How grave it is: measured by facts, graded by the table, overruled by the commander; what limits that means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from app.deadlines.rules import parse_limit
from app.emergency import measuring
from app.emergency.models import Emergency, GradeChange
from app.emergency.operations.calling import acknowledge
from app.emergency.operations.steps import Result, emergency_of, last_item, told, write_log
from app.emergency.rules import (
    COMMANDER,
    DECISION,
    GRADES,
    IV,
    NOT_OVERRULED,
    ROMAN,
    STATUS,
    grade_in_force,
    limit_left,
    minutes_between,
    next_grading,
)
from app.i18n import N_
from app.work.models import WorkItem
from app.work.runtime import Call

LIMITS: Final = ("activate_limit", "status_limit", "phone_limit", "review_limit")
ACTIVATED: Final = N_("启动应急响应")
STOOD_DOWN: Final = N_("不启动应急响应")
SET_GRADE: Final = N_("定为 %(roman)s 级（%(name)s）：%(reason)s")
NO_REASON: Final = N_("没有写理由")


def measure(session: Session, call: Call) -> Result:
    """Say what the grading table asks for, as things stand now."""
    emergency, known = emergency_of(session, call), call.case_data
    until = emergency.restored_at or call.now
    return {
        "kind": emergency.kind,
        **measuring.measures(known.get("facts") or {}, until),
        "standing_grade": emergency.grade or IV,
        "overruled_grade": known.get("overruled_grade") or NOT_OVERRULED,
    }


def graded(session: Session, call: Call) -> Result:
    """Put the grade of the table in force if it is graver than the one before, and the limits that go with it."""
    emergency, data, known = emergency_of(session, call), told(call), call.case_data
    by_rule, before = int(data["grade"]), emergency.grade
    overruled = int(known.get("overruled_grade") or NOT_OVERRULED)
    grade = by_rule if before is None else grade_in_force(by_rule, before, overruled)
    if grade != before:
        _change(session, emergency, grade, _basis(data), _snapshot(data), call.now)
    owed = bool(data.get("report_required"))
    return {
        "case.grade": grade,
        "case.rule_grade": by_rule,
        "case.overruled_grade": known.get("overruled_grade") if grade == before else None,
        **{f"case.{name}": _readable(data.get(name)) for name in LIMITS},
        **_duty(emergency, data, known, owed=owed, now=call.now),
        "regrade_at": next_grading(emergency.began_at, call.now).isoformat(),
        "rose": before is not None and grade < before,
    }


def activated(session: Session, call: Call) -> Result:
    """Note what the commander decided: whether the plan is activated, another grade, whether the public is told."""
    emergency, data = emergency_of(session, call), told(call)
    item = last_item(session, call.case.id, "commander_activate")
    on = data.get("decision") != "stand_down"
    emergency.activated_at = emergency.activated_at or call.now
    acknowledge(session, emergency, COMMANDER, item.done_by_id if item else None, call.now)
    lines = [ACTIVATED if on else STOOD_DOWN, str(data.get("command_note") or "")]
    write_log(session, emergency, DECISION, "\n".join(filter(None, lines)), call.now, item)
    return {
        "case.activated": on,
        "case.commanded_by": item.done_by_name if item else None,
        "case.publicity_needed": on and measuring.is_yes(data.get("publicity_needed")),
        **_overrule(session, emergency, call, data, item),
    }


def note_status(session: Session, call: Call) -> Result:
    """Write a status report into the log and take over the facts it tells."""
    emergency, data = emergency_of(session, call), told(call)
    item = last_item(session, call.case.id, "status_report")
    write_log(session, emergency, STATUS, str(data.get("status_text") or ""), call.now, item)
    return {"case.facts": measuring.merge(call.case_data.get("facts") or {}, data, call.now)}


def _duty(
    emergency: Emergency, data: Mapping[str, Any], known: Mapping[str, Any], *, owed: bool, now: datetime
) -> dict[str, Any]:
    """Return whether it must be reported, to whom and within which time.

    What is owed once stays owed. A duty that is there from the first grading on counts from the alarm, one that
    arises later from then.
    """
    before, arose = known.get("report_required"), known.get("report_since")
    if owed and before is False:
        arose = now.isoformat()
    spent = known.get("report_spent")
    if owed and spent is None:
        # a minute that began is spent: nothing may be due later than the alarm and the whole limit
        spent = minutes_between(emergency.began_at, now) + 1 if before is None else 0
    return {
        "case.report_required": owed or before is True,
        "case.report_spent": spent,
        "case.report_since": arose,
        "case.written_limit": limit_left(data.get("written_limit"), spent or 0),
        "case.receiver": data.get("receiver"),
        "case.police": data.get("police") is True or known.get("police") is True,
        "duty_arose": owed and before is False,
    }


def _overrule(
    session: Session, emergency: Emergency, call: Call, data: Mapping[str, Any], item: WorkItem | None
) -> dict[str, Any]:
    """Put the commander's grade in force; it stands until the table says more than it does now."""
    wanted = int(data.get("new_grade") or 0)
    if wanted not in GRADES or wanted == emergency.grade:
        return {"regrade": False}
    reason = str(data.get("grade_reason") or NO_REASON)
    basis = SET_GRADE % {"roman": ROMAN[wanted], "name": GRADES[wanted], "reason": reason}
    _change(session, emergency, wanted, basis, call.case_data.get("facts") or {}, call.now, item)
    write_log(session, emergency, DECISION, basis, call.now, item)
    by_rule = call.case_data.get("rule_grade")
    return {"case.grade": wanted, "case.overruled_grade": by_rule, "regrade": True}


def _basis(data: Mapping[str, Any]) -> str:
    """Return which row of the table holds and, in brackets, where that row comes from."""
    row, source = data.get("grade_basis") or "", data.get("grade_mark")
    return f"{row} [{source}]" if source else str(row)


def _change(
    session: Session,
    emergency: Emergency,
    grade: int,
    basis: str,
    facts: Mapping[str, Any],
    now: datetime,
    by: WorkItem | None = None,
) -> None:
    row = GradeChange(
        emergency_id=emergency.id,
        at=now,
        before=emergency.grade,
        after=grade,
        basis=basis,
        facts=dict(facts),
        by_id=by.done_by_id if by else None,
        by_name=(by.done_by_name if by else None) or "",
    )
    session.add(row)
    emergency.grade = grade


def _readable(text: Any) -> str | None:
    """Return a limit of the table; raise Invalid when it is none, here rather than at the step it is for."""
    return parse_limit(str(text)).text if text else None


def _snapshot(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers the table was asked with."""
    return {name: data.get(name) for name in measuring.ASKED}
