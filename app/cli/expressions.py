"""Command about expressions: eval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

import click

from app.cli.base import WRONG, cli
from app.engine.outside import functions_of
from app.engine.port import Environment
from app.engine.state import clean, untag
from app.errors import UserError
from app.expressions import Expression, ExpressionRefused, feel, juel, tree
from app.expressions.errors import line_and_column
from app.expressions.naming import names_of
from app.expressions.values import DIGITS
from app.i18n import N_

MAX_DATA = 4 * 1024 * 1024
_ASKS_WHETHER = frozenset({"is defined", "isDefined"})


@cli.command("eval", context_settings={"ignore_unknown_options": True})
@click.argument("expression", type=click.UNPROCESSED)
@click.option(
    "--data", default="{}", metavar="JSON", help="the names, a JSON object; @FILE reads a file, - reads stdin"
)
@click.option("--feel", "as_feel", is_flag=True, help="read the expression as FEEL; a leading = means the same")
def evaluate(expression: str, data: str, as_feel: bool) -> None:
    """Print the value of an expression as JSON; a refusal names line and column. No database is opened."""
    names = read_names(data)
    try:
        value = value_of(expression, names, as_feel=as_feel)
    except ExpressionRefused as error:
        line, column = line_and_column(expression, error.column or 1)
        _refuse(f"line {line}, column {column}: {error}")
    click.echo(written(value))


def value_of(text: str, names: Mapping[str, Any], *, as_feel: bool) -> Any:
    """Return the value of `${…}`, of what stands inside of it, or of FEEL; what is unknown is refused."""
    as_feel = as_feel or text.lstrip().startswith("=")
    read = feel.parse(text) if as_feel else juel.braced(text) or juel.parse(text)
    functions = functions_of(Environment(now=datetime.now(UTC)))
    _check_known(read, names, functions)
    return read.evaluate(names, functions)


def _check_known(read: Expression, names: Mapping[str, Any], functions: Mapping[str, Any]) -> None:
    """Refuse what the publishing of a diagram refuses: names that nobody sets, functions that do not exist."""
    calls = [one for one in read.root.walk() if isinstance(one, tree.Call)]
    for call in sorted(calls, key=lambda one: one.column):
        if call.name in read.functions and call.name not in functions:
            raise ExpressionRefused(N_("没有函数“%(name)s”。"), call.column, name=call.name)
    parts = [part for one in calls if one.name in _ASKS_WHETHER for part in one.arguments]
    asked = {part.name for part in parts if isinstance(part, tree.Name)}
    for name, column in sorted(names_of(read.root).sure.items(), key=lambda pair: pair[1]):
        if name not in names and name not in asked:
            raise ExpressionRefused(N_("数据里没有“%(name)s”；它可以为空，但要写上。"), column, name=name)


def read_names(data: str) -> dict[str, Any]:
    """Return the JSON object given as text, as `@FILE` or as `-`; tagged decimals and dates become what they are."""
    try:
        value = untag(json.loads(_text_of(data), parse_float=_decimal, parse_int=_decimal, parse_constant=_no_number))
        names = clean(value)
    except json.JSONDecodeError as error:
        _refuse(f"--data, line {error.lineno}, column {error.colno}: {error.msg}")
    except (UserError, ArithmeticError, ValueError, TypeError, RecursionError) as error:
        _refuse(f"--data: {error}")
    if not isinstance(names, dict):
        _refuse("--data, line 1, column 1: a JSON object is expected")
    return names


def written(value: Any) -> str:
    """Write a value as JSON: keys in order, numbers with all their digits, dates and instants as ISO text."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{written(key)}:{written(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text).removeprefix("-" * (not value))
    return json.dumps(value.isoformat() if isinstance(value, date) else value, ensure_ascii=False)


def _text_of(data: str) -> str:
    if data != "-" and not data.startswith("@"):
        return data
    with click.open_file(data.removeprefix("@"), encoding="utf-8") as file:
        text = file.read(MAX_DATA + 1)
    if len(text) > MAX_DATA:
        raise ValueError(f"more than {MAX_DATA} characters")
    return str(text)


def _decimal(text: str) -> int | Decimal:
    return int(text) if len(text) < DIGITS // 2 and text.lstrip("-").isdigit() else Decimal(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _refuse(sentence: str) -> NoReturn:
    click.echo(" ".join(sentence.split()), err=True)
    raise click.exceptions.Exit(WRONG)
