"""The cells of DMN files: types, languages, and the problems found in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.decisions import KINDS_IN_WORDS, Kind
from app.engine.outside import FUNCTIONS
from app.engine.port import Problem, Severity
from app.engine.xml import child_text, children
from app.expressions import Expression, ExpressionRefused, feel, juel, tree
from app.expressions.values import is_number, kind_of, negate
from app.i18n import N_

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


@dataclass(slots=True)
class File:
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


class Cells:
    """Reads the cells of one decision and collects its problems."""

    def __init__(self, file: File, node: Any) -> None:
        self.file = file
        self.node = node
        self.id = node.get("id") or ""
        self.name = node.get("name") or self.id or file.source
        self.warnings: list[Problem] = []

    def test(self, node: Any, kind: Kind | None) -> Expression | None:
        """Read the test of an input; what it is compared with must be of the column's kind."""
        read = self.parse(node, child_text(node, "text") or "-", "tests")
        if read and kind:
            for bound in _bounds(read):
                self._check_kind(node, read, kind, bound)
        return read

    def value(self, node: Any, text: str, kind: Kind | None) -> Expression | None:
        """Read the value of an output; one that is written out must be of the column's kind."""
        read = self.parse(node, text, "expression")
        constant = constant_of(read.root) if read else None
        if read and constant and kind:
            self._check_kind(node, read, kind, constant)
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
            self.problem(node, message, fix, text=read.text[:80], kind=kind_of(constant.value), wanted=wanted)

    def kind(self, node: Any, typed: Any) -> Kind | None:
        """Return the kind that the typeRef of `typed` means; None when it restricts nothing."""
        try:
            found = self.file.kind(typed.get("typeRef") or "")
        except KeyError as error:
            message, fix = N_("不认识类型“%(kind)s”。"), N_("请用 string、number、boolean、date 或 dateTime。")
            self.problem(node, message, fix, kind=error.args[0])
            return None
        return Kind(found) if found else None

    def parse(self, node: Any, text: str, what: str) -> Expression | None:
        """Read a cell in the language it names; FEEL when it names none."""
        named = (node.get("expressionLanguage") or self.file.root.get("expressionLanguage") or "feel").lower()
        language = next((one for one in ("feel", "juel") if one in named), None)
        if language is None:
            message, fix = N_("不支持表达式语言“%(language)s”。"), N_("请改用 FEEL 或 juel。")
            self.problem(node, message, fix, language=named[:80])
            return None
        try:
            read = _READERS[language, what](text)
        except ExpressionRefused as error:
            fix = N_("请按 FEEL 改正这一格。") if language == "feel" else N_("请按 ${…} 的写法改正这一格。")
            self.problem(node, N_("“%(text)s”：%(why)s"), fix, text=text[:80], why=error, column=error.column)
            return None
        for name in sorted(read.functions - FUNCTIONS):
            self.problem(
                node,
                N_("“%(text)s”：没有函数“%(function)s”。"),
                N_("请改用文档里列出的函数。"),
                text=text[:80],
                function=name,
            )
        return read

    def problem(self, node: Any, message: str, fix: str, *, severity: Severity = "error", **values: Any) -> None:
        """Report what is wrong at `node`."""
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


def constant_of(node: tree.Node) -> tree.Constant | None:
    """Return the value that is written out, if it is not null."""
    if isinstance(node, tree.Unary) and node.operator == "-":
        inner = constant_of(node.operand)
        return tree.Constant(negate(inner.value)) if inner and is_number(inner.value) else None
    return node if isinstance(node, tree.Constant) and node.value is not None else None


def _bounds(read: Expression) -> Iterator[tree.Constant]:
    """Yield the values written in the tests of a cell that the input is compared with."""
    for one in read.root.walk():
        if isinstance(one, tree.Compared | tree.OneOf | tree.Within):
            yield from (constant for part in one.children() if (constant := constant_of(part)))
