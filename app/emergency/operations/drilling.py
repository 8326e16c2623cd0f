"""Drills (演练): planned, changed, dropped, started as the real process with a mark; overdue ones become a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local
from app.db import savepoint
from app.emergency.models import Drill, EmergencyPlan
from app.emergency.operations.opening import open_emergency
from app.emergency.operations.plans import record, require_manage, tidied_script
from app.emergency.queries import drills, library
from app.emergency.rules import DROPPED, PLANNED
from app.errors import Conflict, Invalid, NotFound, UserError
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.people import queries as house
from app.people.rules import Viewer
from app.work.models import Case
from app.work.operations import start_case
from app.work.runtime import Runtime

TASK: Final = "task_dispatch"
RULE: Final = Actor("rule", N_("演练期限"))
TITLE: Final = N_("组织演练：%(plan)s")
WANTED: Final = N_("“%(plan)s”应当在 %(due)s 前演练一次并且达标。请安排时间、网站和脚本，办完后在“演练”里看结果。")
CRITERIA: Final = (N_("演练已经办完"), N_("各项用时达到预案的目标；没有达到的写明原因和改进办法"))
AHEAD: Final = timedelta(days=14)
OVER: Final = N_("这次演练已经开始、办完或者不办了，不能再改。")
TOO_LATE: Final = N_("日期已经过去。演练的安排不能补写。")


@dataclass(frozen=True)
class Scene:
    """What a drill is to be: of which plan, where, when, what is assumed, what the script brings in."""

    plan_id: int
    site_id: int | None
    planned_on: date | None
    scene: str
    script: tuple[Mapping[str, str], ...] = ()


def plan_drill(session: Session, viewer: Viewer, scene: Scene, now: datetime) -> Drill:
    """Plan a drill for today or later."""
    require_manage(viewer)
    _check(session, viewer, scene, None, now)
    row = Drill(plan_id=scene.plan_id, state=PLANNED, result={}, **_values(scene))
    session.add(row)
    session.flush()
    record(session, viewer, "emergency:drill:planned", _facts(row), now)
    return row


def change_drill(
    session: Session, viewer: Viewer, drill_id: int, scene: Scene, seen: int | None, now: datetime
) -> Drill:
    """Change a drill that has not begun."""
    row = _planned(session, viewer, drill_id)
    if seen is not None and row.row_version != seen:
        raise Conflict
    _check(session, viewer, scene, row, now)
    before = _facts(row)
    for name, value in _values(scene).items():
        setattr(row, name, value)
    session.flush()
    after = _facts(row)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changed:
        payload = {"drill_id": row.id, "plan_id": row.plan_id, "changed": changed}
        record(session, viewer, "emergency:drill:changed", payload, now)
    return row


def start_drill(session: Session, runtime: Runtime, viewer: Viewer, drill_id: int, now: datetime) -> Case:
    """Begin a drill now: the process of the plan, marked as a drill. Asking again returns the case it began."""
    require_manage(viewer)
    row = drills.drill(session, drill_id)
    if row.case_id is None and row.state != PLANNED:
        raise Conflict(OVER)
    told = row.scene or row.plan.name
    key = f"drill-{row.id}"
    return open_emergency(session, runtime, viewer, row.plan.kind, row.site_id, told, drill=row, key=key, now=now)


def drop_drill(session: Session, viewer: Viewer, drill_id: int, now: datetime) -> None:
    """Let a planned drill not take place; it stays on the list as such."""
    row = _planned(session, viewer, drill_id)
    row.state = DROPPED
    record(session, viewer, "emergency:drill:dropped", _facts(row), now)


def ask_for_drill(session: Session, runtime: Runtime, plan_id: int, now: datetime) -> Drill | None:
    """Make an overdue drill of a plan somebody's task, once; None when there is nothing to do."""
    plan = library.plan(session, plan_id, for_update=True)
    due = library.line(session, plan_id, now).due
    if plan.disabled_at is not None or due >= local(now).date() or drills.asked_for(session, plan_id, due):
        return None
    case_id = _task(session, runtime, plan, due, now)
    if case_id is None:
        return None
    script = library.latest(session, plan_id).script
    day = local(now).date() + AHEAD
    row = Drill(plan_id=plan_id, planned_on=day, scene="", script=script, state=PLANNED, result={})
    row.overdue_case_id = case_id
    session.add(row)
    session.flush()
    payload = _facts(row) | {"due": due.isoformat(), "case_id": case_id}
    append(session, "house", [Entry("emergency:drill:overdue", RULE, payload)], now)
    return row


def _task(session: Session, runtime: Runtime, plan: EmergencyPlan, due: date, now: datetime) -> int | None:
    """Start the task in the name of somebody who looks after plans; None while there is no process or nobody."""
    answers: dict[str, Any] = {
        "title": (TITLE % {"plan": plan.name})[:60],
        "wanted": WANTED % {"plan": plan.name, "due": due.isoformat()},
        "criteria": list(CRITERIA),
        "site": None,
        "category": None,
        "priority": "high",
        "channel": "system",
        "decision": "submit",
    }
    key = f"drill-overdue-{plan.id}-{due:%Y%m%d}"
    for user_id in house.holding(session, "emergency.manage"):
        viewer = house.viewer_of(session, user_id)
        if viewer is None or not viewer.may("work.start"):
            continue
        try:
            with savepoint(session):
                return start_case(
                    session, runtime, TASK, viewer, answers, key, now, data={"start": "demand"}, actor=RULE
                ).case_id
        except UserError:
            return None
    return None


def _planned(session: Session, viewer: Viewer, drill_id: int) -> Drill:
    require_manage(viewer)
    row = session.scalar(select(Drill).where(Drill.id == drill_id).with_for_update())
    if row is None:
        raise NotFound(drills.NO_DRILL)
    if row.state != PLANNED:
        raise Conflict(OVER)
    return row


def _check(session: Session, viewer: Viewer, scene: Scene, row: Drill | None, now: datetime) -> None:
    wrong: dict[str, str] = {}
    library.plan(session, scene.plan_id)
    if scene.planned_on is None:
        wrong["planned_on"] = N_("写上哪一天演练。")
    elif scene.planned_on < local(now).date() and (row is None or row.planned_on != scene.planned_on):
        wrong["planned_on"] = TOO_LATE
    if len(scene.scene) > 500:  # noqa: PLR2004 - as the column holds
        wrong["scene"] = N_("场景最多 500 个字。")
    if scene.site_id is not None:
        house.site(session, viewer, scene.site_id)
    try:
        tidied_script(scene.script)
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(fields=wrong)


def _values(scene: Scene) -> dict[str, Any]:
    return {
        "site_id": scene.site_id,
        "planned_on": scene.planned_on,
        "scene": scene.scene.strip(),
        "script": list(tidied_script(scene.script)),
    }


def _facts(row: Drill) -> dict[str, Any]:
    return {
        "drill_id": row.id,
        "plan_id": row.plan_id,
        "site_id": row.site_id,
        "planned_on": row.planned_on.isoformat(),
        "scene": row.scene,
        "script": row.script,
        "state": row.state,
    }
