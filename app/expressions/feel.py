"""The part of FEEL that forms and decision tables use.

    = != < <= > >=     and or not(…)     + - * /     if … then … else …     x between a and b     x in (tests)
    record.field     list[1]     name(argument, …)     "text" 12 1.5 true false null [a, b] {name: value}
    cells: "a", "b"     [1..5]     (1..5]     > 3     -     not(…)     an expression over ?

A leading `=`, as forms write it, is skipped. Everything else of FEEL is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from app.expressions import tree
from app.expressions.errors import ExpressionRefused
from app.expressions.expression import Expression
from app.expressions.functions import BUILT_IN
from app.expressions.reading import Reader, Word
from app.i18n import N_

_CONSTANTS = {"true": True, "false": False, "null": None}
_COMPARISONS = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_RESERVED = frozenset({"and", "or", "then", "else", "between", "in"})
_UNSUPPORTED = frozenset({"some", "every", "for", "return", "satisfies", "function", "instance", "external"})
_LONG_NAMES = sorted((name.split() for name in BUILT_IN if " " in name), key=len, reverse=True)
_ARITHMETIC = 4


class _Feel(Reader):
    operators: ClassVar[Mapping[str, tuple[int, str]]] = {
        "or": (1, "or"),
        "and": (2, "and"),
        **{sign: (3, operator) for sign, operator in _COMPARISONS.items()},
        "between": (3, "between"),
        "in": (3, "in"),
        "+": (_ARITHMETIC, "+"),
        "-": (_ARITHMETIC, "-"),
        "*": (5, "*"),
        "/": (5, "/"),
    }
    operator_words = frozenset({"or", "and", "between", "in"})
    quotes = '"'

    def expression(self) -> tree.Node:
        if not self.accept("if"):
            return self.operation()
        with self.nested():
            test = self.expression()
            self.expect("then")
            yes = self.expression()
            self.expect("else")
            return self.add(tree.Choice(test, yes, self.expression()))

    def after(self, left: tree.Node, level: int, operator: str) -> tree.Node:
        if operator == "between":
            self.take()
            low = self.operation(_ARITHMETIC)
            self.expect("and")
            return self._tested(left, tree.Within(low, self.operation(_ARITHMETIC), False, False))
        if operator == "in":
            self.take()
            return self.add(tree.In(left, self._tests_after_in()))
        return super().after(left, level, operator)

    def operand(self) -> tree.Node:
        if self.accept("-"):
            with self.nested():
                return self.add(tree.Unary("-", self.operand()))
        return self._with_parts(self._plain())

    def tests(self) -> tuple[tree.Node, ...]:
        """Read the tests of one cell."""
        if self.accept("-") and self.word.kind == "end":
            return (self.add(tree.Anything()),)
        self.position = 0
        found = [self._test()]
        while self.accept(","):
            found.append(self._test())
        return tuple(found)

    def _tested(self, value: tree.Node, test: tree.Node) -> tree.Node:
        return self.add(tree.In(value, (self.add(test),)))

    def _tests_after_in(self) -> tuple[tree.Node, ...]:
        if (found := self._range()) is not None:
            return (found,)
        if self.accept("("):
            return self.series(")", self._test)
        return (self._test(),)

    def _test(self) -> tree.Node:
        if self.at("not") and self.words[self.position + 1].text == "(":
            self.position += 2
            return self.add(tree.NoneOf(self.series(")", self._test)))
        if self.word.kind == "sign" and self.word.text in _COMPARISONS:
            operator = _COMPARISONS[self.take().text]
            return self.add(tree.Compared(operator, self.operation(_ARITHMETIC)))
        return self._range() or self._expression_test()

    def _expression_test(self) -> tree.Node:
        found = self.expression()
        mentions = any(isinstance(one, tree.Name) and one.name == "?" for one in found.walk())
        return self.add(tree.Holds(found) if mentions else tree.OneOf(found))

    def _range(self) -> tree.Node | None:
        """Read `[a..b]` in all its forms; go back and return None when it is something else."""
        # nodes read in vain stay counted, else nested attempts would take exponential time
        start = self.position, self.depth
        opening = self.take().text if self.at("[", "(", "]") and self._has_dots() else None
        low = self._low_end() if opening else None
        if low is None:
            self.position, self.depth = start
            return None
        high = self.operation(_ARITHMETIC)
        if not self.at("]", ")", "["):
            raise self.refuse()
        return self.add(tree.Within(low, high, opening != "[", self.take().text != "]"))

    def _low_end(self) -> tree.Node | None:
        try:
            low = self.operation(_ARITHMETIC)
        except ExpressionRefused:
            return None
        return low if self.accept("..") else None

    def _has_dots(self) -> bool:
        return any(word.text == ".." for word in self.words[self.position :])

    def _plain(self) -> tree.Node:
        if (constant := self.constant()) is not None:
            return constant
        if self.accept("("):
            return self.grouped()
        if self.accept("["):
            return self.add(tree.ListOf(self.series("]", self.expression)))
        if self.accept("{"):
            return self._map()
        if self.accept("?"):
            return self.add(tree.Name("?"))
        if self.word.kind != "name" or self.word.text in _RESERVED:
            raise self.refuse()
        if self.word.text in _UNSUPPORTED:
            raise self.refuse(N_("这里不支持“%(text)s”（第 %(column)s 个字符）。"))
        return self._named()

    def _named(self) -> tree.Node:
        long_name = self._long_name()
        word = long_name or self.take()
        if self.accept("("):
            return self.add(tree.Call(word.text, self.series(")", self.expression), word.column))
        if word.text in _CONSTANTS:
            return self.add(tree.Constant(_CONSTANTS[word.text]))
        return self.add(tree.Name(word.text))

    def _long_name(self) -> Word | None:
        """Read the name of a function that consists of several words."""
        for name in _LONG_NAMES:
            following = self.words[self.position : self.position + len(name) + 1]
            if [word.text for word in following] == [*name, "("]:
                self.position += len(name)
                return Word("name", " ".join(name), following[0].column)
        return None

    def _map(self) -> tree.Node:
        names: list[str] = []

        def entry() -> tree.Node:
            if self.word.kind not in {"name", "text"}:
                raise self.refuse()
            names.append(self.take().text.strip('"'))
            self.expect(":")
            return self.expression()

        values = self.series("}", entry)
        return self.add(tree.MapOf(tuple(names), values))

    def _with_parts(self, node: tree.Node) -> tree.Node:
        while True:
            if self.at(".") and self.words[self.position + 1].kind == "name":
                self.take()
                node = self.add(tree.Field(node, self.take().text))
            elif self.at("[") and not self._opens_range_end():
                self.take()
                with self.nested():
                    node = self.add(tree.Index(node, self.expression(), 1))
                    self.expect("]")
            elif self.at("("):
                raise self.refuse(N_("不能调用对象的方法（第 %(column)s 个字符）。"))
            else:
                return node

    def _opens_range_end(self) -> bool:
        """Return whether this `[` is the open end of a range such as `]1..5[`."""
        return self.words[self.position + 1].text in {"", ",", ")"}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression; raise ExpressionRefused with the column of what is wrong."""
    stripped = text.strip()
    source = stripped.removeprefix("=")
    if not source.strip():
        raise ExpressionRefused(N_("表达式是空的。"), 1)
    reader = _Feel(source)
    return Expression(text.strip(), reader.whole(reader.expression))


@lru_cache(maxsize=4096)
def parse_tests(text: str) -> Expression:
    """Read a cell of a decision table; evaluate it with the input's value under the name `?`."""
    reader = _Feel(text.strip() or "-")
    tests = reader.tests()
    if reader.word.kind != "end":
        raise reader.refuse()
    return Expression(text.strip(), tree.In(tree.Name("?"), tests))
