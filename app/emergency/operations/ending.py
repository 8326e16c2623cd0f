"""The way out: contained, restored, closed, compared with the targets, and what the review wants improved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency.models import Drill, Emergency
from app.emergency.operations.steps import Result, emergency_of, last_item, told
from app.emergency.queries import reports_of, targets_of
from app.emergency.rules import CLOSED, FAILED, PASSED, TARGETS
from app.errors import Conflict
from app.i18n import N_
from app.ledger import Actor
from app.people.queries import viewer_of
from app.work.models import Case
from app.work.operations import start_case
from app.work.runtime import Call, Runtime

SLUG: Final = "task_dispatch"
LONGEST: Final = 60
MET: Final = N_("%(name)s %(minutes)s 分钟，目标 %(target)s，达标")
NOT_MET: Final = N_("%(name)s %(minutes)s 分钟，目标 %(target)s，未达标")
NEVER: Final = N_("%(name)s没有做到，目标 %(target)s")
IMPROVE: Final = N_("整改：%(what)s")
WANTED: Final = N_("“%(title)s”（%(number)s）复盘要求整改：%(what)s")
DONE: Final = N_("已经做到：%(what)s")
GONE: Final = N_("写复盘的人已经停用，整改任务没有人提。启用这个账号后重试，或者跳过这一步。")


def contained(session: Session, call: Call) -> Result:
    """Note when it was brought under control first."""
    emergency = emergency_of(session, call)
    emergency.contained_at = emergency.contained_at or call.now
    return {"contained_at": emergency.contained_at.isoformat()}


def restored(session: Session, call: Call) -> Result:
    """Note when everything worked again, as somebody else than those who repaired it found."""
    emergency = emergency_of(session, call)
    emergency.restored_at = emergency.restored_at or call.now
    return {"restored_at": emergency.restored_at.isoformat()}


def closed(session: Session, call: Call) -> Result:
    """Close it, and compare what was reached when with the targets of the plan."""
    emergency = emergency_of(session, call)
    emergency.closed_at, emergency.outcome = emergency.closed_at or call.now, CLOSED
    result = targets_of(emergency, reports_of(session, emergency.id), call.case_data)
    _judge(session, emergency, result, call)
    return {"target_text": "\n".join(_line(name, one) for name, one in result.items())}


def reviewed(session: Session, runtime: Runtime, call: Call) -> Result:
    """Have the improvements of the review done: each becomes a task linked to this case; a drill only lists them."""
    emergency = emergency_of(session, call)
    lines = [one for one in told(call).get("improvements") or [] if str(one.get("what") or "").strip()]
    if emergency.drill:
        return {"improvements_cases": []}
    return {"improvements_cases": start_tasks(session, runtime, call, emergency.site_id, lines)}


def start_tasks(
    session: Session, runtime: Runtime, call: Call, site_id: int | None, lines: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Start a task for each line, in the name of who wrote them; return the numbers of the cases."""
    item = last_item(session, call.case.id, "review_report") or last_item(session, call.case.id, "summary")
    who = viewer_of(session, (item.done_by_id if item else None) or call.case.starter_id)
    if who is None:
        raise Conflict(GONE)
    found = []
    for place, line in enumerate(lines, 1):
        answers = {**_answers(call.case, line), "site": line.get("site") or site_id}
        receipt = start_case(
            session,
            runtime,
            SLUG,
            who,
            answers,
            f"{call.topic}-{call.case.number}-{place}",
            call.now,
            data={"start": "demand"},
            actor=Actor("rule", N_("整改另立任务")),
            parent_id=call.case.id,
        )
        found.append(receipt.number)
    return found


def _answers(case: Case, line: Mapping[str, Any]) -> dict[str, Any]:
    what = str(line["what"]).strip()
    return {
        "title": (IMPROVE % {"what": what})[:LONGEST],
        "wanted": WANTED % {"title": case.title, "number": case.number, "what": what},
        "criteria": [DONE % {"what": what}],
        "category": line.get("category"),
        "wished_on": line.get("wished_on"),
        "priority": "normal",
        "channel": "system",
        "decision": "submit",
    }


def _judge(session: Session, emergency: Emergency, result: Mapping[str, Mapping[str, Any]], call: Call) -> None:
    drill = session.scalar(select(Drill).where(Drill.case_id == emergency.case_id))
    if drill is None:
        return
    drill.result = {name: dict(one) for name, one in result.items()}
    passed = all(one["met"] for one in result.values())
    drill.state, drill.passed_at = (PASSED, call.now) if passed else (FAILED, None)


def _line(name: str, one: Mapping[str, Any]) -> str:
    values = {"name": TARGETS[name], "minutes": one["minutes"], "target": one["target"]}
    if one["minutes"] is None:
        return NEVER % values
    return (MET if one["met"] else NOT_MET) % values
