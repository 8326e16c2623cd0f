"""What the pickers of the properties panel offer: people, roles, units, posts, topics, forms, tables, processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import read_tables
from app.people import queries
from app.people.models import Post, Unit, User
from app.people.rules import ROLES, VENDOR, Viewer
from app.processes.models import Process
from app.processes.source import Source
from app.studio.known import Known, fields_of
from app.work.runtime import Topic

Entry = Mapping[str, Any]


def people(session: Session, viewer: Viewer) -> list[Entry]:
    """Return everybody who can be named, with their unit."""
    found = queries.people(session, viewer)
    return [{"code": one.user_name, "name": one.name, "unit": one.unit_name} for one in found]


def roles(english: bool) -> list[Entry]:
    """Return the roles that business is given to; administrators do none."""
    business = [role for role in ROLES.values() if role.group == "business"]
    return [
        {"code": one.key, "name": one.name_en if english else one.name, "vendor": one.kinds == {VENDOR}}
        for one in business
    ]


def units(session: Session, english: bool) -> list[Entry]:
    """Return the units in use."""
    rows = session.scalars(select(Unit).where(Unit.disabled_at.is_(None)).order_by(Unit.kind, Unit.code))
    return [
        {"code": row.code, "name": (english and row.name_en) or row.name, "vendor": row.kind == VENDOR}
        for row in rows
    ]


def posts(session: Session) -> list[Entry]:
    """Return the titles that somebody at work holds."""
    held = select(Post.title).join(User, User.id == Post.user_id).where(User.disabled_at.is_(None))
    return [{"code": title, "name": title} for title in session.scalars(held.distinct().order_by(Post.title))]


def topics(known: Iterable[Topic]) -> list[Entry]:
    """Return what programs can do for an automatic step."""
    return [{"code": one.name, "name": one.title or one.name} for one in sorted(known, key=lambda one: one.name)]


def processes(session: Session, own_slug: str, english: bool) -> list[Entry]:
    """Return the published processes that a step may call."""
    query = select(Process).where(Process.running_version_id.is_not(None), Process.slug != own_slug)
    rows = session.scalars(query.order_by(Process.slug))
    return [{"code": row.slug, "name": (english and row.name_en) or row.name} for row in rows]


def forms(source: Source, english: bool) -> list[Entry]:
    """Return the forms of a draft with their fields."""
    return [
        {"code": name, "name": name, "fields": [as_entry(one) for one in fields_of(text, english)]}
        for name, text in sorted(source.forms.items())
    ]


def tables(source: Source) -> list[Entry]:
    """Return the decisions of a draft, each with the table that holds it."""
    found: list[Entry] = []
    for file, text in sorted(source.tables.items()):
        decisions, _problems = read_tables({file: text})
        found += [{"code": id_, "name": one.name or id_, "file": file} for id_, one in decisions.items()]
    return found


def as_entry(one: Known) -> Entry:
    """Return a name as scripts read it."""
    return {
        "code": one.name,
        "name": one.label,
        "kind": one.kind,
        "choices": [{"code": value, "name": label} for value, label in one.choices],
        "step": one.step,
        "many": one.many,
    }


def sample_starter(session: Session, wanted: str, viewer: Viewer) -> Viewer:
    """Return the person who is imagined to start: the one asked for, else somebody of a department, else oneself."""
    found = queries.viewer_named(session, wanted) if wanted else None
    return found or _somebody(session) or viewer


def sample_vendor(session: Session, code: str) -> int | None:
    """Return the unit that is imagined to do the work: the one asked for, else the first vendor."""
    query = select(Unit.id).where(Unit.kind == VENDOR, Unit.disabled_at.is_(None)).order_by(Unit.code).limit(1)
    asked: int | None = session.scalar(query.where(Unit.code == code)) if code else None
    return asked or session.scalar(query)


def _somebody(session: Session) -> Viewer | None:
    query = (
        select(User.user_name)
        .join(Unit, Unit.id == User.unit_id)
        .where(Unit.kind == "department", User.disabled_at.is_(None))
        .order_by(User.id)
        .limit(1)
    )
    name = session.scalar(query)
    return queries.viewer_named(session, name) if name else None
