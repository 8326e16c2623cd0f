"""Errors, escalations, signals, messages that mean one token, links, several starts, flows with conditions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.engine import Advance, NotWaiting
from app.errors import NotFound
from tests.processes.diagrams import (
    Run,
    boundary,
    catch,
    chain,
    diagram,
    end,
    error,
    escalation,
    flows,
    gateway,
    link,
    message,
    named,
    node,
    script,
    service,
    several,
    signal,
    signer,
    start,
    sub,
    throw,
    timer,
    user,
)


def failing(**codes: str) -> bytes:
    """A sub-process that ends with the error `broken` after one step; by id, the boundary events that catch errors.

    Each leads to a step of the same name with `_fix` behind it.
    """
    inside = (
        start("is"),
        gateway("parallel", "ig"),
        user("x"),
        user("y"),
        end("bad", error("broken")),
        end("ie"),
        flows("is>ig", "ig>x", "ig>y", "x>bad", "y>ie"),
    )
    events = [
        boundary(one, "w", f'<errorEventDefinition {code} camunda:errorCodeVariable="code"/>')
        for one, code in codes.items()
    ]
    fixes = [user(f"{one}_fix") + flows(f"{one}>{one}_fix", f"{one}_fix>e") for one in codes]
    ends = (user("after"), end(), chain("s", "w", "after", "e"))
    return diagram(start(), sub("w", *inside), *events, *fixes, *ends, outside=named("broken", "else"))


def test_an_error_end_leaves_by_the_boundary_event_of_its_code() -> None:
    """The event that names the code comes before the one that catches all; everything inside is withdrawn."""
    run = Run(failing(all="", own='errorRef="x_broken"'))
    y = run.at("y").token
    assert run.open == ["x", "y"]
    step = run.complete("x", n=1)
    assert (step.withdrawn, run.people) == ((y,), ["own_fix"])
    assert run.at("own_fix").data == {"n": 1, "code": "broken"}
    told = [(one.node, one.kind, one.result) for one in step.completed[1:]]
    assert told == [("bad", "end", "broken"), ("own", "error", None)]
    assert run.complete("own_fix").ended


def test_an_error_without_its_own_event_is_caught_by_the_one_for_all() -> None:
    """A boundary event without a code catches every error, and keeps the code where it is told to."""
    run = Run(failing(all="", other='errorRef="x_else"'))
    run.complete("x", n=1)
    assert (run.people, run.at("all_fix").data) == (["all_fix"], {"n": 1, "code": "broken"})


def test_an_error_goes_outwards_until_it_is_caught() -> None:
    """An error passes scopes that do not catch it."""
    inmost = sub("in", start("is"), user("x"), end("bad", error("broken")), chain("is", "x", "bad"))
    middle = sub("mid", start("ms"), inmost, user("never"), end("me"), chain("ms", "in", "never", "me"))
    drawn = diagram(
        start(),
        middle,
        boundary("b", "mid", error("broken")),
        user("fix"),
        end(),
        chain("s", "mid", "e"),
        flows("b>fix", "fix>e"),
        outside=named("broken"),
    )
    run = Run(drawn)
    run.complete("x")
    assert run.people == ["fix"]
    assert [one.node.id for one in run.definition.following("x")] == ["fix"]


def test_an_error_of_a_service_is_caught_by_its_code() -> None:
    """A failure with a code that is caught goes on there; any other is an incident."""
    drawn = diagram(
        start(),
        service("v"),
        boundary("b", "v", error("broken")),
        boundary("all", "v", error()),
        user("fix"),
        user("other"),
        end(),
        chain("s", "v", "e"),
        flows("b>fix", "fix>e", "all>other", "other>e"),
        outside=named("broken"),
    )
    run = Run(drawn)
    token = run.at("v").token
    step = run.fail("v", "no answer", "broken")
    assert (step.incidents, step.withdrawn, run.people) == ((), (token,), ["fix"])
    run = Run(drawn)
    assert [one.node for one in run.fail("v", "no answer").incidents] == ["v"]
    run = Run(drawn)
    run.fail("v", "no answer", "unheard of")
    assert run.people == ["other"]


def test_an_error_in_one_of_several_ends_them_all() -> None:
    """An error inside a repeating sub-process is caught on the border of the whole."""
    inside = (start("is"), user("x", assignee="${one}"), end("bad", error("broken")), chain("is", "x", "bad"))
    drawn = diagram(
        start(),
        sub("w", *inside, several("people")),
        boundary("b", "w", error("broken")),
        user("fix"),
        end(),
        chain("s", "w", "e"),
        flows("b>fix", "fix>e"),
        outside=named("broken"),
    )
    run = Run(drawn, data={"people": ["a", "b", "c"]})
    step = run.sign("x", "b", n=1)
    assert (len(step.withdrawn), run.people) == (2, ["fix"])
    assert run.complete("fix").ended


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("code", ["", "late"])
def test_an_escalation_inside_is_heard_outside(interrupting: bool, code: str) -> None:
    """An escalation starts a branch beside the sub-process, or takes its place."""
    inside = (
        start("is"),
        user("x"),
        throw("t", escalation("late")),
        user("y"),
        end("ie"),
        chain("is", "x", "t", "y", "ie"),
    )
    drawn = diagram(
        start(),
        sub("w", *inside),
        boundary("b", "w", escalation(code), interrupting=interrupting),
        user("boss"),
        user("after"),
        end(),
        end("f"),
        chain("s", "w", "after", "e"),
        flows("b>boss", "boss>f"),
        outside=named("late"),
    )
    run = Run(drawn)
    step = run.complete("x", n=1)
    assert run.people == (["boss"] if interrupting else ["boss", "y"])
    assert run.at("boss").data == {"n": 1}
    assert next(one for one in step.completed if one.node == "t").result == "late"
    if not interrupting:
        run.complete("y")
        run.complete("after")
    assert run.complete("boss").ended


def test_an_escalation_end_and_one_nobody_hears() -> None:
    """An escalation end event ends its branch; what nobody catches changes nothing."""
    inside = (start("is"), user("x"), end("ie", escalation("late")), chain("is", "x", "ie"))
    drawn = diagram(
        start(), sub("w", *inside), user("after"), end(), chain("s", "w", "after", "e"), outside=named("late")
    )
    run = Run(drawn)
    run.complete("x")
    assert run.people == ["after"]


def test_a_signal_is_heard_by_everybody_who_waits() -> None:
    """A thrown signal reaches every event of the case at once and is reported; messages do not hear it."""
    drawn = diagram(
        start(),
        gateway("parallel", "g"),
        user("a"),
        throw("t", signal("go")),
        catch("c1", signal("go")),
        catch("c2", signal("go")),
        catch("m", message("go")),
        user("w"),
        boundary("b", "w", signal("go"), interrupting=False),
        *(user(one) for one in ("u1", "u2", "u3", "u4")),
        end(),
        chain("s", "g"),
        flows("g>a", "a>t", "t>e", "g>c1", "c1>u1", "u1>e", "g>c2", "c2>u2", "u2>e", "g>m", "m>u3", "u3>e"),
        flows("g>w", "w>e", "b>u4", "u4>e"),
        outside=named("go"),
    )
    run = Run(drawn)
    waiting = {one.node: (one.event, one.signal, one.wait) for one in run.engine.open_nodes(run.live)}
    assert (waiting["c1"], waiting["m"]) == (("go", True, "message"), ("go", False, "message"))
    step = run.complete("a")
    assert (step.signals, run.people) == (("go",), ["u1", "u2", "u4", "w"])
    run.message("go")
    assert "u3" in run.people


def test_a_signal_from_outside() -> None:
    """A signal brings its values; where nothing waits for it nothing changes."""
    drawn = diagram(
        start(), catch("c", signal("go")), user("a"), end(), chain("s", "c", "a", "e"), outside=named("go")
    )
    run = Run(drawn)
    assert run.signal("other").changed == ()
    with pytest.raises(NotWaiting):
        run.engine.message(run.live, "go", {}, run.env)
    run.signal("go", n=1)
    assert run.at("a").data == {"n": 1}


@pytest.mark.parametrize("definition", [signal, message])
def test_an_end_event_throws(definition: Callable[[str], str]) -> None:
    """A signal or message end event is heard in the other branch before the case ends."""
    drawn = diagram(
        start(),
        gateway("parallel", "g"),
        user("a"),
        end("t", definition("go")),
        catch("c", definition("go")),
        user("b"),
        end(),
        flows("s>g", "g>a", "a>t", "g>c", "c>b", "b>e"),
        outside=named("go"),
    )
    run = Run(drawn)
    step = run.complete("a")
    assert (run.people, step.ended) == (["b"], False)
    assert step.signals == (("go",) if definition is signal else ())
    assert run.complete("b").ended


def test_a_message_may_mean_one_token_by_its_data() -> None:
    """Where several tokens wait for a message, the values of their data say which of them is meant."""
    inside = (start("is"), catch("c", message("paid")), user("x"), end("ie"), chain("is", "c", "x", "ie"))
    drawn = diagram(
        start(),
        sub("w", *inside, several("orders", item="order")),
        end(),
        chain("s", "w", "e"),
        outside=named("paid"),
    )
    run = Run(drawn, data={"orders": ["A", "B", "C"]}, case={"year": 2026})
    with pytest.raises(NotWaiting):
        run.message_to("paid", {"order": "Z"})
    run.message_to("paid", {"order": "B", "case.year": 2026}, sum=5)
    assert run.open == ["c", "c", "x"]
    assert run.at("x").data["order"] == "B"
    run.message("paid")
    assert run.open == ["x", "x", "x"]


def test_links_are_joined_by_their_name() -> None:
    """A link goes on where the link of the same name catches, from several places too."""
    drawn = diagram(
        start(),
        user("a"),
        gateway("exclusive", "g", "d"),
        throw("t1", link("A")),
        throw("t2", link("A")),
        catch("l", link("A")),
        user("b"),
        end(),
        chain("s", "a", "g"),
        flows("g>t1[${n > 1}]", "d:g>t2", "l>b", "b>e"),
    )
    for number in (1, 2):
        run = Run(drawn)
        run.complete("a", n=number)
        assert run.people == ["b"]
        assert [one.node.id for one in run.definition.following("a")] == ["b"]
        assert run.complete("b").ended


def test_several_start_events() -> None:
    """A case begins at the start event that waits for nothing, or at the one named; the others stay quiet."""
    drawn = diagram(
        node("startEvent", "m", message("come")),
        start(),
        node("startEvent", "q", signal("alarm")),
        user("a"),
        user("b"),
        gateway("parallel", "j"),
        user("z"),
        end(),
        flows("s>a", "m>b", "q>b", "a>j", "b>z", "j>z", "z>e"),
        outside=named("come", "alarm"),
    )
    assert (Run(drawn).open, Run(drawn).passed) == (["a"], ["s"])
    assert (Run(drawn, at="m").open, Run(drawn, at="q").passed) == (["b"], ["q"])
    with pytest.raises(NotFound):
        Run(drawn, at="a")


@pytest.mark.parametrize(
    ("n", "people"),
    [
        (1, ["always", "small"]),
        (5, ["always", "middle"]),
        (9, ["always", "large", "middle"]),
        (3, ["always", "none"]),
    ],
)
def test_flows_with_conditions_out_of_a_task(n: int, people: list[str]) -> None:
    """Every flow whose condition holds is taken, one without a condition always, the default when none holds."""
    drawn = diagram(
        start(),
        user("a", default="d"),
        *(user(one) for one in ("small", "middle", "large", "none", "always")),
        end(),
        chain("s", "a"),
        flows("a>small[${n < 3}]", "a>middle[${n > 4}]", "a>large[${n > 8}]", "d:a>none", "a>always"),
        flows(*(f"{one}>e" for one in ("small", "middle", "large", "none", "always"))),
    )
    run = Run(drawn)
    step = run.complete("a", n=n)
    assert run.people == people
    assert run.passed == ["a"]
    assert not step.incidents


def test_a_task_none_of_whose_conditions_holds_stops_visibly() -> None:
    """The person's answer is kept; the incident stands at the task and can be repaired and tried again."""
    drawn = diagram(start(), user("a"), user("b"), end(), chain("s", "a"), flows("a>b[${n > 1}]", "b>e"))
    run = Run(drawn)
    step = run.complete("a", n=0)
    assert ([one.node for one in step.incidents], run.passed, run.open) == (["a"], ["a"], [])
    assert [one.node for one in run.retry(step.incidents[0].token).incidents] == ["a"]
    assert Run(drawn).complete("a", n=2).opened[0].node == "b"


def test_flows_with_conditions_out_of_an_event_and_a_countersign() -> None:
    """Conditions are asked behind events and repeating nodes too."""
    drawn = diagram(
        start(),
        signer("sign", several("people")),
        throw("t", ""),
        user("b"),
        user("c"),
        end(),
        chain("s", "sign"),
        flows(
            "sign>t[${tally(sign_answers, 'ok', true) == 1}]",
            "t>b[${people[0] == 'a'}]",
            "t>c[${false}]",
            "b>e",
            "c>e",
        ),
    )
    run = Run(drawn, data={"people": ["a"]})
    run.sign("sign", "a", ok=True)
    assert run.people == ["b"]


def test_an_inclusive_gateway_that_fails_after_it_joined_can_be_tried_again() -> None:
    """A gateway that joins and splits does not wait for its arrivals a second time."""
    drawn = diagram(
        start(),
        user("x"),
        user("y"),
        gateway("inclusive", "j"),
        user("a"),
        user("b"),
        end(),
        flows("s>x", "s>y", "x>j", "y>j", "j>a[${n > 1}]", "j>b[${n < 0}]", "a>e", "b>e"),
    )
    run = Run(drawn)
    run.complete("x", n=0)
    step = run.complete("y", m=1)
    (incident,) = step.incidents
    assert incident.node == "j"
    assert [one.node for one in run.retry(incident.token).incidents] == ["j"]
    assert not run.engine.stalled(run.live)


def test_events_after_an_event_gateway() -> None:
    """Two timers, a message and a signal wait together; the first one withdraws the others."""
    drawn = diagram(
        start(),
        gateway("eventBased", "g"),
        catch("t1", timer("Duration", "PT5H")),
        catch("t2", timer("Duration", "PT1H")),
        catch("m", message("go")),
        catch("q", signal("go")),
        *(user(one) for one in ("a", "b", "c", "d")),
        end(),
        chain("s", "g"),
        flows("g>t1", "g>t2", "g>m", "g>q", "t1>a", "t2>b", "m>c", "q>d", "a>e", "b>e", "c>e", "d>e"),
        outside=named("go"),
    )
    acts: dict[str, Callable[[Run], Advance]] = {
        "b": lambda run: run.tick(2),
        "c": lambda run: run.message("go"),
        "d": lambda run: run.signal("go"),
    }
    for expected, act in acts.items():
        run = Run(drawn)
        assert len(act(run).withdrawn) == 3
        assert run.open == [expected]


def test_a_case_that_waits_for_nothing_is_stalled() -> None:
    """A timer that follows a limit nobody set will never fire; as soon as the limit is set the case can move."""
    drawn = diagram(
        start(),
        user("a"),
        catch("t", timer("Date", "${due('answer')}")),
        end(),
        chain("s", "a", "t", "e"),
        own={"due.answer": "PT1H"},
    )
    run = Run(drawn)
    assert not run.engine.stalled(run.live)
    assert not run.complete("a").ended
    assert run.engine.stalled(run.live)
    run.rearm(answer=run.now)
    assert not run.engine.stalled(run.live)
    assert run.tick().ended


@pytest.mark.parametrize(
    "inner",
    [
        user("x"),
        service("x"),
        catch("x", timer("Duration", "PT1H")),
        catch("x", message("go")),
        script("x", "n = 1 / 0"),
    ],
)
def test_what_waits_or_stands_visibly_is_not_stalled(inner: str) -> None:
    """A person, a service, a timer, a message and an incident can all still happen; an ended case needs nothing."""
    run = Run(diagram(start(), inner, end(), chain("s", "x", "e"), outside=named("go")))
    assert not run.engine.stalled(run.live)
    run.cancel()
    assert not run.engine.stalled(run.live)
