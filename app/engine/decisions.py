"""Decision tables (DMN): reading them, and the one evaluator of their hit policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.port import DiagramRefused, Problem
from app.engine.state import dump
from app.engine.xml import child_text, children, descendants, read_xml
from app.errors import UserError
from app.expressions import Expression, ExpressionRefused, feel
from app.expressions.functions import BUILT_IN
from app.i18n import N_, Listed

MAX_RULES = 2000
SINGLE = frozenset({"UNIQUE", "FIRST", "ANY"})
MANY = frozenset({"COLLECT", "RULE ORDER"})
_AGGREGATES = {"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}


class DecisionFault(UserError):
    """The table gives no clear answer for these values."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: a test for each input, a value for each output."""

    number: int
    tests: tuple[Expression, ...]
    values: tuple[Expression, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table decided: one entry or None for single hit policies, a list of them for the others."""

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
class Decision:
    """One decision table."""

    id: str
    name: str
    policy: str
    aggregate: str | None
    inputs: tuple[Expression, ...]
    outputs: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of data the table reads."""
        expressions = [*self.inputs, *(one for row in self.rows for one in (*row.tests, *row.values))]
        return frozenset(name for one in expressions for name in one.names)

    def decide(self, evaluate: Callable[..., Any]) -> Outcome:
        """Return the outcome, or raise DecisionFault; `evaluate(expression, names)` knows the data."""
        inputs = [evaluate(one) for one in self.inputs]
        hits = []
        for row in self.rows:
            tests = zip(row.tests, inputs, strict=True)
            if all(evaluate(test, {"?": value}) for test, value in tests):
                hits.append(row)
                if self.policy == "FIRST":
                    break
        entries = [self._entry(row, evaluate) for row in hits]
        found = self._combine(hits, entries)
        # the owner's own words for the rule that hit say more to a reader than the values do
        said = hits[0].note if self.policy not in MANY and hits else ""
        return Outcome(self.outputs, found, said or _text(found))

    def _entry(self, row: Row, evaluate: Callable[..., Any]) -> dict[str, Any]:
        values = (evaluate(one) for one in row.values)
        return dict(zip(self.outputs, values, strict=True))

    def _combine(self, hits: list[Row], entries: list[dict[str, Any]]) -> Any:
        if self.policy in MANY:
            return self._aggregated(entries) if self.aggregate else entries
        numbers = Listed(row.number for row in hits)
        if self.policy == "UNIQUE" and len(entries) > 1:
            raise DecisionFault(
                N_("决策表“%(table)s”只允许一条规则成立，第 %(rows)s 条都成立了。"), table=self.name, rows=numbers
            )
        if self.policy == "ANY" and any(entry != entries[0] for entry in entries):
            raise DecisionFault(
                N_("决策表“%(table)s”的第 %(rows)s 条规则都成立，结果却不同。"), table=self.name, rows=numbers
            )
        return entries[0] if entries else None

    def _aggregated(self, entries: list[dict[str, Any]]) -> Any:
        values = [entry[self.outputs[0]] for entry in entries]
        if self.aggregate == "COUNT":
            return len(values)
        return BUILT_IN[_AGGREGATES[self.aggregate or ""]].run(lambda _work: None, values)


def read_decisions(source: str, content: bytes) -> dict[str, Decision]:
    """Return the decisions of a DMN file by id; raise DiagramRefused with all that is wrong in it."""
    root = read_xml(content, "definitions", source)
    problems: list[Problem] = []
    found = {}
    for node in descendants(root, "decision"):
        reader = _Reader(source, node, problems)
        decision = reader.read()
        if decision is not None:
            found[decision.id] = decision
    if problems:
        raise DiagramRefused(tuple(problems))
    return found


class _Reader:
    """Reads one decision and collects its problems."""

    def __init__(self, source: str, node: Any, problems: list[Problem]) -> None:
        self.source = source
        self.node = node
        self.problems = problems
        self.name = node.get("name") or node.get("id") or source

    def read(self) -> Decision | None:
        """Return the decision; None when something is wrong with it."""
        before = len(self.problems)
        tables = children(self.node, "decisionTable")
        if not tables or descendants(self.node, "requiredDecision"):
            fix = N_("请改成一张独立的决策表。")
            self._problem(self.node, N_("“%(name)s”不是独立的决策表。"), fix)
            return None
        decision = self._table(tables[0])
        return decision if len(self.problems) == before else None

    def _table(self, table: Any) -> Decision:
        policy = (table.get("hitPolicy") or "UNIQUE").strip().upper()
        aggregate = table.get("aggregation")
        if policy not in SINGLE | MANY or (aggregate and aggregate not in _AGGREGATES):
            self._problem(
                table, N_("不支持命中策略 %(policy)s。"), N_("请改用 UNIQUE、FIRST、ANY 或 COLLECT。"), policy=policy
            )
        inputs = [self._input(one) for one in children(table, "input")]
        outputs = [one.get("name") or "" for one in children(table, "output")]
        if not outputs or not all(outputs) or (aggregate and len(outputs) > 1):
            self._problem(table, N_("输出列没有名称，或者汇总的表有几个输出列。"), N_("给每个输出列写上名称。"))
        rules = children(table, "rule")
        if len(rules) > MAX_RULES:
            self._problem(table, N_("规则太多，最多 %(count)s 条。"), N_("拆成几张表。"), count=MAX_RULES)
        rows = [self._row(number, rule, len(inputs), len(outputs)) for number, rule in enumerate(rules, 1)]
        return Decision(
            id=self.node.get("id") or "",
            name=self.name,
            policy=policy,
            aggregate=aggregate,
            inputs=tuple(one for one in inputs if one),
            outputs=tuple(outputs),
            rows=tuple(row for row in rows if row),
        )

    def _input(self, node: Any) -> Expression | None:
        expression = next(iter(children(node, "inputExpression")), None)
        text = child_text(expression, "text") if expression is not None else None
        if text:
            return self._parse(node, text, feel.parse)
        self._problem(node, N_("输入列没有表达式。"), N_("写上要判断的数据，例如 priority。"))
        return None

    def _row(self, number: int, rule: Any, inputs: int, outputs: int) -> Row | None:
        tests = [
            self._parse(one, child_text(one, "text") or "-", feel.parse_tests) for one in children(rule, "inputEntry")
        ]
        values = [
            self._parse(one, child_text(one, "text") or "null", feel.parse) for one in children(rule, "outputEntry")
        ]
        if len(tests) != inputs or len(values) != outputs:
            self._problem(
                rule, N_("第 %(number)s 条规则的格数不对。"), N_("请在决策表编辑器里重新保存。"), number=number
            )
            return None
        note = "；".join(said for one in children(rule, "annotationEntry") if (said := child_text(one, "text")))
        return Row(number, tuple(one for one in tests if one), tuple(one for one in values if one), note)

    def _parse(self, node: Any, text: str, read: Callable[[str], Expression]) -> Expression | None:
        try:
            return read(text)
        except ExpressionRefused as error:
            self._problem(node, N_("“%(text)s”：%(why)s"), N_("请按 FEEL 改正这一格。"), text=text[:80], why=error)
            return None

    def _problem(self, node: Any, message: str, fix: str, **values: Any) -> None:
        values = {"name": self.name, **values}
        identity = self.node.get("id")
        self.problems.append(Problem("decision", "error", identity, self.name, node.sourceline, message, values, fix))


def _text(found: Any) -> str:
    """Return the outcome in one line, for its record."""
    values: Any = list(found.values()) if isinstance(found, Mapping) else found
    if isinstance(values, list) and len(values) == 1:
        (values,) = values
    return values if isinstance(values, str) else dump(values)
