"""Decisions (DMN): tables with their hit policies, single expressions, and what they require of each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.engine.port import Problem
from app.errors import UserError
from app.expressions import Budget, Expression, ExpressionRefused
from app.expressions.functions import BUILT_IN
from app.expressions.times import read_date, read_instant
from app.expressions.values import equal, instant, is_number, kind_of
from app.i18n import N_, Listed

SINGLE = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY"})
MANY = frozenset({"COLLECT", "RULE ORDER", "OUTPUT ORDER"})
BY_OUTPUT = frozenset({"PRIORITY", "OUTPUT ORDER"})
AGGREGATES: Mapping[str, str] = {"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}
CELL_INPUT = "cellInput"

Evaluate = Callable[[Expression, Mapping[str, Any], Budget], Any]


class DecisionFault(UserError):
    """The table gives no clear answer for these values."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type that a column names: `text`, `yes_no`, `number`, `whole`, `date` or `instant`."""

    name: str

    def read(self, value: Any) -> Any:
        """Return `value` as this kind, ISO text read as a date or instant; raise ExpressionRefused when it is not."""
        if value is None or _FITS[self.name](value):
            return value
        if self.name in {"date", "instant"} and isinstance(value, str):
            return read_date(value) if self.name == "date" and "T" not in value else read_instant(value)
        if self.name == "instant" and isinstance(value, date):
            return instant(datetime(value.year, value.month, value.day))  # noqa: DTZ001 - home time follows
        wanted = KINDS_IN_WORDS[self.name]
        raise ExpressionRefused(N_("应当是%(wanted)s，得到的是%(kind)s。"), wanted=wanted, kind=kind_of(value))


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "yes_no": lambda value: isinstance(value, bool),
    "number": is_number,
    "whole": lambda value: is_number(value) and value == int(value),
    "date": lambda value: isinstance(value, date),
    "instant": lambda value: isinstance(value, datetime),
}
KINDS_IN_WORDS: Mapping[str, str] = {
    "text": N_("文字"),
    "yes_no": N_("是否"),
    "number": N_("数字"),
    "whole": N_("整数"),
    "date": N_("日期"),
    "instant": N_("时刻"),
}


@dataclass(frozen=True, slots=True)
class Input:
    """One input column: what is looked at, of which kind it must be, and a name for it in the cells."""

    expression: Expression
    kind: Kind | None = None
    variable: str = CELL_INPUT


@dataclass(frozen=True, slots=True)
class Output:
    """One output column; `order` are its values from the most to the least important."""

    name: str
    kind: Kind | None = None
    order: tuple[Any, ...] = ()
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: a test for each input, a value for each output."""

    number: int
    tests: tuple[Expression, ...]
    values: tuple[Expression, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision found: one entry or None for single hit policies, a list of them for the others."""

    outputs: tuple[str, ...]
    found: Any
    text: str

    def variables(self, variable: str | None, mapping: str | None) -> Iterator[tuple[str, Any]]:
        """Yield what to write: each output under its own name, or everything under `variable`."""
        if variable is not None:
            yield variable, self._mapped(mapping)
        elif not isinstance(self.found, list | dict | None) and len(self.outputs) == 1:
            yield self.outputs[0], self.found
        else:
            for name in self.outputs:
                yield name, self._column(name)

    def _column(self, name: str) -> Any:
        if isinstance(self.found, list):
            return [entry[name] for entry in self.found]
        return self.found[name] if isinstance(self.found, dict) else None

    def _mapped(self, mapping: str | None) -> Any:
        one = len(self.outputs) == 1
        if isinstance(self.found, list):
            narrow = mapping == "collectEntries" or (mapping is None and one)
            return self._column(self.outputs[0]) if narrow else self.found
        if not isinstance(self.found, dict):
            return self.found
        if mapping == "resultList":
            return [self.found]
        narrow = mapping == "singleEntry" or (mapping is None and one)
        return self.found[self.outputs[0]] if narrow else self.found


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one decision can see: the data behind `evaluate`, and what the decisions before it found."""

    evaluate: Evaluate
    known: Mapping[str, Any]
    budget: Budget

    def value(self, expression: Expression, own: Mapping[str, Any] | None = None) -> Any:
        return self.evaluate(expression, {**self.known, **(own or {})}, self.budget)


@dataclass(frozen=True, slots=True)
class Literal:
    """The logic of a decision that is one expression."""

    name: str
    expression: Expression
    kind: Kind | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """The one name of its result."""
        return (self.name,)

    @property
    def names(self) -> frozenset[str]:
        """The names of data it reads."""
        return self.expression.names

    def find(self, table: str, sight: _Sight) -> Outcome:
        """Return its value as the only output."""
        value = _checked(table, self.name, self.kind, sight.value(self.expression))
        return Outcome(self.outputs, {self.name: value}, _text(value))

    def hits(self, _table: str, _sight: _Sight) -> tuple[int, ...]:
        """Return nothing: an expression has no rules."""
        return ()


@dataclass(frozen=True, slots=True)
class Table:
    """The logic of a decision that is a table."""

    policy: str
    aggregate: str | None
    inputs: tuple[Input, ...]
    columns: tuple[Output, ...]
    rows: tuple[Row, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the output columns."""
        return tuple(one.name for one in self.columns)

    @property
    def names(self) -> frozenset[str]:
        """The names of data the table reads."""
        cells = [one for row in self.rows for one in (*row.tests, *row.values)]
        expressions = [*(one.expression for one in self.inputs), *cells, *(one.default for one in self.columns)]
        found = frozenset(name for one in expressions if one for name in one.names)
        return found - {one.variable for one in self.inputs}

    def find(self, table: str, sight: _Sight) -> Outcome:
        """Return what the rules that hold say, by the hit policy; raise DecisionFault when that is not clear."""
        hits = list(self._hits(table, sight))
        entries = [self._entry(table, row, sight) for row in hits]
        if not entries and any(one.default for one in self.columns):
            entries = [self._defaults(table, sight)]
        found = self._combine(table, hits, entries)
        # the owner's own words for the rule that hit say more to a reader than the values do
        said = next((row.note for row in hits), "") if self.policy in SINGLE - BY_OUTPUT else ""
        return Outcome(self.outputs, found, said or _text(found))

    def hits(self, table: str, sight: _Sight) -> tuple[int, ...]:
        """Return the numbers of the rules that hold."""
        return tuple(row.number for row in self._hits(table, sight))

    def _hits(self, table: str, sight: _Sight) -> Iterator[Row]:
        seen = []
        for one in self.inputs:
            value = _checked(table, one.expression.text, one.kind, sight.value(one.expression))
            seen.append({"?": value, one.variable: value})
        for row in self.rows:
            if all(sight.value(test, names) is True for test, names in zip(row.tests, seen, strict=True)):
                yield row
                if self.policy == "FIRST":
                    return

    def _entry(self, table: str, row: Row, sight: _Sight) -> dict[str, Any]:
        pairs = zip(self.columns, row.values, strict=True)
        return {one.name: _checked(table, one.name, one.kind, sight.value(value)) for one, value in pairs}

    def _defaults(self, table: str, sight: _Sight) -> dict[str, Any]:
        return {
            one.name: _checked(table, one.name, one.kind, sight.value(one.default)) if one.default else None
            for one in self.columns
        }

    def _combine(self, table: str, hits: list[Row], entries: list[dict[str, Any]]) -> Any:
        if self.policy in BY_OUTPUT:
            entries = sorted(entries, key=lambda entry: self._rank(table, entry))
        if self.policy in MANY:
            return self._aggregated(entries) if self.aggregate else entries
        numbers = Listed(row.number for row in hits)
        if self.policy == "UNIQUE" and len(entries) > 1:
            raise DecisionFault(
                N_("决策表“%(table)s”只允许一条规则成立，第 %(rows)s 条都成立了。"), table=table, rows=numbers
            )
        if self.policy == "ANY" and not all(equal(entry, entries[0], _free) for entry in entries):
            raise DecisionFault(
                N_("决策表“%(table)s”的第 %(rows)s 条规则都成立，结果却不同。"), table=table, rows=numbers
            )
        return entries[0] if entries else None

    def _rank(self, table: str, entry: Mapping[str, Any]) -> tuple[int, ...]:
        """Return where an entry stands among the values in their order; the columns count from the left."""
        return tuple(_place(table, one, entry[one.name]) for one in self.columns if one.order)

    def _aggregated(self, entries: list[dict[str, Any]]) -> Any:
        values = [entry[self.outputs[0]] for entry in entries]
        if self.aggregate == "COUNT":
            return len(values)
        return BUILT_IN[AGGREGATES[self.aggregate or ""]].run(_free, values)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: its logic, and the decisions it requires, each after those that it requires itself."""

    id: str
    name: str
    logic: Table | Literal
    variable: str
    required: tuple[Decision, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names under which the result is written."""
        return self.logic.outputs

    @property
    def names(self) -> frozenset[str]:
        """The names of data that must be there, what the required decisions find left out."""
        found = {name for one in (*self.required, self) for name in one.logic.names}
        return frozenset(found - {name for one in self.required for name in (one.variable, *one.outputs)})

    def decide(self, evaluate: Evaluate) -> Outcome:
        """Return the outcome, or raise DecisionFault; `evaluate(expression, names, budget)` knows the data."""
        return self.logic.find(self.name, self._sight(evaluate))

    def hits(self, evaluate: Evaluate) -> tuple[int, ...]:
        """Return the numbers of the rules that hold, whatever the hit policy makes of them."""
        return self.logic.hits(self.name, self._sight(evaluate))

    def _sight(self, evaluate: Evaluate) -> _Sight:
        known: dict[str, Any] = {}
        budget = Budget()
        for one in self.required:
            found = one.logic.find(one.name, _Sight(evaluate, known, budget))
            known |= dict(found.variables(None, None)) | dict(found.variables(one.variable, None))
        return _Sight(evaluate, known, budget)


def _checked(table: str, column: str, kind: Kind | None, value: Any) -> Any:
    try:
        return value if kind is None else kind.read(value)
    except ExpressionRefused as error:
        raise DecisionFault(
            N_("决策表“%(table)s”的“%(column)s”：%(why)s"), table=table, column=column, why=error
        ) from error


def _place(table: str, column: Output, value: Any) -> int:
    for place, one in enumerate(column.order):
        if equal(one, value, _free):
            return place
    message = N_("决策表“%(table)s”的“%(column)s”没有把“%(value)s”排进先后顺序。")
    raise DecisionFault(message, table=table, column=column.name, value=_text(value))


def _free(_work: int) -> None:
    """Charge nothing: outputs were charged when they were worked out."""


def _text(found: Any) -> str:
    """Return the outcome in one line, for its record."""
    values: Any = list(found.values()) if isinstance(found, Mapping) else found
    if isinstance(values, list) and len(values) == 1:
        (values,) = values
    if isinstance(values, Decimal | date):
        return str(values)
    return (
        values
        if isinstance(values, str)
        else json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str)
    )
