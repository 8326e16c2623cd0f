"""`guanjia eval` prints a value as JSON, or a refusal with line and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli

Eval = Callable[..., Result]


@pytest.fixture
def run() -> Eval:
    """Return what runs the command."""

    def call(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, ["eval", *arguments], input=stdin)

    return call


@pytest.mark.parametrize(
    ("expression", "data", "printed"),
    [
        ("1 + 2", "{}", "3"),
        ("-1 + 2", "{}", "1"),
        ("${a.b > 1 && c == '中'}", '{"a": {"b": 1.5}, "c": "中"}', "true"),
        ("#{l[1]}", '{"l": [1, "二"]}', '"二"'),
        ("7 / 2 + a", '{"a": {"$decimal": "0.10"}}', "3.6"),
        ("0.1 + 0.2", "{}", "0.3"),
        ("a", '{"a": {"z": null, "b": [true, 1e3]}}', '{"b":[true,1000],"z":null}'),
        ("day", '{"day": {"$date": "2026-03-02"}}', '"2026-03-02"'),
        ("day == date('2026-03-02')", '{"day": {"$date": "2026-03-02"}}', "true"),
        ('=if x > 1 then "a" else "b"', '{"x": 2}', '"a"'),
        (" = count(l[item > 1])", '{"l": [1, 2, 3]}', "2"),
        ("role('lead', unit)", '{"unit": 3}', '{"role":"lead","rule":"role","unit":3}'),
        ("isDefined(nothing)", "{}", "false"),
        ("a * 0", '{"a": -1.5}', "0"),
    ],
)
def test_a_value_is_printed_as_json(run: Eval, expression: str, data: str, printed: str) -> None:
    """The value is one line of JSON with keys in order and exact numbers."""
    result = run(expression, "--data", data)
    assert (result.exit_code, result.stdout) == (0, f"{printed}\n")


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["1 +"], "line 1, column 4: "),
        (["1 +\n  * 2"], "line 2, column 3: "),
        (["${ 1 + * }"], "line 1, column 8: "),
        (["= 1 +* 2"], "line 1, column 6: "),
        (["1 +\n missing"], "line 2, column 2: "),
        (["1 + nothing(2)"], "line 1, column 5: "),
        (["1 + (2 > 'a')"], "line 1, column 8: "),
        (["s.length()", "--data", '{"s": ""}'], "line 1, column 9: "),
        (["for x in 1..9999999 return x", "--feel"], "line 1, column 1: "),
        (["a ${1}"], "line 1, column 4: "),
        ([""], "line 1, column 1: "),
        (["1", "--data", '{"a": 1,\n]'], "--data, line 2, column 1: "),
        (["1", "--data", "[1]"], "--data, line 1, column 1: "),
        (["1", "--data", '{"a": NaN}'], "--data: "),
        (["1", "--data", "[" * 5000], "--data: "),
        (["1", "--data", '{"a": {"$date": "x"}}'], "--data: "),
        (["1", "--data", '{"a": ' + "9" * 6000 + "}"], "--data: "),
    ],
)
def test_a_refusal_names_its_place(run: Eval, arguments: list[str], place: str) -> None:
    """A refusal is one line on the error stream, and the exit code is 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(place)
    assert result.stderr.count("\n") == 1


def test_data_comes_from_a_file_or_from_stdin(run: Eval, tmp_path: Path) -> None:
    """`@FILE` and `-` are read instead of the text itself."""
    file = tmp_path / "data.json"
    file.write_text('{"a": 2}', "utf-8")
    assert run("a * 2", "--data", f"@{file}").stdout == "4\n"
    assert run("a * 2", "--data", "-", stdin='{"a": 3}').stdout == "6\n"
