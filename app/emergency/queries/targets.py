"""What an emergency reached when, compared with the targets of its plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.emergency.measuring import instant
from app.emergency.models import Emergency, EmergencyReport
from app.emergency.rules import CLOSED, PHONE, WRITTEN, compare


def targets_of(
    emergency: Emergency, reports: Iterable[EmergencyReport], known: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return name → target, minutes and whether it was met.

    While it goes on, only what was reached; once it is over, what was never reached was not met. Reports count only
    where they had to be made, from when they had to be. `known` is what the case holds (`case.*`).
    """
    reached: dict[str, datetime | None] = {
        "confirm": emergency.confirmed_at,
        "contain": emergency.contained_at,
        "restore": emergency.restored_at,
    }
    if known.get("report_required") is True:
        sent = {report.kind: report.sent_at for report in sorted(reports, key=_latest_first)}
        reached |= {kind: sent.get(kind) for kind in (PHONE, WRITTEN)}
    if emergency.outcome != CLOSED:
        reached = {name: at for name, at in reached.items() if at is not None}
    since = owed_since(known)
    return compare(emergency.version.targets, emergency.began_at, emergency.confirmed_at, reached, since)


def owed_since(known: Mapping[str, Any]) -> datetime | None:
    """Return when reporting became a duty, if not with the first grading."""
    said = known.get("report_since")
    return instant(said) if said else None


def _latest_first(report: EmergencyReport) -> float:
    return -report.sent_at.timestamp()
