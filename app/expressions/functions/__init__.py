"""The functions every expression may call, under their JUEL and their FEEL names.

Each takes `charge` first, then its arguments; null for an argument that must be given gives null. The documentation
lists them from here: the first line of the docstring and the example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.expressions.functions import dates, lists, numbers, texts
from app.expressions.functions.dates import part_of
from app.expressions.functions.lists import is_empty

__all__ = ["BUILT_IN", "LISTED", "Function", "is_empty", "part_of"]

MANY = 100


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in function: its names, how many arguments it takes, and one example in FEEL with its value.

    `answers` says that it gives yes or no, so that a cell or a filter that is such a call is a condition.
    """

    names: tuple[str, ...]
    run: Callable[..., Any]
    fewest: int
    most: int
    example: str
    value: str
    answers: bool = False


def _answer(names: str, run: Callable[..., Any], fewest: int, most: int, example: str, value: str) -> Function:
    return Function(tuple(names.split("|")), run, fewest, most, example, value, answers=True)


def _function(names: str, run: Callable[..., Any], fewest: int, most: int, example: str, value: str) -> Function:
    return Function(tuple(names.split("|")), run, fewest, most, example, value)


LISTED: tuple[Function, ...] = (
    _function("count|size|length|string length", lists.count, 1, 1, 'count([3, 1]) + string length("网站")', "4"),
    _function("sum", numbers.total, 1, MANY, "sum([1, 2.5])", "3.5"),
    _function("product", numbers.product, 1, MANY, "product(2, 3, 4)", "24"),
    _function("min", numbers.smallest, 1, MANY, "min([3, 1, 2])", "1"),
    _function("max", numbers.largest, 1, MANY, "max(3, 1, 2)", "3"),
    _function("mean", numbers.mean, 1, MANY, "mean([1, 2])", "1.5"),
    _function("median", numbers.median, 1, MANY, "median([9, 1, 2])", "2"),
    _function("abs", numbers.absolute, 1, 1, "abs(-3)", "3"),
    _function("modulo", numbers.modulo, 2, 2, "modulo(-7, 3)", "2"),
    _function("floor", numbers.floor, 1, 2, "floor(-1.5)", "-2"),
    _function("ceiling", numbers.ceiling, 1, 2, "ceiling(1.21, 1)", "1.3"),
    _function("round|decimal|round half even", numbers.rounded, 1, 2, "round(2.5)", "2"),
    _function("round half up", numbers.rounded_half_up, 1, 2, "round half up(2.5)", "3"),
    _answer("even", numbers.is_even, 1, 1, "even(4)", "true"),
    _answer("odd", numbers.is_odd, 1, 1, "odd(4)", "false"),
    _function("number", numbers.as_number, 1, 1, 'number("12.5")', "12.5"),
    _function("string", texts.as_text, 1, 1, "string(12.50)", '"12.50"'),
    _answer("contains|list contains", lists.contains, 2, 2, 'contains("abc", "b")', "true"),
    _answer("starts with|startsWith", texts.starts, 2, 2, 'starts with("abc", "ab")', "true"),
    _answer("ends with|endsWith", texts.ends, 2, 2, 'ends with("abc", "ab")', "false"),
    _function("substring", texts.substring, 2, 3, 'substring("foobar", -3, 2)', '"ba"'),
    _function("substring before|before", texts.before, 2, 2, 'substring before("a@b", "@")', '"a"'),
    _function("substring after|after", texts.after, 2, 2, 'substring after("a@b", "@")', '"b"'),
    _function("upper case|upper", texts.upper, 1, 1, 'upper case("ab")', '"AB"'),
    _function("lower case|lower", texts.lower, 1, 1, 'lower case("AB")', '"ab"'),
    _function("trim", texts.trimmed, 1, 1, 'trim(" a ")', '"a"'),
    _function("string join|join", texts.joined, 1, 2, 'string join(["a", "b"], ", ")', '"a, b"'),
    _function("append", lists.append, 2, MANY, "append([1], 2, 3)", "[1,2,3]"),
    _function("concatenate", lists.concatenate, 1, MANY, "concatenate([1], [2, 1])", "[1,2,1]"),
    _function("union", lists.union, 1, MANY, "union([1], [2, 1])", "[1,2]"),
    _function("distinct values|distinct", lists.distinct, 1, 1, "distinct values([1, 2, 1])", "[1,2]"),
    _function("index of|indexOf", lists.places, 2, 2, "index of([1, 2, 1], 1)", "[1,3]"),
    _function("reverse", lists.backwards, 1, 1, "reverse([1, 2])", "[2,1]"),
    _function("sublist", lists.sublist, 2, 3, "sublist([1, 2, 3], 2)", "[2,3]"),
    _function("insert before", lists.insert, 3, 3, "insert before([1, 3], 2, 2)", "[1,2,3]"),
    _function("remove", lists.remove, 2, 2, "remove([1, 2, 3], 2)", "[1,3]"),
    _function("flatten", lists.flattened, 1, 1, "flatten([1, [2, [3]]])", "[1,2,3]"),
    _function("get value", lists.value_of, 2, 2, 'get value({a: 1}, "a")', "1"),
    _answer("all", lists.every, 1, MANY, "all([true, false])", "false"),
    _answer("any", lists.some, 1, MANY, "any([true, false])", "true"),
    _answer("not", lists.negated, 1, 1, "not(1 > 2)", "true"),
    _answer("is defined|isDefined", lists.is_defined, 1, 1, "is defined(null)", "false"),
    _function("date", dates.as_date, 1, 3, 'date("2026-03-02") + duration("P1M")', '"2026-04-02"'),
    _function(
        "date and time|dateTime",
        dates.as_instant,
        1,
        1,
        'date and time("2026-03-02T09:00")',
        '"2026-03-02T09:00:00+08:00"',
    ),
    _function("duration", dates.as_duration, 1, 1, 'duration("P1D") + duration("PT36H")', '"P2DT12H"'),
    _function(
        "years and months duration|monthsBetween",
        dates.months_between,
        2,
        2,
        'years and months duration(date("2025-01-31"), date("2026-03-02"))',
        '"P1Y1M"',
    ),
    _function("day of week|dayOfWeek", dates.day_of_week, 1, 1, 'day of week(date("2026-03-02"))', '"Monday"'),
    _function("day of year|dayOfYear", dates.day_of_year, 1, 1, 'day of year(date("2026-03-02"))', "61"),
    _function("week of year|weekOfYear", dates.week_of_year, 1, 1, 'week of year(date("2026-03-02"))', "10"),
)
BUILT_IN: Mapping[str, Function] = {name: one for one in LISTED for name in one.names}
