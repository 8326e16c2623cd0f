"""Guanjia 管家: the steward of a government website cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings
    from app.work.runtime import Runtime

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from `settings` (default: the environment)."""
    # here, not above: importing one area must not load all of them
    from app.assembly import assemble  # noqa: PLC0415
    from app.config import load_settings  # noqa: PLC0415

    return assemble(settings or load_settings())


def runtime_of(app: Flask) -> Runtime:
    """Return the machinery that `app` shares between its threads."""
    runtime: Runtime = app.extensions["guanjia.runtime"]
    return runtime
