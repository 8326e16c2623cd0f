"""The watchdog: finds running cases that nothing moves any more, and makes each a visible incident."""

from __future__ import annotations

from contextlib import suppress

import structlog
from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.i18n import N_
from app.ledger import Actor
from app.outbox.models import Owed
from app.work.models import Awaited, Case, WorkItem
from app.work.operations.cases import lock_case, resume
from app.work.operations.stuck import STALLED, STOPPED, stop_case
from app.work.runtime import Runtime

MOST = 100  # at one look
WATCHDOG = Actor("rule", N_("巡查"))
log = structlog.get_logger()


def find_stalled(runtime: Runtime) -> int:
    """Raise an incident for each running case without a way forward; return how many were found."""
    found = suspects(db.session())
    db.session.rollback()
    return sum(_look_at(runtime, case_id) for case_id in found)


def suspects(session: Session) -> list[int]:
    """Return running cases whose rows name nobody and nothing they wait for; all asked by index."""
    return list(session.scalars(select(Case.id).where(_nothing_moves()).order_by(Case.id).limit(MOST)))


def _nothing_moves() -> ColumnElement[bool]:
    open_item = exists().where(WorkItem.case_id == Case.id, WorkItem.status == "open")
    awaited = exists().where(Awaited.case_id == Case.id)
    owed = exists().where(Owed.case_id == Case.id, Owed.done_at.is_(None), Owed.dead_at.is_(None))
    running = and_(Case.status == "running", Case.next_due.is_(None), Case.incident.is_(None))
    return and_(running, ~open_item, ~awaited, ~owed)


def _look_at(runtime: Runtime, case_id: int) -> bool:
    """Look at one suspect again under its lock, and raise its incident."""
    with transaction() as session:
        case = lock_case(session, case_id)
        if session.scalar(select(Case.id).where(Case.id == case_id, _nothing_moves())) is None:
            return False
        waits = _waits(session, runtime, case)
        if waits:
            session.add_all(waits)
            return False
        log.error("case_stalled", case=case.number)
        return stop_case(session, case, STALLED, STOPPED, clock.now(session))


def _waits(session: Session, runtime: Runtime, case: Case) -> list[Awaited]:
    """Return what its engine rows wait for; a case from before the table `awaited` has no rows there."""
    with suppress(Exception):  # rows that cannot be read move nothing either
        live = resume(session, runtime, case, WATCHDOG, clock.now(session)).live
        nodes = [node for node in runtime.engine.open_nodes(live) if node.wait == "message" and node.event]
        return [Awaited(case_id=case.id, token=one.token, name=one.event, signal=one.signal) for one in nodes]
    return []
