"""What is said of a repair, and what a diagram may refer to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.engine.checks import read_tables


@dataclass(frozen=True, slots=True)
class Repair:
    """One change that an import would make: where, why, and what stands there before and after."""

    id: str
    rule: str
    element: str | None
    name: str | None
    line: int | None
    message: str
    values: Mapping[str, Any]
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True)
class Known:
    """What a diagram may refer to: topics, decision tables, processes to call, forms, roles by code and by name.

    Topics and roles are None when any will do.
    """

    topics: Collection[str] | None = None
    tables: Mapping[str, bytes] = field(default_factory=dict)
    processes: Collection[str] = ()
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, str] | None = None

    @cached_property
    def decisions(self) -> Collection[str]:
        """The ids of the decisions in the tables."""
        return read_tables(self.tables)[0].keys()
