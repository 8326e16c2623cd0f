"""Timers fire when the environment's clock says so: never early, never twice, and move with their limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.engine.durations import NoTimeError, parse_cycle, parse_duration, parse_instant
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
    script,
    start,
    timer,
    user,
)


def watched(definition: str, *, interrupting: bool = True) -> bytes:
    """Return a node with a timer on its border."""
    return diagram(
        start(),
        user("a"),
        boundary("t", "a", definition, interrupting=interrupting),
        user("late"),
        end(),
        end("f"),
        chain("s", "a", "e"),
        flows("t>late", "late>f"),
    )


def test_an_interrupting_timer_fires_once_and_never_early() -> None:
    """One minute before, nothing; at the instant, the node is withdrawn and the other branch begins."""
    run = Run(watched(timer("Duration", "PT2H")))
    token = run.at("a").token
    assert run.last.next_due == BEGIN + timedelta(hours=2)
    assert run.at("t").due == BEGIN + timedelta(hours=2)
    step = run.tick(2 - 1 / 60)
    assert (step.completed, step.changed, run.people) == ((), (), ["a"])
    step = run.tick(1 / 60)
    assert ([one.node for one in step.completed], step.withdrawn, step.next_due) == (["t"], (token,), None)
    assert step.completed[0].kind == "timer"
    assert run.people == ["late"]
    assert run.tick(100).completed == ()


def test_a_timer_is_gone_once_its_node_is_done() -> None:
    """Completing the node in time withdraws the timer; its instant passes without effect."""
    run = Run(watched(timer("Duration", "PT2H")))
    timer_token = run.at("t").token
    step = run.complete("a")
    assert (step.withdrawn, step.next_due, step.ended) == ((timer_token,), None, True)


def test_completing_late_is_still_completing() -> None:
    """Only a tick fires timers: a person who was faster than the tick has done the work."""
    run = Run(watched(timer("Duration", "PT2H")))
    run.now += timedelta(hours=3)
    assert [one.node for one in run.complete("a").completed] == ["a", "e"]


def test_a_timer_that_does_not_interrupt_starts_one_branch() -> None:
    """The node stays open, the branch beside it outlives it, and the timer fires once."""
    run = Run(watched(timer("Duration", "PT2H"), interrupting=False))
    run.tick(2)
    assert run.people == ["a", "late"]
    run.tick(50)
    assert run.people == ["a", "late"]
    assert not run.complete("a").ended
    assert run.complete("late").ended


def test_a_cycle_repeats_as_often_as_it_says() -> None:
    """Three turns, one branch each, then no more."""
    run = Run(watched(timer("Cycle", "R3/PT1H"), interrupting=False))
    for turn in range(1, 6):
        run.tick(1)
        assert run.people.count("late") == min(turn, 3)
    assert run.last.next_due is None
    assert run.people[0] == "a"


def test_missed_turns_of_a_cycle_collapse_into_one() -> None:
    """After five missed turns one branch begins, the record says five, and the next turn lies ahead."""
    run = Run(watched(timer("Cycle", "R/PT1H"), interrupting=False))
    step = run.tick(5.5)
    assert run.people == ["a", "late"]
    assert step.completed[0].data == {"count": 5}
    assert step.next_due == BEGIN + timedelta(hours=6)


def test_a_limited_cycle_counts_what_it_missed() -> None:
    """A cycle of three turns that missed two has one left."""
    run = Run(watched(timer("Cycle", "R3/PT1H"), interrupting=False))
    run.tick(2.5)
    assert run.last.next_due == BEGIN + timedelta(hours=3)
    run.tick(10)
    assert (run.people, run.last.next_due) == (["a", "late", "late"], None)


def test_a_catch_event_waits_for_its_date() -> None:
    """A date without a zone is home time."""
    run = Run(
        diagram(
            start(), catch("c", timer("Date", "2026-03-02T10:00:00")), user("a"), end(), chain("s", "c", "a", "e")
        )
    )
    assert run.last.next_due == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    run.tick(0.5)
    assert run.people == []
    run.tick(0.5)
    assert run.people == ["a"]


def test_several_timers_fire_in_their_order() -> None:
    """Two due timers fire in one tick, the earlier first."""
    run = Run(
        diagram(
            start(),
            gateway("parallel", "g"),
            catch("second", timer("Duration", "PT2H")),
            catch("first", timer("Duration", "PT1H")),
            script("two", "order = 'second'"),
            script("one", "order = 'first'"),
            gateway("parallel", "j"),
            user("a"),
            end(),
            chain("s", "g", "second", "two", "j", "a", "e"),
            flows("g>first", "first>one", "one>j"),
        )
    )
    step = run.tick(3)
    assert [one.node for one in step.completed] == ["first", "one", "second", "two", "j"]


def test_the_first_event_after_an_event_gateway_wins() -> None:
    """Two timers at one event gateway: the shorter one fires, the other is withdrawn."""
    run = Run(
        diagram(
            start(),
            gateway("eventBased", "g"),
            catch("long", timer("Duration", "PT5H")),
            catch("short", timer("Duration", "PT1H")),
            user("a"),
            user("b"),
            end(),
            chain("s", "g", "long", "a", "e"),
            flows("g>short", "short>b", "b>e"),
        )
    )
    token = run.at("long").token
    assert run.tick(9).withdrawn == (token,)
    assert run.people == ["b"]
    assert run.complete("b").ended


def test_a_timer_follows_its_limit() -> None:
    """A timer that reads a limit sleeps while there is none, and moves when the limit is moved."""
    run = Run(watched(timer("Date", "${due('accept')}")))
    assert (run.last.next_due, run.at("t").due) == (None, None)
    assert run.tick(1000).completed == ()
    later = run.now + timedelta(hours=5)
    assert run.rearm(accept=later).next_due == later
    assert run.rearm(accept=later + timedelta(hours=5)).next_due == later + timedelta(hours=5)
    run.tick(6)
    assert run.people == ["a"]
    run.tick(4)
    assert run.people == ["late"]


def test_rearming_leaves_other_timers_alone() -> None:
    """A timer with its own duration does not begin anew when a limit is moved."""
    run = Run(watched(timer("Duration", "PT2H")))
    run.now += timedelta(hours=1)
    assert run.rearm(accept=run.now).next_due == BEGIN + timedelta(hours=2)


def test_a_timer_may_count_working_time() -> None:
    """The environment's calendar is asked by name."""
    run = Run(watched(timer("Date", "${add_working(now(), '1 工作日')}")))
    assert run.last.next_due == BEGIN + timedelta(days=2)


def test_a_timer_that_cannot_be_set_is_an_incident_beside_its_node() -> None:
    """The node opens for its person although its timer failed."""
    run = Run(watched(timer("Date", "${1 + when}")), data={"when": "x"})
    assert [one.node for one in run.last.incidents] == ["t"]
    assert run.people == ["a"]
    assert run.complete("a").ended


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("PT1H", "2026-01-31T00:00:00+00:00", "2026-01-31T01:00:00+00:00"),
        ("P1M", "2026-01-31T00:00:00+08:00", "2026-02-28T00:00:00+08:00"),
        ("P1Y2M", "2026-01-31T00:00:00+08:00", "2027-03-31T00:00:00+08:00"),
        ("P1W", "2026-01-31T00:00:00+08:00", "2026-02-07T00:00:00+08:00"),
        ("P1DT0.5H", "2026-01-31T00:00:00+08:00", "2026-02-01T00:30:00+08:00"),
    ],
)
def test_durations_follow_the_calendar(text: str, start: str, expected: str) -> None:
    """A month is a month, whatever its length."""
    assert parse_duration(text).after(parse_instant(start)) == parse_instant(expected)


@pytest.mark.parametrize("text", ["", "P", "PT", "1H", "PT1", "P-1D", "P0D", "P999999999D", "PT1H2", "R3/PT1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Anything but a positive ISO duration is refused."""
    with pytest.raises(NoTimeError):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "R", "R/", "R0/PT1H", "R-1/PT1H", "PT1H", "R3/x", "R3/PT1H/PT1H/PT1H", "R9999999/PT1H"]
)
def test_what_is_no_cycle_is_refused(text: str) -> None:
    """Anything but an ISO repetition is refused."""
    with pytest.raises(NoTimeError):
        parse_cycle(text)


def test_a_cycle_may_have_a_start() -> None:
    """A repetition with a start begins there."""
    run = Run(watched(timer("Cycle", "R2/2026-03-03T08:00/P1M"), interrupting=False))
    dues: list[Any] = []
    for _ in range(3):
        dues.append(run.last.next_due)
        run.tick(24 * 31)
    assert dues == [datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC), None]
