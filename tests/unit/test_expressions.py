"""Both grammars mean what their languages say; null behaves as the table in `values` has it."""

from __future__ import annotations

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
