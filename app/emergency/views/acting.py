"""What the forms of these pages send: numbers, days, lines of small tables."""

from __future__ import annotations

from datetime import date

from flask import request

from app.emergency.rules import YEARS
from app.web.acting import id_in


def number(name: str) -> int | None:
    """Return a number that was typed or chosen, as a column holds it; None for nothing or something else."""
    return id_in(request.values.get(name, "").strip())


def typed(name: str) -> str:
    """Return a text that was typed."""
    return request.form.get(name, "").strip()


def day(name: str) -> date | None:
    """Return a day that was typed or asked for; None when it is none, or one in no year that is planned for."""
    try:
        found = date.fromisoformat(request.values.get(name, "").strip())
    except ValueError:
        return None
    return found if found.year in YEARS else None


def rows_of(*names: str) -> tuple[dict[str, str], ...]:
    """Return the lines of a small table of fields that were sent as `name` several times each."""
    columns = [request.form.getlist(name) for name in names]
    short = [name.rpartition("_")[2] for name in names]
    return tuple(dict(zip(short, line, strict=True)) for line in zip(*columns, strict=False))
