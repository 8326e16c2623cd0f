"""Processes called by other processes: their data, their names, their limits, and which version runs."""

from __future__ import annotations

import pytest

from app.engine import Engine, Environment, compile_definition, with_called
from tests.processes.diagrams import (
    BEGIN,
    Run,
    boundary,
    call,
    catch,
    chain,
    diagram,
    end,
    error,
    extension,
    flows,
    mapping,
    named,
    node,
    properties,
    script,
    start,
    sub,
    table,
    timer,
    user,
)


def caller(mapped: str = "") -> bytes:
    """A step, a called process `part`, a step."""
    return diagram(start(), user("a"), call("c", "part", mapped), user("b"), end(), chain("s", "a", "c", "b", "e"))


def part() -> bytes:
    """A called process of one step, drawn with ids that the caller has too."""
    return diagram(start(), user("a"), end(), chain("s", "a", "e"))


def test_without_a_mapping_all_data_are_shared() -> None:
    """A called process sees what its caller knows, and the caller what it did."""
    run = Run(caller(), called={"part": part()})
    run.complete("a", x=1)
    assert (run.open, run.at("part:a").data, run.at("part:a").round) == (["part:a"], {"x": 1}, 1)
    step = run.complete("part:a", x=2, y=3)
    assert [(one.node, one.kind) for one in step.completed] == [("part:a", "user"), ("part:e", "end"), ("c", "call")]
    assert run.at("b").data == {"x": 2, "y": 3}
    assert run.complete("b").ended


def test_a_mapping_hands_over_what_it_names() -> None:
    """With a mapping the called process has data of its own; names, expressions and everything can be handed over."""
    mapped = (
        '<camunda:in source="x" target="given"/><camunda:in sourceExpression="${x + 1}" target="more"/>'
        '<camunda:in businessKey="${case.number}"/>'
        '<camunda:out source="said" target="heard"/>'
        '<camunda:out sourceExpression="${said + \'!\'}" target="case.loud"/>'
    )
    run = Run(caller(mapped), called={"part": part()})
    run.complete("a", x=1, hidden=True, said="caller")
    assert run.at("part:a").data == {"given": 1, "more": 2}
    step = run.complete("part:a", said="yes", other=1)
    assert run.at("b").data == {"x": 1, "hidden": True, "said": "caller", "heard": "yes"}
    assert step.case_changes == {"loud": (None, "yes!")}


@pytest.mark.parametrize(
    ("mapped", "inside", "after"),
    [
        ('<camunda:in variables="all"/>', {"x": 1}, {"x": 1}),
        ('<camunda:out variables="all"/>', {}, {"x": 1, "y": 2}),
        ('<camunda:in variables="all"/><camunda:out variables="all"/>', {"x": 1}, {"x": 1, "y": 2}),
        ('<camunda:in source="x" target="z"/>', {"z": 1}, {"x": 1}),
    ],
)
def test_a_mapping_one_way_hands_nothing_over_the_other_way(
    mapped: str, inside: dict[str, int], after: dict[str, int]
) -> None:
    """What is not mapped stays where it is."""
    run = Run(caller(mapped), called={"part": part()})
    run.complete("a", x=1)
    assert run.at("part:a").data == inside
    run.complete("part:a", y=2)
    assert run.at("b").data == after


def test_a_mapping_that_fails_does_not_run_the_called_process_twice() -> None:
    """What comes out is tried again, not what was done inside."""
    run = Run(caller('<camunda:out sourceExpression="${1 / n}" target="x"/>'), called={"part": part()})
    run.complete("a")
    step = run.complete("part:a", n=0)
    (incident,) = step.incidents
    assert (incident.node, run.open) == ("c", [])
    assert [one.node for one in run.retry(incident.token).incidents] == ["c"]
    assert run.open == []


def test_a_sub_process_whose_outputs_fail_does_not_begin_anew() -> None:
    """The output mapping alone is tried again."""
    inside = (start("is"), user("x"), end("ie"), chain("is", "x", "ie"))
    inner = extension(mapping(outputs={"y": "${1 / n}"}))
    drawn = diagram(start(), sub("w", inner, *inside), end(), chain("s", "w", "e"))
    run = Run(drawn)
    step = run.complete("x", n=0)
    assert [one.node for one in step.incidents] == ["w"]
    assert [one.node for one in run.retry(step.incidents[0].token).incidents] == ["w"]
    assert run.open == []


def test_node_names_inside_mean_the_called_process() -> None:
    """`earlier`, properties that name nodes, forms, flows and limits mean the called process's own."""
    asked = node(
        "userTask",
        "b",
        extension(properties({"name.en": "b", "distinct.from": "a, b", "shows": "a"})),
        camunda_assignee="${earlier('a')}",
        camunda_formRef="reply",
    )
    called = diagram(
        start(), user("a"), asked, end(), chain("s", "a", "b", "e"), own={"due.answer": "PT1H", "number": "X"}
    )
    run = Run(caller(), called={"part": called})
    run.complete("a")
    run.complete("part:a")
    assert run.at("part:b").rule == {"rule": "earlier", "node": "part:a"}
    known = run.definition.nodes["part:b"]
    assert (known.form, known.scope, known.name) == ("part:reply", "part:p", "b")
    assert dict(known.properties)["distinct.from"] == "part:a, part:b"
    assert known.properties["shows"] == "part:a"
    assert run.definition.properties == {"due.answer": "PT1H"}
    assert {"part:f_s_a", "f_s_a"} <= run.definition.flows.keys()


def test_what_follows_is_seen_through_a_call() -> None:
    """The next people are found inside a called process and after it, at every place that calls it."""
    drawn = diagram(
        start(),
        user("a"),
        call("c", "part"),
        user("b"),
        call("d", "part"),
        user("z"),
        end(),
        chain("s", "a", "c", "b", "d", "z", "e"),
    )
    definition = compile_definition(drawn, None, {"part": compile_definition(part())})
    follow = {one: [after.node.id for after in definition.following(one)] for one in ("a", "b", "part:a")}
    assert follow == {"a": ["part:a"], "b": ["part:a"], "part:a": ["b", "z"]}
    assert definition.calls == {"c": "part", "d": "part"}


def test_calls_in_calls_and_the_same_one_twice() -> None:
    """A called process may call another; each place that calls has a run of its own, each node its rounds."""
    middle = diagram(start(), user("m"), call("deep", "leaf"), end(), chain("s", "m", "deep", "e"))
    top = diagram(
        start(), call("one", "middle"), call("two", "leaf"), user("z"), end(), chain("s", "one", "two", "z", "e")
    )
    run = Run(top, called={"middle": middle, "leaf": part()})
    run.complete("middle:m", n=1)
    assert (run.open, run.at("leaf:a").round) == (["leaf:a"], 1)
    run.complete("leaf:a", n=2)
    assert (run.open, run.at("leaf:a").round) == (["leaf:a"], 2)
    run.complete("leaf:a", n=3)
    assert run.at("z").data == {"n": 3}


def test_decision_tables_and_timers_inside_a_call() -> None:
    """A called process brings its own tables; its timers count like any other."""
    tables = {"way": table("way", ["n"], ["way"], [(["> 1"], ['"long"']), (["-"], ['"short"'])], policy="FIRST")}
    called = compile_definition(
        diagram(
            start(),
            node("businessRuleTask", "d", camunda_decisionRef="way"),
            catch("t", timer("Duration", "PT1H")),
            end(),
            chain("s", "d", "t", "e"),
        ),
        tables,
    )
    engine = Engine()
    definition = with_called(compile_definition(caller()), {"part": called})
    env = Environment(BEGIN)
    live, _ = engine.start(definition, {"n": 5}, {}, env)
    step = engine.complete(live, engine.open_nodes(live)[0].token, {}, env)
    assert (step.opened[0].node, step.next_due is not None) == ("part:t", True)
    engine.tick(live, Environment(step.next_due or BEGIN))
    assert engine.open_nodes(live)[0].data == {"n": 5, "way": "long"}


def test_an_error_inside_a_call_is_caught_outside() -> None:
    """An error of the called process leaves it by the boundary event of the call."""
    called = diagram(start(), user("a"), end("bad", error("broken")), chain("s", "a", "bad"), outside=named("broken"))
    drawn = diagram(
        start(),
        call("c", "part"),
        boundary("x", "c", error("broken")),
        user("fix"),
        end(),
        chain("s", "c", "e"),
        flows("x>fix", "fix>e"),
        outside=named("broken"),
    )
    run = Run(drawn, called={"part": called})
    step = run.complete("part:a", n=1)
    assert (run.open, run.at("fix").data) == (["fix"], {"n": 1})
    assert [one.node for one in step.completed] == ["part:a", "part:bad", "x"]
    assert [one.node.id for one in run.definition.following("part:a")] == ["fix"]
    assert run.complete("fix").ended


def test_withdrawing_a_call_withdraws_all_inside() -> None:
    """An interrupting timer on a call ends what is open in the called process."""
    drawn = diagram(
        start(),
        call("c", "part"),
        boundary("t", "c", timer("Duration", "PT1H")),
        user("late"),
        end(),
        chain("s", "c", "e"),
        flows("t>late", "late>e"),
    )
    run = Run(drawn, called={"part": part()})
    token = run.at("part:a").token
    step = run.tick(2)
    assert (step.withdrawn, run.open) == ((token,), ["late"])
    assert run.complete("late").ended
    assert len(run.rows) == 1


def test_a_called_process_that_is_not_there_stops_visibly() -> None:
    """Without the called process the case stops as an incident at the call."""
    run = Run(caller())
    step = run.complete("a")
    assert ([one.node for one in step.incidents], step.ended) == (["c"], False)


def test_a_called_process_with_terminate_ends_itself_only() -> None:
    """Terminate inside a called process goes back to the caller."""
    called = diagram(
        start(),
        user("a"),
        user("x"),
        end("stop", "<terminateEventDefinition/>"),
        flows("s>a", "s>x", "a>stop", "x>stop"),
    )
    run = Run(caller(), called={"part": called})
    run.complete("a")
    assert run.people == ["part:a", "part:x"]
    run.complete("part:x", n=1)
    assert (run.people, run.at("b").data) == (["b"], {"n": 1})


def test_the_case_is_written_from_inside_a_call() -> None:
    """`case.` is one document for the whole case, whatever is mapped."""
    called = diagram(start(), script("t", "case.grade = 'I'"), end(), chain("s", "t", "e"))
    run = Run(caller('<camunda:in source="x" target="x"/>'), called={"part": called})
    step = run.complete("a")
    assert step.case_changes == {"grade": (None, "I")}
    assert run.open == ["b"]
