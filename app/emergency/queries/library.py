"""Reads of the plan library: plans with their versions, how they stand, which drills they had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.clock import local
from app.emergency import readiness
from app.emergency.models import Drill, EmergencyPlan, PlanVersion
from app.emergency.queries.numbers import Standing, standings
from app.emergency.rules import PASSED
from app.errors import NotFound
from app.i18n import N_

NO_PLAN = N_("没有这份预案，或者不归您看。")


@dataclass(frozen=True)
class PlanLine:
    """How one plan stands. `due` is when its next drill has to be passed, `groups` how its people stand by group."""

    plan: EmergencyPlan
    version: PlanVersion
    passed: Drill | None
    due: date
    groups: Mapping[str, Standing]


def plan(session: Session, plan_id: int, *, for_update: bool = False) -> EmergencyPlan:
    """Return a plan."""
    query = select(EmergencyPlan).where(EmergencyPlan.id == plan_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound(NO_PLAN)
    return found


def plans(session: Session) -> Sequence[EmergencyPlan]:
    """Return the plans in use."""
    return session.scalars(
        select(EmergencyPlan).where(EmergencyPlan.disabled_at.is_(None)).order_by(EmergencyPlan.id)
    ).all()


def latest(session: Session, plan_id: int) -> PlanVersion:
    """Return the newest version of a plan; raise NotFound when there is no such plan."""
    found = session.scalar(
        select(PlanVersion).where(PlanVersion.plan_id == plan_id).order_by(PlanVersion.number.desc()).limit(1)
    )
    if found is None:
        raise NotFound(NO_PLAN)
    return found


def versions(session: Session, plan_id: int) -> Sequence[PlanVersion]:
    """Return all versions of a plan, newest first."""
    query = select(PlanVersion).where(PlanVersion.plan_id == plan_id)
    return session.scalars(query.order_by(PlanVersion.number.desc())).all()


def version(session: Session, plan_id: int, number: int) -> PlanVersion:
    """Return one version of a plan."""
    found = session.scalar(select(PlanVersion).where(PlanVersion.plan_id == plan_id, PlanVersion.number == number))
    if found is None:
        raise NotFound(NO_PLAN)
    return found


def lines(session: Session, now: datetime) -> list[PlanLine]:
    """Return how every plan in use stands."""
    found = plans(session)
    newest, oldest = _ends(session)
    passed, groups = _last_passed(session), standings(session, [one.id for one in found], now)
    return [
        PlanLine(
            one, newest[one.id], passed.get(one.id), due_of(one, passed.get(one.id), oldest[one.id]), groups[one.id]
        )
        for one in found
    ]


def line(session: Session, plan_id: int, now: datetime) -> PlanLine:
    """Return how one plan stands."""
    found, newest = plan(session, plan_id), latest(session, plan_id)
    first_at = session.scalars(select(func.min(PlanVersion.made_at)).where(PlanVersion.plan_id == plan_id)).one()
    passed = last_passed(session, plan_id)
    groups = standings(session, [plan_id], now)[plan_id]
    return PlanLine(found, newest, passed, due_of(found, passed, first_at), groups)


def due_of(found: EmergencyPlan, passed: Drill | None, first_at: datetime) -> date:
    """Return by which day a drill of the plan has to be passed again; the first counts from the first version."""
    since = passed.passed_at if passed is not None and passed.passed_at is not None else first_at
    return readiness.months_after(local(since).date(), found.drill_months)


def last_passed(session: Session, plan_id: int) -> Drill | None:
    """Return the drill of the plan that was passed last."""
    query = select(Drill).where(Drill.plan_id == plan_id, Drill.state == PASSED)
    return session.scalars(query.order_by(Drill.passed_at.desc()).limit(1)).first()


def drills_of(session: Session, plan_id: int) -> Sequence[Drill]:
    """Return the drills of a plan, newest first."""
    query = select(Drill).where(Drill.plan_id == plan_id)
    return session.scalars(query.order_by(Drill.planned_on.desc(), Drill.id.desc())).all()


def _ends(session: Session) -> tuple[dict[int, PlanVersion], dict[int, datetime]]:
    """Return per plan its newest version, and when its first one was made."""
    last, first_at = func.max(PlanVersion.number).label("last"), func.min(PlanVersion.made_at).label("first_at")
    ends = select(PlanVersion.plan_id, last, first_at).group_by(PlanVersion.plan_id).subquery()
    is_newest = and_(ends.c.plan_id == PlanVersion.plan_id, ends.c.last == PlanVersion.number)
    rows = session.execute(select(PlanVersion, ends.c.first_at).join(ends, is_newest)).all()
    return {row[0].plan_id: row[0] for row in rows}, {row[0].plan_id: row[1] for row in rows}


def _last_passed(session: Session) -> dict[int, Drill]:
    latest_of = select(Drill.plan_id, func.max(Drill.passed_at).label("at")).where(Drill.state == PASSED)
    last = latest_of.group_by(Drill.plan_id).subquery()
    query = select(Drill).join(last, and_(last.c.plan_id == Drill.plan_id, last.c.at == Drill.passed_at))
    return {one.plan_id: one for one in session.scalars(query.where(Drill.state == PASSED))}
