"""How a database is born: real and empty, or as a demo. Either way the first record of the ledger says so."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app import clock, runtime_of
from app.config import Settings
from app.db import db, transaction
from app.deadlines.operations import establish
from app.errors import SettingError
from app.ledger import Actor, Entry, append
from app.ledger.models import ChainHead
from app.people import operations as house
from app.processes.operations import load_folders

ROOT = Path(__file__).resolve().parent.parent
SETUP = Actor("setup", "setup")
DEMO_DAYS = 60
OFFICE, OFFICE_EN = "网站管理办公室", "Website office"
Say = Callable[[str], object]


def ensure(app: Flask, actor: Actor, *, empty: bool, say: Say) -> None:
    """Make a new database real (`empty`) or a demo; leave an existing one what it is."""
    found = _kind()
    if found is None:
        born = bear_real if empty else bear_demo
        born(app, actor, say)
    elif empty and found != "real":
        raise SettingError("This data folder holds a demo; a demo cannot become a real database. Use another --data.")


def bear_real(app: Flask, actor: Actor, say: Say) -> None:
    """Begin a real database: processes, this and next year's calendar, no accounts."""
    with transaction() as session:
        now = clock.now(session)
        append(session, "house", [Entry("house:database:born", actor, {"kind": "real"})], now)
        house.create_unit(
            session, house.by_setup(), kind="office", code="office", name=OFFICE, name_en=OFFICE_EN, now=now
        )
        establish(session, now)
    publish_shipped(app)
    say("A real, empty database. Create the first account: guanjia user add NAME --role sysadmin")


def bear_demo(app: Flask, actor: Actor, say: Say) -> None:
    """Begin a demo: an invented city, sixty days of its work, one password for all its people."""
    from app.demo import load_demo  # noqa: PLC0415 - a real database never needs it

    settings: Settings = app.extensions["guanjia.settings"]
    password = settings.demo_password or secrets.token_urlsafe(8) + "-9Aa"
    start = first_morning(datetime.now(clock.ZONE))
    with transaction() as session:
        clock.birth(session, "demo", start)
        now = clock.now(session)
        append(session, "house", [Entry("house:database:born", actor, {"kind": "demo"})], now)
        establish(session, now)
    publish_shipped(app)
    load_demo(runtime_of(app), password, say)
    say("The demo city is ready. Choose a role on the sign-in page, or sign in as dept, office, vendor_a_lead …")
    if settings.demo_password is None:
        say(f"Password of every demo account (shown once): {password}")


def first_morning(today: datetime) -> datetime:
    """Return 08:30 on the day the demo begins."""
    day = today - timedelta(days=DEMO_DAYS)
    return day.replace(hour=8, minute=30, second=0, microsecond=0)


def publish_shipped(app: Flask) -> None:
    """Publish the processes that come with the product."""
    topics = frozenset(runtime_of(app).topics)
    with transaction() as session:
        load_folders(session, ROOT / "bpmn", ROOT / "forms", SETUP, clock.now(session), topics)


def _kind() -> str | None:
    born = db.session.scalar(select(ChainHead.mode).where(ChainHead.chain == "house"))
    db.session.rollback()
    return born
