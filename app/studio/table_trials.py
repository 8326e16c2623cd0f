"""A decision table as its owner tries and checks it: problems by row, what it looks at, what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

from app.engine import DiagramRefused, Environment, Problem
from app.engine.decisions import Decision, Kind, Outcome, Table
from app.engine.dmn import read_decisions
from app.engine.outside import functions_of
from app.engine.xml import descendants, read_xml
from app.errors import UserError
from app.expressions import Budget, Expression, ExpressionRefused, feel
from app.i18n import N_, Listed
from app.studio.coverage import LARGEST, Coverage, Sample, in_words

MOST_MEETINGS = 30
ALONE = frozenset({"UNIQUE", "ANY"})
OTHER_VALUE = N_("别的值")
KINDS = ("text", "number", "whole", "yes_no", "date", "instant")
_ENTRIES = ("inputEntry", "outputEntry", "defaultOutputEntry")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing wrong with a table; `row` is the number of the rule, where one is meant."""

    severity: str
    row: int | None
    message: str
    values: Mapping[str, Any]
    fix: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One value that a decision looks at; `kind` is empty when the column names none."""

    text: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a trial found."""

    rows: tuple[int, ...]
    outcome: Outcome | None
    refusal: UserError | None = None


def judge(name: str, content: bytes) -> tuple[dict[str, Decision], list[Found]]:
    """Return the decisions of a file, and all that is wrong with it: bad cells, rules that meet, values missed."""
    try:
        even = _one_cell_a_line(content)
        decisions = read_decisions(name, even)
    except DiagramRefused as refused:
        rows = _rows_by_line(content)
        return {}, [_told(one, rows) for one in refused.problems]
    rows = _rows_by_line(content)
    found = [_told(one, rows) for decision in decisions.values() for one in decision.warnings]
    return decisions, [*found, *(one for decision in decisions.values() for one in _coverage(decision))]


def asked_of(decision: Decision) -> list[Asked]:
    """Return what must be typed to try a decision, each once."""
    found: dict[str, Asked] = {}
    known: set[str] = set()
    for one in (*decision.required, decision):
        columns = one.logic.inputs if isinstance(one.logic, Table) else ()
        for column in columns:
            if not column.expression.names <= known:
                kind = column.kind.name if column.kind else ""
                found.setdefault(column.expression.text, Asked(column.expression.text, "", kind))
        covered = {name for column in columns for name in column.expression.names}
        for name in sorted(one.logic.names - covered - known):
            found.setdefault(name, Asked(name, "", ""))
        known |= {one.variable, *one.outputs}
    return list(found.values())


def try_decision(decision: Decision, typed: Mapping[str, tuple[str, str]]) -> Answer:
    """Ask a decision; `typed` maps what it looks at to kind and text. A refusal is part of the answer."""
    try:
        values = {text: read_value(kind, value) for text, (kind, value) in typed.items()}
    except UserError as error:
        return Answer((), None, error)
    functions = functions_of(Environment(now=datetime.now(UTC)))

    def evaluate(expression: Expression, names: Mapping[str, Any], budget: Budget) -> Any:
        if expression.text in values:
            return values[expression.text]
        return expression.evaluate({**values, **names}, functions, budget)

    try:
        rows = decision.hits(evaluate)
        return Answer(rows, decision.decide(evaluate))
    except UserError as error:
        return Answer(_hits(decision, evaluate), None, error)


def _hits(decision: Decision, evaluate: Any) -> tuple[int, ...]:
    try:
        return decision.hits(evaluate)
    except UserError:
        return ()


def read_value(kind: str, text: str) -> Any:
    """Return what somebody typed as a value of a kind; an empty text is no value."""
    text = text.strip()
    if not text:
        return None
    if kind in {"number", "whole", "yes_no"}:
        value = _literal(text)
        return Kind(kind).read(value)
    return Kind(kind).read(text) if kind in {"date", "instant"} else text


def _literal(text: str) -> Any:
    read = feel.parse(text)
    if read.names or read.functions:
        raise ExpressionRefused(N_("“%(text)s”不是数字，也不是 true 或 false。"), text=text[:80])
    return read.evaluate({})


def _coverage(decision: Decision) -> Iterator[Found]:
    table = decision.logic
    if not isinstance(table, Table) or not table.rows or not table.inputs:
        return
    if len(table.rows) > LARGEST:
        message = N_("“%(name)s”有 %(count)s 条规则，太多了，没有核对哪些会同时成立。")
        fix = N_("拆成几张表，每张最多 %(most)s 条。")
        yield Found("warning", None, message, {"name": decision.name, "count": len(table.rows), "most": LARGEST}, fix)
        return
    coverage = Coverage(table)
    if table.policy == "UNIQUE":
        yield from _meetings(decision, coverage)
    many = table.policy in {"COLLECT", "RULE ORDER", "OUTPUT ORDER"}
    gap = None if many or any(one.default for one in table.columns) else coverage.gap()
    if gap is not None:
        said = Listed(f"{name} = {_said(sample)}" for name, sample in in_words(table, gap).items())
        message = N_("“%(name)s”没有一条规则管这种情况：%(values)s。")
        fix = N_("加一条规则，或者给结果写一个默认值；确实不会出现就不用管。")
        yield Found("warning", None, message, {"name": decision.name, "values": said}, fix)


def _meetings(decision: Decision, coverage: Coverage) -> Iterator[Found]:
    for count, (first, second) in enumerate(coverage.meetings()):
        if count == MOST_MEETINGS:
            return
        message = N_("第 %(first)s 条和第 %(second)s 条规则会同时成立，这张表只允许一条成立。")
        fix = N_("改其中一条的条件，或者把命中策略改成“首条”。")
        yield Found("error", second, message, {"first": first, "second": second, "name": decision.name}, fix)


def _said(sample: Sample) -> str:
    value = sample.value
    if isinstance(value, str):
        return OTHER_VALUE if sample.between else f"“{value}”"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _told(problem: Problem, rows: Mapping[int, int]) -> Found:
    number = problem.values.get("number")
    row = number if isinstance(number, int) else rows.get(problem.line or 0)
    return Found(problem.severity, row, problem.message, problem.values, problem.fix)


def _one_cell_a_line(content: bytes) -> bytes:
    """Return the file with every element on a line of its own, so that a line names one cell."""
    root = read_xml(content, "definitions")
    etree.indent(root)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def _rows_by_line(content: bytes) -> dict[int, int]:
    """Map the lines of an evened file to the rules whose cells stand there."""
    try:
        root = read_xml(_one_cell_a_line(content), "definitions")
    except DiagramRefused:
        return {}
    return {
        cell.sourceline: number
        for table in descendants(root, "decisionTable")
        for number, rule in enumerate(table.iterchildren("{*}rule"), 1)
        for one in _ENTRIES
        for cell in rule.iterchildren("{*}" + one)
    }
