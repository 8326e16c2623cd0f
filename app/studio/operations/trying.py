"""Try-outs (试走): begin one, take a step, undo the last, walk the same way again on the changed draft.

Everything that happens is written into the one row of the try-out: no case, no record, no notice, no deadline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.deadlines.queries import calendar_for
from app.errors import Conflict, NotFound
from app.i18n import N_
from app.people.operations import resolve
from app.people.queries import viewer_of
from app.people.rules import Viewer
from app.studio import queries, queries_try
from app.studio.models import TryOut
from app.studio.trying import Machine, Play, Step, play_all, steps
from app.studio.trying.play import refuse_endless
from app.work.runtime import Runtime

KEPT = timedelta(days=7)
NOT_BEGUN = N_("还没有开始试走，或者已经过了 7 天。请重新走一遍。")
CHANGED = N_("草稿改过，重新走一遍。")
WALKED_ON = N_("这一步已经走过了。下面是现在走到的地方，您填的没有交上去。")
ONLY_START = N_("已经退到开头了。")


@dataclass(frozen=True)
class Upload:
    """A file that somebody handed in during a try-out: only its name and size are kept."""

    id: int
    name: str
    size: int
    digest: str = ""


def begin(
    session: Session,
    runtime: Runtime,
    viewer: Viewer,
    draft_id: int,
    starter: int | str,
    now: datetime,
    *,
    at: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> TryOut:
    """Begin a try-out of the draft as it is saved, in place of the viewer's earlier one.

    `starter` is a person's id or a role; `at` the start event, if it is not the usual one,
    `data` the values it comes with. Raise DiagramRefused when
    the draft cannot run.
    """
    source = queries.source_of(session, queries.draft_for(session, viewer, draft_id))
    pins = queries_try.pins_of(session, runtime, source)
    machine = queries_try.machine_for(session, runtime, source, pins)
    person = _starter(session, starter)
    calendar = calendar_for(session, person["unit"])
    play = Play(machine, person, now.replace(second=0, microsecond=0), calendar)
    who = {"id": person["id"], "name": person["name"]}
    step = play.do(steps.start(at, data or {}, who))
    _forget(session, viewer, draft_id)
    row = TryOut(draft_id=draft_id, user_id=viewer.user_id, digest=machine.digest, created_at=now)
    _keep(row, play, [step], {"called": pins, "files": []}, now)
    session.add(row)
    session.flush()
    return row


def take(
    session: Session,
    runtime: Runtime,
    viewer: Viewer,
    draft_id: int,
    seen: int,
    step: Step,
    now: datetime,
    *,
    token: str | None = None,
) -> TryOut:
    """Take one of `app.studio.trying.steps`, on the open step behind `token` where it is about one.

    Raise Conflict when the draft was changed since, or the step was taken in another window.
    """
    row, machine = _locked(session, runtime, viewer, draft_id, seen)
    refuse_endless(row.steps)
    play = queries_try.play_of(session, machine, row)
    named = {**step, **play.which(token)} if token is not None else step
    _keep(row, play, [*row.steps, play.do(named)], row.state, now)
    session.flush()
    return row


def undo(session: Session, runtime: Runtime, viewer: Viewer, draft_id: int, seen: int, now: datetime) -> TryOut:
    """Take back the last step: all the others are taken again."""
    row, machine = _locked(session, runtime, viewer, draft_id, seen)
    if len(row.steps) == 1:
        raise Conflict(ONLY_START)
    _again(session, row, machine, row.steps[:-1], row.state, now)
    return row


def again(session: Session, runtime: Runtime, viewer: Viewer, draft_id: int, now: datetime) -> TryOut:
    """Walk the same way on the draft as it is now, as far as it goes."""
    row = _mine(session, viewer, draft_id)
    source = queries.source_of(session, queries.draft_for(session, viewer, draft_id))
    pins = queries_try.pins_of(session, runtime, source)
    machine = queries_try.machine_for(session, runtime, source, pins)
    row.digest = machine.digest
    _again(session, row, machine, row.steps, {**row.state, "called": pins}, now)
    return row


def note_files(
    session: Session, viewer: Viewer, draft_id: int, files: Sequence[tuple[str, int]], now: datetime
) -> list[int]:
    """Remember names and sizes of files somebody handed in; return the numbers by which the form knows them."""
    row = _mine(session, viewer, draft_id)
    known = list(row.state["files"])
    fresh = [(len(known) + number, name, size) for number, (name, size) in enumerate(files, 1)]
    # no step: what the page has seen stays the newest
    noted = {"state": {**row.state, "files": [*known, *fresh]}, "updated_at": now}
    session.execute(update(TryOut).where(TryOut.id == row.id).values(noted))
    return [number for number, _name, _size in fresh]


def files_of(row: TryOut, ids: Sequence[int]) -> list[Upload]:
    """Return the files of a try-out by their numbers."""
    return [Upload(*one) for one in row.state["files"] if one[0] in ids]


def stale(row: TryOut, digest: str) -> bool:
    """Say whether the draft was changed since the try-out began."""
    return row.digest != digest


def sweep(session: Session, now: datetime) -> int:
    """Remove the try-outs nobody has touched for seven days."""
    old = session.scalars(select(TryOut.id).where(TryOut.updated_at < now - KEPT)).all()
    session.execute(delete(TryOut).where(TryOut.id.in_(old)))
    return len(old)


def _starter(session: Session, starter: int | str) -> dict[str, Any]:
    wanted = starter if isinstance(starter, int) else _holder(session, starter)
    found = viewer_of(session, wanted)
    if found is None:
        raise NotFound(N_("没有这个人，换一位发起。"))
    return {"id": found.user_id, "name": found.name, "unit": found.unit_id}


def _holder(session: Session, role: str) -> int:
    """Return somebody who has the role."""
    found = resolve(session, {"rule": "role", "role": role}, starter_id=None, earlier={})
    return found.user_ids[0]


def _mine(session: Session, viewer: Viewer, draft_id: int) -> TryOut:
    queries.draft_for(session, viewer, draft_id)
    row = queries_try.try_out_of(session, viewer, draft_id)
    if row is None:
        raise NotFound(NOT_BEGUN)
    return session.get_one(TryOut, row.id, with_for_update=True, populate_existing=True)


def _locked(session: Session, runtime: Runtime, viewer: Viewer, draft_id: int, seen: int) -> tuple[TryOut, Machine]:
    row = _mine(session, viewer, draft_id)
    if row.row_version != seen:
        raise Conflict(WALKED_ON)
    source = queries.source_of(session, queries.draft_for(session, viewer, draft_id))
    if stale(row, source.digest):
        raise Conflict(CHANGED)
    return row, queries_try.machine_for(session, runtime, source, row.state["called"])


def _again(
    session: Session, row: TryOut, machine: Machine, way: Sequence[Step], state: Mapping[str, Any], now: datetime
) -> None:
    starter, begun = state["starter"], datetime.fromisoformat(way[0]["at"])
    play, done = play_all(machine, starter, begun, way, calendar_for(session, starter["unit"]))
    _keep(row, play, done, state, now)
    session.flush()


def _forget(session: Session, viewer: Viewer, draft_id: int) -> None:
    mine = (TryOut.draft_id == draft_id, TryOut.user_id == viewer.user_id)
    session.execute(delete(TryOut).where(*mine))


def _keep(row: TryOut, play: Play, way: Sequence[Step], state: Mapping[str, Any], now: datetime) -> None:
    row.now, row.ended, row.updated_at = play.now, play.ended, now
    row.steps = list(way)
    row.state = {**state, **play.stored()}
