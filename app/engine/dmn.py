"""Reads DMN files: every problem with element, line and column; nothing unknown is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.engine.decisions import (
    AGGREGATES,
    BY_OUTPUT,
    CELL_INPUT,
    KINDS_IN_WORDS,
    MANY,
    SINGLE,
    Decision,
    Input,
    Kind,
    Literal,
    Output,
    Row,
    Table,
)
from app.engine.outside import FUNCTIONS
from app.engine.port import DiagramRefused, Problem, Severity
from app.engine.xml import child_text, children, descendants, read_xml
from app.expressions import Expression, ExpressionRefused, feel, juel, tree
from app.expressions.values import is_number, kind_of, negate
from app.i18n import N_

MAX_RULES = 2000
MAX_CELLS = 20_000
_KINDS: Mapping[str, str] = {
    "string": "text",
    "boolean": "yes_no",
    "number": "number",
    "double": "number",
    "float": "number",
    "integer": "whole",
    "long": "whole",
    "short": "whole",
    "date": "date",
    "dateTime": "instant",
    "date and time": "instant",
}
_ANY_KIND = frozenset({"", "any", "context", "list", "time", "duration"})
_REQUIREMENT = "requiredDecision"


def read_decisions(source: str, content: bytes) -> dict[str, Decision]:
    """Return the decisions of a DMN file by id; raise DiagramRefused with all that is wrong in it."""
    root = read_xml(content, "definitions", source)
    file = _File(source, root)
    found = {one.get("id") or "": _Reader(file, one) for one in children(root, "decision")}
    read = {name: reader.read() for name, reader in found.items()}
    for name, reader in found.items():
        reader.check_required(name, found)
    if any(one.severity == "error" for one in file.problems):
        raise DiagramRefused(tuple(file.problems))
    made = {name: one for name, one in read.items() if one is not None}
    return {name: replace(one, required=tuple(_required(name, found, made))) for name, one in made.items()}


def _required(name: str, readers: Mapping[str, _Reader], made: Mapping[str, Decision]) -> Iterator[Decision]:
    """Yield the decisions that `name` requires, each after its own."""
    order: dict[str, None] = {}

    def visit(one: str) -> None:
        for before in readers[one].requires:
            if before not in order:
                visit(before)
                order[before] = None

    visit(name)
    return (made[one] for one in order)


@dataclass(slots=True)
class _File:
    """One DMN file and what is wrong in it."""

    source: str
    root: Any
    problems: list[Problem] = field(default_factory=list)

    def kind(self, name: str, depth: int = 0) -> str | None:
        """Return the kind a typeRef means, over the file's own types too; None when it restricts nothing."""
        name = name.rpartition(":")[2].strip()
        if name in _KINDS or name.lower() in _ANY_KIND or name.endswith(("Duration", "duration")):
            return _KINDS.get(name)
        for one in children(self.root, "itemDefinition"):
            if one.get("name") == name and depth < len(_KINDS):
                own = "" if one.get("isCollection") == "true" else child_text(one, "typeRef") or ""
                return self.kind(own, depth + 1)
        raise KeyError(name)


class _Reader:
    """Reads one decision and collects its problems."""

    def __init__(self, file: _File, node: Any) -> None:
        self.file = file
        self.node = node
        self.id = node.get("id") or ""
        self.name = node.get("name") or self.id or file.source
        self.warnings: list[Problem] = []
        hrefs = (one.get("href") or "" for one in descendants(node, _REQUIREMENT))
        self.requires = [href.rpartition("#")[2] for href in hrefs]

    def read(self) -> Decision | None:
        """Return the decision without what it requires; None when something is wrong with it."""
        before = len(self.file.problems)
        logic = self._logic()
        if logic is None or any(one.severity == "error" for one in self.file.problems[before:]):
            return None
        return Decision(self.id, self.name, logic, self._variable(), warnings=tuple(self.warnings))

    def check_required(self, name: str, readers: Mapping[str, _Reader]) -> None:
        """Report required decisions that are missing or that require this one again."""
        for one in self.requires:
            if one not in readers:
                message, fix = N_("“%(name)s”依赖的决策“%(other)s”不在文件里。"), N_("把它画进同一个文件。")
                self._problem(self.node, message, fix, other=one)
        if name in _reached(name, readers):
            self._problem(self.node, N_("“%(name)s”的依赖绕回到它自己。"), N_("去掉其中一条依赖线。"))
            self.requires = []

    def _variable(self) -> str:
        variable = next(iter(children(self.node, "variable")), None)
        return (variable.get("name") if variable is not None else None) or self.id

    def _logic(self) -> Table | Literal | None:
        if descendants(self.node, "requiredKnowledge"):
            self._problem(self.node, N_("“%(name)s”用了业务知识模型，这里不支持。"), N_("请改成一项决策，用依赖线连上。"))
        for node in children(self.node, "decisionTable"):
            return self._table(node)
        for node in children(self.node, "literalExpression"):
            return self._literal(node)
        fix = N_("请改成一张决策表，或者一个表达式。")
        return self._problem(self.node, N_("“%(name)s”不是决策表，也不是一个表达式。"), fix)

    def _literal(self, node: Any) -> Literal | None:
        expression = self._parse(node, child_text(node, "text") or "", "expression")
        variable = next(iter(children(self.node, "variable")), None)
        kind = self._kind(node, variable if variable is not None else node)
        return Literal(self._variable(), expression, kind) if expression else None

    def _table(self, table: Any) -> Table:
        policy = (table.get("hitPolicy") or "UNIQUE").strip().upper()
        aggregate = table.get("aggregation")
        self._check_policy(table, policy, aggregate)
        inputs = [self._input(one) for one in children(table, "input")]
        outputs = [self._output(one, only=len(children(table, "output")) == 1) for one in children(table, "output")]
        names = [one.name for one in outputs]
        if not all(names) or not names or len(set(names)) < len(names) or (aggregate and len(outputs) > 1):
            self._problem(
                table, N_("输出列没有名称、名称相同，或者汇总的表有几个输出列。"), N_("给每个输出列写上名称。")
            )
        if policy in BY_OUTPUT and not any(one.order for one in outputs):
            fix = N_("在输出列的“允许的值”里从重要到次要写上各个值。")
            self._problem(table, N_("%(policy)s 要有输出值的先后顺序。"), fix, policy=policy)
        rows = self._rows(table, inputs, outputs)
        self._check_order(table, policy, rows, outputs)
        return Table(policy, aggregate, tuple(one for one in inputs if one), tuple(outputs), tuple(rows))

    def _check_policy(self, table: Any, policy: str, aggregate: str | None) -> None:
        if policy not in SINGLE | MANY:
            fix = N_("请改用 UNIQUE、FIRST、ANY、PRIORITY、COLLECT、RULE ORDER 或 OUTPUT ORDER。")
            self._problem(table, N_("不支持命中策略 %(policy)s。"), fix, policy=policy)
        if aggregate and (aggregate not in AGGREGATES or policy != "COLLECT"):
            fix = N_("汇总方式 SUM、MIN、MAX、COUNT 只能和 COLLECT 一起用。")
            self._problem(table, N_("不支持汇总方式 %(aggregate)s。"), fix, aggregate=aggregate)

    def _input(self, node: Any) -> Input | None:
        expression = next(iter(children(node, "inputExpression")), None)
        text = child_text(expression, "text") if expression is not None else None
        if expression is None or not text:
            self._problem(node, N_("输入列没有表达式。"), N_("写上要判断的数据，例如 priority。"))
            return None
        read = self._parse(expression, text, "expression")
        variable = next((value for name, value in node.attrib.items() if name.endswith("}inputVariable")), None)
        return Input(read, self._kind(node, expression), variable or CELL_INPUT) if read else None

    def _output(self, node: Any, *, only: bool) -> Output:
        allowed = next(iter(children(node, "outputValues")), None)
        default = next(iter(children(node, "defaultOutputEntry")), None)
        name = node.get("name") or (self._variable() if only else "")
        kind = self._kind(node, node)
        order = self._order(allowed) if allowed is not None else ()
        text = child_text(default, "text") if default is not None else None
        read = self._value(default, text, Output(name, kind)) if text else None
        return Output(name, kind, order, read)

    def _order(self, node: Any) -> tuple[Any, ...]:
        """Read the values of an output in their order; other restrictions than values give no order."""
        read = self._parse(node, child_text(node, "text") or "-", "tests")
        tests = read.root.tests if read and isinstance(read.root, tree.In) else ()
        values = [_constant(one.choices) for one in tests if isinstance(one, tree.OneOf)]
        return tuple(one.value for one in values if one) if all(values) else ()

    def _rows(self, table: Any, inputs: list[Input | None], outputs: list[Output]) -> list[Row]:
        rules = children(table, "rule")
        if len(rules) > MAX_RULES or len(rules) * (len(inputs) + len(outputs)) > MAX_CELLS:
            fix = N_("拆成几张表。")
            self._problem(
                table, N_("规则太多，最多 %(count)s 条、%(cells)s 格。"), fix, count=MAX_RULES, cells=MAX_CELLS
            )
            return []
        found = [self._row(number, rule, inputs, outputs) for number, rule in enumerate(rules, 1)]
        return [one for one in found if one]

    def _row(self, number: int, rule: Any, inputs: list[Input | None], outputs: list[Output]) -> Row | None:
        tests, values = children(rule, "inputEntry"), children(rule, "outputEntry")
        if len(tests) != len(inputs) or len(values) != len(outputs):
            message, fix = N_("第 %(number)s 条规则的格数不对。"), N_("请在决策表编辑器里重新保存。")
            return self._problem(rule, message, fix, number=number)
        read = [self._test(one, column) for one, column in zip(tests, inputs, strict=True)]
        given = [
            self._value(one, child_text(one, "text") or "null", column)
            for one, column in zip(values, outputs, strict=True)
        ]
        note = "；".join(said for one in children(rule, "annotationEntry") if (said := child_text(one, "text")))
        if not all((*read, *given)):
            return None
        note = note or child_text(rule, "description") or ""
        return Row(number, tuple(one for one in read if one), tuple(one for one in given if one), note)

    def _test(self, node: Any, column: Input | None) -> Expression | None:
        read = self._parse(node, child_text(node, "text") or "-", "tests")
        if read and column and column.kind:
            for bound in _bounds(read):
                self._check_kind(node, read, column.kind, bound)
        return read

    def _value(self, node: Any, text: str, column: Output) -> Expression | None:
        read = self._parse(node, text, "expression")
        constant = _constant(read.root) if read else None
        if read and constant and column.kind:
            self._check_kind(node, read, column.kind, constant)
        return read

    def _check_kind(self, node: Any, read: Expression, kind: Kind, constant: tree.Constant) -> None:
        try:
            fits = not isinstance(constant.value, str) or kind.name == "text"
            if fits:
                kind.read(constant.value)
        except ExpressionRefused:
            fits = False
        if not fits:
            message = N_("“%(text)s”是%(kind)s，这一列要的是%(wanted)s。")
            fix = N_('改这一格，或者改这一列的类型；日期写成 date("2026-03-02")。')
            wanted = KINDS_IN_WORDS[kind.name]
            self._problem(node, message, fix, text=read.text[:80], kind=kind_of(constant.value), wanted=wanted)

    def _check_order(self, table: Any, policy: str, rows: list[Row], outputs: list[Output]) -> None:
        """Report rules that never come into play, and outputs that have no place in the order."""
        everything = next((row for row in rows if row.tests and all(_takes_all(one) for one in row.tests)), None)
        if policy == "FIRST" and everything and everything is not rows[-1]:
            message = N_("第 %(number)s 条规则总是成立，它后面的规则永远轮不到。")
            fix = N_("把它移到最后，或者去掉后面的规则。")
            self._problem(table, message, fix, severity="warning", number=everything.number)
        for row in rows if policy in BY_OUTPUT else []:
            for column, value in zip(outputs, row.values, strict=True):
                constant = _constant(value.root)
                if column.order and constant and constant.value not in column.order:
                    message = N_("第 %(number)s 条规则的“%(text)s”没有排进先后顺序。")
                    fix = N_("把它写进这一列“允许的值”。")
                    self._problem(table, message, fix, number=row.number, text=value.text[:80])

    def _kind(self, node: Any, typed: Any) -> Kind | None:
        try:
            found = self.file.kind(typed.get("typeRef") or "")
        except KeyError as error:
            message, fix = N_("不认识类型“%(kind)s”。"), N_("请用 string、number、boolean、date 或 dateTime。")
            return self._problem(node, message, fix, kind=error.args[0])
        return Kind(found) if found else None

    def _parse(self, node: Any, text: str, what: str) -> Expression | None:
        """Read a cell in the language it names; FEEL when it names none."""
        named = (node.get("expressionLanguage") or self.file.root.get("expressionLanguage") or "feel").lower()
        language = next((one for one in ("feel", "juel") if one in named), None)
        if language is None:
            return self._problem(
                node, N_("不支持表达式语言“%(language)s”。"), N_("请改用 FEEL 或 juel。"), language=named[:80]
            )
        try:
            read = _READERS[language, what](text)
        except ExpressionRefused as error:
            fix = N_("请按 FEEL 改正这一格。") if language == "feel" else N_("请按 ${…} 的写法改正这一格。")
            values = {"text": text[:80], "why": error, "column": error.column}
            return self._problem(node, N_("“%(text)s”：%(why)s"), fix, **values)
        for name in sorted(read.functions - FUNCTIONS):
            self._problem(node, N_("“%(text)s”：没有函数“%(function)s”。"), N_("请改用文档里列出的函数。"), text=text[:80], function=name)
        return read

    def _problem(self, node: Any, message: str, fix: str, *, severity: Severity = "error", **values: Any) -> None:
        values = {"name": self.name, **values}
        one = Problem("decision", severity, self.id or None, self.name, node.sourceline, message, values, fix)
        self.file.problems.append(one)
        if severity == "warning":
            self.warnings.append(one)


def _juel(text: str) -> Expression:
    return juel.braced(text) or juel.parse(text)


def _juel_tests(text: str) -> Expression:
    return feel.parse_tests(text) if text.strip() == "-" else _juel(text)


_READERS: Mapping[tuple[str, str], Callable[[str], Expression]] = {
    ("feel", "expression"): feel.parse,
    ("feel", "tests"): feel.parse_tests,
    ("juel", "expression"): _juel,
    ("juel", "tests"): _juel_tests,
}


def _reached(name: str, readers: Mapping[str, _Reader]) -> set[str]:
    found: set[str] = set()
    waiting = list(readers[name].requires)
    while waiting:
        one = waiting.pop()
        if one not in found and one in readers:
            found.add(one)
            waiting.extend(readers[one].requires)
    return found


def _constant(node: tree.Node) -> tree.Constant | None:
    """Return the value that is written out, if it is not null."""
    if isinstance(node, tree.Unary) and node.operator == "-":
        inner = _constant(node.operand)
        return tree.Constant(negate(inner.value)) if inner and is_number(inner.value) else None
    return node if isinstance(node, tree.Constant) and node.value is not None else None


def _bounds(read: Expression) -> Iterator[tree.Constant]:
    """Yield the values written in the tests of a cell that the input is compared with."""
    for one in read.root.walk():
        if isinstance(one, tree.Compared | tree.OneOf | tree.Within):
            yield from (constant for part in one.children() if (constant := _constant(part)))


def _takes_all(test: Expression) -> bool:
    return isinstance(test.root, tree.In) and all(isinstance(one, tree.Anything) for one in test.root.tests)
