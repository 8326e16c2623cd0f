"""Topics of the content processes."""

from __future__ import annotations

from app.work.runtime import Runtime


def register_topics(runtime: Runtime) -> None:
    """Add the handlers of article review, publication and correction to the machinery."""
    del runtime
