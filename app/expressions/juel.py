"""The grammar of `${…}`, as Camunda and Flowable diagrams carry it.

    == != < <= > >= eq ne lt le gt ge     && || ! and or not empty     + - * / % div mod
    test ? yes : no     record.field     holder['key'] list[0]     name(argument, …)
    'text' "text" 12 1.5 true false null [a, b]

Methods of objects and beans, assignments and everything else of JUEL are refused, with what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from app.expressions import tree
from app.expressions.errors import ExpressionRefused
from app.expressions.expression import Expression
from app.expressions.reading import Reader, Word
from app.i18n import N_

_CONSTANTS = {"true": True, "false": False, "null": None}
_INSTEAD = {
    "toLowerCase": "lower(…)",
    "toUpperCase": "upper(…)",
    "trim": "trim(…)",
    "size": "size(…)",
    "length": "length(…)",
    "isEmpty": "empty …",
    "equals": "… == …",
    "contains": "contains(…, …)",
    "startsWith": "startsWith(…, …)",
    "endsWith": "endsWith(…, …)",
    "indexOf": "indexOf(…, …)",
    "substring": "substring(…, …)",
    "get": "…['…']",
    "toString": "string(…)",
}
_OF_THE_CASE = frozenset({"getVariable", "hasVariable", "getVariableLocal"})
_BRACED = re.compile(r"\s*[$#]\{(.*)\}\s*", re.DOTALL)


class _Juel(Reader):
    operators: ClassVar[Mapping[str, tuple[int, str]]] = {
        "||": (1, "or"),
        "or": (1, "or"),
        "&&": (2, "and"),
        "and": (2, "and"),
        "==": (3, "="),
        "eq": (3, "="),
        "!=": (3, "!="),
        "ne": (3, "!="),
        "<": (4, "<"),
        "lt": (4, "<"),
        "<=": (4, "<="),
        "le": (4, "<="),
        ">": (4, ">"),
        "gt": (4, ">"),
        ">=": (4, ">="),
        "ge": (4, ">="),
        "+": (5, "+"),
        "-": (5, "-"),
        "*": (6, "*"),
        "/": (6, "/"),
        "div": (6, "/"),
        "%": (6, "%"),
        "mod": (6, "%"),
    }
    operator_words = frozenset({"or", "and", "eq", "ne", "lt", "le", "gt", "ge", "div", "mod"})

    def expression(self) -> tree.Node:
        test, column = self.operation(), self.word.column
        if not self.accept("?"):
            return test
        with self.nested():
            yes = self.expression()
            self.expect(":")
            return self.add(tree.Choice(test, yes, self.expression(), column=column))

    def refuse(self, message: str | None = None) -> ExpressionRefused:
        if message is None and self.word.text == "=":
            message = N_("第 %(column)s 个字符处的“=”是赋值，这里不能用；要比较请写“==”。")
        return super().refuse(message)

    def operand(self) -> tree.Node:
        column = self.word.column
        for sign, operator in (("!", "not"), ("not", "not"), ("empty", "empty"), ("-", "-")):
            if self.accept(sign):
                with self.nested():
                    return self.add(tree.Unary(operator, self.operand(), column=column))
        return self._with_parts(self._plain())

    def _plain(self) -> tree.Node:
        if (constant := self.constant()) is not None:
            return constant
        if self.accept("("):
            return self.grouped()
        if self.accept("["):
            return self.add(tree.ListOf(self.series("]", self.expression)))
        if self.word.kind != "name" or self.word.text in self.operator_words:
            raise self.refuse()
        return self._named()

    def _named(self) -> tree.Node:
        word = self.take()
        if word.text in _CONSTANTS:
            return self.add(tree.Constant(_CONSTANTS[word.text]))
        if self.accept("("):
            return self.add(tree.Call(word.text, self.series(")", self.expression), column=word.column))
        return self.add(tree.Name(word.text, column=word.column))

    def _with_parts(self, node: tree.Node) -> tree.Node:
        while True:
            column = self.word.column
            if self.accept("."):
                node = self.add(tree.Field(node, self._field(), column=column))
            elif self.accept("["):
                with self.nested():
                    node = self.add(tree.Index(node, self.expression(), 0, column=column))
                    self.expect("]")
            else:
                return node

    def _field(self) -> str:
        if self.word.kind != "name":
            raise self.refuse()
        word = self.take()
        if self.at("("):
            raise self._no_method(word)
        return word.text

    def _no_method(self, word: Word) -> ExpressionRefused:
        """Return the refusal of a method, with what to write instead."""
        message = N_("不能调用方法“%(name)s”（第 %(column)s 个字符）：要调用程序，请改成服务任务。")
        if word.text in _OF_THE_CASE:
            message = N_("不能调用方法“%(name)s”（第 %(column)s 个字符）：请直接写数据的名称。")
        elif word.text in _INSTEAD:
            message = N_("不能调用方法“%(name)s”（第 %(column)s 个字符）：请改写成 %(instead)s。")
        return ExpressionRefused(message, self.word.column, name=word.text, instead=_INSTEAD.get(word.text, ""))


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read what stands inside `${…}`; raise ExpressionRefused with the column of what is wrong."""
    reader = _Juel(text)
    return Expression(text.strip(), reader.whole(reader.expression))


def braced(text: str) -> Expression | None:
    """Read a text that is one `${…}`; return None when it is plain text. Text mixed with `${…}` is refused."""
    match = _BRACED.fullmatch(text)
    if match and not re.search(r"[$#]\{", match[1]):
        # spaces keep the columns those of the whole text
        return parse(" " * match.start(1) + match[1])
    if "${" in text or "#{" in text:
        raise ExpressionRefused(N_("请写成一个完整的 ${…}，前后不要有别的文字。"), text.index("{") + 1)
    return None
