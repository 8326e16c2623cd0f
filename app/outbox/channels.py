"""The ways out of the house. Each is a Protocol with a Null class beside it that keeps what it was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Channel(Protocol):
    """Sends one owed thing. May be called again with the same key; the receiver drops repeats by it."""

    def send(self, key: str, payload: Mapping[str, Any]) -> None:
        """Send, or raise; what was raised is kept and the try repeated later."""


@dataclass
class NullChannel:
    """A channel without an outside: used while no mail server or webhook is set."""

    sent: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    keep: int = 100

    def send(self, key: str, payload: Mapping[str, Any]) -> None:
        """Remember the newest few, drop repeats."""
        self.sent[key] = payload
        while len(self.sent) > self.keep:
            self.sent.pop(next(iter(self.sent)))
