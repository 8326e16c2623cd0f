"""What the command board reads of one emergency, in a fixed number of statements whatever happened in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import CompoundSelect, Result, ScalarSelect, and_, func, null, select, union_all
from sqlalchemy.orm import Session, joinedload

from app.emergency.models import CallAttempt, Emergency, EmergencyReport, GradeChange, Inject, LogEntry
from app.emergency.queries.emergencies import calls_of, grades_of, log_of, reports_of
from app.emergency.rules import GROUPS
from app.engine.state import load as load_values
from app.errors import NotFound
from app.ledger.models import Record
from app.people.models import User
from app.people.rules import Viewer
from app.work.models import Candidate, Case, TaskState, WorkItem
from app.work.queries.casefile import case_data
from app.work.queries.scope import case_scope, item_scope, person_scope, record_scope

# what the log tells of the ledger besides steps, calls, grades and its own lines, which have rows of their own
TOLD: Final = ("work:case:opened", "work:message:received", "work:deadline:overdue", "work:incident:raised")

CALL: Final = "call_roster:call"
_SITE = joinedload(Emergency.site)


@dataclass(frozen=True)
class Seat:
    """Somebody who may take an open step."""

    user_id: int
    name: str


@dataclass(frozen=True)
class BoardFile:
    """Everything one viewer may see of an emergency, read once."""

    emergency: Emergency
    case: Case
    data: Mapping[str, Any]
    steps: Sequence[WorkItem]
    seats: Mapping[int, Sequence[Seat]]
    tokens: Mapping[str, Mapping[str, Any]]
    grades: Sequence[GradeChange]
    calls: Sequence[CallAttempt]
    reports: Sequence[EmergencyReport]
    log: Sequence[LogEntry]
    records: Sequence[Record]
    injects: Sequence[Inject]
    names: Mapping[int, str]

    @property
    def open(self) -> list[WorkItem]:
        """Return what is being done now, what is due first at the top."""
        found = [one for one in self.steps if one.status == "open"]
        return sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.opened_at, one.id))

    @property
    def done(self) -> list[WorkItem]:
        """Return what was done, in order."""
        found = [one for one in self.steps if one.status == "done" and one.closed_at is not None]
        return sorted(found, key=lambda one: (one.closed_at, one.id))


def load(session: Session, viewer: Viewer, number: str) -> BoardFile:
    """Read the emergency of a case; raise NotFound when there is none or it is not this viewer's to see."""
    emergency, case = _found(session, viewer, number)
    data = case_data(case)
    steps, tokens = _steps(session, viewer, case.id)
    seats, names = _people(session, viewer, [one.id for one in steps if one.status == "open"], data)
    return BoardFile(
        emergency=emergency,
        case=case,
        data=data,
        steps=steps,
        seats=seats,
        tokens=tokens,
        grades=grades_of(session, emergency.id),
        calls=calls_of(session, emergency.id),
        reports=reports_of(session, emergency.id),
        log=log_of(session, emergency.id),
        records=_records(session, viewer, case.id),
        injects=_injects(session, emergency) if emergency.drill else (),
        names=names,
    )


def is_call(item: WorkItem) -> bool:
    """Say whether a step is a call of a roster."""
    return item.node.endswith(CALL)


def going_on(viewer: Viewer) -> ScalarSelect[int]:
    """Return, as a part of a larger query, how many real emergencies of this viewer go on."""
    query = select(func.count(Emergency.id)).join(Case, Case.id == Emergency.case_id)
    return query.where(Emergency.outcome == "", Emergency.drill.is_(False), case_scope(viewer)).scalar_subquery()


def _found(session: Session, viewer: Viewer, number: str) -> tuple[Emergency, Case]:
    query = select(Emergency, Case).join(Case, Case.id == Emergency.case_id)
    query = query.where(Case.number == number, case_scope(viewer))
    row = session.execute(query.options(joinedload(Emergency.plan), joinedload(Emergency.version), _SITE)).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _steps(session: Session, viewer: Viewer, case_id: int) -> tuple[list[WorkItem], dict[str, dict[str, Any]]]:
    """Return the steps of a case and, of open calls, what their tokens know."""
    calling = and_(
        TaskState.case_id == WorkItem.case_id,
        TaskState.id == WorkItem.token,
        WorkItem.status == "open",
        WorkItem.node.like(f"%{CALL}"),
    )
    query = select(WorkItem, TaskState.data).outerjoin(TaskState, calling)
    query = query.where(WorkItem.case_id == case_id, item_scope(viewer)).order_by(WorkItem.id)
    rows = session.execute(query).all()
    return [row[0] for row in rows], {row[0].token: load_values(row[1]) for row in rows if row[1]}


def _people(
    session: Session, viewer: Viewer, item_ids: Collection[int], data: Mapping[str, Any]
) -> tuple[dict[int, list[Seat]], dict[int, str]]:
    """Return who may take each open step, and the names of the people of the groups as they were listed."""
    listed = {one for group in GROUPS for one in data.get(group) or ()}
    seated = select(Candidate.item_id, User.id, User.name).join(User, User.id == Candidate.user_id)
    named = select(null(), User.id, User.name).where(User.id.in_(listed))
    seats: dict[int, list[Seat]] = {}
    names: dict[int, str] = {}
    seated = seated.where(Candidate.item_id.in_(item_ids), person_scope(viewer))
    both: CompoundSelect[int | None, int, str] = union_all(seated, named)
    rows: Result[int | None, int, str] = session.execute(both)
    for item_id, user_id, name in rows:
        if item_id is None:
            names[user_id] = name
        else:
            seats.setdefault(item_id, []).append(Seat(user_id, name))
    return {item_id: sorted(people, key=lambda one: one.user_id) for item_id, people in seats.items()}, names


def _records(session: Session, viewer: Viewer, case_id: int) -> Sequence[Record]:
    query = select(Record).where(Record.case_id == case_id, Record.kind.in_(TOLD), record_scope(viewer))
    return session.scalars(query.order_by(Record.seq)).all()


def _injects(session: Session, emergency: Emergency) -> Sequence[Inject]:
    query = select(Inject).where(Inject.emergency_id == emergency.id)
    return session.scalars(query.order_by(Inject.due_at, Inject.id)).all()
