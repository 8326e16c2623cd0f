"""Expressions written to break out, to hang or to fill the memory are refused, each within its budget.

What bounds the time is the work that is counted and the number of nodes, so these are what is asserted, with the
memory; `python -m tests.unit.test_expressions_attacks` prints the seconds of every attack, the slowest first.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.expressions import Budget, Expression, ExpressionRefused, feel, juel
from app.expressions.compiling import WORK
from app.expressions.values import MAX_TEXT

LONG = list(range(50_000))
DEEP: list[Any] = []
for _ in range(500):
    DEEP = [DEEP]
DATA: dict[str, Any] = {
    "s": "text",
    "big": "x" * 100_000,
    "wide": "界" * 9_000,
    "long": LONG,
    "items": list(range(1000)),
    "texts": ["y" * 5_000] * 1000,
    "rows": [{"a": number, "b": "z" * 50} for number in range(1000)],
    "deep": DEEP,
    "huge": 10**5000,
    "tiny": Decimal("1E-999999"),
    "zero": Decimal("0E-999999"),
    "digits": Decimal("0." + "3" * 100_000),
    "d": {"a": 1, "__class__": None, "$decimal": "9"},
    "day": date(9999, 12, 31),
    "module": os,
    "function": print,
    "object": object(),
    "type": type,
    "bytes": b"x",
    "nan": float("nan"),
    "endless": float("inf"),
}
MEMORY = 20_000_000

ACCESS = [
    "__import__('os').system('id')",
    "eval('1')",
    "exec('x = 1')",
    "open('/etc/passwd')",
    "().__class__.__mro__",
    "''.__class__",
    "s.__class__.__base__.__subclasses__()",
    "s.format(s)",
    "'%s' % s",
    "'{0.__class__}'.format(s)",
    "d.keys()",
    "d['a'].__class__",
    "d['__class__'].__init__",
    "d.__class__.__init__.__globals__",
    "d.__dict__",
    "items.append",
    "rows[0].__class__",
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
    "endless",
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
    "day.__class__",
    "day.replace",
    "get value(d, '__class__').x",
    "__builtins__",
    "\uff3f\uff3fimport\uff3f\uff3f('os')",
    "e\u200bval('1')",
    "\u202es",
    "s\u0000",
    "'\udc80'",
    "'\\ud800'",
    "\u0661 + 1",
    "1\u00b2",
    "function() external { java: {class: 1} }",
    "@'2026-13-01'",
    "`__class__`.a",
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
    "deep",
    "flatten(deep)",
    "99999999999999999999 * 99999999999999999999",
    "1e999",
    "1e33 * 1e33",
    "1e-99 * 1e-99",
    "number('1e999999')",
    "string(tiny)",
    "string(zero)",
    "string(digits)",
    "digits * digits",
    "string(1e33 / 3)",
    "1 / 0",
    "1 % 0",
    "0.1 / 0",
    "round(1, 999999999)",
    "decimal(1.5, -999999999)",
    "round(1e33, -33)",
    "day + duration('P1D')",
    "day + duration('P9999Y')",
    "duration('P9999Y') * 999999",
    "duration('P99999999D') * 999999999999999",
    "date(99999999999, 1, 1)",
    "dateTime('0001-01-01T00:00:00+14:00') - dateTime('9999-12-31T00:00:00-12:00')",
    "date('9' )",
    "substring(big, 1e30)",
    "sublist(long, -1e30)",
    "join(texts, big)",
    "join(texts)",
    "chain(" * 50 + ")" * 50,
    "(" * 2000 + "1" + ")" * 2000,
    "(" * 60 + "1" + ")" * 60,
    "(1 || 1 && 1 == 1 + 1 * " * 30 + "1" + ")" * 30,
    "-" * 1500 + "1",
    "!" * 1500 + "true",
    "not " * 400 + "true",
    "a ? b : " * 200 + "c",
    "[" * 900 + "]" * 900,
    "1 + " * 500 + "1",
    "s + " * 90 + "s",
    "a" + ".b" * 900,
    "a" + "[0]" * 600,
    "1" * 1000,
    "x" * 2001,
    " " * 2001 + "1",
    "'" + "a" * 1999,
    '"' + "\\" * 1990,
    "{" * 500,
    "x in (" * 40 + "1..2" + ")" * 40,
    "x in (" * 200 + "1",
    "in " * 600,
    "not(" * 300 + "1..2",
]
LOOPS = [
    "for x in long return x",
    "for x in long, y in long return x * y",
    "for x in 1..999999999999 return x",
    "for x in 1..1e30 return x",
    "for x in items return for y in items return for z in items return 1",
    "for x in texts return x + x",
    "for x in items return wide",
    "for x in items return upper case(wide)",
    "for x in 1..20000 return {a: {b: {c: {d: {e: {f: x}}}}}}",
    "for x in 1..20000 return [[[[[[[[[[x]]]]]]]]]]",
    "for x in 1..20000 return 1 / 3",
    'for x in 1..20000 return date("2026-01-01") + duration("P1D")',
    'for x in 1..20000 return string(x / 7) + "a"',
    "for x in items return items",
    "for x in items return concatenate(items, items)",
    "for x in items return distinct values(items)",
    "for x in items return sum(items)",
    "for x in items return rows",
    "some x in long, y in long satisfies x + y < 0",
    "every x in long, y in long satisfies x + y >= 0",
    "every x in 1..999999999 satisfies true",
    "items[some x in items satisfies x = item + 1000]",
    'rows[b = "nothing"][a > 3]',
    "rows[contains(b, b)]",
    "rows[count(rows[a = 1]) > 0]",
    "long[item > 49999]",
    'texts[starts with(item, "y")]',
    "count(for x in texts return x + x)",
    "count(for x in rows, y in rows return x = y)",
    "texts = texts and texts = texts and texts = texts",
    "max(for x in 1..9999 return substring(wide, x))",
    "[wide, [wide, [wide, [wide]]]]",
    "for a in items return {" + ", ".join(f"k{number}: a" for number in range(90)) + "}",
    "{a: items, b: [a, a, a], c: [b, b, b], d: [c, c, c], e: [d, d, d], f: [e, e, e]}",
    'string join(for x in 1..9999 return "abcdefghij")',
    "median(long) + median(long)",
    'index of(texts, "y")',
    "[" + ", ".join(["1..2"] * 50) + "]",
    "for " + ", ".join(f"x{number} in items" for number in range(30)) + " return 1",
    "some " * 300 + "x",
    "for x in " * 100 + "y",
    "if true then " * 150 + "1",
    "list" + "[item > 1]" * 100,
    "rows" + ".a" * 150,
]


def outcome_of(act: Callable[[], object]) -> object:
    """Return what `act` gives, or the refusal."""
    try:
        return act()
    except ExpressionRefused as refused:
        return refused


def measured(read: Callable[[str], Expression], text: str) -> object:
    """Return what an expression over `DATA` gives, or the refusal; it may use neither more work nor more memory."""
    budget = Budget()
    tracemalloc.start()
    outcome = outcome_of(lambda: fresh(read)(text).evaluate(DATA, {}, budget))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY
    assert budget.left >= 0 or isinstance(outcome, ExpressionRefused)
    return outcome


def fresh(read: Any) -> Callable[[str], Expression]:
    """Return a reader that has read nothing yet, so that reading is measured too."""
    found: Callable[[str], Expression] = read.__wrapped__
    return found


@pytest.mark.parametrize("text", ACCESS)
@pytest.mark.parametrize("read", [juel.parse, feel.parse])
def test_nothing_outside_the_data_is_reached(read: Callable[[str], Expression], text: str) -> None:
    """What looks for Python, for Java or for an object's insides is refused, or is null like any unknown name."""
    outcome = measured(read, text)
    assert outcome is None or isinstance(outcome, ExpressionRefused)


@pytest.mark.parametrize("text", SIZE)
@pytest.mark.parametrize("read", [juel.parse, feel.parse])
def test_size_is_bounded(read: Callable[[str], Expression], text: str) -> None:
    """However much is asked for, the answer comes within the budget and small: mostly a refusal."""
    outcome = measured(read, text)
    assert outcome is None or isinstance(outcome, ExpressionRefused | bool | int | str | Decimal)
    assert len(str(outcome)) <= MAX_TEXT


@pytest.mark.parametrize("text", LOOPS)
def test_loops_and_filters_are_bounded(text: str) -> None:
    """Every turn is charged with what is done in it, so loops in loops and copies of copies end early."""
    measured(feel.parse, text)


@pytest.mark.parametrize(
    "text", ["(" * n + "?" + ")" * n for n in (10, 30, 900)] + ["not(" * n + "1..2" for n in (9, 400)]
)
def test_cells_are_bounded(text: str) -> None:
    """Reading a cell takes no more than reading an expression, however its brackets may be meant."""
    outcome = outcome_of(lambda: feel.parse_tests(text).evaluate({"?": True}))
    assert outcome is True or isinstance(outcome, ExpressionRefused)


@pytest.mark.parametrize(
    "text",
    [
        "module",
        "function",
        "object",
        "type",
        "bytes",
        "nan",
        "endless",
        "huge",
        "tiny",
        "string(huge)",
        "concatenate(long, long, long)",
        "long == long && long == long && long == long",
        "long",
        "[[module]]",
    ],
)
def test_what_the_data_makes_dangerous_is_refused(text: str) -> None:
    """Objects in the data are never touched, and big values are charged by their size."""
    assert isinstance(measured(juel.parse, text), ExpressionRefused)


def test_the_work_of_one_evaluation_is_limited() -> None:
    """A smaller budget refuses earlier."""
    read = juel.parse("sum(items)")
    assert read.evaluate(DATA) == sum(range(1000))
    with pytest.raises(ExpressionRefused):
        read.evaluate(DATA, budget=Budget(1000))


def test_several_evaluations_may_share_a_budget() -> None:
    """What one evaluation used is not there for the next."""
    read, budget = juel.parse("sum(items)"), Budget(3000)
    read.evaluate(DATA, budget=budget)
    with pytest.raises(ExpressionRefused):
        read.evaluate(DATA, budget=budget)


def test_a_turn_costs_what_stands_in_it() -> None:
    """The work of a loop is its turns times the size of its body."""

    def work(text: str) -> int:
        budget = Budget()
        feel.parse(text).evaluate(DATA, budget=budget)
        return WORK - budget.left

    short, long = work("for x in 1..100 return x"), work("for x in 1..100 return x + x + x + x")
    assert work("for x in 1..200 return x") == pytest.approx(2 * short, rel=0.1)
    assert long > 3 * short


def test_a_result_is_not_longer_than_allowed() -> None:
    """A long text in the data may be looked at, but not be a result."""
    assert juel.parse("startsWith(big, 'x')").evaluate(DATA) is True
    assert isinstance(measured(juel.parse, "big"), ExpressionRefused)


def test_functions_cannot_be_reached_as_values() -> None:
    """A function that is handed in is callable by its name only."""
    functions = {"role": lambda: 1}
    assert juel.parse("role").evaluate({}, functions) is None
    assert juel.parse("role()").evaluate({}, functions) == 1


def test_a_function_cannot_hand_out_what_is_no_value() -> None:
    """What a function that is handed in returns is admitted like data."""
    with pytest.raises(ExpressionRefused):
        juel.parse("role()").evaluate({}, {"role": lambda: os})
    with pytest.raises(ExpressionRefused):
        juel.parse("role()").evaluate({}, {"role": lambda: [os]})


def _timed() -> Iterator[tuple[float, str]]:
    for read in (juel.parse, feel.parse):
        for text in (*ACCESS, *SIZE, *LOOPS):
            begin = time.process_time()
            outcome_of(lambda read=read, text=text: fresh(read)(text).evaluate(DATA))
            yield time.process_time() - begin, text


if __name__ == "__main__":
    for seconds, attack in sorted(_timed(), reverse=True)[:15]:
        print(f"{seconds * 1000:8.1f} ms  {attack[:90]!r}")
