"""Which names of data a diagram reads: what a program may hand to a step that has no form."""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.checks import read_tables
from app.engine.checks.expressions import Placed, read_all
from app.engine.diagram import read_diagram
from app.engine.outside import COUNTED, RESERVED


def names_read(xml: bytes, tables: Mapping[str, bytes]) -> frozenset[str]:
    """Return the names that the expressions, scripts, tables and collections of a sound diagram read."""
    decisions, _problems = read_tables(tables)
    placed = [one for one in read_all(read_diagram(xml)) if isinstance(one, Placed)]
    found = {name for one in decisions.values() for name in one.names}
    return frozenset(found.union(*(one.expression.names for one in placed))) - RESERVED - COUNTED
