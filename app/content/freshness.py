"""How fresh a column is against its rule: when it is due, when its owner is reminded, what to do now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.i18n import N_

FRESH, SOON, STALE, NEVER = "fresh", "soon", "stale", "never"
STATES: Final[Mapping[str, str]] = {
    STALE: N_("超期未更新"),
    NEVER: N_("还没有发布过"),
    SOON: N_("快到期"),
    FRESH: N_("按时更新"),
}
REMIND, ASK, CLOSE, NOTHING = "remind", "ask", "close", "nothing"


@dataclass(frozen=True)
class Kept:
    """A column's rule and what happened to it; `asked_at` and `answered_at` are of the last case that asked for news.

    A column that never published anything begins to count when its owner was first told.
    """

    update_days: int
    warn_days: int
    published_at: datetime | None = None
    reminded_at: datetime | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """Return when its present period began: with the last article, or with the answer that none was needed."""
        begun = [one for one in (self.published_at, self.answered_at) if one is not None]
        return max(begun) if begun else self.reminded_at

    @property
    def due_at(self) -> datetime | None:
        """Return when it is due; None for a column that never published anything and was not asked to."""
        return self.since + timedelta(days=self.update_days) if self.since else None

    @property
    def warn_at(self) -> datetime | None:
        """Return when its owner is to be reminded; never before its period began."""
        if self.due_at is None or self.since is None:
            return None
        return max(self.since, self.due_at - timedelta(days=self.warn_days))

    @property
    def is_asked(self) -> bool:
        """Say whether a case asks for news now."""
        return self.asked_at is not None and self.answered_at is None

    def state(self, now: datetime) -> str:
        """Return how fresh it is."""
        if self.due_at is not None and now >= self.due_at:
            return STALE
        if self.published_at is None:
            return NEVER
        return SOON if self.warn_at is not None and now >= self.warn_at else FRESH

    def days_left(self, now: datetime) -> int | None:
        """Return the whole days until it is due, negative once that is past."""
        return (self.due_at - now).days if self.due_at else None

    def step(self, now: datetime) -> str:
        """Return what is to be done now: remind the owner, ask by a case, close the case, or nothing."""
        if self.is_asked:
            return CLOSE if self.published_at and self.asked_at and self.published_at > self.asked_at else NOTHING
        if self.due_at is None:
            return REMIND
        if now >= self.due_at:
            return ASK
        told = self.reminded_at is not None and self.since is not None and self.reminded_at >= self.since
        return REMIND if not told and self.warn_at is not None and now >= self.warn_at else NOTHING
