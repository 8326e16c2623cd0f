"""The pages of the studio."""

from app.studio.views import (
    comparing,
    forms,
    importing,
    library,
    modeler,
    moving,
    panel,
    process,
    proposing,
    publishing,
    steps,
    tables,
    trying,
    use,
)
from app.studio.views.blueprint import bp

__all__ = [
    "bp",
    "comparing",
    "forms",
    "importing",
    "library",
    "modeler",
    "moving",
    "panel",
    "process",
    "proposing",
    "publishing",
    "steps",
    "tables",
    "trying",
    "use",
]
