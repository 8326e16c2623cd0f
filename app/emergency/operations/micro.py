"""Micro-drills (微演练): people of a group are asked by surprise to tap once; whoever does not is passed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency import surprise
from app.emergency.models import MicroCall, MicroDrill, MicroRule
from app.emergency.operations.plans import record, require_manage
from app.emergency.queries.rosters import callees
from app.emergency.rules import GROUPS
from app.emergency.surprise import Pick
from app.errors import Conflict, Invalid, NotFound
from app.i18n import N_
from app.outbox.operations import notify
from app.people import queries as house
from app.people.rules import Viewer

OPEN, ANSWERED, NOBODY = "open", "answered", "nobody"
ASK: Final = N_("微演练：请在 %(minutes)s 分钟内点一下，表示您在。")
NONE_THERE: Final = N_("微演练：%(group)s组的 %(count)s 个人都没有应答。")
PAGE: Final = "/emergency/micro"
OVER: Final = N_("这次微演练已经结束，不用再点。")


@dataclass(frozen=True)
class RuleFacts:
    """How often a month a group is tried on average, between which hours, how many minutes each has."""

    per_month: int
    from_hour: int
    to_hour: int
    answer_minutes: int


def change_rule(
    session: Session, viewer: Viewer, group: str, facts: RuleFacts, now: datetime, pick: Pick = surprise.pick_freely
) -> MicroRule:
    """Change when a group is tried; the next time is drawn anew."""
    require_manage(viewer)
    if group not in GROUPS:
        raise NotFound
    _check(facts)
    row = session.get(MicroRule, group, with_for_update=True)
    before = {name: getattr(row, name) for name in vars(facts)} if row is not None else None
    if row is None:
        row = MicroRule(group=group)
        session.add(row)
    for name, value in vars(facts).items():
        setattr(row, name, value)
    row.next_at = surprise.next_moment(_hours(row), now, pick)
    session.flush()
    payload = {"group": group, **vars(facts), "before": before}
    record(session, viewer, "emergency:micro:changed", payload, now)
    return row


def begin_due(session: Session, group: str, now: datetime, pick: Pick = surprise.pick_freely) -> MicroDrill | None:
    """Begin the micro-drill of a group when its time has come, and draw the next time; None when it has not.

    A time that passed while nothing ran is drawn anew, and so is one at which the group is being tried already.
    """
    row = session.get(MicroRule, group, with_for_update=True, populate_existing=True)
    if row is None or row.next_at is None or row.next_at > now:
        return None
    due, row.next_at = row.next_at, surprise.next_moment(_hours(row), now, pick)
    going_on = select(MicroDrill.id).where(MicroDrill.group == group, MicroDrill.state == OPEN).limit(1)
    if surprise.is_missed(_hours(row), due, now) or session.scalar(going_on) is not None:
        return None
    drill = MicroDrill(group=group, began_at=now, state=OPEN)
    session.add(drill)
    session.flush()
    _ask_next(session, drill, row.answer_minutes, now)
    return drill


def go_on(session: Session, drill_id: int, now: datetime) -> str:
    """Ask the next of the group when the last one has let the time pass; return the state of the micro-drill."""
    drill = session.get_one(MicroDrill, drill_id, with_for_update=True, populate_existing=True)
    if drill.state == OPEN and drill.next_at is not None and drill.next_at <= now:
        rule = session.get(MicroRule, drill.group)
        _ask_next(session, drill, rule.answer_minutes if rule else 5, now)
    return drill.state


def answer(session: Session, viewer: Viewer, call_id: int, now: datetime) -> MicroCall:
    """Note that somebody who was asked is there; a second tap changes nothing. Conflict when it is over."""
    call = session.scalar(select(MicroCall).where(MicroCall.id == call_id, MicroCall.user_id == viewer.user_id))
    if call is None:
        raise NotFound
    drill = session.get_one(MicroDrill, call.drill_id, with_for_update=True, populate_existing=True)
    if call.answered_at is not None:
        return call
    if drill.state != OPEN:
        raise Conflict(OVER)
    call.answered_at = drill.answered_at = now
    drill.state, drill.next_at = ANSWERED, None
    session.flush()
    return call


def _ask_next(session: Session, drill: MicroDrill, minutes: int, now: datetime) -> None:
    asked = set(session.scalars(select(MicroCall.user_id).where(MicroCall.drill_id == drill.id)))
    left = (one for one in callees(session, drill.group, None, now) if one.user_id not in asked)
    found = next(left, None)
    if found is None:
        _give_up(session, drill, len(asked), now)
        return
    call = MicroCall(drill_id=drill.id, user_id=found.user_id, name=found.name, position=len(asked) + 1, asked_at=now)
    session.add(call)
    drill.next_at = now + timedelta(minutes=minutes)
    session.flush()
    notify(session, [found.user_id], ASK, values={"minutes": minutes}, url=PAGE, now=now, kind="emergency")


def _give_up(session: Session, drill: MicroDrill, count: int, now: datetime) -> None:
    drill.state, drill.next_at = NOBODY, None
    session.flush()
    values = {"group": GROUPS[drill.group], "count": count}
    managers = house.holding(session, "emergency.manage")
    notify(session, managers, NONE_THERE, values=values, url="/emergency/drills/figures", now=now, kind="emergency")


def _hours(row: MicroRule) -> surprise.Rule:
    return surprise.Rule(row.per_month, row.from_hour, row.to_hour)


def _check(facts: RuleFacts) -> None:
    wrong = {}
    if not 0 <= facts.per_month <= 60:  # noqa: PLR2004
        wrong["per_month"] = N_("每月 0 到 60 次；0 就是不试。")
    if not 0 <= facts.from_hour < facts.to_hour <= 24:  # noqa: PLR2004
        wrong["from_hour"] = N_("时段从 0 到 24 点，结束要晚于开始。")
    if not 1 <= facts.answer_minutes <= 60:  # noqa: PLR2004
        wrong["answer_minutes"] = N_("应答时间 1 到 60 分钟。")
    if wrong:
        raise Invalid(fields=wrong)
