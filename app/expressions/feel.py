"""The part of FEEL that forms and decision tables use.

    = != < <= > >=     and or not(…)     + - * /     if … then … else …     x between a and b     x in (tests)
    record.field     list.field     list[1]     list[item > 2]     list[amount > 2]     name(argument, …)
    some x in list satisfies …     every x in list satisfies …     for x in list, n in 1..3 return …
    "text" 12 1.5 true false null @"2026-03-02" [a, b] {name: value}     `a name with spaces`
    cells: "a", "b"     [1..5]     (1..5]     > 3     -     not(…)     an expression over ?

A leading `=`, as forms write it, is skipped. Everything else of FEEL (functions of one's own, `instance of`, `**`,
regular expressions, named arguments) is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal, cast

from app.expressions import tree
from app.expressions.errors import ExpressionRefused
from app.expressions.expression import Expression
from app.expressions.functions import BUILT_IN
from app.expressions.naming import ITEM, VALUE
from app.expressions.reading import Reader, Word, unescaped
from app.expressions.times import read_date, read_duration, read_instant
from app.i18n import N_

_CONSTANTS = {"true": True, "false": False, "null": None}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_RESERVED = frozenset({"and", "or", "then", "else", "between", "in", "return", "satisfies"})
_LOOPS = {"for": "return", "some": "satisfies", "every": "satisfies"}
_UNSUPPORTED = frozenset({"function", "instance", "external"})
_LONG_NAMES = sorted((name.split() for name in BUILT_IN if " " in name), key=len, reverse=True)
_ARITHMETIC = 4


class _Feel(Reader):
    operators: ClassVar[Mapping[str, tuple[int, str]]] = {
        "or": (1, "or"),
        "and": (2, "and"),
        **{sign: (3, sign) for sign in _COMPARISONS},
        "between": (3, "between"),
        "in": (3, "in"),
        "+": (_ARITHMETIC, "+"),
        "-": (_ARITHMETIC, "-"),
        "*": (5, "*"),
        "/": (5, "/"),
    }
    operator_words = frozenset({"or", "and", "between", "in"})
    quotes = '"'

    def refuse(self, message: str | None = None) -> ExpressionRefused:
        if message is None and self.word.text == "==":
            message = N_("第 %(column)s 个字符处的“==”：FEEL 里比较只写一个“=”。")
        return super().refuse(message)

    def expression(self) -> tree.Node:
        column = self.word.column
        if self.at(*_LOOPS):
            return self._loop()
        if not self.accept("if"):
            return self.operation()
        with self.nested():
            test = self.expression()
            self.expect("then")
            yes = self.expression()
            self.expect("else")
            return self.add(tree.Choice(test, yes, self.expression(), column=column))

    def after(self, left: tree.Node, level: int, operator: str) -> tree.Node:
        column = self.word.column
        if operator == "between":
            self.take()
            low = self.operation(_ARITHMETIC)
            self.expect("and")
            test = self.add(tree.Within(low, self.operation(_ARITHMETIC), False, False))
            return self.add(tree.In(left, (test,), column=column))
        if operator == "in":
            self.take()
            return self.add(tree.In(left, self._tests_after_in(), column=column))
        return super().after(left, level, operator)

    def operand(self) -> tree.Node:
        column = self.word.column
        if self.accept("-"):
            with self.nested():
                return self.add(tree.Unary("-", self.operand(), column=column))
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

    def _loop(self) -> tree.Node:
        with self.nested():
            kind = self.take()
            names: list[str] = []
            sources: list[tree.Node] = []
            while not names or self.accept(","):
                names.append(self._own_name())
                self.expect("in")
                sources.append(self._source())
            self.expect(_LOOPS[kind.text])
            given = cast('Literal["for", "some", "every"]', kind.text)
            body = self.expression()
            return self.add(tree.Loop(given, tuple(names), tuple(sources), body, column=kind.column))

    def _source(self) -> tree.Node:
        low = self.expression()
        column = self.word.column
        return self.add(tree.Span(low, self.expression(), column=column)) if self.accept("..") else low

    def _own_name(self) -> str:
        word = self.word
        if word.kind not in {"name", "quoted"} or word.text in _RESERVED | _CONSTANTS.keys():
            raise self.refuse()
        return self.take().text.strip("`")

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
            operator = self.take().text
            return self.add(tree.Compared(operator, self.operation(_ARITHMETIC)))
        return self._range() or self._expression_test()

    def _expression_test(self) -> tree.Node:
        found = self.expression()
        return self.add(tree.Holds(found) if _mentions(found, VALUE) or _is_condition(found) else tree.OneOf(found))

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
        if self.at("{", "@"):
            return self._map() if self.accept("{") else self._literal()
        if self.at(VALUE) or self.word.kind == "quoted":
            return self._name(self.take())
        if self.word.kind != "name" or self.word.text in _RESERVED:
            raise self.refuse()
        if self.word.text in _UNSUPPORTED:
            raise self.refuse(N_("这里不支持“%(text)s”（第 %(column)s 个字符）。"))
        return self._named()

    def _named(self) -> tree.Node:
        long_name = self._long_name()
        word = long_name or self.take()
        if self.accept("("):
            return self.add(tree.Call(word.text, self.series(")", self.expression), column=word.column))
        if word.text in _CONSTANTS:
            return self.add(tree.Constant(_CONSTANTS[word.text]))
        return self._name(word)

    def _name(self, word: Word) -> tree.Node:
        return self.add(tree.Name(word.text.strip("`"), column=word.column))

    def _long_name(self) -> Word | None:
        """Read the name of a function that consists of several words."""
        for name in _LONG_NAMES:
            following = self.words[self.position : self.position + len(name) + 1]
            if [word.text for word in following] == [*name, "("]:
                self.position += len(name)
                return Word("name", " ".join(name), following[0].column)
        return None

    def _literal(self) -> tree.Node:
        """Read `@"…"`: a date, an instant or a duration."""
        self.take()
        word = self.word
        if word.kind != "text" or word.text[0] not in self.quotes:
            raise self.refuse()
        text = unescaped(self.take())
        read: Callable[[str], Any] = read_duration if text.startswith(("P", "-P")) else read_date
        try:
            return self.add(tree.Constant((read_instant if "T" in text and read is read_date else read)(text)))
        except ExpressionRefused as error:
            error.column = word.column
            raise

    def _map(self) -> tree.Node:
        names: list[str] = []

        def entry() -> tree.Node:
            names.append(self._key(names))
            self.expect(":")
            return self.expression()

        values = self.series("}", entry)
        return self.add(tree.MapOf(tuple(names), values))

    def _key(self, names: list[str]) -> str:
        word = self.word
        if word.kind not in {"name", "quoted", "text"}:
            raise self.refuse()
        name = unescaped(word) if word.kind == "text" else word.text.strip("`")
        if name in names or name.startswith("$"):
            raise self.refuse(N_("第 %(column)s 个字符处的“%(text)s”不能作名称，或者写了两次。"))
        self.take()
        return name

    def _with_parts(self, node: tree.Node) -> tree.Node:
        while True:
            column = self.word.column
            if self.at(".") and self.words[self.position + 1].kind in {"name", "quoted"}:
                self.take()
                node = self.add(tree.Field(node, self.take().text.strip("`"), spread=True, column=column))
            elif self.at("[") and not self._opens_range_end():
                self.take()
                with self.nested():
                    node = self._picked(node, self.expression(), column)
                    self.expect("]")
            elif self.at("("):
                raise self.refuse(N_("不能调用对象的方法（第 %(column)s 个字符）。"))
            else:
                return node

    def _picked(self, holder: tree.Node, key: tree.Node, column: int) -> tree.Node:
        """Return `holder[key]`: a filter when the key is a condition, perhaps one when it is a plain name."""
        if _is_condition(key) or _mentions(key, ITEM):
            return self.add(tree.Filter(holder, key, maybe_index=False, column=column))
        if isinstance(key, tree.Name | tree.Field):
            return self.add(tree.Filter(holder, key, maybe_index=True, column=column))
        return self.add(tree.Index(holder, key, 1, column=column))

    def _opens_range_end(self) -> bool:
        """Return whether this `[` is the open end of a range such as `]1..5[`."""
        return self.words[self.position + 1].text in {"", ",", ")"}


def _mentions(found: tree.Node, name: str) -> bool:
    return any(isinstance(one, tree.Name) and one.name == name for one in found.walk())


def _is_condition(found: tree.Node) -> bool:
    """Return whether an expression says yes or no itself, whatever its names stand for."""
    if isinstance(found, tree.Call):
        return found.name in BUILT_IN and BUILT_IN[found.name].answers
    if isinstance(found, tree.Binary):
        return found.operator in _COMPARISONS
    return isinstance(found, tree.Logic | tree.In) or (isinstance(found, tree.Loop) and found.kind != "for")


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression; raise ExpressionRefused with the column of what is wrong."""
    begin = len(text) - len(text.lstrip())
    # a space keeps the columns those of the whole text
    source = f"{text[:begin]} {text[begin + 1 :]}" if text[begin : begin + 1] == "=" else text
    if not source.strip():
        raise ExpressionRefused(N_("表达式是空的。"), 1)
    reader = _Feel(source)
    return Expression(text.strip(), reader.whole(reader.expression))


@lru_cache(maxsize=4096)
def parse_tests(text: str) -> Expression:
    """Read a cell of a decision table; evaluate it with the input's value under the name `?`."""
    reader = _Feel(text if text.strip() else "-")
    return Expression(text.strip(), reader.whole(lambda: tree.In(tree.Name(VALUE), reader.tests())))
