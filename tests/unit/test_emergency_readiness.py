"""Rules about readiness: numbers, the next drill, gaps and overlaps of duty."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.emergency import readiness
from app.emergency.operations.plans import tidied
from app.emergency.readiness import Span
from app.emergency.rules import KINDS, TARGETS
from app.emergency.seeds import shipped

NOON = datetime(2026, 11, 17, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def span(start: int, end: int, name: str = "甲") -> Span:
    return Span(NOON + start * HOUR, NOON + end * HOUR, name)


def test_a_number_counts_for_a_month_after_it_was_found_right() -> None:
    checked = NOON - timedelta(days=31)
    assert readiness.is_valid("13900000000", checked, NOON)
    assert not readiness.is_valid("13900000000", checked - timedelta(seconds=1), NOON)
    assert not readiness.is_valid("13900000000", None, NOON)
    assert not readiness.is_valid("", NOON, NOON)


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 17), 12, date(2027, 11, 17)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_the_next_drill_is_due_on_the_same_day_of_a_later_month(day: date, months: int, due: date) -> None:
    assert readiness.months_after(day, months) == due


def test_the_lamp_is_amber_for_thirty_days_and_red_from_the_day_after() -> None:
    due = date(2026, 12, 31)
    lamps = [readiness.drill_lamp(due, due + timedelta(days=days)) for days in (-31, -30, 0, 1)]
    assert lamps == ["green", "amber", "amber", "red"]


def test_gaps_are_what_no_shift_covers_whatever_their_order() -> None:
    spans = [span(10, 24), span(-5, 3), span(2, 8, "乙")]
    assert readiness.gaps(spans, NOON, NOON + 24 * HOUR) == [(NOON + 8 * HOUR, NOON + 10 * HOUR)]
    assert readiness.gaps([], NOON, NOON + HOUR) == [(NOON, NOON + HOUR)]
    assert readiness.gaps([span(1, 2)], NOON, NOON + 3 * HOUR) == [
        (NOON, NOON + HOUR),
        (NOON + 2 * HOUR, NOON + 3 * HOUR),
    ]
    assert readiness.gaps([span(30, 40)], NOON, NOON + 24 * HOUR) == [(NOON, NOON + 24 * HOUR)]


def test_two_at_the_same_time_are_named_once_and_touching_shifts_are_none() -> None:
    found = readiness.overlaps([span(3, 8, "乙"), span(0, 4), span(8, 9)])
    assert [(one.name, other.name, start, end) for one, other, start, end in found] == [
        ("甲", "乙", NOON + 3 * HOUR, NOON + 4 * HOUR)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_plan_is_one_that_could_be_typed(kind: str) -> None:
    """Its text passes the same checks, has every target and a script, and its HTML is what the cleaning leaves."""
    text, neat = shipped(kind), tidied(shipped(kind))
    assert set(neat.targets) == set(TARGETS)
    assert neat.targets == text.targets
    assert len(neat.script) >= 3
    assert neat.knowledge
    assert neat.body == text.body.replace("\n", "")
    assert "<li>" not in neat.body.replace("<li><p>", "")
