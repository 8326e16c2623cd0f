"""Pages of emergencies: command board, plans, rosters, drills, micro-drills, reports."""

from app.emergency.views.blueprint import bp

__all__ = ["bp"]
