"""What a case does step by step; it is stored and rebuilt between every two steps."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from app.engine import NotWaiting, TokenNotReady, ValueRefused
from app.engine.engine import Engine
from tests.processes.diagrams import (
    BEGIN,
    Run,
    boundary,
    catch,
    chain,
    diagram,
    end,
    flows,
    gateway,
    mapping,
    message,
    messages,
    node,
    script,
    service,
    start,
    table,
    user,
)

TWO = (start(), user("a"), user("b"), end(), chain("s", "a", "b", "e"))
LOOP = (
    start(),
    user("a"),
    gateway("exclusive", "g", "back"),
    end(),
    chain("s", "a", "g"),
    flows('g>e[${ok}]"通过"', 'back:g>a"退回"'),
)


def reviews(kind: str) -> bytes:
    """Three reviews side by side, then a check that may send everything back."""
    conditions = ("[${contains(pick, 'x')}]", "[${contains(pick, 'y')}]", "[${contains(pick, 'z')}]")
    split = [
        f"g>{one}{condition if kind == 'inclusive' else ''}" for one, condition in zip("xyz", conditions, strict=True)
    ]
    return diagram(
        start(),
        user("draft"),
        gateway(kind, "g"),
        *(user(one) for one in "xyz"),
        gateway(kind, "j"),
        user("check"),
        gateway("exclusive", "q", "again"),
        end(),
        chain("s", "draft", "g"),
        flows(*split, "x>j", "y>j", "z>j", "j>check", "check>q", "q>e[${ok}]", "again:q>draft"),
    )


def test_a_case_runs_from_start_to_end() -> None:
    """Every node passed is reported once, in order, and the case ends with its last node."""
    run = Run(diagram(*TWO))
    assert (run.passed, run.open) == (["s"], ["a"])
    run.complete("a", text="x")
    assert (run.passed, run.open) == (["a"], ["b"])
    assert run.at("b").data == {"text": "x"}
    assert run.at("b").rule == {"rule": "starter"}
    step = run.complete("b")
    assert run.passed == ["b", "e"]
    assert step.ended
    assert not run.open


def test_completed_nodes_tell_what_they_wrote_and_when_they_began() -> None:
    """A completed human node carries its answers, its round and the instant it was opened."""
    run = Run(diagram(*LOOP))
    run.now += timedelta(hours=2)
    run.complete("a", ok=False)
    run.now += timedelta(hours=1)
    step = run.complete("a", ok=True)
    human, choice, last = step.completed
    assert (human.node, human.kind, human.round, human.data) == ("a", "user", 2, {"ok": True})
    assert human.started == BEGIN + timedelta(hours=2)
    assert (choice.kind, choice.result, choice.round) == ("gateway", "通过", 2)
    assert last.kind == "end"


def test_a_node_is_completed_once() -> None:
    """A second answer to the same token, an unknown token and one of a service are refused."""
    run = Run(diagram(*TWO))
    token = run.at("a").token
    run.complete("a")
    for wrong in (token, "no-id", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(TokenNotReady):
            run.engine.complete(run.live, wrong, {}, run.env)


def test_answers_keep_their_kind() -> None:
    """Decimals, dates, instants and nested values survive being stored."""
    run = Run(diagram(*TWO))
    values = {
        "money": Decimal("12.50"),
        "float": 0.1,
        "day": date(2026, 3, 2),
        "at": BEGIN,
        "list": [1, {"deep": [None, True]}],
        "wide": 10**20,
    }
    run.complete("a", **values)
    assert run.at("b").data == {**values, "float": Decimal("0.1")}


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1: 2},
        {"$date": "x"},
        float("nan"),
        10**40,
        "\ud800",
        "x" * 2_000_000,
        [[]] * 30_000,
        b"x",
        {1, 2},
    ],
)
def test_values_a_case_cannot_hold_are_refused(value: object) -> None:
    """What cannot be stored is refused with a sentence before anything changed."""
    run = Run(diagram(*TWO))
    with pytest.raises(ValueRefused):
        run.complete("a", x=value)
    run.complete("a", x=1)


def test_names_of_the_case_cannot_be_answered() -> None:
    """Answers cannot pretend to be `case`, `starter` or `round`."""
    run = Run(diagram(*TWO))
    with pytest.raises(ValueRefused):
        run.complete("a", case={"grade": 1})


def test_deep_values_are_refused() -> None:
    """A value nested thousands of levels deep is refused, not followed."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    run = Run(diagram(*TWO))
    with pytest.raises(ValueRefused):
        run.complete("a", x=deep)


@pytest.mark.parametrize("orders", list(itertools.product(itertools.permutations("xyz"), repeat=2)))
def test_a_parallel_join_waits_for_all_in_every_round(orders: tuple[tuple[str, ...], ...]) -> None:
    """In no round and in no order does the join pass early, and no opinion is lost."""
    run = Run(reviews("parallel"))
    for turn, order in enumerate(orders):
        run.complete("draft", opinions=[], value="old", turn=turn)
        for place, one in enumerate(order):
            answers = {"opinions": [{"who": one, "turn": turn}]}
            run.complete(one, **answers, **({"value": "new"} if one == "x" else {}))
            assert ("check" in run.open) is (place == 2)
        data = run.at("check").data
        assert [opinion["who"] for opinion in data["opinions"]] == list(order)
        assert (data["value"], data["turn"]) == ("new", turn)
        run.complete("check", ok=turn == len(orders) - 1)
    assert run.last.ended


@pytest.mark.parametrize("picks", list(itertools.product(["xyz", "xy", "xz", "z"], repeat=2)))
@pytest.mark.parametrize("back", [False, True])
def test_an_inclusive_join_waits_for_those_that_were_asked(picks: tuple[str, ...], back: bool) -> None:
    """In every round the join waits for exactly the branches chosen."""
    run = Run(reviews("inclusive"))
    for turn, pick in enumerate(picks):
        run.complete("draft", pick=list(pick), opinions=[])
        order = list(reversed(pick)) if back else list(pick)
        for place, one in enumerate(order):
            assert "check" not in run.open
            run.complete(one, opinions=[one])
            assert ("check" in run.open) is (place == len(order) - 1)
        assert run.at("check").data["opinions"] == order
        run.complete("check", ok=turn == len(picks) - 1)
    assert run.last.ended


def test_an_inclusive_join_goes_on_when_the_other_token_turns_away() -> None:
    """A branch that ends elsewhere no longer holds up the join."""
    run = Run(
        diagram(
            start(),
            gateway("inclusive", "g"),
            user("x"),
            user("y"),
            gateway("exclusive", "turn", "away"),
            gateway("inclusive", "j"),
            user("z"),
            end(),
            end("other"),
            chain("s", "g"),
            flows(
                "g>x[${true}]", "g>y[${true}]", "x>j", "y>turn", "turn>j[${stay}]", "away:turn>other", "j>z", "z>e"
            ),
        )
    )
    run.complete("x")
    assert run.people == ["y"]
    run.complete("y", stay=False)
    assert run.people == ["z"]


def test_branches_that_disagree_are_reported() -> None:
    """When two branches change one value differently the later one wins and the name is reported."""
    run = Run(reviews("parallel"))
    run.complete("draft", value="old")
    for one in "xyz":
        run.complete(one, **({"value": one} if one != "z" else {}))
    joined = next(one for one in run.last.completed if one.node == "j")
    assert joined.conflicts == ("value",)
    assert run.at("check").data["value"] == "y"


def test_a_task_with_two_flows_starts_two_branches() -> None:
    """Flows leaving a task side by side both get a token; the case ends when both have."""
    run = Run(
        diagram(start(), user("a"), user("b"), user("c"), end(), chain("s", "a"), flows("a>b", "a>c", "b>e", "c>e"))
    )
    run.complete("a")
    assert run.people == ["b", "c"]
    assert not run.complete("c", c=1).ended
    assert run.complete("b", b=1).ended
    assert run.live.data == {"b": 1, "c": 1}


def test_a_script_writes_data_and_the_case() -> None:
    """Each line sees what the lines before it wrote; changes of the case are reported with old and new value."""
    run = Run(
        diagram(
            start(),
            script("t", "total = price * 2\ncase.grade = total > 5 ? 'high' : 'low'\n# 说明\nnext = case.grade"),
            user("a"),
            end(),
            chain("s", "t", "a", "e"),
        ),
        data={"price": Decimal("3.1")},
        case={"grade": "none"},
    )
    assert run.at("a").data == {"price": Decimal("3.1"), "total": Decimal("6.2"), "next": "high"}
    assert run.last.case_changes == {"grade": ("none", "high")}
    assert run.last.completed[1].data == {"total": Decimal("6.2"), "case.grade": "high", "next": "high"}
    assert run.live.case_data == {"grade": "high"}


def test_case_data_is_seen_in_every_branch_at_once() -> None:
    """What one branch writes to the case another branch reads before they join."""
    run = Run(
        diagram(
            start(),
            gateway("parallel", "g"),
            user("x", mapping(outputs={"case.grade": "${grade}"})),
            user("y"),
            gateway("exclusive", "q", "low"),
            user("high"),
            user("other"),
            end(),
            chain("s", "g"),
            flows("g>x", "g>y", "y>q", "q>high[${case.grade == 'I'}]", "low:q>other", "x>e", "high>e", "other>e"),
        )
    )
    run.complete("x", grade="I")
    assert run.last.case_changes == {"grade": (None, "I")}
    run.complete("y")
    assert run.people == ["high"]


def test_a_service_waits_for_its_result() -> None:
    """A service node opens with its inputs and goes on with its result, mapped by its outputs."""
    io = mapping({"title": "${name}", "kind": "fixed"}, {"case.number": "${result.number}", "copy": "${number}"})
    run = Run(
        diagram(start(), service("v", "case.start", io), user("a"), end(), chain("s", "v", "a", "e")),
        data={"name": "任务"},
    )
    opened = run.at("v")
    assert (opened.wait, opened.topic, opened.inputs) == ("service", "case.start", {"title": "任务", "kind": "fixed"})
    run.finish("v", number=12, other="not mapped")
    assert run.at("a").data == {"name": "任务", "copy": 12}
    assert run.last.case_changes == {"number": (None, 12)}


def test_a_service_without_outputs_writes_its_whole_result() -> None:
    """The result of a service that maps nothing becomes data."""
    run = Run(diagram(start(), service("v"), user("a"), end(), chain("s", "v", "a", "e")))
    run.finish("v", number=12)
    assert run.at("a").data == {"number": 12}


def test_only_the_product_writes_to_the_case() -> None:
    """A service may write to the case by name; answers and messages cannot, and no one takes a reserved name."""
    drawn = diagram(
        start(),
        service("v"),
        user("a"),
        catch("c", message("go")),
        end(),
        chain("s", "v", "a", "c", "e"),
        outside=messages("go"),
    )
    run = Run(drawn)
    run.finish("v", **{"case.number": 1, "plain": 2})
    run.complete("a", **{"case.number": 9})
    run.message("go", **{"case.number": 9})
    assert run.live.case_data == {"number": 1}
    run = Run(drawn)
    assert [one.node for one in run.finish("v", case={"number": 9}).incidents] == ["v"]


def test_a_failed_service_is_an_incident_until_it_is_retried() -> None:
    """A failed service keeps its token, is not open meanwhile, and is open again after a retry."""
    run = Run(diagram(start(), service("v"), end(), chain("s", "v", "e")))
    token = run.at("v").token
    step = run.fail("v", "100% 失败")
    assert [(one.node, one.reason) for one in step.incidents] == [("v", "100% 失败")]
    assert (run.open, step.withdrawn, step.ended) == ([], (), False)
    with pytest.raises(TokenNotReady):
        run.engine.finish_service(run.live, token, {}, run.env)
    step = run.retry(token)
    assert [one.node for one in step.opened] == ["v"]
    assert run.finish("v").ended


def test_a_fault_after_a_person_keeps_what_the_person_did() -> None:
    """When the gateway after a human node fails, the human node is completed and the gateway is an incident."""
    run = Run(
        diagram(
            start(),
            user("a"),
            gateway("exclusive", "g"),
            end(),
            end("f"),
            chain("s", "a", "g"),
            flows("g>e[${x > 1}]", "g>f[${x < 1}]"),
        )
    )
    step = run.complete("a", x="text")
    assert run.passed == ["a"]
    assert [one.node for one in step.incidents] == ["g"]
    assert not step.ended
    assert run.rows[step.incidents[0].token].data == '{"x":"text"}'


def test_no_branch_that_holds_is_an_incident() -> None:
    """A gateway without a default stops visibly when no condition holds."""
    run = Run(
        diagram(
            start(),
            user("a"),
            gateway("exclusive", "g"),
            end(),
            end("f"),
            chain("s", "a", "g"),
            flows("g>e[${x > 1}]", "g>f[${x < 1}]"),
        )
    )
    step = run.complete("a", x=1)
    assert [one.node for one in step.incidents] == ["g"]


@pytest.mark.parametrize("text", ["x = 1 / y", "x = 'a' * 2", "x = y.z.deep.er + 'a'\nz = 1 + 'a'"])
def test_a_failing_script_is_an_incident_that_wrote_nothing(text: str) -> None:
    """A script that fails halfway leaves data and case untouched and can be retried."""
    run = Run(
        diagram(start(), user("a"), script("t", "case.n = 1\nkept = 1\n" + text), end(), chain("s", "a", "t", "e"))
    )
    step = run.complete("a", y=0 if "/" in text else None)
    (incident,) = step.incidents
    assert (incident.node, dict(run.live.case_data)) == ("t", {})
    assert "kept" not in run.rows[incident.token].data
    again = run.retry(incident.token)
    assert [one.node for one in again.incidents] == ["t"]
    assert not again.ended


def test_a_failing_output_mapping_keeps_the_submission() -> None:
    """A human node whose output mapping fails is completed once; retrying does not ask the person again."""
    run = Run(
        diagram(
            start(), user("a", mapping(outputs={"case.x": "${1 / n}"})), user("b"), end(), chain("s", "a", "b", "e")
        ),
        case={"m": 0},
    )
    step = run.complete("a", n=0)
    assert (run.passed, [one.node for one in step.incidents], run.open) == (["a"], ["a"], [])
    assert step.completed[0].data == {"n": 0}
    again = run.retry(step.incidents[0].token)
    assert (run.passed, len(again.incidents), run.open) == ([], 1, [])


def test_an_assignee_that_cannot_be_found_does_not_stop_the_work() -> None:
    """The node opens without a rule and the reason is reported."""
    run = Run(diagram(start(), user("a", assignee="${1 / 0}"), end(), chain("s", "a", "e")))
    assert run.at("a").rule is None
    assert [one.node for one in run.last.incidents] == ["a"]
    assert run.complete("a").ended


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ({"assignee": "${role('vendor_lead', vendor)}"}, {"rule": "role", "role": "vendor_lead", "unit": 9}),
        ({"assignee": "${head(starter.unit)}"}, {"rule": "head", "unit": 3}),
        ({"assignee": "${chain(starter.unit, 3)}"}, {"rule": "chain", "unit": 3, "n": 3}),
        ({"assignee": "${earlier('a')}"}, {"rule": "earlier", "node": "a"}),
        ({"assignee": "${duty('网站值班')}"}, {"rule": "duty", "post": "网站值班"}),
        ({"assignee": "${starter}"}, {"rule": "starter"}),
        ({"assignee": "li"}, {"rule": "user", "name": "li"}),
        ({"assignee": "${person}"}, {"rule": "user", "name": 42}),
        ({"assignee": "${nobody}"}, None),
        ({"assignee": "", "camunda_candidateGroups": "office"}, {"rule": "role", "role": "office", "unit": None}),
        (
            {"assignee": "", "camunda_candidateUsers": "li, wang"},
            {"rule": "any", "of": [{"rule": "user", "name": "li"}, {"rule": "user", "name": "wang"}]},
        ),
        (
            {"assignee": "li", "camunda_candidateGroups": "${groups}"},
            {
                "rule": "any",
                "of": [
                    {"rule": "user", "name": "li"},
                    {"rule": "role", "role": "office", "unit": None},
                    {"rule": "role", "role": "head", "unit": None},
                ],
            },
        ),
        ({"assignee": "${round == 1 ? role('x') : starter}"}, {"rule": "role", "role": "x", "unit": None}),
    ],
)
def test_assignment_becomes_a_rule_value(attributes: dict[str, str], rule: object) -> None:
    """Whatever says who handles a node arrives as a plain rule value."""
    drawn = diagram(start(), user("a", **attributes), end(), chain("s", "a", "e"))
    run = Run(drawn, data={"vendor": 9, "person": 42, "groups": ["office", "head"]})
    assert run.at("a").rule == rule


@pytest.mark.parametrize("prefix", ["http://flowable.org/bpmn", "http://activiti.org/bpmn"])
def test_other_prefixes_are_read_too(prefix: str) -> None:
    """`flowable:` and `activiti:` attributes mean the same."""
    drawn = diagram(*TWO).replace(b"http://camunda.org/schema/1.0/bpmn", prefix.encode())
    assert Run(drawn).at("a").rule == {"rule": "starter"}


def test_a_decision_table_writes_its_outputs() -> None:
    """Each output is written under its own name, also to the case, and the outcome is recorded."""
    rules = [(['"high"', "> 100"], ['"direct"', "true"]), (["-", "-"], ['"office"', "false"])]
    tables = {"route": table("route", ["priority", "amount"], ["way", "case.approve"], rules, policy="FIRST")}
    drawn = diagram(
        start(),
        node("businessRuleTask", "d", camunda_decisionRef="route"),
        user("a"),
        end(),
        chain("s", "d", "a", "e"),
    )
    run = Run(drawn, tables, {"priority": "high", "amount": 101})
    assert run.at("a").data["way"] == "direct"
    assert run.live.case_data == {"approve": True}
    assert next(one for one in run.last.completed if one.node == "d").kind == "decision"
    assert Run(drawn, tables, {"priority": "low"}).at("a").data["way"] == "office"


def test_a_loop_stays_small_and_cheap_for_five_hundred_rounds() -> None:
    """Neither the rows of a case nor those written per step grow with the rounds."""
    run = Run(diagram(*LOOP))
    for _ in range(500):
        run.complete("a", ok=False)
        assert (len(run.rows), len(run.last.changed)) == (3, 2)
    assert run.at("a").round == 501
    assert run.complete("a", ok=True).ended


def test_a_parallel_loop_beside_a_waiting_branch_stays_small() -> None:
    """A branch that waits for long does not make the loop beside it grow."""
    run = Run(
        diagram(
            start(),
            gateway("parallel", "g"),
            user("slow"),
            user("a"),
            gateway("exclusive", "q", "back"),
            gateway("parallel", "j"),
            end(),
            chain("s", "g"),
            flows("g>slow", "g>a", "a>q", "q>j[${ok}]", "back:q>a", "slow>j", "j>e"),
        )
    )
    for turn in range(60):
        run.complete("a", ok=False, turn=turn)
        assert len(run.rows) <= 6
    run.complete("a", ok=True, list=[1])
    assert run.complete("slow", list=[2]).ended
    assert run.live.data == {"ok": True, "turn": 59, "list": [1, 2]}


def test_automatic_steps_that_never_stop_are_an_incident() -> None:
    """A loop without a person stops by itself as an incident."""
    run = Run(
        diagram(
            start(),
            script("t", "n = n + 1"),
            gateway("exclusive", "q", "back"),
            end(),
            chain("s", "t", "q"),
            flows("q>e[${n < 0}]", "back:q>t"),
        ),
        data={"n": 0},
    )
    assert run.last.incidents
    assert not run.last.ended


def test_a_sub_process_shares_the_data_and_ends_by_itself() -> None:
    """A token enters a sub-process with its data and leaves it with what was done inside."""
    inner = start("is") + user("x") + user("y") + end("ie") + chain("is", "x", "y", "ie")
    run = Run(
        diagram(
            start(), user("a"), node("subProcess", "sub", inner), user("b"), end(), chain("s", "a", "sub", "b", "e")
        )
    )
    run.complete("a", n=1)
    run.complete("x", n=2)
    run.complete("y", m=3)
    assert run.passed == ["y", "ie", "sub"]
    assert run.at("b").data == {"n": 2, "m": 3}
    assert run.complete("b").ended


def test_terminate_ends_its_own_process_only() -> None:
    """A terminating end event in a sub-process withdraws what is open in it and nothing outside."""
    inner = (
        start("is")
        + gateway("parallel", "ig")
        + user("x")
        + user("y")
        + end("it", "<terminateEventDefinition/>")
        + end("ie")
        + chain("is", "ig")
        + flows("ig>x", "ig>y", "x>it", "y>ie")
    )
    run = Run(
        diagram(
            start(),
            gateway("parallel", "g"),
            node("subProcess", "sub", inner),
            user("out"),
            end(),
            chain("s", "g"),
            flows("g>sub", "g>out", "sub>e", "out>e"),
        )
    )
    y = run.at("y").token
    step = run.complete("x", last=1)
    assert (step.withdrawn, run.people, step.ended) == ((y,), ["out"], False)
    assert run.complete("out").ended
    assert run.live.data == {"last": 1}


def test_cancel_withdraws_everything() -> None:
    """A stopped case has no open node and says which tokens it withdrew."""
    inner = start("is") + user("x") + end("ie") + chain("is", "x", "ie")
    run = Run(
        diagram(
            start(),
            gateway("parallel", "g"),
            node("subProcess", "sub", inner),
            user("out"),
            end(),
            chain("s", "g"),
            flows("g>sub", "g>out", "sub>e", "out>e"),
        )
    )
    tokens = {run.at("x").token, run.at("out").token}
    step = run.cancel()
    assert (set(step.withdrawn), step.ended, run.open) == (tokens, True, [])
    assert len(run.rows) == 1


def test_messages_start_what_waits_for_them() -> None:
    """A message goes to a receive task and to a catch event by its name; its payload becomes data."""
    drawn = diagram(
        start(),
        node("receiveTask", "r", messageRef="m_one"),
        catch("c", message("two")),
        user("a"),
        end(),
        chain("s", "r", "c", "a", "e"),
        outside=messages("one", "two"),
    )
    run = Run(drawn)
    assert [one.wait for one in run.engine.open_nodes(run.live)] == ["message"]
    with pytest.raises(NotWaiting):
        run.engine.message(run.live, "two", {}, run.env)
    run.message("one", x=1)
    run.message("two", y=2)
    assert run.at("a").data == {"x": 1, "y": 2}


def test_an_interrupting_message_withdraws_its_node() -> None:
    """The node is withdrawn, its branch does not go on, and the message's branch does."""
    drawn = diagram(
        start(),
        user("a"),
        boundary("m", "a", message("stop")),
        user("b"),
        user("w"),
        end(),
        chain("s", "a", "b", "e"),
        flows("m>w", "w>e"),
        outside=messages("stop"),
    )
    run = Run(drawn)
    token = run.at("a").token
    step = run.message("stop", reason="撤回")
    assert (step.withdrawn, run.people) == ((token,), ["w"])
    assert [(one.node, one.kind, one.data) for one in step.completed] == [("m", "message", {"reason": "撤回"})]
    assert run.complete("w").ended


def test_a_message_that_does_not_interrupt_may_come_again() -> None:
    """Each message starts a branch beside the node; they go on after the node is done."""
    drawn = diagram(
        start(),
        user("a"),
        boundary("m", "a", message("note"), interrupting=False),
        user("b"),
        user("w"),
        end(),
        end("f"),
        chain("s", "a", "b", "e"),
        flows("m>w", "w>f"),
        outside=messages("note"),
    )
    run = Run(drawn)
    run.message("note", n=1)
    run.message("note", n=2)
    assert run.people == ["a", "w", "w"]
    run.complete("a")
    assert run.people == ["b", "w", "w"]
    assert "m" not in run.open
    assert run.complete("w").withdrawn == ()
    run.complete("b")
    assert run.complete("w").ended


def test_a_message_to_a_sub_process_withdraws_all_inside() -> None:
    """What is drawn as "at any time" is a message on the border of a sub-process."""
    inner = start("is") + user("x") + user("y") + end("ie") + chain("is", "x", "y", "ie")
    drawn = diagram(
        start(),
        node("subProcess", "sub", inner),
        boundary("m", "sub", message("withdraw")),
        user("w"),
        end(),
        chain("s", "sub", "e"),
        flows("m>w", "w>e"),
        outside=messages("withdraw"),
    )
    run = Run(drawn)
    run.complete("x", done="inside")
    token = run.at("y").token
    step = run.message("withdraw", reason="again")
    assert (token in step.withdrawn, run.people) == (True, ["w"])
    assert run.at("w").data == {"done": "inside", "reason": "again"}
    assert run.complete("w").ended
    assert len(run.rows) == 1


def test_a_thrown_message_reaches_the_other_branch() -> None:
    """A message thrown in one branch is caught in another branch of the case."""
    drawn = diagram(
        start(),
        gateway("parallel", "g"),
        user("a"),
        node("intermediateThrowEvent", "t", message("go")),
        catch("c", message("go")),
        user("b"),
        end(),
        chain("s", "g"),
        flows("g>a", "a>t", "t>e", "g>c", "c>b", "b>e"),
        outside=messages("go"),
    )
    run = Run(drawn)
    run.complete("a")
    assert run.people == ["b"]


def test_a_cached_case_is_taken_out_and_its_version_checked() -> None:
    """The engine hands out the cached case only for the version it was put back under, and only once."""
    run = Run(diagram(*TWO))
    engine = Engine()
    loaded = []

    def load() -> tuple[list[object], dict[str, object]]:
        loaded.append(1)
        return list(run.rows.values()), run.engine.header(run.live)

    engine.put_back(1, 5, run.live)
    assert engine.checkout(1, 5, run.definition, load) is run.live
    assert engine.checkout(1, 5, run.definition, load) is not run.live
    engine.put_back(1, 5, run.live)
    assert engine.checkout(1, 6, run.definition, load) is not run.live
    assert len(loaded) == 2


def test_the_cache_is_bounded_by_tasks() -> None:
    """The oldest cases leave the cache when it holds too many tasks."""
    run = Run(diagram(*TWO))
    engine = Engine(max_tasks=10)
    for case in range(10):
        engine.put_back(case, 1, run.live)
    kept = [
        case
        for case in range(10)
        if engine.checkout(case, 1, run.definition, lambda: (run.rows.values(), run.engine.header(run.live)))
        is run.live
    ]
    assert kept == [7, 8, 9]


def test_a_step_that_broke_leaves_the_live_case_unusable() -> None:
    """After an unexpected failure in a step, the same live case cannot be stepped again."""

    class Broken(dict[str, datetime]):
        def get(self, *_given: object) -> datetime:
            raise LookupError

    drawn = diagram(start(), user("a"), script("t", "x = due('y')"), end(), chain("s", "a", "t", "e"))
    run = Run(drawn)
    run.due = Broken()
    with pytest.raises(LookupError):
        run.engine.complete(run.live, run.at("a").token, {}, run.env)
    with pytest.raises(RuntimeError):
        run.engine.tick(run.live, run.env)
