"""What the operations of work need besides a session: the engine, the compiled versions and the topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.engine import Engine
from app.people.rules import Viewer
from app.processes.library import Library
from app.work.models import Case, WorkItem


class BpmnError(Exception):
    """What a handler raises to say that its task failed in a way the diagram provides for.

    A boundary event that catches `code` goes on; where none does, the step stops as an incident.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


@dataclass(frozen=True)
class Call:
    """One service task that became due: its case, inputs and the data of its token.

    `result` is what the topic's `do` brought from outside.
    """

    case: Case
    token: str
    topic: str
    inputs: Mapping[str, Any]
    data: Mapping[str, Any]
    case_data: Mapping[str, Any]
    now: datetime
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Topic:
    """The product's handler of a service-task topic.

    `record(session, call)` runs inside the completing transaction and returns the task's result. A topic that
    must reach outside has `do(inputs, key)` too, which runs first, outside any transaction, maybe twice; its result
    is `call.result`. After `tries` failures in a row the step stops as an incident. `title` is what owners read.
    `foresee(session, call)` returns what `record` would return if the token came there with this data, without
    writing; None when that cannot be said. Pages tell by it what follows a decision.
    """

    name: str
    record: Callable[[Session, Call], Mapping[str, Any]]
    do: Callable[[Mapping[str, Any], str], Mapping[str, Any]] | None = None
    tries: int = 8
    title: str = ""
    foresee: Callable[[Session, Call], Mapping[str, Any] | None] | None = None


@dataclass(frozen=True)
class Denial:
    """Somebody says that a decision recorded in their name (代录) is not theirs; the case is locked."""

    case: Case
    item: WorkItem
    by: Viewer
    now: datetime


@dataclass(frozen=True)
class Runtime:
    """The machinery that one process of the product shares between its threads.

    `denials` are asked what a denied decision undoes, each inside the transaction of the answer.
    """

    engine: Engine = field(default_factory=Engine)
    library: Library = field(default_factory=Library)
    topics: dict[str, Topic] = field(default_factory=dict)
    denials: list[Callable[[Session, Denial], None]] = field(default_factory=list)

    def add_topic(self, topic: Topic) -> None:
        """Register a handler; a topic has one handler."""
        if topic.name in self.topics:
            raise ValueError(f"topic {topic.name} has a handler already")
        self.topics[topic.name] = topic
