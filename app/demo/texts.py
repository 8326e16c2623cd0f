"""The written content of the demo: demands and the short sentences people say, read from app/demo/content."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).with_name("content")


@dataclass(frozen=True)
class Change:
    """An operation on a production system, as the engineer declares it."""

    object: str
    done: str
    backup: str
    rollback: str


@dataclass(frozen=True)
class Demand:
    """One written demand and what people say while it is handled; demands_1.toml explains the keys."""

    unit: str
    site: int
    category: str
    priority: str
    title: str
    wanted: str
    criteria: tuple[str, ...]
    restatement: str = ""
    result: str = ""
    log: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    talk: tuple[str, ...] = ()
    rework: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    change: Change | None = None
    grade: int = 5
    remark: str = ""
    ending: str = ""
    reason: str = ""
    stop: str = ""
    hours: float = 0.0
    urged: int = 0
    claimed: str = ""
    late: bool = False

    @property
    def sensitive(self) -> bool:
        """Say whether the head of the unit approves it first."""
        return self.category == "design" or (self.category in {"data", "security"} and self.priority != "urgent")


def demands() -> list[Demand]:
    """Return all ordinary demands."""
    files = sorted(CONTENT.glob("demands_*.toml"))
    return [read_demand(entry) for file in files for entry in _read(file)["demand"]]


def story_demands() -> dict[str, Demand]:
    """Return the demands of the written stories by the story's name."""
    return {name: read_demand(entry) for name, entry in _read(CONTENT / "stories.toml").items()}


def article_texts() -> dict[str, Any]:
    """Return what the articles are made of: matters, sentences by kind, the written stories."""
    return _read(CONTENT / "articles.toml")


def read_demand(entry: Mapping[str, Any]) -> Demand:
    """Build a demand from its TOML table."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
    if "change" in values:
        values["change"] = Change(**values["change"])
    return Demand(**values)


@dataclass
class Phrases:
    """Short sentences dealt like packs of cards: none comes back before all others of its pack were used."""

    random: random.Random
    packs: Mapping[str, list[str]] = field(default_factory=lambda: _read(CONTENT / "phrases.toml"))
    _left: dict[str, list[str]] = field(default_factory=dict)

    def deal(self, pack: str) -> str:
        """Return the next sentence of a pack."""
        if not self._left.get(pack):
            self._left[pack] = self.random.sample(self.packs[pack], len(self.packs[pack]))
        return self._left[pack].pop()


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
