"""Who is on watch in the demo city: the roster with its numbers, the duty table, tries by surprise."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import select

from app import clock
from app.clock import ZONE
from app.db import db
from app.demo import files
from app.demo.stage import DAY, SEED, Life, Stage
from app.emergency import jobs
from app.emergency.models import MicroCall, MicroDrill, RosterMember
from app.emergency.operations import duty, micro, roster
from app.emergency.queries import micro as tries
from app.emergency.queries.numbers import phone_of

MANAGER: Final = "office"
WATCHERS: Final = ("duty", "duty2")
# the group, who is called in it, as what, and how many working days before the last one somebody tried the number
ROSTER: Final = (
    ("duty", "duty", "值班员", 2),
    ("duty", "duty2", "值班员", 2),
    ("commander", "commander", "分管副主任", 8),
    ("commander", "commander2", "值班副主任", 34),
    ("tech", "tech_lead", "应急技术组长", 3),
    ("tech", "vendor_c_tech", "安全工程师", 3),
    ("publicity", "publicity", "新闻宣传", 14),
    ("liaison", "liaison", "报告联络员", 1),
)
# how often a month a group is tried, and how many minutes each has
TRIED: Final = (("duty", 5, 5), ("commander", 2, 10), ("tech", 3, 5), ("liaison", 2, 10))
CHANGE_AT: Final = time(8, 30)
BATCH, AHEAD = 30, 21
ANSWERED: Final = 0.85


def watcher(stage: Stage, instant: datetime, *, other: bool = False) -> str:
    """Return who is on duty at an instant, or with `other` who is not; on the demo's last day it is the first."""
    begun = clock.local(instant) - timedelta(hours=CHANGE_AT.hour, minutes=CHANGE_AT.minute)
    return WATCHERS[((clock.local(stage.end).date() - begun.date()).days + other) % 2]


def watch_lives(stage: Stage) -> list[tuple[datetime, Life]]:
    """Fill the roster, and return the lives of duty tables, of calls to check numbers and of tries by surprise."""
    members = _fill(stage)
    batches = [(stage.at_work(stage.begin + max(0, start - 2) * DAY), days) for start, days in _batches(stage)]
    return [
        *((begin, _shifts(stage, days)) for begin, days in batches),
        *(
            (stage.at(before, 9, 47), _check(stage, member_id))
            for member_id, (*_, before) in zip(members, ROSTER, strict=True)
        ),
        (stage.begin, _surprises(stage)),
    ]


def _fill(stage: Stage) -> list[int]:
    """Put everybody on the roster; return the ids of its lines."""
    manager = stage.viewer(MANAGER)
    people = [stage.viewer(name).user_id for _group, name, *_ in ROSTER]
    with stage.act() as session:
        return [
            roster.add_member(session, manager, group, None, user_id, stage.now, title=title).id
            for user_id, (group, _name, title, _before) in zip(people, ROSTER, strict=True)
        ]


def _batches(stage: Stage) -> Iterator[tuple[int, list[date]]]:
    first = clock.local(stage.begin).date() + DAY
    count = (clock.local(stage.end).date() - first).days + AHEAD
    for start in range(0, count, BATCH):
        yield start, [first + number * DAY for number in range(start, min(start + BATCH, count))]


def _shifts(stage: Stage, days: list[date]) -> Life:
    """Import the duty table of some days, a day and night each."""
    starts = [datetime.combine(day, CHANGE_AT, ZONE) for day in days]
    rows = [(watcher(stage, at), f"{at:%Y-%m-%d %H:%M}", f"{at + DAY:%Y-%m-%d %H:%M}") for at in starts]
    with stage.act() as session:
        table = files.table(("账号", "开始", "结束"), rows)
        duty.import_shifts(session, stage.viewer(MANAGER), table, stage.now)
    yield from ()


def _check(stage: Stage, member_id: int) -> Life:
    """Try a number and find it right."""
    with stage.act() as session:
        phone = phone_of(session.get_one(RosterMember, member_id))
        roster.check_number(session, stage.viewer(MANAGER), member_id, phone, stage.now)
    yield from ()


def _surprises(stage: Stage) -> Life:
    """Try groups at instants nobody foresees; most people tap in time, some do not."""
    # dice of its own: what is written about tasks stays what it is
    dice = random.Random(SEED + 2)  # noqa: S311 - a story, not a secret
    with stage.act() as session:
        for group, per_month, minutes in TRIED:
            facts = micro.RuleFacts(per_month, 9, 21, minutes)
            micro.change_rule(session, stage.viewer(MANAGER), group, facts, stage.now, dice.randrange)
    while True:
        due = tries.next_due(db.session(), stage.now)
        db.session.rollback()
        if due is None:
            return
        yield max(due, stage.now + timedelta(seconds=1))
        bring_in(stage, dice)
        for call_id, user_id in _asked(stage) if dice.random() < ANSWERED else ():
            yield stage.now + timedelta(seconds=dice.randint(12, 240))
            _answer(stage, call_id, user_id)


def bring_in(stage: Stage, dice: random.Random) -> None:
    """Do what scripts of drills and tries by surprise have due now."""
    with stage.act():
        pass  # only moves the clock
    jobs.bring_in(lambda: False, dice.randrange)
    db.session.rollback()


def _asked(stage: Stage) -> list[tuple[int, int]]:
    """Return the calls that were made this minute and wait for an answer."""
    query = (
        select(MicroCall.id, MicroCall.user_id)
        .join(MicroDrill, MicroDrill.id == MicroCall.drill_id)
        .where(MicroDrill.state == micro.OPEN, MicroCall.asked_at >= stage.now - timedelta(minutes=1))
    )
    found = [(call_id, user_id) for call_id, user_id in db.session.execute(query)]
    db.session.rollback()
    return found


def _answer(stage: Stage, call_id: int, user_id: int) -> None:
    name = next(name for _group, name, *_ in ROSTER if stage.viewer(name).user_id == user_id)
    with stage.act() as session:
        micro.answer(session, stage.viewer(name), call_id, stage.now)
