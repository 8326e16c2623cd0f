"""Micro-drills: moments nobody foresees within the rules, one after the other is asked, one tap answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.db import db, transaction
from app.emergency import jobs, surprise
from app.emergency.models import MicroCall, MicroDrill, MicroRule
from app.emergency.operations import micro
from app.emergency.operations.micro import RuleFacts
from app.emergency.queries import drills
from app.emergency.queries.micro import asked_of, next_due
from app.emergency.surprise import Rule
from app.errors import Conflict, Invalid, NotFound, Refused
from app.ledger.models import Record
from app.outbox.models import Notice
from app.people.models import User
from app.work.jobs import never
from tests.factories.emergency import add_plans, emergency_people
from tests.factories.small import viewer

MORNING = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)  # Tuesday 09:20 in Shanghai
FACTS = RuleFacts(per_month=4, from_hour=8, to_hour=20, answer_minutes=5)


def first(_below: int) -> int:
    """Pick the earliest."""
    return 0


def last(below: int) -> int:
    """Pick the latest."""
    return below - 1


@pytest.fixture
def house(either_app: Flask) -> Flask:
    """The city with people of the groups, a roster, and a rule for the duty group drawn as early as possible."""
    with transaction() as session:
        emergency_people(session)
        add_plans(session)
        micro.change_rule(session, viewer(session, "office"), "duty", FACTS, clock.now(session), first)
    return either_app


def pass_time(span: timedelta) -> None:
    """Move the clock on and let the drain do what is due."""
    with transaction() as session:
        clock.advance(session, clock.now(session) + span)
    jobs.bring_in(never, first)
    db.session.rollback()


def user_id(name: str) -> int:
    return db.session.scalars(select(User.id).where(User.user_name == name)).one()


def notices_of(name: str) -> list[str]:
    return list(
        db.session.scalars(select(Notice.message).where(Notice.user_id == user_id(name), Notice.kind == "emergency"))
    )


@pytest.mark.parametrize("pick", [first, last])
def test_a_moment_lies_within_the_hours_and_within_twice_the_mean(pick: Callable[[int], int]) -> None:
    rule = Rule(4, 8, 20)
    found = surprise.next_moment(rule, MORNING, pick)
    assert found is not None
    assert rule.includes(found)
    assert MORNING < found <= MORNING + timedelta(days=16)


def test_moments_keep_the_number_a_month_on_average() -> None:
    """A year of moments, the picks going evenly through all there is."""
    rule, at, end, count, turn = Rule(6, 9, 18), MORNING, MORNING + timedelta(days=360), 0, 0

    def evenly(below: int) -> int:
        nonlocal turn
        turn += 1
        return below * (turn * 37 % 100) // 100

    while at < end:
        found = surprise.next_moment(rule, at, evenly)
        assert found is not None
        assert rule.includes(found)
        at, count = found, count + 1
    assert 66 <= count <= 78


def test_no_moment_for_a_rule_that_wants_none() -> None:
    assert surprise.next_moment(Rule(0, 8, 20), MORNING, first) is None
    assert surprise.next_moment(Rule(4, 20, 20), MORNING, first) is None


def test_the_real_pick_cannot_be_foreseen() -> None:
    """Two hundred moments drawn in earnest are nearly all different."""
    found = {surprise.next_moment(Rule(4, 8, 20), MORNING, surprise.pick_freely) for _ in range(200)}
    assert len(found) > 190


def test_the_first_on_the_list_is_asked_and_one_tap_ends_it(house: Flask) -> None:
    del house
    pass_time(timedelta(minutes=1))
    call = asked_of(db.session(), user_id("duty"))
    assert call is not None
    assert notices_of("duty") == [micro.ASK]
    assert asked_of(db.session(), user_id("duty2")) is None
    with transaction() as session:
        clock.advance(session, clock.now(session) + timedelta(seconds=40))
        micro.answer(session, viewer(session, "duty"), call.id, clock.now(session))
    db.session.rollback()
    found = db.session.scalars(select(MicroDrill)).one()
    assert (found.state, found.next_at) == ("answered", None)
    figures = {one.group: one for one in drills.micro_figures(db.session(), 2026)}["duty"]
    assert (figures.tries, figures.answered, figures.at_once) == (1, 1, 1)
    assert figures.seconds == pytest.approx(40, abs=2)
    pass_time(timedelta(minutes=6))
    assert asked_of(db.session(), user_id("duty2")) is None


def test_who_lets_the_time_pass_is_followed_by_the_next_and_at_the_end_by_the_managers(house: Flask) -> None:
    del house
    pass_time(timedelta(minutes=1))
    pass_time(timedelta(minutes=4))
    assert asked_of(db.session(), user_id("duty2")) is None
    pass_time(timedelta(minutes=2))
    assert asked_of(db.session(), user_id("duty2")) is not None
    pass_time(timedelta(minutes=6))
    found = db.session.scalars(select(MicroDrill).order_by(MicroDrill.id)).first()
    assert found is not None
    assert found.state == "nobody"
    assert micro.NONE_THERE in notices_of("office")
    assert asked_of(db.session(), user_id("duty")) is None
    names = list(db.session.scalars(select(MicroCall.name).where(MicroCall.drill_id == found.id)))
    assert len(names) == len(set(names)) == 2


def test_a_late_tap_counts_while_the_next_is_asked_and_no_longer_afterwards(house: Flask) -> None:
    del house
    pass_time(timedelta(minutes=1))
    early = asked_of(db.session(), user_id("duty"))
    assert early is not None
    pass_time(timedelta(minutes=6))
    with transaction() as session:
        micro.answer(session, viewer(session, "duty"), early.id, clock.now(session))
        again = micro.answer(session, viewer(session, "duty"), early.id, clock.now(session))
    assert again.answered_at is not None
    other = db.session.scalars(select(MicroCall).where(MicroCall.user_id == user_id("duty2"))).one()
    with transaction() as session, pytest.raises(Conflict):
        micro.answer(session, viewer(session, "duty2"), other.id, clock.now(session))


def test_nobody_taps_for_somebody_else(house: Flask) -> None:
    del house
    pass_time(timedelta(minutes=1))
    call = asked_of(db.session(), user_id("duty"))
    assert call is not None
    with transaction() as session, pytest.raises(NotFound):
        micro.answer(session, viewer(session, "duty2"), call.id, clock.now(session))


def test_a_moment_that_passed_while_nothing_ran_is_drawn_anew(house: Flask) -> None:
    """Nobody is called at two in the morning because the machine was off at noon."""
    del house
    with transaction() as session:
        clock.advance(session, datetime(2026, 11, 17, 18, tzinfo=UTC))  # 02:00 in Shanghai
    jobs.bring_in(never, first)
    db.session.rollback()
    assert db.session.scalar(select(func.count(MicroDrill.id))) == 0
    rule = db.session.get_one(MicroRule, "duty")
    assert rule.next_at is not None
    assert clock.local(rule.next_at).hour == 8
    assert next_due(db.session(), clock.now(db.session())) == rule.next_at


def test_the_drain_does_a_thing_once_however_often_it_runs(house: Flask) -> None:
    del house
    pass_time(timedelta(minutes=1))
    for _ in range(3):
        jobs.bring_in(never, last)
    db.session.rollback()
    assert db.session.scalar(select(func.count(MicroCall.id))) == 1


@pytest.mark.parametrize(
    "facts", [RuleFacts(61, 8, 20, 5), RuleFacts(4, 20, 8, 5), RuleFacts(4, 8, 25, 5), RuleFacts(4, 8, 20, 0)]
)
def test_a_rule_that_cannot_be_is_refused(house: Flask, facts: RuleFacts) -> None:
    del house
    with transaction() as session, pytest.raises(Invalid):
        micro.change_rule(session, viewer(session, "office"), "duty", facts, clock.now(session))


def test_only_those_who_look_after_plans_change_the_rule(house: Flask) -> None:
    del house
    with transaction() as session, pytest.raises(Refused):
        micro.change_rule(session, viewer(session, "duty"), "duty", FACTS, clock.now(session))


def test_a_changed_rule_says_what_it_was_before(house: Flask) -> None:
    """The first rule of a group had none before it."""
    del house
    with transaction() as session:
        facts = RuleFacts(per_month=8, from_hour=9, to_hour=18, answer_minutes=3)
        micro.change_rule(session, viewer(session, "office"), "duty", facts, clock.now(session), first)
    query = select(Record.body).where(Record.kind == "emergency:micro:changed").order_by(Record.seq)
    found = [json.loads(body)["payload"] for body in db.session.scalars(query)]
    assert [one["before"] for one in found] == [None, vars(FACTS)]
    assert found[1]["per_month"] == 8
