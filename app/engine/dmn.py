"""Reads DMN files: every problem with element, line and column; nothing unknown is passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.engine.cells import Cells, File, constant_of
from app.engine.decisions import (
    AGGREGATES,
    BY_OUTPUT,
    CELL_INPUT,
    MANY,
    SINGLE,
    Decision,
    Input,
    Literal,
    Output,
    Row,
    Table,
)
from app.engine.port import DiagramRefused
from app.engine.xml import child_text, children, descendants, read_xml
from app.expressions import Expression, tree
from app.i18n import N_

MAX_RULES = 2000
MAX_CELLS = 20_000
_REQUIREMENT = "requiredDecision"


def read_decisions(source: str, content: bytes) -> dict[str, Decision]:
    """Return the decisions of a DMN file by id; raise DiagramRefused with all that is wrong in it."""
    root = read_xml(content, "definitions", source)
    file = File(source, root)
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


class _Reader(Cells):
    """Reads one decision and collects its problems."""

    def __init__(self, file: File, node: Any) -> None:
        super().__init__(file, node)
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
                self.problem(self.node, message, fix, other=one)
        if name in _reached(name, readers):
            self.problem(self.node, N_("“%(name)s”的依赖绕回到它自己。"), N_("去掉其中一条依赖线。"))
            self.requires = []

    def _variable(self) -> str:
        variable = next(iter(children(self.node, "variable")), None)
        return (variable.get("name") if variable is not None else None) or self.id

    def _logic(self) -> Table | Literal | None:
        if descendants(self.node, "requiredKnowledge"):
            self.problem(
                self.node, N_("“%(name)s”用了业务知识模型，这里不支持。"), N_("请改成一项决策，用依赖线连上。")
            )
        for node in children(self.node, "decisionTable"):
            return self._table(node)
        for node in children(self.node, "literalExpression"):
            return self._literal(node)
        fix = N_("请改成一张决策表，或者一个表达式。")
        self.problem(self.node, N_("“%(name)s”不是决策表，也不是一个表达式。"), fix)
        return None

    def _literal(self, node: Any) -> Literal | None:
        expression = self.parse(node, child_text(node, "text") or "", "expression")
        variable = next(iter(children(self.node, "variable")), None)
        kind = self.kind(node, variable if variable is not None else node)
        return Literal(self._variable(), expression, kind) if expression else None

    def _table(self, table: Any) -> Table:
        policy = (table.get("hitPolicy") or "UNIQUE").strip().upper()
        aggregate = table.get("aggregation")
        self._check_policy(table, policy, aggregate)
        inputs = [self._input(one) for one in children(table, "input")]
        outputs = [self._output(one, only=len(children(table, "output")) == 1) for one in children(table, "output")]
        names = [one.name for one in outputs]
        if not all(names) or not names or len(set(names)) < len(names) or (aggregate and len(outputs) > 1):
            self.problem(
                table, N_("输出列没有名称、名称相同，或者汇总的表有几个输出列。"), N_("给每个输出列写上名称。")
            )
        if policy in BY_OUTPUT and not any(one.order for one in outputs):
            fix = N_("在输出列的“允许的值”里从重要到次要写上各个值。")
            self.problem(table, N_("%(policy)s 要有输出值的先后顺序。"), fix, policy=policy)
        rows = self._rows(table, inputs, outputs)
        self._check_order(table, policy, rows, outputs)
        return Table(policy, aggregate, tuple(one for one in inputs if one), tuple(outputs), tuple(rows))

    def _check_policy(self, table: Any, policy: str, aggregate: str | None) -> None:
        if policy not in SINGLE | MANY:
            fix = N_("请改用 UNIQUE、FIRST、ANY、PRIORITY、COLLECT、RULE ORDER 或 OUTPUT ORDER。")
            self.problem(table, N_("不支持命中策略 %(policy)s。"), fix, policy=policy)
        if aggregate and (aggregate not in AGGREGATES or policy != "COLLECT"):
            fix = N_("汇总方式 SUM、MIN、MAX、COUNT 只能和 COLLECT 一起用。")
            self.problem(table, N_("不支持汇总方式 %(aggregate)s。"), fix, aggregate=aggregate)

    def _input(self, node: Any) -> Input | None:
        expression = next(iter(children(node, "inputExpression")), None)
        text = child_text(expression, "text") if expression is not None else None
        if expression is None or not text:
            self.problem(node, N_("输入列没有表达式。"), N_("写上要判断的数据，例如 priority。"))
            return None
        read = self.parse(expression, text, "expression")
        variable = next((value for name, value in node.attrib.items() if name.endswith("}inputVariable")), None)
        return Input(read, self.kind(node, expression), variable or CELL_INPUT) if read else None

    def _output(self, node: Any, *, only: bool) -> Output:
        allowed = next(iter(children(node, "outputValues")), None)
        default = next(iter(children(node, "defaultOutputEntry")), None)
        name = node.get("name") or (self._variable() if only else "")
        kind = self.kind(node, node)
        order = self._order(allowed) if allowed is not None else ()
        text = child_text(default, "text") if default is not None else None
        read = self.value(default, text, kind) if text else None
        return Output(name, kind, order, read)

    def _order(self, node: Any) -> tuple[Any, ...]:
        """Read the values of an output in their order; other restrictions than values give no order."""
        read = self.parse(node, child_text(node, "text") or "-", "tests")
        tests = read.root.tests if read and isinstance(read.root, tree.In) else ()
        values = [constant_of(one.choices) for one in tests if isinstance(one, tree.OneOf)]
        return tuple(one.value for one in values if one) if all(values) else ()

    def _rows(self, table: Any, inputs: list[Input | None], outputs: list[Output]) -> list[Row]:
        rules = children(table, "rule")
        if len(rules) > MAX_RULES or len(rules) * (len(inputs) + len(outputs)) > MAX_CELLS:
            fix = N_("拆成几张表。")
            self.problem(
                table, N_("规则太多，最多 %(count)s 条、%(cells)s 格。"), fix, count=MAX_RULES, cells=MAX_CELLS
            )
            return []
        found = [self._row(number, rule, inputs, outputs) for number, rule in enumerate(rules, 1)]
        return [one for one in found if one]

    def _row(self, number: int, rule: Any, inputs: list[Input | None], outputs: list[Output]) -> Row | None:
        tests, values = children(rule, "inputEntry"), children(rule, "outputEntry")
        if len(tests) != len(inputs) or len(values) != len(outputs):
            message, fix = N_("第 %(number)s 条规则的格数不对。"), N_("请在决策表编辑器里重新保存。")
            self.problem(rule, message, fix, number=number)
            return None
        read = [self.test(one, column.kind if column else None) for one, column in zip(tests, inputs, strict=True)]
        given = [
            self.value(one, child_text(one, "text") or "null", column.kind)
            for one, column in zip(values, outputs, strict=True)
        ]
        note = "；".join(said for one in children(rule, "annotationEntry") if (said := child_text(one, "text")))
        if not all((*read, *given)):
            return None
        note = note or child_text(rule, "description") or ""
        return Row(number, tuple(one for one in read if one), tuple(one for one in given if one), note)

    def _check_order(self, table: Any, policy: str, rows: list[Row], outputs: list[Output]) -> None:
        """Report rules that never come into play, and outputs that have no place in the order."""
        everything = next((row for row in rows if row.tests and all(_takes_all(one) for one in row.tests)), None)
        if policy == "FIRST" and everything and everything is not rows[-1]:
            message = N_("第 %(number)s 条规则总是成立，它后面的规则永远轮不到。")
            fix = N_("把它移到最后，或者去掉后面的规则。")
            self.problem(table, message, fix, severity="warning", number=everything.number)
        for row in rows if policy in BY_OUTPUT else []:
            for column, value in zip(outputs, row.values, strict=True):
                constant = constant_of(value.root)
                if column.order and constant and constant.value not in column.order:
                    message = N_("第 %(number)s 条规则的“%(text)s”没有排进先后顺序。")
                    fix = N_("把它写进这一列“允许的值”。")
                    self.problem(table, message, fix, number=row.number, text=value.text[:80])


def _reached(name: str, readers: Mapping[str, _Reader]) -> set[str]:
    found: set[str] = set()
    waiting = list(readers[name].requires)
    while waiting:
        one = waiting.pop()
        if one not in found and one in readers:
            found.add(one)
            waiting.extend(readers[one].requires)
    return found


def _takes_all(test: Expression) -> bool:
    return isinstance(test.root, tree.In) and all(isinstance(one, tree.Anything) for one in test.root.tests)
