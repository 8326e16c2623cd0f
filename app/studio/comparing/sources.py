"""Compare two sources part by part."""

from __future__ import annotations

from app.processes.source import Source
from app.studio.comparing.change import Comparison
from app.studio.comparing.diagrams import compare_diagrams
from app.studio.comparing.forms import compare_forms
from app.studio.comparing.tables import compare_tables


def compare(old: Source, new: Source) -> Comparison:
    """Return what differs from `old` to `new`; raise DiagramRefused or Invalid when a part cannot be read."""
    drawn, moved = compare_diagrams(old.diagram, new.diagram)
    return Comparison(
        changes=(*drawn, *compare_forms(old.forms, new.forms), *compare_tables(old.tables, new.tables)),
        moved=moved,
        digests=(old.digest, new.digest),
    )
