"""Bands above the header of task and case pages: what areas above say about a case at first sight."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from app.work.models import Case

Band = Callable[[Case], Markup]
_bands: list[Band] = []


def add_band(band: Band) -> None:
    """Let an area say something above the pages of a case; nothing, for cases that are not its own."""
    if band not in _bands:
        _bands.append(band)


def bands_of(case: Case) -> tuple[Markup, ...]:
    """Return what there is to say about a case."""
    return tuple(filter(None, (band(case) for band in _bands)))
