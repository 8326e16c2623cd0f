"""The port to the process engine. Only this package knows SpiffWorkflow; everybody else uses these names.

`check` and `compile_definition` read a diagram, `Engine` runs cases of it step by step, and an `Advance` says what
each step changed.
"""

from app.engine.attributes import ATTRIBUTES, OPEN_ENDED, Attribute
from app.engine.check import check, read_tables
from app.engine.definition import Definition, Flow, Following, Node
from app.engine.engine import Engine, Live, compile_definition, restore
from app.engine.port import (
    Advance,
    CompletedNode,
    DiagramRefused,
    Environment,
    Incident,
    NotWaiting,
    OpenNode,
    Problem,
    Rule,
    TaskRow,
    TokenNotReady,
)
from app.engine.state import ValueRefused
from app.engine.xml import MAX_BYTES

__all__ = [
    "ATTRIBUTES",
    "MAX_BYTES",
    "OPEN_ENDED",
    "Advance",
    "Attribute",
    "CompletedNode",
    "Definition",
    "DiagramRefused",
    "Engine",
    "Environment",
    "Flow",
    "Following",
    "Incident",
    "Live",
    "Node",
    "NotWaiting",
    "OpenNode",
    "Problem",
    "Rule",
    "TaskRow",
    "TokenNotReady",
    "ValueRefused",
    "check",
    "compile_definition",
    "read_tables",
    "restore",
]
