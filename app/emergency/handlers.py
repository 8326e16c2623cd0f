"""Topics of the emergency processes. All run inside the completing transaction."""

from __future__ import annotations

from app.work.runtime import Runtime


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of emergencies and incident reports to the machinery."""
