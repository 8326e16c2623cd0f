"""What each kind of node does when a token reaches it: subclasses of SpiffWorkflow's task specifications."""

from app.engine.specs.base import Fault, Guard, Root, Step
from app.engine.specs.events import (
    Boundary,
    Catch,
    End,
    EventChoice,
    Receive,
    Send,
    Start,
    Throw,
    Throwing,
    Waiting,
    awaiting,
    deliver,
    fire_boundary,
)
from app.engine.specs.gateways import Choice, EndJoin, Inclusive, Parallel, Split
from app.engine.specs.repetition import Loop, Multiple, Repeated
from app.engine.specs.scopes import Call, ProcessSpec, SubProcess
from app.engine.specs.tasks import DecisionTask, Person, Script, Service

__all__ = [
    "Boundary",
    "Call",
    "Catch",
    "Choice",
    "DecisionTask",
    "End",
    "EndJoin",
    "EventChoice",
    "Fault",
    "Guard",
    "Inclusive",
    "Loop",
    "Multiple",
    "Parallel",
    "Person",
    "ProcessSpec",
    "Receive",
    "Repeated",
    "Root",
    "Script",
    "Send",
    "Service",
    "Split",
    "Start",
    "Step",
    "SubProcess",
    "Throw",
    "Throwing",
    "Waiting",
    "awaiting",
    "deliver",
    "fire_boundary",
]
