"""Decision tables follow their hit policy exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.engine.decisions import DecisionFault, Evaluate
from app.engine.dmn import read_decisions
from tests.processes.diagrams import Run, chain, diagram, end, node, start, table, user

RULES = [(["> 10"], ['"big"', "3"]), (["> 5"], ['"some"', "2"]), (["> 0"], ['"little"', "1"])]


def decide(policy: str, x: object, rules: Any = None, aggregation: str = "", outputs: list[str] | None = None) -> Any:
    """Return what a table over `x` finds."""
    content = table("t", ["x"], outputs or ["size", "points"], rules or RULES, policy=policy, aggregation=aggregation)
    decision = read_decisions("t", content)["t"]
    return decision.decide(seeing({"x": x})).found


def seeing(data: dict[str, Any]) -> Evaluate:
    """Return what evaluates over `data`."""
    return lambda expression, names, budget: expression.evaluate({**data, **names}, budget=budget)


def test_first_takes_the_first_rule() -> None:
    """The order of the rules decides."""
    assert decide("FIRST", 11) == {"size": "big", "points": 3}
    assert decide("FIRST", 1) == {"size": "little", "points": 1}
    assert decide("FIRST", -1) is None


def test_unique_refuses_several_rules() -> None:
    """Two rules that hold at once are a fault of the table, not a silent choice."""
    assert decide("UNIQUE", 1) == {"size": "little", "points": 1}
    with pytest.raises(DecisionFault):
        decide("UNIQUE", 6)


def test_any_wants_rules_that_agree() -> None:
    """Several rules may hold when they say the same."""
    same = [(["> 1"], ['"x"', "1"]), (["> 2"], ['"x"', "1"])]
    assert decide("ANY", 3, same) == {"size": "x", "points": 1}
    with pytest.raises(DecisionFault):
        decide("ANY", 6)


@pytest.mark.parametrize("policy", ["COLLECT", "RULE ORDER"])
def test_collect_and_rule_order_give_all(policy: str) -> None:
    """All rules that hold are given in the order of the table."""
    assert [entry["points"] for entry in decide(policy, 6)] == [2, 1]
    assert decide(policy, -1) == []


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("SUM", Decimal("6.5")), ("MIN", Decimal("1.5")), ("MAX", 3), ("COUNT", 3)]
)
def test_collect_may_add_up(aggregation: str, expected: object) -> None:
    """An aggregation gives one value."""
    rules = [(["-"], ["3"]), (["-"], ["2"]), (["-"], ["1.5"])]
    assert decide("COLLECT", 1, rules, aggregation, ["points"]) == expected


@pytest.mark.parametrize(
    ("mapping", "policy", "expected"),
    [
        (None, "FIRST", {"size": "some", "points": 2}),
        ("singleResult", "FIRST", {"size": "some", "points": 2}),
        ("singleEntry", "FIRST", "some"),
        ("resultList", "FIRST", [{"size": "some", "points": 2}]),
        ("collectEntries", "COLLECT", ["some", "little"]),
        ("resultList", "COLLECT", [{"size": "some", "points": 2}, {"size": "little", "points": 1}]),
    ],
)
def test_a_result_variable_gets_what_the_mapping_says(mapping: str | None, policy: str, expected: object) -> None:
    """`camunda:mapDecisionResult` is read as Camunda reads it."""
    attributes = {"camunda_decisionRef": "t", "camunda_resultVariable": "found"}
    if mapping:
        attributes["camunda_mapDecisionResult"] = mapping
    xml = diagram(start(), node("businessRuleTask", "d", **attributes), user("a"), end(), chain("s", "d", "a", "e"))
    tables = {"t": table("t", ["x"], ["size", "points"], RULES, policy=policy)}
    assert Run(xml, tables, {"x": 6}).at("a").data["found"] == expected


def test_a_table_without_a_hit_writes_nulls() -> None:
    """When no rule holds every output is null, so that an older value is not taken for the answer."""
    xml = diagram(
        start(), node("businessRuleTask", "d", camunda_decisionRef="t"), user("a"), end(), chain("s", "d", "a", "e")
    )
    tables = {"t": table("t", ["x"], ["size", "points"], RULES)}
    assert Run(xml, tables, {"x": -1, "size": "old"}).at("a").data == {"x": -1, "size": None, "points": None}


def test_a_fault_of_a_table_is_an_incident() -> None:
    """A table that gives no clear answer stops the token and names the rules."""
    xml = diagram(
        start(), user("a"), node("businessRuleTask", "d", camunda_decisionRef="t"), end(), chain("s", "a", "d", "e")
    )
    run = Run(xml, {"t": table("t", ["x"], ["size", "points"], RULES)})
    step = run.complete("a", x=6)
    assert [one.node for one in step.incidents] == ["d"]
    assert "2、3" in step.incidents[0].reason


def test_outcomes_are_recorded_in_words() -> None:
    """The record of a decision says what came out."""
    xml = diagram(
        start(), node("businessRuleTask", "d", camunda_decisionRef="t"), user("a"), end(), chain("s", "d", "a", "e")
    )
    one = Run(xml, {"t": table("t", ["x"], ["way"], [(["-"], ['"直派"'])])}, {"x": 1})
    assert one.last.completed[1].result == "直派"
    several = Run(xml, {"t": table("t", ["x"], ["size", "points"], RULES)}, {"x": 1})
    assert several.last.completed[1].result == '["little",1]'
