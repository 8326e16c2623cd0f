"""Nodes that run several times: countersigning, one after the other, and standard loops."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from app.engine import Engine, NotRepeated, TokenNotReady, restore
from tests.processes.diagrams import (
    Run,
    again,
    boundary,
    call,
    chain,
    diagram,
    end,
    flows,
    gateway,
    mapping,
    message,
    messages,
    script,
    service,
    several,
    signer,
    start,
    sub,
    timer,
    user,
)

FIVE = {"people": ["a", "b", "c", "d", "e"]}
# passes at three of five, and is refused as soon as three can no longer be reached
THREE_OF_FIVE = "${tally(votes, 'decision', 'yes') >= 3 || tally(votes, 'decision', 'no') > total - 3}"


def countersign(marker: str, inner: str = "", **own: str) -> bytes:
    """A node done by several people, then one step by the starter that may send everything back."""
    return diagram(
        start(),
        signer("sign", marker, inner, **own),
        user("check"),
        gateway("exclusive", "g", "back"),
        end(),
        chain("s", "sign", "check", "g"),
        flows("g>e[${ok}]", "back:g>sign"),
    )


def test_everybody_is_asked_at_once_and_all_answers_are_kept() -> None:
    """Each item of the list gets a token of its own; the answers become one list, in order of completion."""
    run = Run(countersign(several("people")), data=FIVE)
    assert list(run.tokens("sign")) == FIVE["people"]
    for place, who in enumerate("caebd"):
        assert "check" not in run.open
        step = run.sign("sign", who, opinion=f"{who}{place}")
    assert [one.kind for one in step.completed] == ["user", "repetition"]
    assert step.completed[1].result == "5/5"
    answers = [{"opinion": one} for one in ("c0", "a1", "e2", "b3", "d4")]
    assert run.at("check").data == {**FIVE, "sign_answers": answers}


@pytest.mark.parametrize("votes", list(itertools.product(["yes", "no"], repeat=5)))
def test_the_outcome_ends_the_countersign_as_soon_as_it_is_certain(votes: tuple[str, ...]) -> None:
    """Three of five pass; three against refuse; whoever was not needed any more is withdrawn."""
    run = Run(countersign(several("people", until=THREE_OF_FIVE)), data=FIVE)
    for place, (who, vote) in enumerate(zip("abcde", votes, strict=True), 1):
        step = run.sign("sign", who, decision=vote)
        certain = 3 in (votes[:place].count("yes"), votes[:place].count("no"))
        assert ("check" in run.open) is certain
        if certain:
            break
    assert len(step.withdrawn) == 5 - place
    assert [one["decision"] for one in run.at("check").data["sign_answers"]] == list(votes[:place])
    assert "sign" not in run.open


def test_one_of_several_is_enough_when_the_condition_says_so() -> None:
    """The classic names of the loop are there too."""
    run = Run(countersign(several("people", until="${nrOfCompletedInstances >= 1}")), data=FIVE)
    step = run.sign("sign", "d", x=1)
    assert (len(step.withdrawn), run.people) == (4, ["check"])


@pytest.mark.parametrize(
    "condition",
    [
        "${nrOfCompletedInstances / nrOfInstances >= 0.4}",
        "${finished >= total * 0.4}",
        "${nrOfActiveInstances == 3}",
        "${size(votes) == 2}",
        "${tally(votes, 'x', 1) == 2}",
    ],
)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_condition_sees_counts_and_votes(condition: str, one_by_one: bool) -> None:
    """Counts and collected answers are seen the moment a run is finished."""
    run = Run(countersign(several("people", until=condition, one_by_one=one_by_one)), data=FIVE)
    if one_by_one and "Active" in condition:
        condition = ""
    run.sign("sign", "a", x=1)
    assert run.people != ["check"]
    run.sign("sign", "b", x=1)
    assert (run.people == ["check"]) is bool(condition)


def test_one_after_the_other() -> None:
    """The next is asked when the one before is done, and the counter counts from nought."""
    marker = several("people", one_by_one=True)
    run = Run(countersign(marker, mapping(outputs={"place": "${loopCounter}"})), data={"people": ["a", "b", "c"]})
    for who in "abc":
        assert list(run.tokens("sign")) == [who]
        run.sign("sign", who, who=who)
    answers = run.at("check").data["sign_answers"]
    assert answers == [{"who": who, "place": place} for place, who in enumerate("abc")]


def test_a_refusal_stops_those_who_come_after() -> None:
    """One after the other, the condition ends the rest."""
    marker = several("people", one_by_one=True, until="${tally(votes, 'decision', 'no') > 0}")
    run = Run(countersign(marker), data=FIVE)
    run.sign("sign", "a", decision="yes")
    run.sign("sign", "b", decision="no")
    assert run.people == ["check"]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_second_round_begins_anew(one_by_one: bool) -> None:
    """Sent back, the same people are asked once more; the list holds the answers of this round."""
    run = Run(countersign(several("people", one_by_one=one_by_one)), data={"people": ["a", "b"]})
    for turn in (1, 2, 3):
        for who in "ab":
            assert run.at("sign").round == turn
            run.sign("sign", who, turn=turn)
        assert run.at("check").data["sign_answers"] == [{"turn": turn}] * 2
        run.complete("check", ok=turn == 3)
    assert run.last.ended
    assert len(run.rows) == 1


@pytest.mark.parametrize("data", [{"people": []}, {}])
@pytest.mark.parametrize("one_by_one", [False, True])
def test_nobody_to_ask_passes_at_once(data: dict[str, Any], one_by_one: bool) -> None:
    """An empty list asks nobody; its answers are an empty list."""
    run = Run(countersign(several("people", one_by_one=one_by_one)), data=data)
    assert run.at("check").data["sign_answers"] == []
    assert [one.result for one in run.last.completed if one.kind == "repetition"] == ["0/0"]


@pytest.mark.parametrize("times", ["3", "${n}", "${n + 0}"])
def test_a_number_of_times(times: str) -> None:
    """The number may be written or computed."""
    drawn = diagram(
        start(),
        signer("sign", several(times=times), assignee="${starter}"),
        user("check"),
        end(),
        chain("s", "sign", "check", "e"),
    )
    run = Run(drawn, data={"n": 3})
    assert run.open == ["sign"] * 3
    for _ in range(3):
        run.complete("sign")
    assert run.people == ["check"]


@pytest.mark.parametrize("data", [{"people": "abc"}, {"people": 3}])
def test_a_list_that_is_none_stops_visibly(data: dict[str, Any]) -> None:
    """A list of people that is no list is an incident; repaired data let it go on."""
    run = Run(diagram(start(), user("a"), signer("sign", several("people")), end(), chain("s", "a", "sign", "e")))
    step = run.complete("a", **data)
    (incident,) = step.incidents
    assert (incident.node, run.open, step.ended) == ("sign", [], False)
    assert [one.node for one in run.retry(incident.token).incidents] == ["sign"]


def test_a_condition_that_fails_keeps_the_answer() -> None:
    """What a person did stays done when the condition cannot be computed; the rest goes on and is asked again."""
    run = Run(countersign(several("people", until="${1 / (finished - 1) > 0}")), data={"people": ["a", "b"]})
    step = run.sign("sign", "a", x=1)
    (incident,) = step.incidents
    assert ([one.node for one in step.completed], run.open) == (["sign"], ["sign"])
    assert [one.node for one in run.retry(incident.token).incidents] == ["sign"]
    run.sign("sign", "b", x=2)
    assert run.at("check").data["sign_answers"] == [{"x": 1}, {"x": 2}]


def test_a_repeating_script_service_and_sub_process() -> None:
    """Whatever repeats, each run sees its own item and the data around it, and its own values do not spread."""
    inner = sub("each", start("is"), user("look", assignee="${one}"), end("ie"), chain("is", "look", "ie"))
    each = inner.replace("</subProcess>", several("people") + "</subProcess>")
    drawn = diagram(
        start(),
        script("t", "line = head + one").replace("</scriptTask>", several("people") + "</scriptTask>"),
        service("v", inner=mapping({"name": "${one}"})).replace(
            "</serviceTask>", several("people") + "</serviceTask>"
        ),
        each,
        user("check"),
        end(),
        chain("s", "t", "v", "each", "check", "e"),
    )
    run = Run(drawn, data={"people": ["a", "b"], "head": ">"})
    assert [one.inputs for one in run.engine.open_nodes(run.live)] == [{"name": "a"}, {"name": "b"}]
    run.finish("v", number=1)
    run.finish("v", number=2)
    assert [one.data["one"] for one in run.engine.open_nodes(run.live)] == ["a", "b"]
    assert run.at("look").data["head"] == ">"
    run.sign("look", "b", seen="b")
    run.sign("look", "a", seen="a")
    data = run.at("check").data
    assert data["t_answers"] == [{"line": ">a"}, {"line": ">b"}]
    assert data["v_answers"] == [{"number": 1}, {"number": 2}]
    assert data["each_answers"] == [{"seen": "b"}, {"seen": "a"}]
    assert not {"one", "line", "number", "seen"} & data.keys()


def test_a_repeating_call() -> None:
    """A called process runs once for each item; what it hands out is collected."""
    called = diagram(start(), user("look", assignee="${who}"), end(), chain("s", "look", "e"))
    mapped = '<camunda:in source="one" target="who"/><camunda:out source="mark" target="mark"/>'
    drawn = diagram(
        start(), call("c", "part", mapped, several("people")), user("check"), end(), chain("s", "c", "check", "e")
    )
    run = Run(drawn, data={"people": ["a", "b"]}, called={"part": called})
    assert list(run.tokens("part:look")) == ["a", "b"]
    assert run.at("part:look").data == {"who": "a"}
    run.sign("part:look", "b", mark=2, hidden=True)
    run.sign("part:look", "a", mark=1)
    assert run.at("check").data["c_answers"] == [{"mark": 2}, {"mark": 1}]


@pytest.mark.parametrize("prefix", ["camunda", "flowable", "activiti"])
def test_names_of_other_engines_and_of_the_standard(prefix: str) -> None:
    """The list may be named by any of the vendors or by the standard's own words."""
    address = {"flowable": "http://flowable.org/bpmn", "activiti": "http://activiti.org/bpmn"}
    drawn = countersign(several("${people}")).replace(
        b"http://camunda.org/schema/1.0/bpmn",
        address.get(prefix, "http://camunda.org/schema/1.0/bpmn").encode(),
    )
    assert list(Run(drawn, data=FIVE).tokens("sign")) == FIVE["people"]
    standard = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>"
        '<inputDataItem name="one"/></multiInstanceLoopCharacteristics>'
    )
    assert list(Run(countersign(standard), data=FIVE).tokens("sign")) == FIVE["people"]


def test_the_list_of_answers_may_have_another_name() -> None:
    """`guanjia.collect` names it."""
    run = Run(countersign(several("people"), collect="opinions"), data={"people": ["a"]})
    run.sign("sign", "a", text="x")
    assert run.at("check").data["opinions"] == [{"text": "x"}]


def test_adding_a_signer_side_by_side() -> None:
    """One more is asked at once and counts for the condition; the same works by any open token."""
    run = Run(countersign(several("people", until="${finished >= total}")), data={"people": ["a", "b"]})
    step = run.add("sign", "c")
    assert [one.rule for one in step.opened] == [{"rule": "user", "name": "c"}]
    for who in "abc":
        assert run.people != ["check"]
        run.sign("sign", who, who=who)
    assert [one["who"] for one in run.at("check").data["sign_answers"]] == ["a", "b", "c"]


def test_removing_a_signer_side_by_side() -> None:
    """The withdrawn one is not waited for; the last one open lets the node go on with the answers there are."""
    run = Run(countersign(several("people")), data={"people": ["a", "b", "c"]})
    gone = run.tokens("sign")["b"]
    assert run.remove(gone).withdrawn == (gone,)
    with pytest.raises(TokenNotReady):
        run.engine.remove_signer(run.live, gone, run.env)
    run.sign("sign", "a", x=1)
    run.remove(run.tokens("sign")["c"])
    assert run.at("check").data["sign_answers"] == [{"x": 1}]


def test_removing_a_signer_may_make_the_outcome_certain() -> None:
    """Three of four is sixty per cent only of five; with one fewer to ask it is enough."""
    run = Run(countersign(several("people", until="${tally(votes, 'ok', true) >= total * 0.75}")), data=FIVE)
    for who in "abc":
        run.sign("sign", who, ok=True)
    assert run.people == ["sign", "sign"]
    run.remove(run.tokens("sign")["e"])
    assert run.people == ["check"]


def test_adding_and_removing_one_after_the_other() -> None:
    """A new one comes last; one not asked yet is left out; withdrawing the present one asks the next."""
    run = Run(countersign(several("people", one_by_one=True)), data={"people": ["a", "b", "c", "b"]})
    run.add("sign", "z")
    run.skip("sign", "b")
    run.sign("sign", "a", n=1)
    assert list(run.tokens("sign")) == ["c"]
    with pytest.raises(NotRepeated):
        run.skip("sign", "c")
    run.remove(run.tokens("sign")["c"])
    assert list(run.tokens("sign")) == ["b"]
    run.sign("sign", "b", n=2)
    run.sign("sign", "z", n=3)
    assert [one["n"] for one in run.at("check").data["sign_answers"]] == [1, 2, 3]


def test_a_node_done_once_has_no_signers() -> None:
    """Adding or removing a signer is refused where only one person is asked."""
    run = Run(diagram(start(), user("a"), end(), chain("s", "a", "e")))
    token = run.at("a").token
    with pytest.raises(NotRepeated):
        run.engine.add_signer(run.live, token, "x", run.env)
    with pytest.raises(NotRepeated):
        run.engine.remove_signer(run.live, token, run.env)


def test_a_timer_on_a_countersign_keeps_the_opinions() -> None:
    """When time is up the rest is withdrawn; the branch of the timer sees what was said until then."""
    drawn = diagram(
        start(),
        signer("sign", several("people")),
        boundary("late", "sign", timer("Duration", "PT2H")),
        user("check"),
        user("decide"),
        end(),
        chain("s", "sign", "check", "e"),
        flows("late>decide", "decide>e"),
    )
    run = Run(drawn, data={"people": ["a", "b", "c"]})
    run.sign("sign", "b", opinion="x")
    step = run.tick(3)
    assert (len(step.withdrawn), run.people) == (2, ["decide"])
    assert run.at("decide").data["sign_answers"] == [{"opinion": "x"}]
    assert run.complete("decide").ended


def test_a_message_that_does_not_interrupt_a_countersign() -> None:
    """A branch beside a countersign changes nothing for those who still sign."""
    drawn = diagram(
        start(),
        signer("sign", several("people")),
        boundary("m", "sign", message("ask"), interrupting=False),
        user("answer"),
        end(),
        chain("s", "sign", "e"),
        flows("m>answer", "answer>e"),
        outside=messages("ask"),
    )
    run = Run(drawn, data={"people": ["a", "b"]})
    run.message("ask")
    run.sign("sign", "a", x=1)
    run.complete("answer")
    assert run.sign("sign", "b", x=2).ended
    assert run.live.data["sign_answers"] == [{"x": 1}, {"x": 2}]


def test_a_countersign_of_thousands_stays_small() -> None:
    """5 000 signers hold no copy of the case's data: neither in memory nor in their rows, nor does an answer."""
    people = [f"user{number}" for number in range(5000)]
    engine, run = Engine(), Run(countersign(several("people")), data={"people": []})
    definition = run.definition
    tracemalloc.start()
    live, first = engine.start(definition, {"people": people, "text": "x" * 10_000}, {}, run.env)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(first.opened) == 5000
    assert memory < 80 * 2**20
    stored = {row.id: len(row.internal) + len(row.data) for row in first.changed}
    assert sum(stored.values()) < 2_000_000
    step = engine.complete(live, first.opened[7].token, {"ok": True}, run.env)
    assert sum(len(row.internal) + len(row.data) for row in step.changed) < 4096
    assert restore(definition, list(first.changed), json.loads(json.dumps(engine.header(live)))).size == len(stored)


@pytest.mark.parametrize(("first", "times"), [(False, 1), (True, 0)])
def test_a_standard_loop_asks_before_or_after(first: bool, times: int) -> None:
    """A loop that tests before its first run may not run at all."""
    body = user("a").replace("</userTask>", again("${more}", first=first) + "</userTask>")
    run = Run(diagram(start(), body, user("b"), end(), chain("s", "a", "b", "e")))
    assert run.people == (["a"] if times else ["b"])


def test_a_standard_loop_hands_its_data_on() -> None:
    """Each run is a round and sees what the one before wrote; it ends when the condition no longer holds."""
    body = user("a").replace("</userTask>", again("${n < 3}") + "</userTask>")
    run = Run(diagram(start(), body, user("b"), end(), chain("s", "a", "b", "e")))
    for turn in (1, 2, 3):
        assert (run.at("a").round, run.at("a").data) == (turn, {"n": turn - 1} if turn > 1 else {})
        run.complete("a", n=turn)
    assert run.at("b").data == {"n": 3}
    assert len(run.rows) <= 3


def test_a_standard_loop_ends_at_its_maximum() -> None:
    """With a maximum alone it runs that often; the counter is seen."""
    inner = start("is") + script("t", "seen = append(seen, loopCounter)") + end("ie") + chain("is", "t", "ie")
    body = sub("w", inner).replace("</subProcess>", again(most=4) + "</subProcess>")
    run = Run(diagram(start(), body, user("b"), end(), chain("s", "w", "b", "e")))
    assert run.at("b").data == {"seen": [0, 1, 2, 3]}


def reviews(kind: str) -> bytes:
    """Three departments review, side by side in one of three ways; a check may send everything back."""
    if kind == "several":
        middle, asked = signer("x", several("people")) + script("j", "said = concatenate(said, x_answers)"), ""
        lines = chain("draft", "x", "j")
    else:
        middle = gateway(kind, "g") + "".join(user(one) for one in "abc") + gateway(kind, "j")
        asked = "[${contains(people, '%s')}]" if kind == "inclusive" else "%.0s"
        lines = flows("draft>g", *(f"g>{one}{asked % one}" for one in "abc"), *(f"{one}>j" for one in "abc"))
    return diagram(
        start(),
        user("draft"),
        middle,
        user("check"),
        gateway("exclusive", "q", "again"),
        end(),
        lines,
        flows("s>draft", "j>check", "check>q", "q>e[${ok}]", "again:q>draft"),
    )


class Branching:
    """Runs a case in all orders of arrival: every step begins from stored rows, so the ways before it are shared."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.run = Run(reviews(kind), data={"people": ["a", "b", "c"], "said": []})

    def keep(self) -> tuple[Any, ...]:
        """Return what is stored."""
        return dict(self.run.rows), self.run.header

    def back_to(self, kept: tuple[Any, ...]) -> None:
        """Go on from what was stored."""
        self.run.rows, self.run.header = dict(kept[0]), kept[1]
        self.run.live = restore(self.run.definition, list(kept[0].values()), json.loads(kept[1]))

    def review(self, who: str, turn: int) -> None:
        """Let one department say something."""
        if self.kind == "several":
            self.run.sign("x", who, who=who, turn=turn)
        else:
            said = self.run.at(who).data["said"]
            self.run.complete(who, said=[*said, {"who": who, "turn": turn}])

    def orders(self, turn: int, left: str) -> Iterator[None]:
        """Yield once for every order in which the departments that are left can answer."""
        if not left:
            yield
        kept = self.keep()
        for who in left:
            self.back_to(kept)
            assert "check" not in self.run.open
            self.review(who, turn)
            yield from self.orders(turn, left.replace(who, ""))

    def rounds(self, turn: int) -> Iterator[None]:
        """Yield once for every order of every round from `turn` on."""
        if turn == 4:
            assert self.run.last.ended
            yield
            return
        self.run.complete("draft")
        for _order in self.orders(turn, "abc"):
            kept = self.keep()
            assert self.run.open == ["check"]
            said = [(one["turn"], one["who"]) for one in self.run.at("check").data["said"]]
            assert sorted(said) == [(one, who) for one in range(1, turn + 1) for who in "abc"]
            self.run.complete("check", ok=turn == 3)
            yield from self.rounds(turn + 1)
            self.back_to(kept)


@pytest.mark.parametrize("kind", ["parallel", "inclusive", "several"])
def test_three_departments_in_every_order_for_three_rounds(kind: str) -> None:
    """In all 216 orders nothing passes early, nothing is asked twice and every opinion of every round is kept."""
    assert sum(1 for _ in Branching(kind).rounds(1)) == 6**3


def test_a_loop_of_parallel_regions_stays_small() -> None:
    """After hundreds of rounds a case has as many rows as after the first, and the last step costs no more."""
    run = Run(reviews("parallel"), data={"people": [], "said": []})
    sizes = set()
    for turn in range(300):
        run.complete("draft", said=[])
        for who in "abc":
            run.complete(who, turn=turn)
        sizes.add((len(run.rows), len(run.last.changed)))
        run.complete("check", ok=False)
    assert len(sizes) == 1
    assert run.at("draft").round == 301


def test_reminders_do_not_pile_up_at_the_end() -> None:
    """A branch that starts every day beside a waiting step and ends leaves nothing behind."""
    run = Run(
        diagram(
            start(),
            user("a"),
            boundary("m", "a", timer("Cycle", "R/P1D"), interrupting=False),
            script("t", "days = append(days, round)"),
            end("f"),
            end(),
            chain("s", "a", "e"),
            flows("m>t", "t>f"),
        ),
        data={"days": []},
    )
    for _ in range(20):
        run.tick(24)
    assert len(run.rows) <= 8
    run.complete("a", last=True)
    assert run.last.ended
    assert run.live.data["days"] == list(range(1, 21))


def test_what_meets_at_the_end_is_merged_where_it_parted() -> None:
    """A branch that parts once more does not bring what it had before twice."""
    run = Run(
        diagram(
            start(),
            gateway("parallel", "g"),
            user("x"),
            user("y"),
            gateway("parallel", "h"),
            user("y1"),
            user("y2"),
            end(),
            chain("s", "g"),
            flows("g>x", "g>y", "y>h", "h>y1", "h>y2", "x>e", "y1>e", "y2>e"),
        ),
        data={"said": ["0"]},
    )
    run.complete("y", said=["0", "y"])
    run.complete("y1", said=["0", "y", "1"])
    run.complete("x", said=["0", "x"])
    run.complete("y2", said=["0", "y", "2"])
    assert run.last.ended
    assert sorted(run.live.data["said"]) == ["0", "1", "2", "x", "y"]
