"""The tables of grade_emergency: each threshold is met exactly at its number, and the limits follow the grade."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import Engine, Environment, OpenNode
from tests.processes.emergencies import BEGIN, HARMLESS
from tests.processes.test_routes import definition_of

PORTAL = {"portal": True}
THRESHOLDS = [
    ({**PORTAL, "place": "province"}, "down_minutes", (1440, 360, 120)),
    ({**PORTAL, "place": "city"}, "down_minutes", (None, 360, 120)),
    ({**PORTAL, "place": "county"}, "down_minutes", (None, None, None)),
    ({"operator_kind": "cii"}, "down_minutes", (360, 120, 30)),
    ({}, "harmful_home_minutes", (360, 120, 30)),
    ({}, "harmful_other_minutes", (1440, 720, 120)),
    ({}, "leaked_people", (100_000_000, 10_000_000, 1_000_000)),
    ({}, "forwarded", (100_000, 10_000, 1_000)),
    ({}, "viewed", (1_000_000, 100_000, 10_000)),
    ({}, "loss", (100_000_000, 20_000_000, 5_000_000)),
    ({}, "affected_people", (10_000_000, 1_000_000, 100_000)),
]
CASES = [(known, name, most, at + 1) for known, name, mosts in THRESHOLDS for at, most in enumerate(mosts) if most]


def graded(facts: dict[str, Any], standing: int = 4, overruled: int = 5) -> OpenNode:
    """Return the node that would write the grade, with all that the tables say about `facts`."""
    engine = Engine()
    live, _step = engine.start(definition_of("grade_emergency"), {}, {}, Environment(BEGIN))
    (measure,) = engine.open_nodes(live)
    found = {"kind": "tamper", **HARMLESS, **facts, "standing_grade": standing, "overruled_grade": overruled}
    step = engine.finish_service(live, measure.token, found, Environment(BEGIN))
    assert step.incidents == ()
    (node,) = step.opened
    return node


@pytest.mark.parametrize(("known", "name", "most", "grade"), CASES)
def test_a_threshold_counts_from_its_number_on(known: dict[str, Any], name: str, most: int, grade: int) -> None:
    """At the number the graver grade holds, one below it does not; the basis and its certainty are told."""
    at, below = graded({**known, name: most}).inputs, graded({**known, name: most - 1}).inputs
    assert (at["grade"], below["grade"] > grade) == (grade, True)
    assert at["grade_mark"].startswith("S " if grade == 1 else "S-draft")
    assert at["grade_basis"]


def test_what_reaches_no_threshold_is_ordinary_and_owes_no_report() -> None:
    """A county portal that is down for two days is ordinary."""
    found = graded({**PORTAL, "place": "county", "down_minutes": 2880}).inputs
    assert (found["grade"], found["report_required"], found["review_limit"]) == (4, False, "10 工作日")


@pytest.mark.parametrize(("operator", "limit"), [("cii", "1 小时"), ("organ", "2 小时"), ("other", "4 小时")])
def test_the_first_report_follows_the_operator(operator: str, limit: str) -> None:
    """One, two or four hours by who operates it."""
    found = graded({"operator_kind": operator, "viewed": 10_000}).inputs
    assert (found["written_limit"], found["report_required"]) == (limit, True)


def test_the_limits_are_those_of_the_grade_in_force() -> None:
    """A commander's grade stands until the table says a graver one than was overruled."""
    assert graded({"viewed": 10_000}, standing=1, overruled=3).inputs["activate_limit"] == "15 分钟"
    assert graded({"viewed": 10_000}, standing=4, overruled=3).inputs["report_required"] is False
    assert graded({"viewed": 100_000}, standing=4, overruled=3).inputs["activate_limit"] == "30 分钟"
