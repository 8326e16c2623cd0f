"""Going back, jumping, taking back, mending: one token per branch, no ghost, no stall; stored between all steps."""

from __future__ import annotations

import copy
import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import MoveRefused, NotWaiting, SkipRefused, TokenNotReady, ValueRefused, restore
from tests.processes.diagrams import (
    BEGIN,
    boundary,
    call,
    catch,
    chain,
    diagram,
    end,
    flows,
    gateway,
    message,
    messages,
    node,
    script,
    service,
    several,
    signer,
    start,
    sub,
    timer,
    user,
)
from tests.processes.moving import Moving

REVIEW = (
    start(),
    user("draft"),
    gateway("parallel", "g"),
    *(user(one) for one in "xyz"),
    user("x2"),
    gateway("parallel", "j"),
    user("check"),
    gateway("exclusive", "q", "again"),
    end(),
    chain("s", "draft", "g", "x", "x2", "j", "check", "q"),
    flows("g>y", "g>z", "y>j", "z>j", "q>e[${ok}]", "again:q>draft"),
)
NESTED = (
    start(),
    user("draft"),
    gateway("parallel", "g"),
    user("a1"),
    gateway("parallel", "h"),
    user("b1"),
    user("b2"),
    gateway("parallel", "k"),
    user("a2"),
    user("c"),
    gateway("parallel", "j"),
    user("last"),
    end(),
    chain("s", "draft", "g", "a1", "h", "b1", "k", "a2", "j", "last", "e"),
    flows("h>b2", "b2>k", "g>c", "c>j"),
)
SUB = node(
    "subProcess",
    "sub",
    start("s2")
    + gateway("parallel", "g2")
    + user("in1")
    + user("in2")
    + gateway("parallel", "j2")
    + user("in3")
    + end("e2")
    + chain("s2", "g2", "in1", "j2", "in3", "e2")
    + flows("g2>in2", "in2>j2"),
)
INSIDE = (
    start(),
    user("draft"),
    SUB,
    boundary("late", "sub", timer("Duration", "PT5H")),
    boundary("halt", "sub", message("halt")),
    user("stopped"),
    user("after"),
    end(),
    chain("s", "draft", "sub", "after", "e"),
    flows("late>stopped", "halt>stopped", "stopped>after"),
)
WATCHED = (
    start(),
    user("draft"),
    user("work"),
    boundary("nudge", "work", timer("Duration", "PT2H"), interrupting=False),
    boundary("late", "work", timer("Duration", "PT9H")),
    user("remind"),
    user("rescue"),
    user("check"),
    user("last"),
    end(),
    end("e2"),
    chain("s", "draft", "work", "check", "last", "e"),
    flows("nudge>remind", "remind>e2", "late>rescue", "rescue>last"),
)
EVERYTHING = (
    start(),
    user("draft"),
    gateway("parallel", "g"),
    user("a1"),
    gateway("parallel", "h"),
    user("b1"),
    boundary("nudge", "b1", timer("Duration", "PT2H"), interrupting=False),
    user("remind"),
    end("e3"),
    SUB,
    gateway("parallel", "k"),
    user("a2"),
    user("c1"),
    gateway("exclusive", "way", "no"),
    user("c2"),
    gateway("parallel", "j"),
    user("last"),
    gateway("exclusive", "q", "again"),
    end(),
    chain("s", "draft", "g", "a1", "h", "b1", "k", "a2", "j", "last", "q"),
    flows("h>sub", "sub>k", "g>c1", "c1>way", "way>c2[${ok}]", "no:way>c1", "c2>j", "q>e[${ok}]", "again:q>draft"),
    flows("nudge>remind", "remind>e3"),
)


def review() -> Moving:
    """Return the review, the draft handed in."""
    run = Moving(diagram(*REVIEW), data={"old": 1})
    run.complete("draft", opinions=[])
    return run


# --- send back -----------------------------------------------------------------------------------------------


def test_to_before_the_branches_everything_below_is_withdrawn() -> None:
    """Sent back to before the branches parted, all of them go; the answers given there are kept."""
    run = review()
    run.complete("y", opinions=["y"])
    run.complete("x", opinions=["x"])
    step = run.send_back("z", "draft")
    assert len(step.withdrawn) == 2
    assert run.open == ["draft"]
    assert run.at("draft").round == 2
    assert sorted(run.at("draft").data["opinions"]) == ["x", "y"]
    assert run.finish_all() == ["draft", "x", "x2", "y", "z", "check"]


def test_within_a_branch_the_others_stand() -> None:
    """Sent back inside a branch, the other branches keep their tokens and what has arrived at the join."""
    run = review()
    run.complete("y", opinions=["y"])
    run.complete("x", opinions=["x"])
    run.send_back("x2", "x")
    assert run.people == ["x", "z"]
    run.complete("x", opinions=["x", "x again"])
    run.walk("z")
    assert run.people == ["x2"]
    run.walk("x2")
    assert sorted(run.at("check").data["opinions"]) == ["x", "x again", "y"]


@pytest.mark.parametrize("target", ["x", "x2", "y", "z"])
@pytest.mark.parametrize("order", list(itertools.permutations("xyz")))
def test_into_branches_that_have_met_only_one_is_done_again(order: tuple[str, ...], target: str) -> None:
    """Sent back from behind the join, only that branch is done again; the join passes after it, once."""
    run = review()
    for one in order:
        run.complete(one, opinions=[one])
    run.complete("x2")
    run.send_back("check", target)
    assert run.people == [target]
    before = run.at(target).data["opinions"]
    run.complete(target, opinions=[*before, "more"])
    if target == "x":
        run.walk("x2")
    assert run.open == ["check"]
    assert run.at("check").data["opinions"] == [*before, "more"]
    assert run.complete("check", ok=True).ended


def test_a_second_time_from_behind_the_join() -> None:
    """Going back twice, into two branches one after the other, leaves one token each time."""
    run = review()
    run.walk("x", "y", "z", "x2")
    for target in ("y", "z", "x2", "y"):
        run.send_back("check", target)
        assert run.open == [target]
        run.walk(target)
        assert run.open == ["check"]
    run.complete("check", ok=False)
    assert run.finish_all() == ["draft", "x", "x2", "y", "z", "check"]


def test_back_again_before_the_branch_is_done() -> None:
    """Sent into a passed branch and from there on to before the branches, nothing is left behind."""
    run = review()
    run.walk("x", "y", "z", "x2")
    run.send_back("check", "x2")
    run.send_back("x2", "x")
    run.send_back("x", "draft")
    assert run.open == ["draft"]
    assert run.finish_all() == ["draft", "x", "x2", "y", "z", "check"]


def test_into_another_open_branch_is_refused() -> None:
    """A node of a branch that is still open, or waits at the join, is not reached from beside it."""
    run = review()
    run.complete("x")
    for source, target, where in (("y", "x", "x2"), ("x2", "y", "y")):
        with pytest.raises(MoveRefused, match=where):
            run.engine.jump(run.live, run.at(source).token, target, run.env)
    run.complete("y")
    with pytest.raises(MoveRefused, match="y"):
        run.send_back("z", "y")
    assert run.people == ["x2", "z"]


def test_only_to_nodes_that_were_reached() -> None:
    """A node not yet reached, an unknown one and a gateway are refused; so is a token that is over."""
    run = review()
    token = run.at("x").token
    for target in ("check", "nothing"):
        with pytest.raises(MoveRefused, match="没有办到过"):
            run.send_back("x", target)
    with pytest.raises(MoveRefused, match="不是可以办理的一步"):
        run.jump("x", "j")
    run.complete("x")
    with pytest.raises(TokenNotReady):
        run.engine.send_back(run.live, token, "draft", run.env)


@pytest.mark.parametrize("target", ["a1", "b1", "b2", "c", "a2"])
def test_into_nested_branches_that_have_met(target: str) -> None:
    """Every join around the node passes after it alone, the inner and the outer."""
    run = Moving(diagram(*NESTED))
    run.walk("draft", "a1", "b2", "c", "b1", "a2")
    run.send_back("last", target)
    assert run.open == [target]
    after = {"a1": ["a1", "b1", "b2", "a2", "last"], "c": ["c", "last"], "a2": ["a2", "last"]}
    assert run.finish_all() == after.get(target, [target, "a2", "last"])


def test_into_inner_branches_while_the_outer_ones_stand() -> None:
    """Sent back into inner branches that have met, the outer branch beside them goes on."""
    run = Moving(diagram(*NESTED))
    run.walk("draft", "a1", "b2", "b1")
    run.send_back("a2", "b2")
    assert run.people == ["b2", "c"]
    run.walk("c", "b2")
    assert run.people == ["a2"]
    assert run.finish_all() == ["a2", "last"]


def test_branches_without_a_join() -> None:
    """Branches that end by themselves: going back inside one leaves the others, to before them takes all."""
    drawn = (start(), user("a"), user("b"), user("b2"), user("c"), end(), end("e2"), chain("s", "a", "b", "b2", "e"))
    for target, expected in (("b", ["b", "c"]), ("a", ["a"])):
        run = Moving(diagram(*drawn, flows("a>c", "c>e2")))
        run.walk("a", "b")
        run.send_back("b2", target)
        assert run.people == expected
        run.finish_all()


def test_a_branch_that_may_end_the_case() -> None:
    """With a way out to the end inside a branch, going back to before the branches still takes all of them."""
    run = Moving(
        diagram(
            start(),
            user("draft"),
            gateway("parallel", "g"),
            user("x"),
            gateway("exclusive", "out", "no"),
            user("x2"),
            user("y"),
            gateway("parallel", "j"),
            user("check"),
            gateway("exclusive", "q", "again"),
            end(),
            end("stop", "<terminateEventDefinition/>"),
            chain("s", "draft", "g", "x", "out"),
            flows("out>x2[${ok}]", "x2>j", "j>check", "check>q"),
            flows("no:out>stop", "g>y", "y>j", "q>e[${ok}]", "again:q>draft"),
        )
    )
    run.walk("draft")
    run.complete("x", ok=True)
    run.send_back("x2", "draft")
    assert run.open == ["draft"]
    run.walk("draft")
    assert run.people == ["x", "y"]


def test_a_choice_inside_inclusive_branches() -> None:
    """An inclusive join needs no arrival of those not done again."""
    split = [f"g>{one}[${{contains(pick, '{one}')}}]" for one in "xyz"]
    run = Moving(
        diagram(
            start(),
            user("draft"),
            gateway("inclusive", "g"),
            *(user(one) for one in "xyz"),
            gateway("inclusive", "j"),
            user("check"),
            end(),
            chain("s", "draft", "g"),
            flows(*split, "x>j", "y>j", "z>j", "j>check", "check>e"),
        )
    )
    run.complete("draft", pick=["x", "z"])
    run.walk("z", "x")
    run.send_back("check", "z")
    assert run.open == ["z"]
    run.walk("z")
    assert run.open == ["check"]


def test_out_of_a_sub_process() -> None:
    """Sent back from inside to before it, the run goes with its timer and message; later it begins anew."""
    run = Moving(diagram(*INSIDE, outside=messages("halt")))
    run.walk("draft", "in1")
    run.send_back("in2", "draft")
    assert run.open == ["draft"]
    assert run.last.next_due is None
    run.tick(48)
    assert run.open == ["draft"]
    with pytest.raises(NotWaiting):
        run.message("halt")
    assert run.finish_all() == ["draft", "in1", "in2", "in3", "after"]


def test_into_a_finished_sub_process() -> None:
    """Sent back into it, it runs again from that node only, watched by its timer and message as before."""
    run = Moving(diagram(*INSIDE, outside=messages("halt")))
    run.walk("draft", "in1", "in2", "in3")
    run.send_back("after", "in2")
    assert run.people == ["in2"]
    assert sorted(run.open) == ["halt", "in2", "late"]
    assert run.last.next_due == BEGIN + timedelta(hours=5)
    run.walk("in2")
    assert run.people == ["in3"]
    run.message("halt")
    assert run.open == ["stopped"]
    run.send_back("stopped", "in3")
    assert run.finish_all() == ["in3", "after"]


def test_timers_of_what_is_withdrawn_do_not_fire() -> None:
    """A withdrawn node takes its boundary timers along; entered again, they are set anew."""
    run = Moving(diagram(*WATCHED))
    run.walk("draft")
    run.now += timedelta(hours=1)
    run.send_back("work", "draft")
    assert run.open == ["draft"]
    assert run.last.next_due is None
    run.tick(20)
    assert run.open == ["draft"]
    run.walk("draft")
    assert run.last.next_due == run.now + timedelta(hours=2)
    run.walk("work")
    run.send_back("check", "work")
    assert sorted(run.open) == ["late", "nudge", "work"]
    run.tick(10)
    assert run.people == ["remind", "rescue"]


def test_a_branch_begun_by_a_boundary_event_stands() -> None:
    """A reminder's branch goes on beside its node, wherever the node's own branch is sent back to behind it."""
    run = Moving(diagram(*WATCHED))
    run.walk("draft")
    run.tick(3)
    run.walk("work")
    run.send_back("check", "work")
    assert run.people == ["remind", "work"]
    run.walk("work", "remind", "check")
    run.send_back("last", "draft")
    assert run.open == ["draft"]
    assert run.finish_all() == ["draft", "work", "check", "last"]


def test_a_reminder_taken_back_does_not_disturb_its_step() -> None:
    """Taken back and done again, the reminder's branch ends without the step it was drawn on."""
    run = Moving(diagram(*WATCHED))
    run.walk("draft")
    run.tick(3)
    run.withdraw(taken(run, "remind", seen=1), "remind")
    assert run.people == ["remind", "work"]
    run.complete("remind", seen=2)
    assert sorted(run.open) == ["late", "work"]
    run.walk("work")
    assert run.finish_all() == ["check", "last"]
    assert run.live.data["seen"] == 2


def test_an_event_that_waited_is_gone() -> None:
    """Moved on from an event-based gateway, neither of its events happens any more."""
    run = Moving(
        diagram(
            start(),
            user("draft"),
            gateway("eventBased", "g"),
            catch("reply", message("reply")),
            catch("time", timer("Duration", "P3D")),
            user("answered"),
            user("unanswered"),
            end(),
            chain("s", "draft", "g", "reply", "answered", "e"),
            flows("g>time", "time>unanswered", "unanswered>e"),
            outside=messages("reply"),
        )
    )
    run.walk("draft")
    run.jump("reply", "answered")
    assert run.open == ["answered"]
    run.tick(24 * 9)
    with pytest.raises(NotWaiting):
        run.message("reply")
    assert run.open == ["answered"]


# --- several people, called processes ------------------------------------------------------------------------


@pytest.mark.parametrize("one_by_one", [False, True])
def test_from_one_of_several_all_go(one_by_one: bool) -> None:
    """Sent back by one signer, all signers' tokens go; reached again, all are asked anew."""
    marker = several("${people}", one_by_one=one_by_one)
    drawn = (start(), user("draft"), signer("sign", marker), user("after"), end())
    run = Moving(diagram(*drawn, chain("s", "draft", "sign", "after", "e")))
    run.complete("draft", people=["a", "b", "c"])
    run.sign("sign", "a", ok=True)
    step = run.send_back("sign", "draft")
    assert len(step.withdrawn) == (1 if one_by_one else 2)
    assert run.open == ["draft"]
    run.complete("draft", people=["a", "b"])
    assert run.at("sign").round == 2
    for one in ("a", "b"):
        run.sign("sign", one, ok=True)
    assert run.open == ["after"]
    run.send_back("after", "sign")
    assert set(run.tokens("sign")) == ({"a"} if one_by_one else {"a", "b"})
    token = run.tokens("sign")["a"]
    run.sign("sign", "a")
    assert not run.engine.outcome(run.live, token) or one_by_one
    run.sign("sign", "b")
    assert run.open == ["after"]


def test_what_several_did_is_not_taken_back() -> None:
    """The last signer cannot take back what all decided."""
    drawn = (start(), signer("sign", several("${people}")), user("after"), end(), chain("s", "sign", "after", "e"))
    run = Moving(diagram(*drawn), data={"people": ["a", "b"]})
    run.sign("sign", "b")
    token = run.tokens("sign")["a"]
    run.sign("sign", "a")
    with pytest.raises(MoveRefused, match="几个人一起办的"):
        run.withdraw(token, "sign")


def test_inside_one_of_several_runs() -> None:
    """In a sub-process that runs for several people, each moves inside the own run; nobody gets in from outside."""
    inner = (start("s2"), user("in1"), user("in2"), end("e2"), chain("s2", "in1", "in2", "e2"))
    drawn = (start(), sub("all", *inner, several("${people}")), user("after"), end(), chain("s", "all", "after", "e"))
    run = Moving(diagram(*drawn), data={"people": [1, 2]})
    run.walk("in1")
    run.send_back("in2", "in1")
    assert run.people == ["in1", "in1"]
    run.walk("in1", "in1", "in2", "in2")
    with pytest.raises(MoveRefused, match="几个人同时办"):
        run.send_back("after", "in1")
    run.send_back("after", "all")
    assert run.people == ["in1", "in1"]


def test_out_of_and_into_called_processes() -> None:
    """A called process is left and entered like a sub-process, its nodes known by its own name."""
    part = diagram(start(), user("one"), user("two"), end(), chain("s", "one", "two", "e"))
    outer = diagram(
        start(), user("draft"), call("c", "part"), user("after"), end(), chain("s", "draft", "c", "after", "e")
    )
    run = Moving(outer, called={"part": part})
    run.complete("draft", x=1)
    run.complete("part:one")
    run.send_back("part:two", "part:one")
    assert run.open == ["part:one"]
    run.send_back("part:one", "draft")
    assert run.open == ["draft"]
    for one in ("draft", "part:one", "part:two"):
        run.complete(one)
    run.send_back("after", "part:two")
    assert (run.open, run.at("part:two").data) == (["part:two"], {"x": 1})
    run.complete("part:two")
    assert run.complete("after").ended


def test_two_calls_of_the_same_process() -> None:
    """Inside one of two calls, going back stays in that call."""
    part = diagram(start(), user("one"), user("two"), end(), chain("s", "one", "two", "e"))
    outer = diagram(
        start(), call("c", "part"), call("d", "part"), user("after"), end(), chain("s", "c", "d", "after", "e")
    )
    run = Moving(outer, called={"part": part})
    for one in ("part:one", "part:two", "part:one"):
        run.complete(one)
    run.send_back("part:two", "part:one")
    run.complete("part:one")
    run.complete("part:two")
    assert run.open == ["after"]


# --- jump ----------------------------------------------------------------------------------------------------


def test_jump_forwards() -> None:
    """Jumping over nodes leaves them out; out of a branch it takes all branches, into one the join waits for none."""
    run = review()
    run.complete("x", opinions=["x"])
    run.jump("x2", "check")
    assert run.open == ["check"]
    assert run.at("check").data["opinions"] == ["x"]
    run.complete("check", ok=False)
    run.jump("draft", "x2")
    assert run.open == ["x2"]
    run.walk("x2")
    assert run.open == ["check"]
    assert run.jump("check", "e").ended


def test_jump_into_a_sub_process_not_yet_reached() -> None:
    """Its run begins at that node, with the data the token had."""
    run = Moving(diagram(*INSIDE, outside=messages("halt")))
    run.complete("draft", value=5)
    run.jump("in1", "after")
    assert run.open == ["after"]
    run.jump("after", "in3")
    assert run.at("in3").data == {"value": 5}
    assert run.finish_all() == ["in3", "after"]


def test_jump_to_an_automatic_step() -> None:
    """A script runs at once, a service becomes due; a service and an incident can be left by a jump."""
    drawn = (start(), script("t", "n = 1 + n"), user("a"), service("w"), user("b"), end())
    run = Moving(diagram(*drawn, chain("s", "t", "a", "w", "b", "e")), data={"n": 1})
    run.jump("a", "t")
    assert run.at("a").data == {"n": 3}
    run.complete("a", n="x")
    step = run.jump("w", "t")
    assert [one.node for one in step.incidents] == ["t"]
    run._step(lambda: run.engine.jump(run.live, step.incidents[0].token, "b", run.env))
    assert run.open == ["b"]


def test_jump_to_the_very_beginning() -> None:
    """From the start event the case runs anew, with what was answered."""
    run = review()
    run.jump("z", "s")
    assert (run.open, run.at("draft").data) == (["draft"], {"old": 1, "opinions": []})
    run.finish_all()


def test_a_boundary_event_does_not_move_by_itself() -> None:
    """Neither can its token be moved nor can one jump to it."""
    run = Moving(diagram(*WATCHED))
    run.walk("draft")
    with pytest.raises(MoveRefused, match="边界事件"):
        run.jump("late", "draft")
    with pytest.raises(MoveRefused, match="不是可以办理的一步"):
        run.jump("work", "late")


# --- take back -----------------------------------------------------------------------------------------------


def taken(run: Moving, node_id: str, **answers: Any) -> str:
    """Complete a node and return the token that did it."""
    token = run.at(node_id).token
    run.complete(node_id, **answers)
    return token


def test_take_back_a_step() -> None:
    """What came out of it is withdrawn and the node is open again with what was answered, or as it was."""
    run = review()
    token = taken(run, "x", opinions=["x"])
    run.withdraw(token, "x")
    assert run.people == ["x", "y", "z"]
    assert run.at("x").data["opinions"] == ["x"]
    token = taken(run, "x", opinions=["x"])
    run.withdraw(token, "x", {"opinions": []})
    assert run.at("x").data == {"old": 1, "opinions": []}
    run.finish_all()


def test_take_back_what_started_branches() -> None:
    """All branches that came out of the step go together; once one of them has moved on, none can."""
    run = Moving(diagram(*REVIEW))
    token = taken(run, "draft")
    run.withdraw(token, "draft")
    assert run.open == ["draft"]
    token = taken(run, "draft")
    run.walk("y")
    with pytest.raises(MoveRefused, match="撤不回来"):
        run.withdraw(token, "draft")


def test_take_back_an_arrival_and_a_passed_join() -> None:
    """A branch that only waits at the join comes back; the last one opens the join again for itself alone."""
    run = review()
    token = taken(run, "y")
    run.withdraw(token, "y")
    assert run.people == ["x", "y", "z"]
    run.walk("y", "x", "x2")
    token = taken(run, "z")
    run.withdraw(token, "z")
    assert run.open == ["z"]
    run.walk("z")
    assert run.open == ["check"]


def test_nothing_to_take_back() -> None:
    """A step whose successors were done, or ran as a service, has nothing that could be taken back."""
    run = Moving(diagram(start(), user("a"), service("w"), user("b"), end(), chain("s", "a", "w", "b", "e")))
    token = taken(run, "a")
    assert run.engine.outcome(run.live, token) == (run.at("w").token,)
    run.finish("w")
    assert run.engine.outcome(run.live, token) == ()
    with pytest.raises(TokenNotReady):
        run.withdraw(token, "a")


def test_take_back_out_of_a_sub_process() -> None:
    """The last step inside comes back with the run around it."""
    run = Moving(diagram(*INSIDE, outside=messages("halt")))
    run.walk("draft", "in1", "in2")
    run.withdraw(taken(run, "in3"), "in3")
    assert run.people == ["in3"]
    run.tick(6)
    assert run.open == ["stopped"]


# --- mend, skip, move time -----------------------------------------------------------------------------------

BROKEN = (
    start(),
    user("a"),
    script("t", "total = price * case.rate"),
    gateway("exclusive", "q"),
    user("b"),
    end(),
    chain("s", "a", "t", "q", "b", "e"),
)


def test_repaired_data_stay() -> None:
    """An incident goes on with the values repaired, those of the case too, and later steps see them."""
    run = Moving(diagram(*BROKEN), case={"rate": "x"})
    stopped = run.complete("a", price="y").incidents[0].token
    assert run.repair(stopped, price=2).incidents
    step = run._step(lambda: run.engine.repair(run.live, stopped, {"case.rate": 3}, run.env))
    assert step.case_changes == {"rate": ("x", 3)}
    assert run.at("b").data == {"price": 2, "total": 6}
    with pytest.raises(TokenNotReady):
        run.repair(stopped, price=1)


def test_names_that_cannot_be_repaired() -> None:
    """Reserved names and texts that are no names are refused before anything changes."""
    run = Moving(diagram(*BROKEN), case={"rate": 2})
    stopped = run.complete("a", price="y").incidents[0].token
    for name in ("starter", "a b", "case"):
        with pytest.raises(ValueRefused):
            run.engine.repair(run.live, stopped, {name: 1}, run.env)
    run.leave_out(stopped, total=0)
    assert run.at("b").data == {"price": "y", "total": 0}


def test_skip_a_service_but_no_gateway() -> None:
    """A service goes on with the values given; where a way must be chosen skipping is refused."""
    run = Moving(
        diagram(
            start(),
            service("w"),
            gateway("exclusive", "q"),
            user("a"),
            user("b"),
            end(),
            chain("s", "w", "q"),
            flows("q>a[${n > 5}]", "q>b[${n < 3}]", "a>e", "b>e"),
        )
    )
    step = run.leave_out(run.at("w").token, n=4)
    with pytest.raises(SkipRefused):
        run.leave_out(step.incidents[0].token)
    run.repair(step.incidents[0].token, n=7)
    assert run.open == ["a"]


def test_the_instant_of_a_timer_is_moved() -> None:
    """A drawn timer fires at the new instant only; one that does not wait has none."""
    run = Moving(diagram(*WATCHED))
    run.walk("draft")
    assert run.set_due("nudge", BEGIN + timedelta(hours=30)).next_due == BEGIN + timedelta(hours=9)
    run.set_due("late", BEGIN + timedelta(hours=40))
    run.tick(29)
    assert run.people == ["work"]
    run.tick(2)
    assert run.people == ["remind", "work"]
    with pytest.raises(TokenNotReady):
        run.set_due("work", BEGIN)


def test_timers_that_count_time_stand_still_with_the_case() -> None:
    """Postponed, durations and cycles move and keep their turns; a date stays what it is."""
    run = Moving(
        diagram(
            start(),
            user("work"),
            boundary("nudge", "work", timer("Cycle", "R3/PT2H"), interrupting=False),
            boundary("late", "work", timer("Date", "2026-03-05T00:00:00Z"), interrupting=False),
            user("remind"),
            user("overdue"),
            end(),
            end("e2"),
            end("e3"),
            chain("s", "work", "e"),
            flows("nudge>remind", "remind>e2", "late>overdue", "overdue>e3"),
        )
    )
    late = run.at("late").due
    run.now += timedelta(hours=10)
    run.postpone(10)
    assert run.last.next_due == BEGIN + timedelta(hours=12)
    assert run.at("late").due == late
    run.tick(2)
    assert run.last.next_due == BEGIN + timedelta(hours=14)


# --- everywhere ----------------------------------------------------------------------------------------------

PEOPLE = ("draft", "a1", "b1", "in1", "in2", "in3", "a2", "c1", "c2", "last")


def states() -> list[Moving]:
    """Return one case for each set of open nodes that completing can lead to."""
    found: dict[tuple[str, ...], Moving] = {}
    waiting = [Moving(diagram(*EVERYTHING))]
    while waiting:
        run = waiting.pop()
        key = tuple(sorted(run.open))
        if not run.live.ended and key not in found:
            found[key] = run
            for one in run.people:
                waiting.append(fork(run))
                waiting[-1].complete(one, ok=True)
    return list(found.values())


def fork(run: Moving) -> Moving:
    """Return a second case that stands where this one stands."""
    other = copy.copy(run)
    other.rows = dict(run.rows)
    other.live = restore(run.definition, list(run.rows.values()), json.loads(run.header))
    return other


def ends_with_one_token_each(run: Moving) -> None:
    """Bring a case to its end: no node is ever open twice, and the last one is done once."""
    done = []
    while not run.live.ended:
        open_ = [one.node for one in run.engine.open_nodes(run.live) if one.wait == "person"]
        assert open_, "nothing is open and the case has not ended"
        assert no_branch_twice(open_), open_
        done.append(open_[0])
        assert len(done) < 30, done
        token = run.at(open_[0]).token
        run.engine.complete(run.live, token, {"ok": True, open_[0]: True}, run.env)
    assert done.count("last") == 1


def no_branch_twice(open_: list[str]) -> bool:
    """Say whether no node is open twice; a reminder may be, one for each time its step was entered."""
    return all(open_.count(one) == 1 for one in open_ if one != "remind")


def test_from_everywhere_to_everywhere() -> None:
    """From every open node to every node the case still runs to its end; only open branches beside it refuse."""
    moved, refused = 0, 0
    for run in states():
        for source, target in itertools.product(run.people, PEOPLE):
            case = fork(run)
            try:
                case.engine.jump(case.live, case.at(source).token, target, case.env)
            except MoveRefused:
                refused += 1
                continue
            moved += 1
            assert target in case.open
            ends_with_one_token_each(case)
    assert moved > refused > 0


FRESH = Moving(diagram(*EVERYTHING))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20), st.integers(0, 20)), max_size=14))
@settings(max_examples=50, deadline=None)
def test_any_number_of_moves(choices: list[tuple[int, int, int]]) -> None:
    """After any mixture of completing, going back, jumping and taking back, the case still runs to its end."""
    run = fork(FRESH)
    token = node_id = ""
    for kind, first, second in choices:
        source = run.people[first % len(run.people)]
        try:
            if kind == 0:
                run.jump(source, PEOPLE[second % len(PEOPLE)])
            elif kind == 1 and token:
                run.withdraw(token, node_id)
            elif kind == 2:
                run.tick(second)
            else:
                token, node_id = run.at(source).token, source
                run.complete(source, ok=bool(second % 3))
        except (MoveRefused, TokenNotReady):
            continue
        assert no_branch_twice(run.people)
        if run.live.ended:
            return
    ends_with_one_token_each(run)
