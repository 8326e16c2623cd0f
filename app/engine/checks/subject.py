"""What is checked, and what it may refer to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.engine.checks.expressions import Placed, read_all
from app.engine.decisions import Decision
from app.engine.diagram import Diagram
from app.engine.port import Problem


@dataclass(frozen=True)
class Subject:
    """What is checked: the diagram and what it may refer to; None when that is not known here."""

    diagram: Diagram
    decisions: Mapping[str, Decision]
    forms: Mapping[str, Mapping[str, Any]] | None = None
    topics: Collection[str] | None = None
    called: Mapping[str, Collection[str]] | None = None
    roles: Collection[str] | None = None
    limit: Callable[[str], object] | None = None
    slug: str | None = None

    @property
    def own_slug(self) -> str:
        """The name under which other processes call this one."""
        return self.slug or self.diagram.process_id

    @cached_property
    def expressions(self) -> tuple[Placed, ...]:
        """Every expression that can be read."""
        return tuple(one for one in self._read if isinstance(one, Placed))

    @cached_property
    def unread(self) -> tuple[Problem, ...]:
        """The problems of those that cannot."""
        return tuple(one for one in self._read if isinstance(one, Problem))

    @cached_property
    def _read(self) -> tuple[Placed | Problem, ...]:
        return tuple(read_all(self.diagram))

    def knows_node(self, id_: str) -> bool:
        """Return whether there is such a node here; one of a called process is taken on trust."""
        return id_ in self.diagram.elements or ":" in id_
