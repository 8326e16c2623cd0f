"""What emergencies do without a person: scripts of drills, micro-drills, drills that are overdue, plans at birth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.emergency import surprise
from app.emergency.models import EmergencyPlan, Inject
from app.emergency.operations import drilling, injecting, micro
from app.emergency.queries import library
from app.emergency.queries import micro as tries
from app.emergency.seeds import establish_plans
from app.emergency.surprise import Pick
from app.i18n import N_
from app.ledger import Actor
from app.work.runtime import Runtime

SETUP = Actor("setup", N_("系统初始化"))


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when something of a script, or of a micro-drill, is due next."""
    script = session.scalar(injecting.waiting().with_only_columns(Inject.due_at).order_by(Inject.due_at).limit(1))
    return min((one for one in (script, tries.next_due(session, now)) if one is not None), default=None)


def bring_in(stopping: Callable[[], bool], pick: Pick = surprise.pick_freely) -> int:
    """Do what scripts and micro-drills have due, each in a transaction of its own; return how much it was."""
    session = db.session()
    now = clock.now(session)
    scripted = session.scalars(
        injecting.waiting()
        .with_only_columns(Inject.id)
        .where(Inject.due_at <= now)
        .order_by(Inject.due_at, Inject.id)
    ).all()
    groups, drills = tries.due_groups(session, now), tries.due_drills(session, now)
    db.session.rollback()
    acts: list[Callable[[Session, datetime], object]] = [
        *(_bound(injecting.deliver, inject_id) for inject_id in scripted),
        *(lambda writing, at, group=group: micro.begin_due(writing, group, at, pick) for group in groups),
        *(_bound(micro.go_on, drill_id) for drill_id in drills),
    ]
    failed: Exception | None = None
    for act in acts:
        if stopping():
            break
        try:
            with transaction() as writing:
                act(writing, clock.now(writing))
        except Exception as error:  # noqa: BLE001 - one that fails must not keep the others waiting
            failed = error
    if failed is not None:
        raise failed
    return len(acts)


def keep_plans(runtime: Runtime) -> int:
    """Give a database from before there were plans its own; make overdue drills a task; return how many."""
    session = db.session()
    if session.scalar(select(EmergencyPlan.id).limit(1)) is None:
        _establish()
    now = clock.now(session)
    late = [one.plan.id for one in library.lines(session, now) if one.due < clock.local(now).date()]
    db.session.rollback()
    return sum(_ask(runtime, plan_id) for plan_id in late)


def _establish() -> None:
    with transaction() as session:
        if session.scalar(select(EmergencyPlan.id).limit(1)) is None:
            establish_plans(session, SETUP, clock.now(session))


def _ask(runtime: Runtime, plan_id: int) -> bool:
    with transaction() as session:
        return drilling.ask_for_drill(session, runtime, plan_id, clock.now(session)) is not None


def _bound(act: Callable[[Session, int, datetime], object], row_id: int) -> Callable[[Session, datetime], object]:
    return lambda session, now: act(session, row_id, now)
