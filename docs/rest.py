"""Writes the tables of the page about REST from the declared routes and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.api.document import ERRORS
from app.api.routes import MULTIPART, Route
from app.api.shapes import resolved

TABLE = "(<!-- {name} -->\n).*?(<!-- /{name} -->)"


def page(text: str, routes: Iterable[Route]) -> str:
    """Return the page with its tables made anew."""
    addresses = sorted(routes, key=lambda one: (one.path.split("/")[1], one.path, one.method))
    head = "| | address | permission | parameters | body |\n|---|---|---|---|---|"
    text = within(text, "addresses", [head, *map(row, addresses)])
    errors = [f"| {status} | {said} |" for status, said in ERRORS.items()]
    return within(text, "errors", ["| status | when |\n|---|---|", *errors])


def within(text: str, name: str, lines: list[str]) -> str:
    """Return the page with these lines between the marks of a table."""
    made = "\n".join(lines)
    return re.sub(TABLE.format(name=name), lambda found: f"{found[1]}{made}\n{found[2]}", text, flags=re.DOTALL)


def row(one: Route) -> str:
    """Return the line of one address."""
    query = ", ".join(f"`{name}`" for name in one.query)
    members = resolved(one.body)["properties"] if one.body else {}
    named = [f"`{name}`" for name in members if one.media != MULTIPART or name != "data"]
    body = ", ".join([*named, "files"] if one.media == MULTIPART else named)
    needs = f"`{one.permission}`" if one.permission else "none"
    return f"| {one.method} | `{one.template}` | {needs} | {query} | {body} |"
