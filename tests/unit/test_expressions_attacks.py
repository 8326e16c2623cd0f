"""Expressions written to break out, to hang or to fill the memory are refused, each within a moment."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from app.expressions import Expression, ExpressionRefused, feel, juel

BIG = "x" * 100_000
LONG = list(range(50_000))
DEEP: list[Any] = []
for _ in range(500):
    DEEP = [DEEP]
DATA: dict[str, Any] = {
    "s": "text",
    "big": BIG,
    "long": LONG,
    "deep": DEEP,
    "huge": 10**5000,
    "d": {"a": 1},
    "module": os,
    "function": print,
    "object": object(),
    "type": type,
    "bytes": b"x",
    "nan": float("nan"),
}

ACCESS = [
    "__import__('os').system('id')",
    "eval('1')",
    "exec('x = 1')",
    "open('/etc/passwd')",
    "().__class__.__mro__",
    "''.__class__",
    "s.__class__.__base__.__subclasses__()",
    "s.format(s)",
    "d.keys()",
    "d['a'].__class__",
    "count.__globals__",
    "contains.__code__",
    "module.system('id')",
    "module",
    "module.environ",
    "function('x')",
    "function",
    "object.__init__",
    "type(1)",
    "bytes",
    "nan",
    "execution.getVariable('x')",
    "T(java.lang.Runtime).getRuntime()",
    "''.getClass().forName('x')",
    "lambda: 1",
    "[x for x in long]",
    "f'{s}'",
    "a := 1",
    "a += 1",
    "s; s",
    "import os",
    "#{s}",
    "s.a.b",
    "1 if 1 else 2",
    "long.a",
    "d.a()",
]
SIZE = [
    "9 ** 9 ** 9",
    "'a' * 1000000000",
    "long * 1000",
    "big + big",
    "upper(big)",
    "string(huge)",
    "huge * huge",
    "number(big)",
    "sum(long) + sum(long) + sum(long)",
    "contains(long, long)",
    "long == long && long == long && long == long",
    "distinct(long)",
    "concatenate(long, long, long)",
    "deep == deep",
    "99999999999999999999 * 99999999999999999999",
    "1 / 0",
    "1 % 0",
    "0.1 / 0",
    "round(1, 999999999)",
    "decimal(1.5, -999999999)",
    "chain(" * 50 + ")" * 50,
    "(" * 2000 + "1" + ")" * 2000,
    "(" * 60 + "1" + ")" * 60,
    "-" * 1500 + "1",
    "!" * 1500 + "true",
    "not " * 400 + "true",
    "a ? b : " * 200 + "c",
    "[" * 900 + "]" * 900,
    "1 + " * 500 + "1",
    "a" + ".b" * 900,
    "a" + "[0]" * 600,
    "1" * 1000,
    "x" * 2001,
    " " * 2001 + "1",
    "'" + "a" * 1999,
    "{" * 500,
    "x in (" * 40 + "1..2" + ")" * 40,
    "x in (" * 200 + "1",
]


def _measured(act: Callable[[], object]) -> object:
    """Return what `act` gives, or the refusal; it may take neither long nor much memory."""
    begin = time.perf_counter()
    outcome = _outcome(act)
    taken = time.perf_counter() - begin
    tracemalloc.start()
    _outcome(act)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 1
    assert peak < 20_000_000
    return outcome


def _outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except ExpressionRefused as refused:
        return refused


@pytest.mark.parametrize("text", ACCESS)
@pytest.mark.parametrize("read", [juel.parse, feel.parse])
def test_nothing_outside_the_data_is_reached(read: Callable[[str], Expression], text: str) -> None:
    """What looks for Python, for Java or for an object's insides is refused, or is null like any unknown name."""
    outcome = _measured(lambda: read(text).evaluate(DATA))
    assert outcome is None or isinstance(outcome, ExpressionRefused)


@pytest.mark.parametrize("text", SIZE)
@pytest.mark.parametrize("read", [juel.parse, feel.parse])
def test_size_is_bounded(read: Callable[[str], Expression], text: str) -> None:
    """However much is asked for, the answer comes at once and small: mostly a refusal."""
    outcome = _measured(lambda: read(text).evaluate(DATA))
    assert isinstance(outcome, ExpressionRefused | bool | int)


@pytest.mark.parametrize(
    "text",
    [
        "module",
        "function",
        "object",
        "type",
        "bytes",
        "nan",
        "big + big",
        "upper(big)",
        "huge * huge",
        "distinct(long)",
        "deep == deep",
        "string(huge)",
        "concatenate(long, long, long)",
        "long == long && long == long && long == long",
    ],
)
def test_what_the_data_makes_dangerous_is_refused(text: str) -> None:
    """Objects in the data are never touched, and big values are charged by their size."""
    assert isinstance(_measured(lambda: juel.parse(text).evaluate(DATA)), ExpressionRefused)


def test_the_work_of_one_evaluation_is_limited() -> None:
    """A smaller budget refuses earlier."""
    read = juel.parse("sum(long)")
    assert read.evaluate(DATA) == sum(LONG)
    with pytest.raises(ExpressionRefused):
        read.evaluate(DATA, budget=1000)


def test_a_result_is_not_longer_than_allowed() -> None:
    """A long text in the data may be looked at, but not be a result."""
    assert juel.parse("startsWith(big, 'x')").evaluate(DATA) is True
    assert isinstance(_measured(lambda: juel.parse("big").evaluate(DATA)), ExpressionRefused)


def test_functions_cannot_be_reached_as_values() -> None:
    """A function that is handed in is callable by its name only."""
    functions = {"role": lambda: 1}
    assert juel.parse("role").evaluate({}, functions) is None
    assert juel.parse("role()").evaluate({}, functions) == 1
