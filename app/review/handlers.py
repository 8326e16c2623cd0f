"""Topics of multi-level review."""

from __future__ import annotations

from app.work.runtime import Runtime


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of the review process to the machinery."""
    del runtime
