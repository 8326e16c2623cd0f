"""Pages of emergencies: command board, plans, rosters, drills, micro-drills, reports."""

from app.emergency.views import board, dossier, drills, incidents, listing, micro, plans, roster, starting, wall  # noqa: F401 - their routes
from app.emergency.views.blueprint import bp

__all__ = ["bp"]
