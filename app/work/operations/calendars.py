"""What a changed calendar means for cases: new due instants on their items, re-armed timers in the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deadlines.models import Deadline
from app.deadlines.operations import Moved
from app.i18n import N_
from app.ledger import Actor
from app.work.models import Case, WorkItem
from app.work.operations.advance import settle
from app.work.operations.cases import resume
from app.work.operations.clocks import show_due
from app.work.runtime import Runtime


def lock_cases(session: Session, case_ids: Iterable[int]) -> None:
    """Lock the cases whose deadlines are about to move, in one order."""
    session.scalars(select(Case).where(Case.id.in_(list(case_ids))).order_by(Case.id).with_for_update()).all()


def take_over(runtime: Runtime, session: Session, moved: Sequence[Moved], now: datetime) -> None:
    """Copy moved deadlines onto their items and let the engine's timers read them anew."""
    for one in moved:
        deadline = session.get_one(Deadline, one.deadline_id)
        item = session.get(WorkItem, deadline.work_item_id) if deadline.work_item_id else None
        if item is not None:
            show_due(item, deadline)
    for case_id in sorted({one.case_id for one in moved}):
        _rearm(runtime, session, case_id, now)


def _rearm(runtime: Runtime, session: Session, case_id: int, now: datetime) -> None:
    case = session.get(Case, case_id)
    if case is not None and case.status == "running" and case.next_due is not None:
        act = resume(session, runtime, case, Actor("rule", N_("工作日历变更")), now)
        settle(act, [runtime.engine.rearm(act.live, {}, act.env)])
