"""The plans that come with the product, one file each in `plans/`; owners change all of it afterwards."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app.emergency.models import EmergencyPlan
from app.emergency.operations.plans import PlanText, add_version, tidied
from app.emergency.rules import KINDS
from app.ledger import Actor, Entry, append

FOLDER: Final = Path(__file__).parent / "plans"


def shipped(kind: str) -> PlanText:
    """Return the plan for a kind of emergency as it is shipped."""
    found: dict[str, Any] = tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
    return PlanText(**{**found, "knowledge": tuple(found["knowledge"]), "script": tuple(found["script"])})


def establish_plans(session: Session, actor: Actor, now: datetime) -> None:
    """Give a new database the first version of a plan for each kind."""
    for kind in KINDS:
        text = tidied(shipped(kind))
        plan = EmergencyPlan(kind=kind, name=text.name, name_en=text.name_en, drill_months=text.drill_months)
        session.add(plan)
        session.flush()
        add_version(session, plan, text, 1, actor, now)
    append(session, "house", [Entry("emergency:plans:established", actor, {"kinds": list(KINDS)})], now)
