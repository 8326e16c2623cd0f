"""The alarm: an emergency or a drill begins, is confirmed or turns out to be none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deadlines.rules import parse_limit
from app.emergency import measuring
from app.emergency.models import Drill, Emergency, EmergencyPlan, Inject, PlanVersion
from app.emergency.operations.calling import acknowledge
from app.emergency.operations.steps import Result, emergency_of, last_item, told
from app.emergency.queries import of_case
from app.emergency.queries.rosters import callees, ids
from app.emergency.rules import DUTY, FAILED, FALSE_ALARM, GROUPS, KINDS, PLANNED, PROCESS, RUNNING, TECH
from app.errors import Conflict, Invalid
from app.i18n import N_
from app.people.models import Site
from app.people.operations import holders
from app.people.queries import site as visible_site
from app.people.rules import OFFICE, Viewer
from app.work.models import Case
from app.work.operations import open_case
from app.work.runtime import Call, Runtime

LONGEST: Final = 500
USUAL: Final = "PT10M"
TITLE: Final = N_("%(site)s：%(kind)s")
# begins the title of every case that is a drill, so that lists, prints and notices say so
MARK: Final = N_("【演练】")
NOT_TOLD: Final = N_("用一句话写清看到了什么。")
NO_PLAN: Final = N_("没有“%(kind)s”的应急预案，或者它还没有内容。先在预案库里写好，再启动。")
NOT_PLANNED: Final = N_("这次演练已经开始过了，或者已经取消。")


def open_emergency(
    session: Session,
    runtime: Runtime,
    who: Viewer,
    kind: str,
    site_id: int | None,
    told: str,
    *,
    drill: Drill | None = None,
    key: str,
    now: datetime,
) -> Case:
    """Begin an emergency, or run a planned drill; the same `key` again returns the case it began.

    Raise Invalid for an unknown kind or without a sentence, NotFound for a site that is not this person's to see,
    Conflict without a plan for the kind or when the drill began before.
    """
    sentence = told.strip()[:LONGEST]
    if kind not in KINDS or not sentence:
        raise Invalid(fields={"told": NOT_TOLD} if kind in KINDS else {"kind": N_("选是哪一类事件。")})
    if site_id is not None:
        visible_site(session, who, site_id)
    _plan_for(session, kind)
    data = {"kind": kind, "site": site_id, "told": sentence, "drill": drill is not None}
    data["drill_id"] = drill.id if drill else None
    case = open_case(session, runtime, PROCESS, who, data, key, now)
    if drill is not None and drill.case_id != case.id:
        raise Conflict(NOT_PLANNED)
    return case


def opened(session: Session, call: Call) -> Result:
    """Register the emergency of a case: its plan, whom its groups call, and in a drill what the script brings."""
    data = told(call)
    found = of_case(session, call.case.id)
    emergency = found or _register(session, call, data)
    return {
        "plan": emergency.version_id,
        "kind": emergency.kind,
        "case.kind": emergency.kind,
        "case.drill": emergency.drill,
        "case.began_at": emergency.began_at.isoformat(),
        "case.grade": emergency.grade,
        **_people(session, emergency, call.now),
        "case.confirm_limit": emergency.version.targets.get("confirm") or USUAL,
        "case.contain_limit": emergency.version.targets.get("contain") or USUAL,
    }


def confirmed(session: Session, call: Call) -> Result:
    """Note that it is real, and the facts that whoever confirmed it told."""
    emergency, data = emergency_of(session, call), told(call)
    emergency.confirmed_at = emergency.confirmed_at or call.now
    item = last_item(session, call.case.id, "confirm_incident")
    if item is not None:
        acknowledge(session, emergency, DUTY, item.done_by_id, call.now)
    facts = measuring.merge({}, data, call.now, _happened(data, emergency))
    known = measuring.measures(facts, call.now)
    return {"case.facts": facts, "case.operator_kind": known["operator_kind"], "case.place": known["place"]}


def false_alarm(session: Session, call: Call) -> Result:
    """Close it: nothing had happened."""
    emergency = emergency_of(session, call)
    emergency.outcome, emergency.closed_at = FALSE_ALARM, call.now
    drill = _drill_of(session, call.case.id)
    if drill is not None:
        drill.state = FAILED
    return {"false_alarm_at": call.now.isoformat()}


def _plan_for(session: Session, kind: str) -> PlanVersion:
    """Return the newest version of the plan for a kind; raise Conflict when there is none."""
    query = (
        select(PlanVersion)
        .join(EmergencyPlan, EmergencyPlan.id == PlanVersion.plan_id)
        .where(EmergencyPlan.kind == kind, EmergencyPlan.disabled_at.is_(None))
    )
    found = session.scalar(query.order_by(PlanVersion.number.desc()).limit(1))
    if found is None:
        raise Conflict(NO_PLAN, kind=KINDS.get(kind, kind))
    return found


def _register(session: Session, call: Call, data: Mapping[str, Any]) -> Emergency:
    version, drill = _plan_for(session, str(data.get("kind"))), _drill(session, call, data)
    emergency = Emergency(
        case_id=call.case.id,
        plan_id=version.plan_id,
        version_id=version.id,
        kind=str(data["kind"]),
        drill=drill is not None or data.get("drill") is True,
        site_id=data.get("site"),
        told=str(data.get("told") or "")[:LONGEST],
        began_at=call.now,
        outcome="",
    )
    session.add(emergency)
    session.flush()
    _describe(session, call.case, emergency)
    if emergency.drill:
        _prepare(session, emergency, drill)
    return emergency


def _drill(session: Session, call: Call, data: Mapping[str, Any]) -> Drill | None:
    """Return the planned drill that this case runs, and note that it does."""
    drill = session.get(Drill, data.get("drill_id") or 0)
    if drill is None:
        return None
    if drill.state != PLANNED:
        raise Conflict(NOT_PLANNED)
    drill.state, drill.case_id = RUNNING, call.case.id
    return drill


def _describe(session: Session, case: Case, emergency: Emergency) -> None:
    """Let every list say what it is; an incident report that became an emergency keeps its own title."""
    site = session.get(Site, emergency.site_id) if emergency.site_id else None
    kind = KINDS[emergency.kind]
    case.drill, case.priority, case.site_id = emergency.drill, "urgent", emergency.site_id or case.site_id
    if case.slug != PROCESS:
        return
    title = TITLE % {"site": site.name, "kind": kind} if site else kind
    case.title = f"{MARK if emergency.drill else ''}{title}"[:200]
    case.summary = [emergency.told] if emergency.told else []


def _prepare(session: Session, emergency: Emergency, drill: Drill | None) -> None:
    """Write down what the script brings in and when."""
    script = drill.script if drill is not None and drill.script else emergency.version.script
    for line in script:
        due = emergency.began_at + parse_limit(str(line["after"])).duration
        session.add(Inject(emergency_id=emergency.id, due_at=due, text=str(line["text"])[:LONGEST]))
    session.flush()


def _people(session: Session, emergency: Emergency, now: datetime) -> dict[str, list[int]]:
    """Return whom each group calls, and who acts for several groups together."""
    groups = {group: ids(callees(session, group, emergency.plan_id, now)) for group in GROUPS}
    desk = sorted(holders(session, OFFICE))
    groups["responders"] = list(dict.fromkeys([*groups[DUTY], *groups[TECH]]))
    groups["duty_and_office"] = list(dict.fromkeys([*groups[DUTY], *desk]))
    return {f"case.{name}": people for name, people in groups.items()}


def _happened(data: Mapping[str, Any], emergency: Emergency) -> datetime:
    """Return when it began by what was told; nothing that lies ahead of the alarm."""
    happened = data.get("happened_at")
    return min(measuring.instant(happened), emergency.began_at) if happened else emergency.began_at


def _drill_of(session: Session, case_id: int) -> Drill | None:
    return session.scalar(select(Drill).where(Drill.case_id == case_id))
