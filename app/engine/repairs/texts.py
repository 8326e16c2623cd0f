"""Foreign expressions in our words: what other engines write as conditions, people and times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.engine.outside import FUNCTIONS
from app.expressions import Expression, ExpressionRefused, feel, juel, tree

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_QUOTED = r"'[^'\\]*'|\"[^\"\\]*\""
_SAYINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bexecution\.getVariable(?:Local)?\(\s*['\"]([^\W\d]\w*)['\"]\s*\)"), r"\1"),
    (re.compile(rf"({_NAME})\.equals(?:IgnoreCase)?\(\s*({_QUOTED}|{_NAME})\s*\)"), r"\1 == \2"),
    (re.compile(rf"({_QUOTED})\.equals(?:IgnoreCase)?\(\s*({_NAME})\s*\)"), r"\2 == \1"),
    (re.compile(rf"({_NAME})\.(?:isEmpty|empty)\(\s*\)"), r"empty \1"),
    (re.compile(rf"({_NAME})\.(?:size|length)\(\s*\)"), r"count(\1)"),
)
_BRACES = re.compile(r"\s*[$#]\{(.*)\}\s*", re.DOTALL)
_SIGNS = {"=": "=="}
_OPPOSITE = {"=": "!=", "<": ">=", ">": "<="}


def readable(text: str, language: str = "") -> str | None:
    """Return an expression as `${…}` that this engine reads, the same text if it does already; None if not."""
    if _reads(text):
        return text
    braced = _BRACES.fullmatch(text)
    if braced:
        said = _said_otherwise(braced[1])
        return "${" + said + "}" if _reads("${" + said + "}") else None
    return _bare(text.strip(), language)


def names_in(text: str) -> frozenset[str]:
    """Return the names that a readable expression asks for."""
    expression = _try(juel.braced, text)
    return expression.names if expression else frozenset()


def exclude(one: str, other: str) -> bool:
    """Return whether of two readable conditions exactly one holds, as long as their names have values."""
    read = _try(juel.braced, one), _try(juel.braced, other)
    if read[0] is None or read[1] is None:
        return False
    first, second = read[0].root, read[1].root
    return _denies(first, second) or _denies(second, first)


def _denies(one: tree.Node, other: tree.Node) -> bool:
    if isinstance(one, tree.Unary) and one.operator == "not":
        return one.operand == other
    if isinstance(one, tree.Binary) and isinstance(other, tree.Binary):
        return (one.left, one.right) == (other.left, other.right) and _OPPOSITE.get(one.operator) == other.operator
    return False


def _reads(text: str) -> bool:
    expression = _try(juel.braced, text)
    return expression is not None and expression.functions <= FUNCTIONS


def _try(read: Callable[[str], Expression | None], text: str) -> Expression | None:
    try:
        return read(text)
    except (ExpressionRefused, RecursionError):
        return None


def _said_otherwise(text: str) -> str:
    for pattern, words in _SAYINGS:
        text = pattern.sub(words, text)
    return text


def _bare(text: str, language: str) -> str | None:
    """Read an expression without `${…}`: FEEL where it says so, else a comparison of either grammar."""
    if not text or "{" in text:
        return None
    told = text.startswith("=") or "feel" in language.lower()
    readers = (feel.parse,) if told else (juel.parse, feel.parse)
    for read in readers:
        expression = _try(read, text)
        if expression is not None and (told or _is_condition(expression.root)):
            said = "${" + text + "}" if read is juel.parse else _braced(expression.root)
            return said if said and _reads(said) else None
    return None


def _is_condition(root: tree.Node) -> bool:
    """Whether it can be meant as a condition: a single word or number is what people write beside a line."""
    if isinstance(root, tree.Constant):
        return isinstance(root.value, bool)
    return not isinstance(root, tree.Name)


def _braced(root: tree.Node) -> str | None:
    try:
        return "${" + _write(root) + "}"
    except KeyError:
        return None


def _write(node: tree.Node) -> str:
    """Write a tree as JUEL; raise KeyError for what JUEL cannot say."""
    return _WRITERS[type(node)](node)


def _constant(node: Any) -> str:
    value = node.value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value)


def _call(node: Any) -> str:
    if " " in node.name:
        raise KeyError(node.name)
    if node.name == "not":
        return f"!({_write(node.arguments[0])})"
    return f"{node.name}({', '.join(map(_write, node.arguments))})"


_WRITERS: Mapping[type[tree.Node], Callable[[Any], str]] = {
    tree.Constant: _constant,
    tree.Name: lambda one: str(one.name),
    tree.Field: lambda one: f"{_write(one.record)}.{one.name}",
    tree.Unary: lambda one: f"{one.operator} ({_write(one.operand)})",
    tree.Binary: lambda one: f"({_write(one.left)} {_SIGNS.get(one.operator, one.operator)} {_write(one.right)})",
    tree.Logic: lambda one: "(" + f" {one.operator} ".join(map(_write, one.parts)) + ")",
    tree.Choice: lambda one: f"({_write(one.test)} ? {_write(one.yes)} : {_write(one.no)})",
    tree.ListOf: lambda one: "[" + ", ".join(map(_write, one.items)) + "]",
    tree.Call: _call,
}
