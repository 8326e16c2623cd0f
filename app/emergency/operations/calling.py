"""Calls: who is called next, what came of it, when people took it up, and that nobody answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency.models import CallAttempt, Emergency
from app.emergency.operations.steps import Result, emergency_of, last_item, told, write_log
from app.emergency.queries.rosters import Callee, callees, ids
from app.emergency.rules import ALARM, COMMANDER, DUTY, GROUPS, OUTCOMES, REACHED
from app.i18n import N_
from app.outbox.operations import notify
from app.people.operations import holders
from app.people.rules import OFFICE
from app.work.runtime import Call

AGAIN: Final = "again"
NOBODY: Final = N_("%(group)s名单上的 %(count)s 个人都没有接通（第 %(round)s 轮）。请马上用别的办法找人。")
TELL_NOBODY: Final = N_("%(title)s：%(group)s名单上没有人接通，请马上找人。")
WATCHERS: Final = ("supervisor", "director", OFFICE)


def next_call(session: Session, call: Call) -> Result:
    """Say who of a group is called next and who may make the call.

    `has_next` is false when everybody was tried, `over` true when nobody needs to be called any more. After
    somebody chose to call again, everybody is tried once more.
    """
    emergency, data = emergency_of(session, call), told(call)
    group = str(data["group"])
    people = callees(session, group, emergency.plan_id, call.now)
    attempts = _attempts(session, emergency, group)
    over = _is_over(emergency, group)
    number = _round(attempts, people, again=data.get("decision") == AGAIN)
    tried = {one.user_id for one in attempts if one.round == number}
    callee = next((one for one in people if one.user_id not in tried), None)
    if over or callee is None:
        return {"has_next": False, "over": over, "callee": None}
    _ask(session, emergency, group, callee, number, len(tried) + 1, call.now)
    return {
        "has_next": True,
        "over": False,
        "callee": callee.user_id,
        "callee_name": callee.name,
        "callee_title": callee.title,
        "callee_phone": callee.phone,
        "callers": _callers(session, emergency, callee, call.now),
    }


def record_call(session: Session, call: Call) -> Result:
    """Note what came of a call, by whom and when."""
    emergency, data = emergency_of(session, call), told(call)
    item = last_item(session, call.case.id, "call")
    attempt = _open_attempt(session, emergency, str(data["group"]), data.get("callee"))
    outcome = str(data.get("decision"))
    if attempt is not None and outcome in OUTCOMES:
        attempt.outcome, attempt.outcome_at = outcome, call.now
        attempt.by_id = item.done_by_id if item else None
        attempt.by_name = (item.done_by_name if item else None) or ""
    return {"reached": outcome == REACHED}


def nobody(session: Session, call: Call) -> Result:
    """Raise the alarm: everybody of a group was tried and nobody answered."""
    emergency, group = emergency_of(session, call), str(told(call)["group"])
    attempts = _attempts(session, emergency, group)
    number = attempts[-1].round if attempts else 1
    count = len({one.user_id for one in attempts})
    text = NOBODY % {"group": GROUPS[group], "count": count, "round": number}
    write_log(session, emergency, ALARM, text, call.now)
    people = sorted(frozenset().union(*(holders(session, role) for role in WATCHERS)))
    values = {"title": call.case.title, "group": GROUPS[group]}
    notify(session, people, TELL_NOBODY, values=values, url=f"/emergency/{call.case.number}", now=call.now)
    return {"alarm_text": text}


def acknowledge(session: Session, emergency: Emergency, group: str, user_id: int | None, now: datetime) -> None:
    """Note that somebody who was called has taken it up."""
    mine = [one for one in _attempts(session, emergency, group) if one.user_id == user_id]
    if mine and mine[-1].acknowledged_at is None:
        mine[-1].acknowledged_at = now


def _attempts(session: Session, emergency: Emergency, group: str) -> Sequence[CallAttempt]:
    query = select(CallAttempt).where(CallAttempt.emergency_id == emergency.id, CallAttempt.group == group)
    return session.scalars(query.order_by(CallAttempt.id)).all()


def _round(attempts: Sequence[CallAttempt], people: Collection[Callee], *, again: bool) -> int:
    """Return the round that goes on; a new one when everybody was tried and somebody chose to try again."""
    number = attempts[-1].round if attempts else 1
    tried = {one.user_id for one in attempts if one.round == number}
    return number + 1 if again and tried.issuperset(one.user_id for one in people) else number


def _ask(
    session: Session, emergency: Emergency, group: str, callee: Callee, number: int, position: int, now: datetime
) -> None:
    session.add(
        CallAttempt(
            emergency_id=emergency.id,
            group=group,
            round=number,
            position=position,
            user_id=callee.user_id,
            name=callee.name,
            title=callee.title,
            phone=callee.phone,
            asked_at=now,
            outcome="",
        )
    )
    session.flush()


def _open_attempt(session: Session, emergency: Emergency, group: str, user_id: Any) -> CallAttempt | None:
    mine = (one for one in reversed(_attempts(session, emergency, group)) if one.user_id == user_id)
    return next((one for one in mine if not one.outcome), None)


def _callers(session: Session, emergency: Emergency, callee: Callee, now: datetime) -> list[int]:
    """Return who may make the call: people on duty and the office, never the one to be called alone."""
    watch = ids(callees(session, DUTY, emergency.plan_id, now))
    people = dict.fromkeys([*watch, *sorted(holders(session, OFFICE))])
    people.pop(callee.user_id, None)
    return list(people) or sorted(holders(session, "supervisor") | {callee.user_id})


def _is_over(emergency: Emergency, group: str) -> bool:
    taken = {DUTY: emergency.confirmed_at, COMMANDER: emergency.activated_at}.get(group)
    return taken is not None or emergency.outcome != ""
