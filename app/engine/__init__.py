"""The port to the process engine. Only this package knows SpiffWorkflow; everybody else uses these names.

`check` and `compile_definition` read a diagram, `Engine` runs cases of it step by step, and an `Advance` says what
each step changed.
"""

from app.engine.attributes import ATTRIBUTES, OPEN_ENDED, Attribute
from app.engine.build import with_called
from app.engine.checks import calls_of, check, read_tables
from app.engine.coverage import SUPPORTED
from app.engine.definition import Definition, Flow, Following, Node
from app.engine.engine import Engine, compile_definition
from app.engine.foretelling import foretell
from app.engine.live import Live, restore
from app.engine.port import (
    Advance,
    CompletedNode,
    DiagramRefused,
    Environment,
    Incident,
    MoveRefused,
    NewerState,
    NotRepeated,
    NotWaiting,
    OpenNode,
    Problem,
    Rule,
    SkipRefused,
    TaskRow,
    TokenNotReady,
)
from app.engine.repairs import Known, Repair, apply_repairs, choose_process, find_repairs
from app.engine.state import ValueRefused
from app.engine.xml import MAX_BYTES, read_xml

__all__ = [
    "ATTRIBUTES",
    "MAX_BYTES",
    "OPEN_ENDED",
    "SUPPORTED",
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
    "Known",
    "Live",
    "MoveRefused",
    "NewerState",
    "Node",
    "NotRepeated",
    "NotWaiting",
    "OpenNode",
    "Problem",
    "Repair",
    "Rule",
    "SkipRefused",
    "TaskRow",
    "TokenNotReady",
    "ValueRefused",
    "apply_repairs",
    "calls_of",
    "check",
    "choose_process",
    "compile_definition",
    "find_repairs",
    "foretell",
    "read_tables",
    "read_xml",
    "restore",
    "with_called",
]
