"""Reads of drills: the plan of a year, what drills and micro-drills showed. No real emergency is counted here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import mean, median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.clock import ZONE, local
from app.emergency.models import Drill, EmergencyPlan, MicroCall, MicroDrill
from app.emergency.rules import DROPPED, FAILED, GROUPS, PASSED, TARGETS
from app.errors import NotFound
from app.i18n import N_
from app.work.models import Case

NO_DRILL = N_("没有这次演练，或者不归您看。")


@dataclass(frozen=True)
class Target:
    """How often a target was compared, how often met, and the mean of the minutes it took."""

    name: str
    compared: int
    met: int
    minutes: float | None


@dataclass(frozen=True)
class PlanFigures:
    """The drills of one plan in a year."""

    plan: EmergencyPlan
    planned: int
    held: int
    passed: int
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class MicroFigures:
    """The micro-drills of one group in a year: tries, answers, answers of the first asked, the median of seconds."""

    group: str
    tries: int
    answered: int
    at_once: int
    seconds: float | None
    worst: float | None


def drill(session: Session, drill_id: int) -> Drill:
    """Return a drill with its plan."""
    found = session.scalar(select(Drill).where(Drill.id == drill_id).options(joinedload(Drill.plan)))
    if found is None:
        raise NotFound(NO_DRILL)
    return found


def of_year(session: Session, year: int) -> Sequence[Drill]:
    """Return the drills planned for a year, in the order of their days."""
    query = select(Drill).where(Drill.planned_on >= date(year, 1, 1), Drill.planned_on < date(year + 1, 1, 1))
    return session.scalars(query.options(joinedload(Drill.plan)).order_by(Drill.planned_on, Drill.id)).all()


def numbers_of(session: Session, rows: Iterable[Drill]) -> dict[int, str]:
    """Return the numbers of the cases that drills ran as, or that asked for them."""
    wanted = {found for row in rows for found in (row.case_id, row.overdue_case_id) if found is not None}
    found = session.execute(select(Case.id, Case.number).where(Case.id.in_(wanted)))
    return {case_id: number for case_id, number in found}  # noqa: C416 - a row is no pair


def asked_for(session: Session, plan_id: int, due: date) -> bool:
    """Say whether an overdue drill of a plan was already made somebody's task since it was due."""
    query = select(Drill.id).join(Case, Case.id == Drill.overdue_case_id).where(Drill.plan_id == plan_id)
    since = datetime(due.year, due.month, due.day, tzinfo=ZONE)
    return session.scalar(query.where(Case.opened_at >= since).limit(1)) is not None


def figures(session: Session, year: int) -> list[PlanFigures]:
    """Return what the drills of a year showed, plan by plan."""
    rows = of_year(session, year)
    plans = session.scalars(select(EmergencyPlan).order_by(EmergencyPlan.id)).all()
    return [_figures(plan, [row for row in rows if row.plan_id == plan.id]) for plan in plans]


def micro_figures(session: Session, year: int) -> list[MicroFigures]:
    """Return what the micro-drills of a year showed, group by group."""
    since, until = datetime(year, 1, 1, tzinfo=ZONE), datetime(year + 1, 1, 1, tzinfo=ZONE)
    tries = session.scalars(select(MicroDrill).where(MicroDrill.began_at >= since, MicroDrill.began_at < until)).all()
    query = select(MicroCall).join(MicroDrill, MicroDrill.id == MicroCall.drill_id)
    calls = session.scalars(query.where(MicroDrill.began_at >= since, MicroDrill.began_at < until)).all()
    return [_micro(group, [one for one in tries if one.group == group], calls) for group in GROUPS]


def recent_tries(session: Session, most: int = 20) -> list[tuple[MicroDrill, Sequence[MicroCall]]]:
    """Return the latest micro-drills with whom they asked."""
    rows = session.scalars(select(MicroDrill).order_by(MicroDrill.id.desc()).limit(most)).all()
    query = select(MicroCall).where(MicroCall.drill_id.in_([one.id for one in rows])).order_by(MicroCall.position)
    calls = session.scalars(query).all()
    return [(one, [call for call in calls if call.drill_id == one.id]) for one in rows]


def years(session: Session, now: datetime) -> list[int]:
    """Return the years that have drills, with this and the next."""
    this = local(now).year
    found = {day.year for day in session.scalars(select(Drill.planned_on).distinct())}
    return sorted(found | {this, this + 1})


def _figures(plan: EmergencyPlan, rows: Sequence[Drill]) -> PlanFigures:
    held = [row for row in rows if row.state in {PASSED, FAILED}]
    passed = sum(row.state == PASSED for row in held)
    targets = tuple(_target(name, [row.result[name] for row in held if name in row.result]) for name in TARGETS)
    return PlanFigures(plan, sum(row.state != DROPPED for row in rows), len(held), passed, targets)


def _target(name: str, found: Sequence[dict[str, Any]]) -> Target:
    minutes = [one["minutes"] for one in found if one.get("minutes") is not None]
    met = sum(bool(one.get("met")) for one in found)
    return Target(name, len(found), met, round(mean(minutes), 1) if minutes else None)


def _micro(group: str, tries: Sequence[MicroDrill], calls: Sequence[MicroCall]) -> MicroFigures:
    ids = {one.id for one in tries}
    given = [one for one in calls if one.drill_id in ids and one.answered_at is not None]
    seconds = [(one.answered_at - one.asked_at).total_seconds() for one in given if one.answered_at]
    return MicroFigures(
        group,
        len(tries),
        sum(one.state == "answered" for one in tries),
        sum(one.position == 1 for one in given),
        median(seconds) if seconds else None,
        max(seconds, default=None),
    )
