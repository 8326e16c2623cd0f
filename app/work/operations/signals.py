"""Deliver a signal to one of the cases that wait for it; find the one case a message is meant for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.engine import NotWaiting
from app.engine.state import load, untag
from app.errors import Conflict, NotFound
from app.i18n import N_
from app.ledger import Actor, Entry
from app.work.models import Awaited, Case, TaskState
from app.work.operations.advance import settle
from app.work.operations.cases import lock_case, resume
from app.work.runtime import Runtime

NOBODY_WAITS = N_("没有哪件办件在等“%(name)s”，或者给的条件对不上。消息没有送达，请核对名称和条件。")
SEVERAL_WAIT = N_("有 %(count)s 件办件都在等“%(name)s”，条件不够区分。消息没有送达，请再加条件。")


def next_waiting(session: Session, name: str, after: int, thrown_by: int) -> int | None:
    """Return the next running case by number that waits for the signal, other than the one that threw it."""
    waiting = _waiting(name, signal=True).where(Case.id > after, Case.id != thrown_by)
    return session.scalar(waiting.with_only_columns(Case.id).order_by(Case.id).limit(1))


def deliver_signal(
    session: Session, runtime: Runtime, case_id: int, name: str, payload: Mapping[str, Any], now: datetime
) -> bool:
    """Let a case that waits for the signal go on; False when it waits no more."""
    case = lock_case(session, case_id)
    if session.scalar(_waiting(name, signal=True).where(Case.id == case_id).limit(1)) is None:
        return False
    act = resume(session, runtime, case, Actor("rule", N_("信号")), now)
    step = runtime.engine.signal(act.live, name, dict(payload), act.env)
    act.note(Entry("work:signal:received", act.actor, {"signal": name, **payload}, case_id=case.id))
    settle(act, [step], name)
    return True


def correlate(
    session: Session,
    runtime: Runtime,
    name: str,
    keys: Mapping[str, Any],
    payload: Mapping[str, Any],
    now: datetime,
    *,
    actor: Actor,
) -> int:
    """Deliver a message to the one running case that waits for it with these values; return the case's id.

    `keys` are names of the waiting token's data, or `case.name` for the case's own. Raise NotFound when no case
    fits, Conflict when several do.
    """
    case = lock_case(session, _one_case(session, name, keys))
    _deliver(session, runtime, case, name, keys, payload, now, actor)
    return case.id


def send_message(
    session: Session,
    runtime: Runtime,
    case: Case,
    name: str,
    keys: Mapping[str, Any],
    payload: Mapping[str, Any],
    now: datetime,
    *,
    actor: Actor,
) -> bool:
    """Deliver a message to a locked case; False when it does not wait for it with these values."""
    try:
        _deliver(session, runtime, case, name, keys, payload, now, actor)
    except NotWaiting:
        return False
    return True


def _deliver(
    session: Session,
    runtime: Runtime,
    case: Case,
    name: str,
    keys: Mapping[str, Any],
    payload: Mapping[str, Any],
    now: datetime,
    actor: Actor,
) -> None:
    act = resume(session, runtime, case, actor, now)
    step = runtime.engine.message(act.live, name, dict(payload), act.env, where=keys)
    act.note(Entry("work:message:sent", actor, {"message": name, "keys": dict(keys), **payload}, case_id=case.id))
    settle(act, [step], name)


def _one_case(session: Session, name: str, keys: Mapping[str, Any]) -> int:
    token = (TaskState.case_id == Case.id) & (TaskState.id == Awaited.token)
    waiting = _waiting(name, signal=False).join(TaskState, token)
    rows = session.execute(waiting.with_only_columns(Case.id, Case.header, TaskState.data))
    found: set[int] = {id_ for id_, header, data in rows if _fits(keys, header, data)}
    if not found:
        raise NotFound(NOBODY_WAITS, name=name)
    if len(found) > 1:
        raise Conflict(SEVERAL_WAIT, name=name, count=len(found))
    return found.pop()


def _fits(keys: Mapping[str, Any], header: Mapping[str, Any], data: str) -> bool:
    known = {**load(data), **{f"case.{key}": value for key, value in untag(header["case"]).items()}}
    return all(key in known and known[key] == value for key, value in keys.items())


def _waiting(name: str, *, signal: bool) -> Select[Any]:
    awaited = select(Awaited.token).join(Case, Case.id == Awaited.case_id)
    return awaited.where(Awaited.name == name, Awaited.signal.is_(signal), Case.status == "running")
