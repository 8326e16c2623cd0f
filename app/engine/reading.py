"""Which names of data a diagram reads: what a program may hand to a step that has no form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from app.engine.checks import read_tables
from app.engine.outside import RESERVED
from app.engine.parts import read_script
from app.engine.xml import local_name, read_xml
from app.expressions import ExpressionRefused, juel

# what the engine itself tells a repeated node
COUNTED = frozenset(
    {"nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances", "loopCounter", "total", "finished", "votes"}
)
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"[^\W\d]\w*")


def names_read(xml: bytes, tables: Mapping[str, bytes]) -> frozenset[str]:
    """Return the names that the expressions, scripts, tables and collections of a sound diagram read."""
    decisions, _problems = read_tables(tables)
    found = {name for one in decisions.values() for name in one.names}
    for element in read_xml(xml, "definitions").iter():
        if not isinstance(element.tag, str):
            continue
        for text in (element.text or "", *map(str, element.attrib.values())):
            found.update(_placed(text))
        if local_name(element) == "script":
            found.update(_script(element.text or ""))
        found.update(
            str(value)
            for name, value in element.attrib.items()
            if str(name).rpartition("}")[2] == "collection" and _NAME.fullmatch(str(value))
        )
    return frozenset(found) - RESERVED - COUNTED


def _placed(text: str) -> Iterator[str]:
    for match in _PLACEHOLDER.finditer(text):
        with suppress(ExpressionRefused):  # words about expressions are no expressions
            yield from juel.parse(match[1]).names


def _script(text: str) -> Iterator[str]:
    with suppress(ExpressionRefused):
        for line in read_script(text):
            yield from line.text.expression.names if line.text.expression else ()
