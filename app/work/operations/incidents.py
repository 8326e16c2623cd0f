"""What people do about an incident (异常): retry it, repair its data, skip it. Each is a record with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.db import wake
from app.deadlines.models import Deadline
from app.engine import Advance
from app.errors import Conflict, Invalid, NotFound, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.outbox import operations as outbox
from app.outbox.models import SIGNAL, Owed
from app.people.rules import Viewer
from app.work.models import Case, Incident
from app.work.operations.act import Act, person
from app.work.operations.advance import settle
from app.work.operations.cases import lock_case, resume
from app.work.operations.stopping import OPEN
from app.work.operations.stuck import WHOLE
from app.work.queries.casefile import case_data, token_data
from app.work.queries.scope import case_scope
from app.work.rules import reason_of
from app.work.runtime import Runtime

RETRIED, REPAIRED, SKIPPED = "retried", "repaired", "skipped"
Stepping = Callable[[Act, str], Advance]


def retry(session: Session, runtime: Runtime, incident_id: int, viewer: Viewer, reason: str, now: datetime) -> bool:
    """Try a step that stands still once more, as it is; return whether it moved on.

    Where the whole case stands still, what failed too often is let begin anew.
    """
    if session.scalar(select(Incident.token).where(Incident.id == incident_id)) == WHOLE:
        return _begin_anew(session, incident_id, viewer, reason_of(reason), now)

    def step(act: Act, token: str) -> Advance:
        return runtime.engine.retry(act.live, token, act.env)

    return _solve(session, runtime, incident_id, viewer, reason, now, how=RETRIED, values={}, stepping=step)


def repair(
    session: Session,
    runtime: Runtime,
    incident_id: int,
    viewer: Viewer,
    data: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> bool:
    """Change the values in `data` (`case.name` is the case's own), then try again; return whether it moved on."""
    if not data:
        raise Invalid(fields={"data": N_("还没有改动哪个值。改好后再提交，或者选“重试”。")})

    def step(act: Act, token: str) -> Advance:
        return runtime.engine.repair(act.live, token, data, act.env)

    return _solve(session, runtime, incident_id, viewer, reason, now, how=REPAIRED, values=data, stepping=step)


def skip(
    session: Session,
    runtime: Runtime,
    incident_id: int,
    viewer: Viewer,
    values: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> bool:
    """Go on without the step; `values` stand for what it would have written. Return whether the case moved on."""

    def step(act: Act, token: str) -> Advance:
        return runtime.engine.skip(act.live, token, values, act.env)

    return _solve(session, runtime, incident_id, viewer, reason, now, how=SKIPPED, values=values, stepping=step)


def _solve(
    session: Session,
    runtime: Runtime,
    incident_id: int,
    viewer: Viewer,
    reason: str,
    now: datetime,
    *,
    how: str,
    values: Mapping[str, Any],
    stepping: Stepping,
) -> bool:
    reason = reason_of(reason)
    case, row = _lock(session, incident_id, viewer)
    if row.token == WHOLE:
        raise Conflict(N_("这里没有停着的一步，不能改数据，也不能跳过。可以重试，或者跳到别的一步。"))
    changed = _old_and_new(session, case, row, values)
    act = resume(session, runtime, case, person(viewer), now)
    _mark(row, how, viewer, reason, now)
    step = stepping(act, row.token)
    act.note(_entry(case, row, viewer, changed))
    settle(act, [step], reason)
    return row.state != OPEN


def _lock(session: Session, incident_id: int, viewer: Viewer) -> tuple[Case, Incident]:
    """Return an open incident this person may solve and its case, locked; say what is in the way otherwise."""
    if not viewer.may("work.repair"):
        raise Refused(N_("异常由流程负责人处置，不归您办。"))
    query = select(Case.id).join(Incident, Incident.case_id == Case.id)
    case_id = session.scalar(query.where(Incident.id == incident_id, case_scope(viewer)))
    if case_id is None:
        raise NotFound(N_("没有这条异常，或者它不归您处置。"))
    case = lock_case(session, case_id)
    row = session.get_one(Incident, incident_id, populate_existing=True)
    _refuse_if_solved(case, row)
    return case, row


def _refuse_if_solved(case: Case, row: Incident) -> None:
    if row.state != OPEN:
        at = clock.local(row.solved_at).strftime("%m-%d %H:%M:%S") if row.solved_at else ""
        if row.solved_by_name is None:
            raise Conflict(N_("“%(node)s”已经不停在那里了，%(when)s。您写的内容都在。"), node=row.node_name, when=at)
        raise Conflict(
            N_("“%(node)s”已由%(who)s处置，%(when)s。您写的内容都在。"),
            node=row.node_name,
            who=row.solved_by_name,
            when=at,
        )
    if case.status != "running":
        raise Conflict(N_("这件办件现在停着，先恢复它，再处置异常。您写的内容都在。"))


def _old_and_new(session: Session, case: Case, row: Incident, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return each changed value as it was and as it becomes."""
    own = {f"case.{name}": value for name, value in case_data(case).items()}
    known = {**token_data(session, case.id, row.token), **own}
    return {name: {"old": known.get(name), "new": value} for name, value in values.items()}


def _mark(row: Incident, how: str, viewer: Viewer, reason: str, now: datetime) -> None:
    row.state, row.solved_at, row.solved_how = how, now, reason
    row.solved_by_id, row.solved_by_name = viewer.user_id, viewer.name


def _entry(case: Case, row: Incident, viewer: Viewer, changed: Mapping[str, Any]) -> Entry:
    payload = {"reason": row.solved_how, "fault": row.reason, "tries": row.tries, "values": changed}
    node, name = (None, None) if row.token == WHOLE else (row.node, row.node_name)
    return Entry(f"work:incident:{row.state}", person(viewer), payload, case_id=case.id, node=node, node_name=name)


def _begin_anew(session: Session, incident_id: int, viewer: Viewer, reason: str, now: datetime) -> bool:
    """Let the timers, deadlines and signals of a case that failed too often have their tries again."""
    case, row = _lock(session, incident_id, viewer)
    _mark(row, RETRIED, viewer, reason, now)
    session.flush()
    left = select(Incident.reason).where(Incident.case_id == case.id, Incident.state == OPEN)
    case.incident = session.scalar(left.order_by(Incident.raised_at.desc(), Incident.id.desc()).limit(1))
    case.failures, case.held_until = 0, None
    limits: Any = Deadline.__table__
    session.execute(update(limits).where(limits.c.case_id == case.id).values(failures=0, held_until=None))
    for owed in session.scalars(select(Owed).where(Owed.kind == SIGNAL, Owed.dead_at.is_not(None))):
        if case.id in owed.payload.get("failed", ()):
            outbox.retry(session, owed.id, now)
    append(session, f"case:{case.id}", [_entry(case, row, viewer, {})], now)
    wake(session)
    return True
