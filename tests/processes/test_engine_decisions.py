"""Decision tables follow their hit policy exactly."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pytest

from app.engine.decisions import DecisionFault, Evaluate
from app.engine.dmn import read_decisions
from app.engine.port import DiagramRefused
from app.expressions import ExpressionRefused
from tests.processes.diagrams import DMN_HEAD, Run, chain, diagram, end, node, start, table, user

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


def dmn(*decisions: str, head: str = DMN_HEAD) -> bytes:
    """Return a DMN file of several decisions."""
    return f"{head}{''.join(decisions)}</definitions>".encode()


def decision(id_: str, logic: str, *requires: str) -> str:
    """Return a decision with its logic and what it requires."""
    needs = "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>' for one in requires
    )
    return f'<decision id="{id_}" name="{id_}">{needs}{logic}</decision>'


def literal(text: str, variable: str = "", kind: str = "") -> str:
    """Return a decision's logic that is one expression."""
    named = f'<variable name="{variable}" typeRef="{kind}"/>' if variable else ""
    return f"{named}<literalExpression><text>{escape(text)}</text></literalExpression>"


def grid(inputs: str, outputs: str, *rules: tuple[str, str], policy: str = "UNIQUE") -> str:
    """Return a table with columns written out and rules of one test and one value."""
    rows = "".join(
        f"<rule><inputEntry><text>{escape(test)}</text></inputEntry><outputEntry><text>{escape(value)}</text></outputEntry></rule>"
        for test, value in rules
    )
    return f'<decisionTable hitPolicy="{policy}">{inputs}{outputs}{rows}</decisionTable>'


def looked_at(text: str, kind: str = "", more: str = "") -> str:
    """Return an input column."""
    return f'<input><inputExpression typeRef="{kind}"{more}><text>{escape(text)}</text></inputExpression></input>'


def answer(name: str, kind: str = "", values: str = "", default: str = "") -> str:
    """Return an output column with its values in order and its default."""
    allowed = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    other = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    return f'<output name="{name}" typeRef="{kind}">{allowed}{other}</output>'


def found(content: bytes, id_: str, **data: Any) -> Any:
    """Return what a decision of a file finds."""
    return read_decisions("f", content)[id_].decide(seeing(data)).found


def refusals(content: bytes) -> list[str]:
    """Return what is wrong with a file, in words."""
    with pytest.raises(DiagramRefused) as refused:
        read_decisions("f", content)
    assert all(one.line and one.element for one in refused.value.problems)
    return [one.message % one.values for one in refused.value.problems]


LEVELS = '"high", "middle", "low"'
GRADES = [("> 0", '"low"'), ("> 5", '"high"'), ("> 3", '"middle"')]


def test_priority_takes_the_most_important_output() -> None:
    """With PRIORITY the order of the output values decides, not that of the rules."""
    table = grid(looked_at("x"), answer("level", "string", LEVELS), *GRADES, policy="PRIORITY")
    content = dmn(decision("t", table))
    assert [found(content, "t", x=x) for x in (6, 4, 1, 0)] == [
        {"level": "high"},
        {"level": "middle"},
        {"level": "low"},
        None,
    ]


def test_output_order_gives_all_by_importance() -> None:
    """With OUTPUT ORDER all that holds is given, the most important first."""
    table = grid(looked_at("x"), answer("level", "string", LEVELS), *GRADES, policy="OUTPUT ORDER")
    assert [one["level"] for one in found(dmn(decision("t", table)), "t", x=6)] == ["high", "middle", "low"]


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER"])
def test_an_order_must_be_written_and_complete(policy: str) -> None:
    """Without output values, or with an output that is none of them, the table is refused."""
    none = grid(looked_at("x"), answer("level"), *GRADES, policy=policy)
    assert "先后顺序" in refusals(dmn(decision("t", none)))[0]
    short = grid(looked_at("x"), answer("level", "", '"high"'), *GRADES, policy=policy)
    assert len(refusals(dmn(decision("t", short)))) == 2
    worked_out = grid(looked_at("x"), answer("level", "", '"high"'), ("-", 'lower case("OTHER")'), policy=policy)
    with pytest.raises(DecisionFault):
        found(dmn(decision("t", worked_out)), "t", x=1)


@pytest.mark.parametrize(("policy", "expected"), [("FIRST", {"y": "none"}), ("RULE ORDER", [{"y": "none"}])])
def test_a_default_stands_for_no_rule(policy: str, expected: object) -> None:
    """When no rule holds the default output is the answer."""
    table = grid(looked_at("x"), answer("y", "string", "", '"none"'), ("> 5", '"much"'), policy=policy)
    assert found(dmn(decision("t", table)), "t", x=1) == expected


@pytest.mark.parametrize(
    ("kind", "value", "passes"),
    [
        ("string", "a", True),
        ("string", 1, False),
        ("boolean", True, True),
        ("boolean", "true", False),
        ("number", Decimal("1.5"), True),
        ("feel:double", 2, True),
        ("integer", 2, True),
        ("integer", Decimal("1.5"), False),
        ("number", True, False),
        ("date", "2026-03-02", True),
        ("date", date(2026, 3, 2), True),
        ("date", "soon", False),
        ("dateTime", "2026-03-02T09:00:00", True),
        ("dateTime", date(2026, 3, 2), True),
        ("number", None, True),
        ("Any", [1], True),
    ],
)
def test_the_type_of_an_input_is_kept(kind: str, value: object, passes: bool) -> None:
    """A value of another type is a fault that names table, column and both types; null is always allowed."""
    content = dmn(decision("t", grid(looked_at("x", kind), answer("y"), ("-", "1"))))
    if passes:
        assert found(content, "t", x=value) == {"y": 1}
    else:
        with pytest.raises(DecisionFault, match=r"“t”的“x”"):
            found(content, "t", x=value)


def test_dates_in_columns_compare_with_dates() -> None:
    """A date kept as ISO text by a form is compared as a date."""
    rules = ('< date("2026-03-01")', '"before"'), ('>= date("2026-03-01")', '"after"')
    content = dmn(decision("t", grid(looked_at("day", "date"), answer("y"), *rules)))
    assert found(content, "t", day="2026-03-02") == {"y": "after"}


def test_cells_of_the_wrong_type_are_refused() -> None:
    """A value written in a cell that its column cannot hold is shown where it stands."""
    wrong = grid(
        looked_at("x", "number"), answer("y", "boolean"), ('"a"', "true"), ("> 1", '"yes"'), ("[1..3]", "null")
    )
    assert len(refusals(dmn(decision("t", wrong)))) == 2
    assert "不认识类型" in refusals(dmn(decision("t", grid(looked_at("x", "colour"), answer("y"), ("-", "1")))))[0]


def test_types_of_the_file_are_known() -> None:
    """A type that the file defines stands for the type it is made of."""
    own = '<itemDefinition name="grade"><typeRef>number</typeRef></itemDefinition>'
    content = dmn(own, decision("t", grid(looked_at("x", "grade"), answer("y"), ("> 1", "1"))))
    with pytest.raises(DecisionFault):
        found(content, "t", x="a")


def test_decisions_use_what_others_found() -> None:
    """Required decisions are worked out first, by their own names or by those of their outputs."""
    size = decision("size", grid(looked_at("x"), answer("big"), ("> 5", "true"), ("<= 5", "false")))
    price = decision("price", literal("if big then x * 2 else x", "cost", "number"), "size")
    total = decision("total", literal("cost + 1", "sum_total"), "price")
    content = dmn(total, price, size)
    assert found(content, "total", x=6) == {"sum_total": 13}
    assert found(content, "total", x=1) == {"sum_total": 2}
    assert read_decisions("f", content)["total"].names == {"x"}


def test_decisions_that_require_themselves_are_refused() -> None:
    """A circle of requirements and a requirement that is not there are refused."""
    circle = dmn(decision("a", literal("1"), "b"), decision("b", literal("2"), "a"))
    assert all("绕回" in one for one in refusals(circle))
    assert "不在文件里" in refusals(dmn(decision("a", literal("1"), "nowhere")))[0]


def test_other_logic_is_refused() -> None:
    """What is neither table nor expression, and knowledge models, are refused."""
    assert "不是决策表" in refusals(dmn(decision("a", "<invocation/>")))[0]
    model = '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
    assert "业务知识模型" in refusals(dmn(decision("a", model + literal("1"))))[0]


def test_cells_may_be_juel() -> None:
    """`expressionLanguage` chooses the grammar; JUEL cells see the input as `cellInput`; others are refused."""
    head = DMN_HEAD.replace("<definitions", '<definitions expressionLanguage="juel"', 1)
    table = grid(looked_at("${x + 1}"), answer("y"), ("${cellInput gt 5}", "${x * 2}"), ("cellInput <= 5", "'low'"))
    assert found(dmn(decision("t", table), head=head), "t", x=5) == {"y": 10}
    assert found(dmn(decision("t", table), head=head), "t", x=1) == {"y": "low"}
    python = grid(looked_at("x", "", ' expressionLanguage="python"'), answer("y"), ("-", "1"))
    assert "python" in refusals(dmn(decision("t", python)))[0]
    assert "$" in refusals(dmn(decision("t", grid(looked_at("${x}"), answer("y"), ("-", "1")))))[0]


def test_mistakes_of_cells_are_all_named_with_their_place() -> None:
    """Every cell that cannot be read is reported, with the character in it."""
    wrong = grid(looked_at("x"), answer("y"), ("> > 1", "1 +"), ("nothing(1)", "x.y()"))
    assert len(refusals(dmn(decision("t", wrong)))) == 4
    assert "第 3 个字符" in refusals(dmn(decision("t", wrong)))[0]


@pytest.mark.parametrize("policy", ["COLLECT SUM", "BEST"])
def test_unknown_policies_are_refused(policy: str) -> None:
    """A hit policy that does not exist is refused, and so is an aggregation without COLLECT."""
    assert "命中策略" in refusals(table("t", ["x"], ["y"], [(["-"], ["1"])], policy=policy))[0]
    assert "汇总" in refusals(table("t", ["x"], ["y"], [(["-"], ["1"])], policy="FIRST", aggregation="SUM"))[0]


def test_rules_after_one_that_always_holds_are_warned_of() -> None:
    """A rule that can never be reached is a warning, not a refusal."""
    rules = [(["> 1"], ["1"]), ([""], ["2"]), (["> 5"], ["3"])]
    read = read_decisions("f", table("t", ["x"], ["y"], rules, policy="FIRST"))["t"]
    assert [(one.severity, one.values["number"]) for one in read.warnings] == [("warning", 2)]


def test_a_decision_has_one_budget_of_work() -> None:
    """All cells together may do no more than one expression, so a large table over large data ends early."""
    rules = [([f"sum(? ) = {number}"], ["1"]) for number in range(200)]
    content = table("t", ["x"], ["y"], rules, policy="FIRST")
    with pytest.raises(ExpressionRefused):
        found(content, "t", x=[1] * 5000)


def test_numbers_and_dates_are_recorded_as_people_write_them() -> None:
    """The text of an outcome is plain."""
    content = dmn(decision("t", literal("1.5")), decision("d", literal('date("2026-03-02")')))
    read = read_decisions("f", content)
    assert [read[one].decide(seeing({})).text for one in ("t", "d")] == ["1.5", "2026-03-02"]
