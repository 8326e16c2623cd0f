"""Which rules of a decision table meet, and which values no rule answers.

Each column is cut at every value its cells mention: at these values and between them each cell says the same, so a
few samples stand for all values. Cells are judged by the evaluator that runs cases. A cell that looks at other data
than its own column, or that cannot be judged, never counts as meeting another and never leaves a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, partial
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from app.engine.cells import constant_of
from app.engine.decisions import Input, Table
from app.errors import UserError
from app.expressions import Expression
from app.expressions.naming import names_of
from app.expressions.tree import Anything, Compared, Constant, In, Node, OneOf, Within
from app.expressions.values import is_number

MOST_STATES = 20_000
LARGEST = 400  # rules; beyond them a look while one types would take too long
OTHER = "…"  # a text that no table mentions
Holds = Callable[[Any], bool]
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "!=": ne}


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a column that stands for all values like it; `between` says it is not one of the mentioned."""

    value: Any
    between: bool = False


@dataclass(frozen=True)
class Coverage:
    """A table seen through samples; bit n of a number stands for its nth rule."""

    table: Table

    @cached_property
    def samples(self) -> tuple[tuple[Sample, ...], ...]:
        """The samples of each column."""
        return tuple(tuple(_samples(one, [row.tests[at] for row in self.table.rows])) for at, one in self._inputs)

    def meetings(self) -> Iterator[tuple[int, int]]:
        """Yield pairs of rules, as numbers, that hold for the same values."""
        for place, row in enumerate(self.table.rows):
            mates = (1 << place) - 1
            for column in self._sure:
                mates &= _any(rules for rules in column if rules >> place & 1)
            yield from (
                (other.number, row.number) for at, other in enumerate(self.table.rows[:place]) if mates >> at & 1
            )

    def gap(self) -> tuple[Sample, ...] | None:
        """Return one row of values that no rule answers; None when there is none or it takes too long to know."""
        everything = (1 << len(self.table.rows)) - 1
        seen: set[tuple[int, int]] = set()
        waiting: list[tuple[int, tuple[Sample, ...]]] = [(everything, ())]
        while waiting and len(seen) < MOST_STATES:
            rules, chosen = waiting.pop()
            depth = len(chosen)
            if depth == len(self.samples) or (depth, rules) in seen:
                continue
            seen.add((depth, rules))
            for sample, column in zip(self.samples[depth], self._possible[depth], strict=True):
                if not rules & column:
                    return (*chosen, sample, *(one[0] for one in self.samples[depth + 1 :]))
                waiting.append((rules & column, (*chosen, sample)))
        return None

    @property
    def _inputs(self) -> list[tuple[int, Input]]:
        return list(enumerate(self.table.inputs))

    @cached_property
    def _sure(self) -> list[list[int]]:
        return [[_any(_bits(judged, sure=True)) for judged in column] for column in self._judged]

    @cached_property
    def _possible(self) -> list[list[int]]:
        return [[_any(_bits(judged, sure=False)) for judged in column] for column in self._judged]

    @cached_property
    def _judged(self) -> list[list[list[bool | None]]]:
        return [[list(judged) for judged in zip(*self._by_rule(at, one), strict=True)] for at, one in self._inputs]

    def _by_rule(self, at: int, column: Input) -> Iterator[list[bool | None]]:
        judge = (_judge(row.tests[at], column.variable, self.samples[at]) for row in self.table.rows)
        return (list(one) for one in judge)


def _bits(judged: list[bool | None], *, sure: bool) -> Iterator[int]:
    """Yield the bit of each rule that holds for sure, or that may hold."""
    return (1 << place for place, holds in enumerate(judged) if holds is True or (holds is None and not sure))


def _any(bits: Iterator[int]) -> int:
    found = 0
    for one in bits:
        found |= one
    return found


def _judge(test: Expression, variable: str, samples: tuple[Sample, ...]) -> Iterator[bool | None]:
    """Say for each sample whether a cell holds for it; None when that depends on other data."""
    plain = _plainly(test)
    if plain is not None:
        yield from (any(one(sample.value) for one in plain) for sample in samples)
        return
    free = not names_of(test.root).sure.keys() - {"?", variable} and not test.functions
    for sample in samples:
        yield _asked(test, {"?": sample.value, variable: sample.value}) if free else None


def _asked(test: Expression, own: Mapping[str, Any]) -> bool | None:
    try:
        return test.evaluate(own) is True
    except UserError:
        return None


def _plainly(test: Expression) -> list[Holds] | None:
    """Return a cell of plain numbers, texts and ranges as functions: large tables have thousands of those."""
    parts = test.root.tests if isinstance(test.root, In) else ()
    found = [_one_plainly(part) for part in parts]
    return [one for one in found if one is not None] if found and all(found) else None


def _one_plainly(part: Node) -> Holds | None:
    if isinstance(part, Anything):
        return lambda _value: True
    if isinstance(part, OneOf) and (same := _bound(part.choices)) is not None:
        return lambda value: bool(value == same)
    if isinstance(part, Compared) and (bound := _bound(part.bound)) is not None:
        compare = _COMPARE.get(part.operator) if is_number(bound) else None
        return partial(_compared, compare, bound) if compare else None
    if isinstance(part, Within):
        low, high = _bound(part.low), _bound(part.high)
        if is_number(low) and is_number(high):
            after, before = (lt if part.open_low else le), (lt if part.open_high else le)
            return lambda value: bool(after(low, value) and before(value, high))
    return None


def _compared(compare: Callable[[Any, Any], bool], bound: Any, value: Any) -> bool:
    return bool(compare(value, bound))


def _bound(node: Node) -> Any:
    """Return a number or text that is written out, None for all else."""
    constant = constant_of(node)
    value = constant.value if constant else None
    return value if is_number(value) or isinstance(value, str) else None


def _samples(column: Input, tests: list[Expression]) -> Iterator[Sample]:
    """Yield the values a column's cells mention, and one between each two of them and beyond both ends."""
    kind = column.kind.name if column.kind else ""
    nodes = [one for test in tests for one in test.root.walk()]
    constants = [found.value for one in nodes if (found := constant_of(one))]
    dates = [value for test in tests for value in _dates(test)]
    if kind == "yes_no" or (not kind and any(isinstance(one, bool) for one in constants)):
        yield from (Sample(True), Sample(False))
    elif kind in {"number", "whole"} or (not kind and any(is_number(one) for one in constants)):
        yield from _numbers({one for one in constants if is_number(one)}, whole=kind == "whole")
    elif kind in {"date", "instant"} or (not kind and dates):
        yield from _days(set(dates))
    else:
        texts = dict.fromkeys(one for one in constants if isinstance(one, str))
        yield from (*map(Sample, texts), Sample(OTHER, between=True))


def _numbers(mentioned: set[Any], *, whole: bool) -> Iterator[Sample]:
    found = sorted(mentioned)
    if not found:
        yield Sample(0, between=True)
        return
    yield Sample(found[0] - 1, between=True)
    for one, after in zip(found, [*found[1:], None], strict=True):
        yield Sample(one)
        middle = one + 1 if after is None else (Decimal(one) + Decimal(after)) / 2
        if after is None or not whole or after - one > 1:
            yield Sample(one + 1 if whole else middle, between=True)


def _dates(test: Expression) -> Iterator[date]:
    """Yield the dates written in a cell, as `date("…")` or `@"…"`."""
    for one in test.root.walk():
        value = one.value if isinstance(one, Constant) else None
        if isinstance(value, date):
            yield value
        elif isinstance(value, str):
            try:
                yield datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
            except ValueError:
                continue


def _days(mentioned: set[date]) -> Iterator[Sample]:
    days = sorted({one.date() if isinstance(one, datetime) else one for one in mentioned})
    if not days:
        yield Sample(date(2026, 1, 1), between=True)
        return
    yield Sample(days[0] - timedelta(days=1), between=True)
    for one, after in zip(days, [*days[1:], None], strict=True):
        yield Sample(one)
        if after is None or after - one > timedelta(days=1):
            yield Sample(one + timedelta(days=1), between=True)


def in_words(table: Table, gap: tuple[Sample, ...]) -> Mapping[str, Sample]:
    """Return a gap as the value of each column, by what the column looks at."""
    return {one.expression.text: sample for one, sample in zip(table.inputs, gap, strict=True)}
