"""Both grammars mean what their languages say; null behaves as the table in `values` has it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.expressions import Expression, ExpressionRefused, feel, juel
from app.expressions.functions import LISTED, Function

DATA: Mapping[str, Any] = {
    "amount": 150,
    "price": Decimal("12.50"),
    "name": "网站",
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [3, 1, 2],
    "person": {"name": "李", "tags": ["a", "b"], "深": {"er": 1}},
    "day": date(2026, 3, 2),
    "at": datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
    "float": 0.5,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", Decimal("3.5")),
        ("6 / 2", 3),
        ("-7 % 3", -1),
        ("7 mod 4 div 3", 1),
        ("2 - 3 - 4", -5),
        ("--2", 2),
        ("price * 2", Decimal("25.00")),
        ("0.1 + 0.2 == 0.3", True),
        ("float * 3", Decimal("1.5")),
        ("'a' + \"b\"", "ab"),
        (r"'it\'s \\ \n'", "it's \\ \n"),
        ("amount > 100 && name == '网站'", True),
        ("amount gt 100 and name eq '网站'", True),
        ("amount lt 100 or no", False),
        ("not yes || !no", True),
        ("!(yes and no)", True),
        ("empty nothing && empty '' && not empty list", True),
        ("amount >= 150 ? 'much' : 'little'", "much"),
        ("no ? 1 : yes ? 2 : 3", 2),
        ("person.name", "李"),
        ("person['name']", "李"),
        ("person.深.er", 1),
        ("person.tags[1]", "b"),
        ("list[0]", 3),
        ("list[-1]", None),
        ("list[9]", None),
        ("person.missing.deeper", None),
        ("missing", None),
        ("[1, 'a', [true]]", [1, "a", [True]]),
        ("[]", []),
        ("count(list) + size(person) + length(name)", 8),
        ("contains(name, '网') && contains(list, 3)", True),
        ("sum(list) == 6 && max(list) == 3 && min(1, 2) == 1", True),
        ("startsWith(name, '网') && endsWith(name, '站')", True),
        ("day.year + day.month + day.day", 2031),
        ("at.hour", 1),
        ("day < date('2026-03-03')", True),
        ("at < dateTime('2026-03-02T09:00:01')", True),
        ("date(at) == day", True),
        ("string(price) + string(1) + string(yes)", "12.501true"),
        ("number('12.5') + number('2')", Decimal("14.5")),
        ("round(2.5) + floor(1.9) + ceiling(1.1)", 5),
        ("round(1.005, 2)", Decimal("1.00")),
        ("1 == '1'", False),
        ("yes == 1", False),
        ("[1, [2]] == [1, [2]]", True),
        ("trueish == null", True),
    ],
)
def test_juel(text: str, value: object) -> None:
    """`${…}` reads as JUEL."""
    result = juel.parse(text).evaluate(DATA)
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=amount > 100", True),
        ('amount = 150 and name != "x"', True),
        ('if amount > 100 then "a" else "b"', "a"),
        ("amount between 100 and 200 and yes", True),
        ("amount in (1, 150, 3)", True),
        ("amount in [150..200]", True),
        ("amount in (150..200]", False),
        ("amount in (> 100)", True),
        ("amount in ([1..2], [150..150])", True),
        ("amount in list", False),
        ("3 in list", True),
        ("list[1]", 3),
        ("list[-1]", 2),
        ("list contains(list, 3)", True),
        ("string length(name)", 2),
        ('upper case("ab") = "AB"', True),
        ('starts with(name, "网") and not(ends with(name, "网"))', True),
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", -2, 1)', "a"),
        ("count(list) + sum(list) + mean(list)", 11),
        ("concatenate(list, [4])", [3, 1, 2, 4]),
        ("append(list, 4)", [3, 1, 2, 4]),
        ("distinct values([1, 2, 1])", [1, 2]),
        ("all([true, false])", False),
        ("any([null, true])", True),
        ('{a: 1, "b": list}.b[2]', 1),
        ('date("2026-03-02") = day', True),
        ("date(2026, 3, 2) = day", True),
        ('date and time("2026-03-02T09:00:00") = at', True),
        ("is defined(missing)", False),
        ("-amount", -150),
        ("decimal(1 / 3, 2)", Decimal("0.33")),
    ],
)
def test_feel(text: str, value: object) -> None:
    """Forms and tables read as FEEL."""
    assert feel.parse(text).evaluate(DATA) == value


@pytest.mark.parametrize(
    ("text", "value", "passes"),
    [
        ("", 1, True),
        ("-", None, True),
        ('"a", "b"', "b", True),
        ('"a", "b"', "c", False),
        ("[1..5]", 5, True),
        ("[1..5)", 5, False),
        ("]1..5]", 1, False),
        ("(1..5[", 3, True),
        ("[-5..-1]", -3, True),
        ("> 3", 4, True),
        ("<= 3.5", Decimal("3.5"), True),
        ("= 3", 3, True),
        ("!= 3", 3, False),
        ("< 3, > 10", 11, True),
        ("-3", -3, True),
        ("not(1, 2)", 3, True),
        ("not(> 3)", 4, False),
        ("null", None, True),
        ("not(null)", None, False),
        ("> 3", None, False),
        ("[1..5]", None, False),
        ("not(> 3)", None, True),
        ("true", True, True),
        ("true", 1, False),
        ("? > 3 and ? < 5", 4, True),
        ('contains(?, "网")', "网站", True),
        ("amount", 150, True),
        ("list", 3, True),
        ("list", [3, 1, 2], True),
        ("> amount", 151, True),
        ('[date("2026-01-01")..date("2026-12-31")]', date(2026, 3, 2), True),
    ],
)
def test_cells(text: str, value: object, passes: bool) -> None:
    """A cell of a decision table tests the input."""
    assert feel.parse_tests(text).evaluate({**DATA, "?": value}) is passes


NULLS = [
    ("null == null", True),
    ("null != null", False),
    ("null == 1", False),
    ("null != 1", True),
    ("null < 1", None),
    ("1 >= null", None),
    ("null + 1", None),
    ("1 * null", None),
    ("-nothing", None),
    ("false && null", False),
    ("null && false", False),
    ("true && null", None),
    ("null || true", True),
    ("false || null", None),
    ("!null", None),
    ("nothing.field", None),
    ("nothing[0]", None),
    ("null ? 1 : 2", 2),
    ("empty null", True),
    ("count(null)", 0),
    ("contains(null, 'a')", None),
]


@pytest.mark.parametrize(("text", "value"), NULLS)
def test_null(text: str, value: object) -> None:
    """Null behaves as the documented table says."""
    assert juel.parse(text).evaluate(DATA) is value


def test_a_condition_with_null_does_not_hold() -> None:
    """A condition is satisfied only by true; anything but yes, no and null is refused."""
    assert not juel.parse("missing > 3").holds(DATA)
    assert juel.parse("amount > 3").holds(DATA)
    with pytest.raises(ExpressionRefused):
        juel.parse("name").holds(DATA)


def test_an_expression_tells_its_names_and_functions() -> None:
    """Free names and functions that are not built in are known without evaluating."""
    read = juel.parse("person.name == role('x', unit) && count(list) > case.n && due('x') > 1")
    assert read.names == {"person", "unit", "list", "case"}
    assert read.functions == {"role", "due"}
    assert feel.parse_tests("? > limit").names == {"limit"}


def test_functions_are_handed_in() -> None:
    """Functions given with the evaluation are called with values."""
    read = juel.parse("role('lead', person.name)")
    assert read.evaluate(DATA, {"role": lambda name, unit: {"role": name, "unit": unit}}) == {
        "role": "lead",
        "unit": "李",
    }
    with pytest.raises(ExpressionRefused):
        read.evaluate(DATA)
    with pytest.raises(ExpressionRefused):
        read.evaluate(DATA, {"role": lambda: 1})


def test_reading_is_cached() -> None:
    """The same text is read once."""
    assert juel.parse("1 + 41") is juel.parse("1 + 41")
    assert isinstance(juel.parse("1 + 41"), Expression)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("1 +", 4),
        ("1 + * 2", 5),
        ("a b", 3),
        ("(1", 3),
        ("'open", 1),
        ("a.b()", 4),
        ("1 = 2", 3),
        ("f(1", 4),
        ("a ? b", 6),
        ("12x", 1),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, column: int) -> None:
    """The column of the refusal is the place of the mistake."""
    with pytest.raises(ExpressionRefused) as refused:
        juel.parse(text)
    assert refused.value.column == column


@pytest.mark.parametrize("text", ["${a} and ${b}", "hello ${a}", "${", "${a", "#{a}${b}"])
def test_a_text_mixed_with_expressions_is_refused(text: str) -> None:
    """An attribute holds plain text or one expression."""
    with pytest.raises(ExpressionRefused):
        juel.braced(text)


def test_a_braced_text_is_read_and_plain_text_is_not() -> None:
    """`${…}` gives an expression, anything without it none."""
    read = juel.braced(" ${ amount } ")
    assert read is not None
    assert read.evaluate(DATA) == 150
    assert juel.braced("li") is None


numbers = st.one_of(
    st.integers(-(10**9), 10**9),
    st.decimals(-(10**9), 10**9, places=4, allow_nan=False, allow_infinity=False),
)


@given(left=numbers, right=numbers)
def test_arithmetic_is_exact(left: int | Decimal, right: int | Decimal) -> None:
    """Sums, differences, products and comparisons of everyday numbers have no rounding error at all."""
    names = {"a": left, "b": right}
    a, b = Fraction(left), Fraction(right)
    assert Fraction(juel.parse("a + b").evaluate(names)) == a + b
    assert Fraction(juel.parse("a - b").evaluate(names)) == a - b
    assert Fraction(juel.parse("a * b").evaluate(names)) == a * b
    assert juel.parse("a < b").evaluate(names) is (a < b)
    assert juel.parse("a == b").evaluate(names) is (a == b)


@given(left=numbers, right=numbers.filter(bool))
def test_division_is_right_to_the_last_digit(left: int | Decimal, right: int | Decimal) -> None:
    """Quotients differ from the true value by less than a unit in the 34th digit; remainders are exact."""
    names = {"a": left, "b": right}
    quotient = Fraction(juel.parse("a / b").evaluate(names))
    exact = Fraction(left) / Fraction(right)
    assert abs(quotient - exact) <= abs(exact) * Fraction(1, 10**33)
    remainder = Fraction(juel.parse("a % b").evaluate(names))
    whole = int(exact)
    assert remainder == Fraction(left) - whole * Fraction(right)


leaves = st.one_of(st.integers(0, 999).map(str), st.sampled_from(["a", "b", "1.5"]))
formulas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"(-{part})"),
    ),
    max_leaves=25,
)


def _value(formula: str, names: Mapping[str, Fraction]) -> Fraction:
    """Compute a fully parenthesised formula with fractions, independently of the product."""
    tokens = formula.replace("(", " ( ").replace(")", " ) ").split()

    def read(at: int) -> tuple[Fraction, int]:
        if tokens[at] != "(":
            text = tokens[at].removeprefix("-")
            number = names[text] if text in names else Fraction(text)
            return (-number if tokens[at] != text else number), at + 1
        if tokens[at + 1] == "-":
            value, at = read(at + 2)
            return -value, at + 1
        left, at = read(at + 1)
        if tokens[at] == ")":
            return left, at + 1
        operator = tokens[at]
        right, at = read(at + 1)
        return {"+": left + right, "-": left - right, "*": left * right}[operator], at + 1

    return read(0)[0]


@given(formula=formulas, a=st.integers(-99, 99), b=st.integers(-99, 99))
def test_formulas_agree_with_fractions(formula: str, a: int, b: int) -> None:
    """Any nesting of plus, minus and times gives what exact fractions give, in both grammars."""
    expected = _value(formula, {"a": Fraction(a), "b": Fraction(b)})
    for read in (juel.parse, feel.parse):
        try:
            found = read(formula).evaluate({"a": a, "b": b})
        except ExpressionRefused:
            assert abs(expected) >= 10**33
            continue
        if abs(expected) < 10**30:
            assert Fraction(found) == expected


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the readers fail in another way than by refusing."""
    for read in (juel.parse, feel.parse, feel.parse_tests, juel.braced):
        with suppress(ExpressionRefused):
            read(text)


@given(text=st.text(alphabet="ab1.,()[]{}?:+-*/<>=!&|\"' not in\\", max_size=40))
def test_any_formula_is_evaluated_or_refused(text: str) -> None:
    """Whatever can be read can be evaluated, or is refused in words."""
    for read in (juel.parse, feel.parse, feel.parse_tests):
        with suppress(ExpressionRefused):
            read(text).evaluate({"a": 1, "b": [1, {"a": None}], "?": 3})


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.names[0])
def test_every_function_does_what_its_example_says(one: Function) -> None:
    """The examples of the documentation are true."""
    assert feel.parse(one.example).evaluate({}) == _meant(one.value)


def _meant(value: str) -> Any:
    """Return what the JSON text of an example stands for."""
    read = json.loads(value, parse_float=Decimal)
    if not isinstance(read, str) or not read.startswith("2026"):
        return read
    return datetime.fromisoformat(read) if "T" in read else date.fromisoformat(read)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("some x in list satisfies x > 2", True),
        ("every x in list satisfies x > 2", False),
        ("some x in [null] satisfies x > 2", None),
        ("every x in [] satisfies false", True),
        ("for x in list return x * 2", [6, 2, 4]),
        ("for x in 1..2, y in 2..1 return x * 10 + y", [12, 11, 22, 21]),
        ("for x in list, y in [x] return x + y", [6, 2, 4]),
        ("for x in missing return x", []),
        ("list[item > 1]", [3, 2]),
        ("list[item > amount]", []),
        ("people[age > 30].name", ["b"]),
        ("people[age > limit].name", ["a", "b"]),
        ("people[item.age = 20][1].name", "a"),
        ("people[admin]", [{"name": "b", "age": 40, "admin": True}]),
        ("people[2].name", "b"),
        ("list[count(list)]", 2),
        ("list[place]", 1),
        ("missing[item > 1]", None),
        ("people.name", ["a", "b"]),
        ("{a: 2, b: a * 2}.b", 4),
        ("`a b` + 1", 8),
        ("person.`full name`", "李四"),
        ('@"2026-03-02" = day', True),
        ('@"P1D" + @"PT12H" = duration("PT36H")', True),
        ('(day + duration("P1M")).month', 4),
        ('date("2026-01-31") + duration("P1M") = date("2026-02-28")', True),
        ('(day - date("2026-02-28")).days', 2),
        ('date and time("2026-03-02T09:00") - at', "PT0S"),
        ('string(duration("P1Y2M"))', "P1Y2M"),
        ('[duration("-PT90M"), 1]', ["-PT1H30M", 1]),
        ('duration("-P1DT2H").hours', -2),
        ('duration("P1D") > duration("PT23H")', True),
        ('day - duration("P1D") < day', True),
        ("1e3 + .5", Decimal("1000.5")),
        (r'"\u4e2d"', "中"),
        ("x in (for y in list return y)", False),
        ("if amount > 100 and not(empty) then 1 else 2", 2),
    ],
)
def test_more_of_feel(text: str, value: object) -> None:
    """Loops, filters, paths over lists, durations and literals read as FEEL."""
    more = {
        "people": [{"name": "a", "age": 20, "admin": False}, {"name": "b", "age": 40, "admin": True}],
        "limit": 10,
        "place": 2,
        "a b": 7,
        "person": {"full name": "李四"},
    }
    assert feel.parse(text).evaluate({**DATA, **more}) == value


@pytest.mark.parametrize(
    ("text", "value", "passes"),
    [
        ("> 3, null", None, True),
        ("amount > 100", 1, True),
        ("amount > 200", 1, False),
        ('starts with(?, "网")', "网站", True),
        ("is defined(?)", None, False),
        ("not(null, 3)", 4, True),
        ('< date("2026-03-03")', date(2026, 3, 2), True),
        ('[@"2026-01-01"..@"2026-12-31"]', date(2026, 3, 2), True),
        ("some x in list satisfies x = ?", 3, True),
        ("count(?) > 1", [1, 2], True),
        ("{a: 1}", {"a": 1}, True),
    ],
)
def test_more_cells(text: str, value: object, passes: bool) -> None:
    """A cell may hold a condition of its own; it passes only when that is true."""
    assert feel.parse_tests(text).evaluate({**DATA, "?": value}) is passes


def test_names_that_loops_and_filters_bring_are_not_data() -> None:
    """Free names are those of the data; names in a filter may be fields of the items."""
    read = feel.parse("for x in rows, y in x.parts return rows[a > limit][item.b = x].c + n")
    assert read.names == {"rows", "n"}
    assert read.loose_names == {"a", "limit"}
    assert feel.parse("{a: 1, b: a + c}").names == {"c"}


@pytest.mark.parametrize(
    ("read", "text", "column"),
    [
        (juel.parse, "1 + (2 > 'a')", 8),
        (juel.parse, "name.first", 5),
        (juel.parse, "1 + upper(2)", 5),
        (juel.parse, "yes && amount", 5),
        (juel.parse, "amount ? 1 : 2", 8),
        (juel.parse, "amount[0]", 7),
        (feel.parse, " = 1 + -name", 8),
        (feel.parse, "if 1 then 2 else 3", 1),
        (feel.parse, "for x in name return x", 1),
        (feel.parse, "list[item > name]", 11),
    ],
)
def test_a_failed_evaluation_is_shown_where_it_is(read: Any, text: str, column: int) -> None:
    """The column of a refusal during evaluation is that of the operator or function that failed."""
    with pytest.raises(ExpressionRefused) as refused:
        read(text).evaluate(DATA)
    assert refused.value.column == column


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("userId.toLowerCase() == 'a'", "lower(…)"),
        ("list.size() > 1", "size(…)"),
        ("execution.getVariable('a')", "名称"),
        ("bean.send(name)", "服务任务"),
        ("a = 1", "=="),
    ],
)
def test_a_refusal_says_what_to_write_instead(text: str, instead: str) -> None:
    """Methods of objects and assignments, as other products allow them, are refused with a way out."""
    with pytest.raises(ExpressionRefused, match=instead.replace("(", r"\(").replace(")", r"\)")):
        juel.parse(text)


@pytest.mark.parametrize(
    "text",
    ["2 ** 3", "x instance of string", "function(a) a", "f(a: 1)", "{a: 1, a: 2}", "for x in 1 2", "`a", "a == 1"],
)
def test_what_feel_has_besides_is_refused(text: str) -> None:
    """Parts of FEEL that are left out are refused when they are read."""
    with pytest.raises(ExpressionRefused):
        feel.parse(text)


conditions = st.recursive(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), st.sampled_from("abc")
    ).map(" ".join),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"(not ({part}))"),
    ),
    max_leaves=12,
)


@given(condition=conditions, names=st.fixed_dictionaries({name: st.integers(-3, 3) for name in "abc"}))
def test_conditions_agree_with_python(condition: str, names: dict[str, int]) -> None:
    """Any nesting of comparisons with and, or and not is what Python says, in both grammars."""
    expected = eval(condition, {"__builtins__": {}}, dict(names))  # noqa: S307 - a formula made here, as the oracle
    assert juel.parse(condition).evaluate(names) is expected
    assert feel.parse(re.sub("==", "=", condition)).evaluate(names) is expected


@given(items=st.lists(st.integers(-9, 9), max_size=12), bound=st.integers(-9, 9))
def test_lists_agree_with_python(items: list[int], bound: int) -> None:
    """Filters, loops, quantifiers and list functions are what Python says."""
    names = {"items": items, "bound": bound}

    def value(text: str) -> Any:
        return feel.parse(text).evaluate(names)

    assert value("items[item > bound]") == [one for one in items if one > bound]
    assert value("for x in items return x * bound") == [one * bound for one in items]
    assert value("some x in items satisfies x = bound") is (bound in items)
    assert value("every x in items satisfies x <= bound") is all(one <= bound for one in items)
    assert value("distinct values(items)") == list(dict.fromkeys(items))
    assert value("sum(items)") == (sum(items) if items else None)
    assert value("index of(items, bound)") == [place for place, one in enumerate(items, 1) if one == bound]
