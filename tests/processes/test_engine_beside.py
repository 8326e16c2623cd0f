"""Branches that go on beside others to an end of their own: what they heard before they began is not said twice."""

from __future__ import annotations

from tests.processes.diagrams import (
    Run,
    boundary,
    chain,
    diagram,
    end,
    flows,
    gateway,
    message,
    messages,
    several,
    signer,
    start,
    sub,
    user,
)


def reminded(host: str) -> bytes:
    """A step with an event beside it that leads to a note and an end of its own."""
    event = boundary("b", "w", message("late"), interrupting=False)
    ends = (user("note"), end("f"), end(), chain("s", "w", "e"), flows("b>note", "note>f"))
    return diagram(start(), host, event, *ends, outside=messages("late"))


def test_a_countersign_with_a_reminder_keeps_each_answer_once() -> None:
    """The branch of the reminder knows the first answer; at the end the list holds every answer once."""
    run = Run(reminded(signer("w", several("people"))), data={"people": ["a", "b"]})
    run.sign("w", "a", text="x")
    run.message("late")
    assert run.at("note").data["w_answers"] == [{"text": "x"}]
    run.sign("w", "b", text="y")
    run.complete("note", noted=True)
    assert run.last.ended
    assert run.live.data["w_answers"] == [{"text": "x"}, {"text": "y"}]


def test_a_reminder_does_not_bring_back_an_older_value() -> None:
    """What changed inside a sub-process after its reminder began stays changed, whoever ends last."""
    inside = (start("is"), user("x"), user("y"), end("ie"), chain("is", "x", "y", "ie"))
    run = Run(reminded(sub("w", *inside)), data={"said": []})
    run.complete("x", result="no", said=["x"])
    run.message("late")
    assert run.at("note").data == {"result": "no", "said": ["x"]}
    run.complete("y", result="yes", said=["x", "y"])
    run.complete("note", said=["x", "note"])
    assert run.live.data == {"result": "yes", "said": ["x", "y", "note"]}


def test_a_branch_that_leaves_a_parallel_region_loses_nothing_of_the_others() -> None:
    """A reminder from inside one of two branches ends after they have met; every list has everything once."""
    drawn = diagram(
        start(),
        gateway("parallel", "g"),
        user("one"),
        user("two"),
        user("other"),
        boundary("b", "two", message("late"), interrupting=False),
        user("note"),
        end("f"),
        gateway("parallel", "j"),
        user("after"),
        end(),
        chain("s", "g", "one", "two", "j", "after", "e"),
        flows("g>other", "other>j", "b>note", "note>f"),
        outside=messages("late"),
    )
    for order in (("other", "two"), ("two", "other")):
        run = Run(drawn, data={"said": []})
        run.complete("one", said=["one"])
        run.message("late")
        for node in order:
            run.complete(node, said=[*run.at(node).data["said"], node])
        run.complete("note", said=["one", "note"])
        run.complete("after", done=True)
        assert run.last.ended
        assert sorted(run.live.data["said"]) == ["note", "one", "other", "two"]
