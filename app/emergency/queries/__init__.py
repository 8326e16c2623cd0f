"""Reads of emergencies, rosters and targets."""

from app.emergency.queries.emergencies import (
    calls_of,
    grades_of,
    log_of,
    of_case,
    of_number,
    past,
    reports_of,
    running,
    visible,
)
from app.emergency.queries.rosters import Callee, callees
from app.emergency.queries.targets import targets_of
from app.emergency.rules import grade_at

__all__ = [
    "Callee",
    "callees",
    "calls_of",
    "grade_at",
    "grades_of",
    "log_of",
    "of_case",
    "of_number",
    "past",
    "reports_of",
    "running",
    "targets_of",
    "visible",
]
