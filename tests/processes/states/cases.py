"""Cases that stand in mid-air, and the way each of them goes on to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.engine import Advance, Engine, Environment, Live, OpenNode
from tests.processes.diagrams import (
    Run,
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
    timer,
    user,
)

MAX_STEPS = 60
RETRIED = "incident"


@dataclass(frozen=True)
class Standing:
    """A diagram, the steps to where its case is stored, and what is answered afterwards."""

    xml: bytes
    steps: Callable[[Run], Any]
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    called: Mapping[str, bytes] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)


def _parallel(run: Run) -> None:
    run.complete("draft", opinions=[], amount=Decimal("12.50"))
    run.complete("y", opinions=[{"who": "y", "on": date(2026, 3, 2)}])


def _nested(run: Run) -> None:
    run.complete("a1")
    run.complete("b1", b=1)


def _loop(run: Run) -> None:
    for turn in range(3):
        run.complete("draft", opinions=[], turn=turn)
        for one in "xyz":
            run.complete(one, opinions=[{"who": one, "turn": turn}])
        run.complete("check", ok=False)
    run.complete("draft", opinions=[], turn=3)
    run.complete("z", opinions=[{"who": "z", "turn": 3}])


def _watched(run: Run) -> None:
    run.complete("draft")
    run.tick(5)


def _inside(run: Run) -> None:
    run.complete("draft", value=1)
    run.complete("in1", value=2)


def _incident(run: Run) -> None:
    run.complete("draft", price="x")


def _sent(run: Run) -> None:
    run.complete("draft", note="见附件")


REVIEW = (
    start(),
    user("draft"),
    gateway("parallel", "g"),
    *(user(one) for one in "xyz"),
    gateway("parallel", "j"),
    user("check"),
    gateway("exclusive", "q", "again"),
    end(),
    chain("s", "draft", "g"),
    flows("g>x", "g>y", "g>z", "x>j", "y>j", "z>j", "j>check", "check>q", 'q>e[${ok}]"通过"', "again:q>draft"),
)
NESTED = (
    start(),
    gateway("parallel", "g"),
    user("a1"),
    gateway("inclusive", "h"),
    *(user(one) for one in ("b1", "b2", "c")),
    gateway("inclusive", "k"),
    user("a2"),
    gateway("parallel", "j"),
    user("last"),
    end(),
    chain("s", "g", "a1", "h"),
    flows("h>b1[${true}]", "h>b2[${true}]", "b1>k", "b2>k", "k>a2", "a2>j", "g>c", "c>j", "j>last", "last>e"),
)
WATCHED = (
    start(),
    user("draft"),
    user("work"),
    boundary("nudge", "work", timer("Cycle", "R3/PT2H"), interrupting=False),
    boundary("late", "work", timer("Duration", "P2D")),
    user("remind"),
    user("rescue"),
    user("last"),
    end(),
    end("e2"),
    chain("s", "draft", "work", "last", "e"),
    flows("nudge>remind", "remind>e2", "late>rescue", "rescue>last"),
)
INSIDE = (
    start(),
    user("draft"),
    node(
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
    ),
    boundary("stop", "sub", message("halt")),
    user("halted"),
    user("last"),
    end(),
    chain("s", "draft", "sub", "last", "e"),
    flows("stop>halted", "halted>last"),
)
WAITING = (
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
)
SERVED = (
    start(),
    user("draft"),
    service("s1", "archive"),
    user("last"),
    end(),
    chain("s", "draft", "s1", "last", "e"),
)
BROKEN = (start(), user("draft"), script("sum", "total = price * 2"), end(), chain("s", "draft", "sum", "e"))
PART = diagram(start(), user("one"), user("two"), end(), chain("s", "one", "two", "e"))
CALLING = (start(), user("draft"), call("c", "part"), user("last"), end(), chain("s", "draft", "c", "last", "e"))


def signing(*, one_by_one: bool) -> bytes:
    """Return a diagram in which several sign until two agree."""
    marker = several("${people}", until="${tally(votes, 'ok', true) >= 2}", one_by_one=one_by_one)
    return diagram(
        start(), user("draft"), signer("sign", marker), user("last"), end(), chain("s", "draft", "sign", "last", "e")
    )


def _signed(run: Run) -> None:
    run.complete("draft", people=["a", "b", "c", "d"])
    run.complete("sign", ok=False)


def _called(run: Run) -> None:
    run.complete("draft", value=1)
    run.complete("part:one", value=2)


CASES: Mapping[str, Standing] = {
    "parallel": Standing(
        diagram(*REVIEW),
        _parallel,
        {"x": {"opinions": [{"who": "x"}]}, "z": {"opinions": [{"who": "z"}]}, "check": {"ok": True}},
        case={"grade": "高"},
    ),
    "nested": Standing(diagram(*NESTED), _nested, {"b2": {"b2": 2}, "c": {"c": 3}}, data={"b": 0}),
    "loop": Standing(
        diagram(*REVIEW),
        _loop,
        {"x": {"opinions": [{"who": "x"}]}, "y": {"opinions": [{"who": "y"}]}, "check": {"ok": True}},
    ),
    "boundary-timer": Standing(diagram(*WATCHED), _watched, {"work": {"done": True}}),
    "sub-process": Standing(diagram(*INSIDE, outside=messages("halt")), _inside, {"in2": {"other": 3}}),
    "sub-process-stopped": Standing(
        diagram(*INSIDE, outside=messages("halt")), _inside, {"in2": {"other": 3}}, messages={"stop": "halt"}
    ),
    "message": Standing(diagram(*WAITING, outside=messages("reply")), _sent, messages={"reply": "reply"}),
    "event-timer": Standing(diagram(*WAITING, outside=messages("reply")), _sent),
    "service": Standing(diagram(*SERVED), _sent, {"s1": {"archived": "卷 7"}}),
    "signers": Standing(signing(one_by_one=False), _signed, {"sign": {"ok": True}}),
    "signers-one-by-one": Standing(signing(one_by_one=True), _signed, {"sign": {"ok": True}}),
    "called": Standing(diagram(*CALLING), _called, {"part:two": {"value": 3}}, called={"part": PART}),
    RETRIED: Standing(diagram(*BROKEN), _incident),
}


def go_on(
    engine: Engine,
    live: Live,
    env: Callable[[datetime | None], Environment],
    answers: Mapping[str, Mapping[str, Any]],
    said: Mapping[str, str],
) -> list[str]:
    """Bring a case to its end and return the nodes it passed: messages first, then people and services, then time."""
    passed: list[str] = []
    for _ in range(MAX_STEPS):
        if live.ended:
            return passed
        step = _next(engine, live, env, answers, said)
        passed += [one.node for one in step.completed]
    raise AssertionError(f"still open: {[one.node for one in engine.open_nodes(live)]}")


def _next(
    engine: Engine,
    live: Live,
    env: Callable[[datetime | None], Environment],
    answers: Mapping[str, Mapping[str, Any]],
    said: Mapping[str, str],
) -> Advance:
    waiting = engine.open_nodes(live)
    for one in waiting:
        if one.node in said:
            return engine.message(live, said[one.node], {"said": one.node}, env(None))
    for one in waiting:
        if one.wait in {"person", "service"}:
            hand_in = engine.complete if one.wait == "person" else engine.finish_service
            return hand_in(live, one.token, answers.get(one.node, {}), env(None))
    return engine.tick(live, env(_earliest(waiting)))


def _earliest(waiting: tuple[OpenNode, ...]) -> datetime:
    return min(one.due for one in waiting if one.due is not None)
