"""What both grammars share: words, nesting, precedence and the limits of a text."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeVar, cast

from app.expressions import tree
from app.expressions.errors import ExpressionRefused
from app.expressions.values import DIGITS
from app.i18n import N_

MAX_LENGTH = 2000
MAX_DEPTH = 40
MAX_NODES = 300
MAX_HEIGHT = 100

Kind = Literal["number", "name", "quoted", "text", "sign", "end"]
AnyNode = TypeVar("AnyNode", bound=tree.Node)

_WORD = re.compile(
    r"""\s*(?:
        (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)(?!\w)
      | (?P<name>[^\W\d]\w*)
      | (?P<quoted>`[^`\n]*`)
      | (?P<text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
      | (?P<sign>&&|\|\||==|!=|<=|>=|\*\*|\.\.|[-+*/%<>=!?:.,()\[\]{}@])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an expression and the column where it begins."""

    kind: Kind
    text: str
    column: int


def split_words(source: str) -> list[Word]:
    """Cut a text into words; refuse characters that belong to none."""
    if len(source) > MAX_LENGTH:
        raise ExpressionRefused(N_("表达式太长，最多 %(count)s 个字符。"), MAX_LENGTH, count=MAX_LENGTH)
    _check_characters(source, 0)
    words, position, end = [], 0, len(source.rstrip())
    while position < end:
        match = _WORD.match(source, position)
        if match is None:
            start = end - len(source[position:end].lstrip())
            raise ExpressionRefused(N_("第 %(column)s 个字符“%(text)s”看不懂。"), start + 1, text=source[start])
        kind = cast("Kind", match.lastgroup)
        words.append(Word(kind, match[kind], match.start(kind) + 1))
        position = match.end()
    return [*words, Word("end", "", end + 1)]


def _check_characters(text: str, before: int) -> None:
    """Refuse half characters, which no text that is stored or sent can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ExpressionRefused(N_("第 %(column)s 个字符不能使用。"), before + error.start + 1) from error


class Reader(ABC):
    """Reads words from left to right; a grammar gives the operators and what may stand between them."""

    operators: ClassVar[Mapping[str, tuple[int, str]]]
    operator_words: ClassVar[frozenset[str]]
    quotes: ClassVar = "\"'"

    def __init__(self, source: str) -> None:
        self.words = split_words(source)
        self.position = 0
        self.depth = 0
        self.nodes = 0

    @property
    def word(self) -> Word:
        """The word that comes next."""
        return self.words[self.position]

    def at(self, *texts: str) -> bool:
        """Return whether one of these signs or key words comes next."""
        return self.word.kind in {"sign", "name"} and self.word.text in texts

    def take(self) -> Word:
        """Return the next word and go on."""
        word = self.word
        self.position += word.kind != "end"
        return word

    def accept(self, *texts: str) -> bool:
        """Go on if one of these comes next."""
        found = self.at(*texts)
        self.position += found
        return found

    def expect(self, text: str) -> None:
        """Go on over `text`, which must come next."""
        if not self.accept(text):
            raise self.refuse()

    def refuse(self, message: str | None = None) -> ExpressionRefused:
        """Return the refusal of the next word."""
        word = self.word
        if message is None:
            message = (
                N_("表达式在第 %(column)s 个字符处没有写完。")
                if word.kind == "end"
                else N_("第 %(column)s 个字符处的“%(text)s”不应该出现在这里。")
            )
        return ExpressionRefused(message, word.column, text=word.text)

    def add(self, node: AnyNode) -> AnyNode:
        """Count a node of the tree."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.refuse(N_("表达式太复杂，请拆成几个。"))
        return node

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count one level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.refuse(N_("表达式的括号套得太深。"))
        yield
        self.depth -= 1

    def whole(self, read: Callable[[], AnyNode]) -> AnyNode:
        """Read a text that must end where `read` ends."""
        node = read()
        if self.word.kind != "end":
            raise self.refuse()
        if node.height() > MAX_HEIGHT:
            raise self.refuse(N_("表达式太复杂，请拆成几个。"))
        return node

    @abstractmethod
    def expression(self) -> tree.Node:
        """Read one expression."""

    @abstractmethod
    def operand(self) -> tree.Node:
        """Read what stands between two operators."""

    def operation(self, level: int = 1) -> tree.Node:
        """Read operands joined by operators that bind at least as tightly as `level`."""
        left = self.operand()
        while (found := self._operator()) and found[0] >= level:
            left = self.after(left, *found)
        return left

    def after(self, left: tree.Node, level: int, operator: str) -> tree.Node:
        """Read the operator that comes next and its right side."""
        column = self.take().column
        with self.nested():
            right = self.operation(level + 1)
        if operator in {"and", "or"}:
            return self._joined(cast("tree.Logical", operator), left, right, column)
        return self.add(tree.Binary(operator, left, right, column=column))

    def constant(self) -> tree.Node | None:
        """Read a number or a text, if one comes next."""
        word = self.word
        if word.kind == "number":
            value: Any = _number(self, word.text)
        elif word.kind == "text" and word.text[0] in self.quotes:
            value = unescaped(word)
        else:
            return None
        self.take()
        return self.add(tree.Constant(value))

    def series(self, end: str, read: Callable[[], tree.Node]) -> tuple[tree.Node, ...]:
        """Read parts with commas between them up to `end`."""
        parts: list[tree.Node] = []
        with self.nested():
            while not self.accept(end):
                if parts:
                    self.expect(",")
                parts.append(read())
        return tuple(parts)

    def grouped(self) -> tree.Node:
        """Read what stands in parentheses; the first of them is read already."""
        with self.nested():
            inner = self.expression()
            self.expect(")")
        return inner

    def _operator(self) -> tuple[int, str] | None:
        word = self.word
        if word.kind == "sign" or (word.kind == "name" and word.text in self.operator_words):
            return self.operators.get(word.text)
        return None

    def _joined(self, operator: tree.Logical, left: tree.Node, right: tree.Node, column: int) -> tree.Node:
        if isinstance(left, tree.Logic) and left.operator == operator and left.column:
            return tree.Logic(operator, (*left.parts, right), column=left.column)
        return self.add(tree.Logic(operator, (left, right), column=column))


def unescaped(word: Word) -> str:
    """Return the text that stands between the quotes of `word`."""
    text = _ESCAPED.sub(_escape, word.text[1:-1])
    _check_characters(text, word.column)
    return text


def _escape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPES.get(code, code)


def _number(reader: Reader, text: str) -> int | Decimal:
    if len(text) > DIGITS:
        raise reader.refuse(N_("第 %(column)s 个字符处的数字太长。"))
    if text.isdecimal():
        return int(text)
    value = Decimal(text)
    if not -DIGITS < value.adjusted() < DIGITS:
        raise reader.refuse(N_("第 %(column)s 个字符处的数字太大或者太小。"))
    whole = value == value.to_integral_value() and "." not in text
    return int(value) if whole else Decimal(format(value, "f"))
