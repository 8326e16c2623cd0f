"""Who may start and who may edit a process, what it is called in the library, and whether it starts at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound, Refused
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.people.models import Unit, User
from app.people.operations import by_person
from app.people.rules import ROLES, Viewer
from app.processes.models import Process, ProcessManager
from app.sql import Prepared

EDIT: Final = "processes.edit"
LONGEST_NAME, LONGEST_TEXT = 40, 1000
SUSPENDED = N_("“%(name)s”已由%(who)s停用，现在不能发起：%(reason)s")
# built once: every start asks
_DOOR = Prepared(select(Process.metadata.tables["process"]).where(Process.slug == bindparam("slug")))


class Suspended(Conflict):
    """The process starts no case; the sentence says who stopped it and why."""

    default = SUSPENDED


def may_edit(session: Session, slug: str, user_id: int | None) -> bool:
    """Say whether the process has no managers, or this user is one of them; programs without a user always may."""
    query = select(ProcessManager.user_id).join(Process, Process.id == ProcessManager.process_id)
    managers = session.scalars(query.where(Process.slug == slug)).all()
    return not managers or user_id is None or user_id in managers


def refuse_unless_manager(session: Session, slug: str, user_id: int | None) -> None:
    """Raise Refused when the process belongs to others."""
    if not may_edit(session, slug, user_id):
        raise Refused(N_("这个流程由别人负责，您不能改。"))


def open_to(process: Process, viewer: Viewer) -> bool:
    """Say whether the start rights of the process let this person in: by one of the roles, or by the unit."""
    roles, units = process.starters.get("roles") or (), process.starters.get("units") or ()
    return not (roles or units) or bool(viewer.roles & set(roles)) or viewer.unit_id in units


def refuse_start(session: Session, slug: str, starter: Viewer, *, by_hand: bool = True) -> None:
    """Raise Suspended while the process starts no case, and Refused for people its start rights leave out.

    A case that another case starts (`by_hand` False) asks no start rights.
    """
    process: Any = _DOOR.run(session, slug=slug).one_or_none()
    if process is None:
        return
    refuse_suspended(process)
    if by_hand and not open_to(process, starter):
        raise Refused(N_("“%(name)s”不归您发起。"), name=process.name)


def refuse_suspended(process: Process) -> None:
    """Raise Suspended while the process starts no case."""
    if process.suspended_at is not None:
        raise Suspended(name=process.name, who=process.suspended_by, reason=process.suspended_reason)


def suspend_process(session: Session, slug: str, viewer: Viewer, reason: str, now: datetime) -> None:
    """Let no new case start; cases that run go on."""
    process = _own(session, slug, viewer)
    if process.suspended_at is not None:
        raise Conflict(N_("“%(name)s”已经停用。"), name=process.name)
    reason = _reason(reason)
    process.suspended_at, process.suspended_by, process.suspended_reason = now, viewer.name, reason
    _note(session, process, by_person(viewer).actor, "suspended", {"reason": reason}, now)


def resume_process(session: Session, slug: str, viewer: Viewer, reason: str, now: datetime) -> None:
    """Let cases start again."""
    process = _own(session, slug, viewer)
    if process.suspended_at is None:
        raise Conflict(N_("“%(name)s”没有停用。"), name=process.name)
    payload = {"reason": _reason(reason), "suspended_at": process.suspended_at}
    process.suspended_at = process.suspended_by = process.suspended_reason = None
    _note(session, process, by_person(viewer).actor, "resumed", payload, now)


def set_starters(
    session: Session, slug: str, viewer: Viewer, roles: Collection[str], unit_ids: Collection[int], now: datetime
) -> None:
    """Say who may start: people with one of these roles or in one of these units; nobody named, everybody may."""
    process = _own(session, slug, viewer)
    known = set(session.scalars(select(Unit.id).where(Unit.id.in_(unit_ids), Unit.disabled_at.is_(None))))
    if set(roles) - ROLES.keys() or set(unit_ids) - known:
        raise Invalid(fields={"starters": N_("有一个角色或单位已经没有了，请重新选。")})
    wanted: dict[str, Any] = {"roles": sorted(set(roles)), "units": sorted(known)} if roles or unit_ids else {}
    _change(session, process, by_person(viewer).actor, {"starters": wanted}, now)


def set_managers(session: Session, slug: str, viewer: Viewer, user_ids: Collection[int], now: datetime) -> None:
    """Say who may edit the process; nobody named, everybody who edits processes may."""
    process = _own(session, slug, viewer)
    found = session.scalars(select(User).where(User.id.in_(user_ids), User.disabled_at.is_(None))).all()
    able = {one.id for one in found if any(EDIT in ROLES[grant.role].permissions for grant in one.grants)}
    if set(user_ids) - able:
        raise Invalid(fields={"managers": N_("只能选能编辑流程的人。")})
    held = ProcessManager.process_id == process.id
    before = sorted(session.scalars(select(ProcessManager.user_id).where(held)))
    if before == sorted(able):
        return
    session.execute(delete(ProcessManager).where(held))
    session.add_all(ProcessManager(process_id=process.id, user_id=one) for one in sorted(able))
    payload = {"changed": {"managers": [before, sorted(able)]}}
    _note(session, process, by_person(viewer).actor, "changed", payload, now)


def set_details(session: Session, slug: str, viewer: Viewer, category: str, description: str, now: datetime) -> None:
    """Say in which category of the library a process stands, and what it is for."""
    describe(session, _own(session, slug, viewer), by_person(viewer).actor, category, description, now)


def describe(
    session: Session, process: Process, actor: Actor, category: str, description: str, now: datetime
) -> None:
    """Write category and description of a process in the name of `actor`."""
    category, description = category.strip(), description.strip()
    if len(category) > LONGEST_NAME:
        raise Invalid(fields={"category": N_("分类太长，不超过 40 个字。")})
    if len(description) > LONGEST_TEXT:
        raise Invalid(fields={"description": N_("说明太长，不超过 1000 个字。")})
    _change(session, process, actor, {"category": category, "description": description}, now)


def _own(session: Session, slug: str, viewer: Viewer) -> Process:
    """Return a process, locked, that this person may edit."""
    process = session.scalar(select(Process).where(Process.slug == slug).with_for_update())
    if process is None:
        raise NotFound(N_("没有这个流程。"))
    if not viewer.may(EDIT):
        raise Refused(N_("流程由流程负责人管。"))
    refuse_unless_manager(session, slug, viewer.user_id)
    return process


def _change(session: Session, process: Process, actor: Actor, values: dict[str, Any], now: datetime) -> None:
    """Set columns of a process; the same values again leave no record."""
    changed = {name: [getattr(process, name), new] for name, new in values.items() if getattr(process, name) != new}
    if not changed:
        return
    for name, (_old, new) in changed.items():
        setattr(process, name, new)
    _note(session, process, actor, "changed", {"changed": changed}, now)


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid(fields={"reason": N_("请写理由。")})
    return text.strip()[:LONGEST_TEXT]


def _note(
    session: Session, process: Process, actor: Actor, kind: str, payload: dict[str, Any], now: datetime
) -> None:
    session.flush()
    append(session, "house", [Entry(f"processes:process:{kind}", actor, {"slug": process.slug, **payload})], now)
