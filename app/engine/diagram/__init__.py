"""What is drawn: the owner's XML as plain values, before anything is judged or compiled."""

from app.engine.diagram.entries import EXTENSIONS, read_repeat
from app.engine.diagram.model import (
    THROWN,
    Diagram,
    Drawn,
    Element,
    Event,
    Handed,
    Line,
    Parameter,
    Repeat,
    ThrownKind,
    TimerKind,
)
from app.engine.diagram.reader import read_diagram

__all__ = [
    "EXTENSIONS",
    "THROWN",
    "Diagram",
    "Drawn",
    "Element",
    "Event",
    "Handed",
    "Line",
    "Parameter",
    "Repeat",
    "ThrownKind",
    "TimerKind",
    "read_diagram",
    "read_repeat",
]
