"""Reads of a try-out: the row, what it runs on, who would act at a step and by when."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deadlines.queries import calendar_for
from app.deadlines.rules import add_working, parse_limit
from app.engine import Node, OpenNode, calls_of
from app.errors import UserError
from app.people.models import User
from app.people.operations import resolve
from app.people.rules import Resolution, Viewer
from app.processes.library import Bundle
from app.processes.source import Source
from app.studio.models import TryOut
from app.studio.trying import Machine, Play, Step, assemble
from app.work.rules import fill, names_of, words
from app.work.runtime import Runtime

KEPT = 16
SUPERVISOR = {"rule": "role", "role": "supervisor"}
Pins = Mapping[str, int]
_machines: OrderedDict[tuple[str, frozenset[tuple[str, int]]], Machine] = OrderedDict()
_lock = threading.Lock()


def try_out_of(session: Session, viewer: Viewer, draft_id: int) -> TryOut | None:
    """Return this person's try-out of a draft, if there is one."""
    query = select(TryOut).where(TryOut.draft_id == draft_id, TryOut.user_id == viewer.user_id)
    return session.scalars(query.order_by(TryOut.id.desc())).first()


def pins_of(session: Session, runtime: Runtime, source: Source) -> dict[str, int]:
    """Return the running version of every process that a source calls, directly and in turn."""
    found: dict[str, int] = {}
    for slug in sorted(calls_of(source.diagram)):
        called = runtime.library.running(session, slug)
        found |= {slug: called.version_id, **runtime.library.pins(session, called.version_id)}
    return found


def machine_for(session: Session, runtime: Runtime, source: Source, pins: Pins) -> Machine:
    """Return a source ready to be played with these versions of the processes it calls; recent ones are kept."""
    key = (source.digest, frozenset(pins.items()))
    with _lock:
        found = _machines.get(key)
    if found is None:
        called: dict[str, Bundle] = {slug: runtime.library.bundle(session, pinned) for slug, pinned in pins.items()}
        found = assemble(source, called)
    with _lock:
        _machines[key] = found
        _machines.move_to_end(key)
        while len(_machines) > KEPT:
            _machines.popitem(last=False)
    return found


def play_of(session: Session, machine: Machine, row: TryOut) -> Play:
    """Return a stored try-out as the play it is."""
    calendar = calendar_for(session, row.state["starter"]["unit"])
    return Play.resume(machine, row.state, row.now, calendar)


def people_for(session: Session, play: Play, steps: Sequence[Step], opened: OpenNode) -> Resolution:
    """Return who would have this step on their desk, by its rule and without those who may not be the same."""
    node = play.machine.definition.nodes[opened.node]
    earlier = earlier_of(steps)
    starter = play.starter["id"]
    people = resolve(session, opened.rule or {}, starter_id=starter, earlier=earlier)
    barred = {earlier[other] for other in words(node.properties.get("distinct.from")) if other in earlier}
    allowed = tuple(user_id for user_id in people.user_ids if user_id not in barred)
    if allowed:
        return Resolution(allowed, people.text_zh, people.text_en, fell_back=people.fell_back)
    return resolve(session, SUPERVISOR, starter_id=starter, earlier={})


def earlier_of(steps: Sequence[Step]) -> dict[str, int]:
    """Return who did each step last."""
    return {step["node"]: step["who"]["id"] for step in steps if step["act"] == "answer" and "who" in step}


def opened_at(steps: Sequence[Step], node: str) -> datetime:
    """Return the instant at which an open node began to wait."""
    since = steps[-1]["at"]
    for step in reversed(steps):
        if node not in step["then"]:
            break
        since = step["at"]
        if step.get("node") == node:
            break
    return datetime.fromisoformat(since)


def due_of(
    session: Session, play: Play, node: Node, opened: OpenNode, unit_id: int, since: datetime
) -> datetime | None:
    """Return when a step would be due by its limit; None when it has none, or one that cannot be worked out."""
    limit = node.properties.get("limit")
    if not limit:
        return None
    try:
        text = fill(limit, names_of(opened.data, play.live.case_data))
        meant = parse_limit(str(text), node.properties.get("limit.clock")) if text else None
    except UserError:
        return None
    return add_working(calendar_for(session, unit_id), since, meant) if meant else None


def people_named(session: Session, ids: Sequence[int]) -> list[User]:
    """Return people by their ids, in that order."""
    rows = {one.id: one for one in session.scalars(select(User).where(User.id.in_(ids)))}
    return [rows[one] for one in ids if one in rows]
