"""What the operations of work need besides a session: the engine, the compiled versions and the topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.engine import Engine
from app.processes.library import Library
from app.work.models import Case


@dataclass(frozen=True)
class Call:
    """One service task that became due: its case, inputs and the data of its token."""

    case: Case
    token: str
    topic: str
    inputs: Mapping[str, Any]
    data: Mapping[str, Any]
    case_data: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True)
class Topic:
    """The product's handler of a service-task topic.

    `record(session, call)` runs inside the completing transaction and returns the task's result. A topic that
    must reach outside has `do(inputs, key)` too, which runs first, outside any transaction, maybe twice.
    """

    name: str
    record: Callable[[Session, Call], Mapping[str, Any]]
    do: Callable[[Mapping[str, Any], str], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Runtime:
    """The machinery that one process of the product shares between its threads."""

    engine: Engine = field(default_factory=Engine)
    library: Library = field(default_factory=Library)
    topics: dict[str, Topic] = field(default_factory=dict)

    def add_topic(self, topic: Topic) -> None:
        """Register a handler; a topic has one handler."""
        if topic.name in self.topics:
            raise ValueError(f"topic {topic.name} has a handler already")
        self.topics[topic.name] = topic
