"""What differs between two sources of a process, in the owner's words: graph, properties, forms, tables."""

from app.studio.comparing.change import ADDED, CHANGED, REMOVED, Change, Comparison, Said
from app.studio.comparing.sources import compare

__all__ = ["ADDED", "CHANGED", "REMOVED", "Change", "Comparison", "Said", "compare"]
