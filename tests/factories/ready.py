"""The plans that come with the product and the people of the groups, for tests of their pages."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Select, select

from app import clock
from app.db import db, transaction
from app.emergency.models import EmergencyPlan
from app.emergency.seeds import establish_plans
from app.ledger import Actor
from app.people.models import User
from tests.factories.emergency import emergency_people


def with_plans(app: Flask) -> Flask:
    """Add the shipped plans and the people of the groups to the test city; no roster yet."""
    with transaction() as session:
        emergency_people(session)
        establish_plans(session, Actor("setup", "setup"), clock.now(session))
    return app


def plan_id(kind: str = "tamper") -> int:
    """Return the number of the plan for a kind."""
    return _one(select(EmergencyPlan.id).where(EmergencyPlan.kind == kind))


def user_id(name: str) -> int:
    """Return the number of an account."""
    return _one(select(User.id).where(User.user_name == name))


def _one(query: Select[int]) -> int:
    """Return a number and end the reading, so that what is read afterwards is what is there by then."""
    found = db.session.scalars(query).one()
    db.session.rollback()
    return found
