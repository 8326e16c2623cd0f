"""Rules of emergencies: what lasts, which grade is in force, which time is left, what a target says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.emergency.measuring import measures, merge
from app.emergency.rules import compare, grade_at, grade_in_force, limit_left, next_grading

BEGAN = datetime(2026, 11, 17, 1, 20, tzinfo=UTC)


def later(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


@dataclass
class Change:
    at: datetime
    after: int


def test_what_lasts_grows_by_itself_until_somebody_says_it_is_over() -> None:
    """Down since before the alarm, over after an hour, down once more for ten minutes."""
    facts = merge({}, {"unreachable": True}, later(8), since=later(-5))
    assert measures(facts, later(30))["down_minutes"] == 35
    facts = merge(facts, {"unreachable": False}, later(60))
    assert measures(facts, later(300))["down_minutes"] == 65
    facts = merge(facts, {"unreachable": True}, later(300))
    assert measures(facts, later(310))["down_minutes"] == 75


def test_what_nobody_said_stays_and_what_nobody_knows_is_nothing() -> None:
    """A later report without numbers leaves the earlier ones alone."""
    facts = merge({}, {"portal": "yes", "place": "city", "leaked_people": 12, "harmful_home": True}, BEGAN)
    facts = merge(facts, {"forwarded": 900, "harmful_home": None}, later(10))
    found = measures(facts, later(40))
    assert (found["portal"], found["place"], found["operator_kind"]) == (True, "city", "other")
    assert (found["leaked_people"], found["forwarded"], found["viewed"]) == (12, 900, 0)
    assert (found["harmful_home_minutes"], found["harmful_other_minutes"]) == (40, 0)


def test_the_same_fact_told_again_does_not_begin_anew() -> None:
    """Still down is not down again."""
    facts = merge({}, {"unreachable": True}, BEGAN)
    facts = merge(facts, {"unreachable": True}, later(90))
    assert measures(facts, later(100))["down_minutes"] == 100


@pytest.mark.parametrize(
    ("by_rule", "standing", "overruled", "in_force"),
    [(4, 4, 5, 4), (2, 3, 5, 2), (3, 2, 5, 2), (3, 1, 3, 1), (3, 4, 3, 4), (2, 4, 3, 2), (4, 3, 4, 3)],
)
def test_a_rule_only_raises_and_the_commander_stands_until_it_says_more(
    by_rule: int, standing: int, overruled: int, in_force: int
) -> None:
    """Without a commander the graver counts; after one, only a rule that rose since."""
    assert grade_in_force(by_rule, standing, overruled) == in_force


def test_the_grade_at_an_instant_is_the_last_one_set_before_it() -> None:
    """Before the first grading there is none."""
    changes = [Change(later(10), 3), Change(later(130), 2)]
    assert [grade_at(changes, later(one)) for one in (5, 10, 129, 130)] == [None, 3, 3, 2]


@pytest.mark.parametrize(
    ("text", "spent", "left"),
    [("4 小时", 0, "4 小时"), ("4 小时", 8, "232 分钟"), ("30 分钟", 45, "1 分钟"), (None, 8, None)],
)
def test_a_limit_that_began_before_is_what_is_left_of_it(text: str | None, spent: int, left: str | None) -> None:
    """At least a minute."""
    assert limit_left(text, spent) == left


def test_grading_turns_stand_on_half_hours_from_the_alarm() -> None:
    """Also when one is taken late; never the present instant again."""
    assert [next_grading(BEGAN, later(one)) for one in (0, 29, 30, 61)] == [
        later(30),
        later(30),
        later(60),
        later(90),
    ]


def test_targets_count_from_the_alarm_or_from_the_confirmation() -> None:
    """What was not asked for is left out, what was never reached is not met."""
    reached: dict[str, Any] = {"confirm": later(9), "contain": later(20), "restore": None, "phone": later(40)}
    targets = {
        "confirm": "10 分钟",
        "contain": "10 分钟",
        "restore": "8 小时",
        "phone": "30 分钟",
        "written": "4 小时",
    }
    assert compare(targets, BEGAN, later(9), reached) == {
        "confirm": {"target": "10 分钟", "minutes": 9, "met": True},
        "contain": {"target": "10 分钟", "minutes": 11, "met": False},
        "phone": {"target": "30 分钟", "minutes": 31, "met": False},
        "restore": {"target": "8 小时", "minutes": None, "met": False},
    }
