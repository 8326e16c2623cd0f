"""Reads of decisions that a clerk wrote down (代录): whose they are, what became of them, who may write one down."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.engine import Node
from app.people.models import User
from app.people.rules import OFFICE, Viewer
from app.work.models import Candidate, Case, Transcription, TranscriptionAnswer, WorkItem
from app.work.queries.scope import item_scope
from app.work.rules import words

CONFIRMED: Final = "confirmed"
OBJECTED: Final = "objected"
PENDING: Final = "pending"
PAGE: Final = 50


@dataclass(frozen=True)
class Recorded:
    """One recorded decision with what the person it is ascribed to said about it, if anything."""

    row: Transcription
    answer: TranscriptionAnswer | None

    @property
    def state(self) -> str:
        """Return `pending`, `confirmed` or `objected`."""
        return self.answer.answer if self.answer else PENDING


@dataclass(frozen=True)
class Waiting:
    """A recorded decision that waits for its person, with the step and the case."""

    recorded: Recorded
    item: WorkItem
    case: Case


@dataclass(frozen=True)
class Decider:
    """Somebody a step is offered to."""

    user_id: int
    name: str
    unit_id: int


def transcription_of(session: Session, item_id: int) -> Recorded | None:
    """Return the recorded decision that completed a step; None when its holder completed it."""
    return recorded_for(session, [item_id]).get(item_id)


def recorded_for(session: Session, item_ids: Collection[int]) -> Mapping[int, Recorded]:
    """Return the recorded decisions among these steps, by step."""
    return _recorded(session, Transcription.item_id.in_(item_ids)) if item_ids else {}


def recorded_in(session: Session, case_id: int) -> Mapping[int, Recorded]:
    """Return the recorded decisions of a case, by step."""
    return _recorded(session, Transcription.case_id == case_id)


def states_of(session: Session, viewer: Viewer, case_ids: Collection[int]) -> Mapping[int, str]:
    """Return which of these cases hold a decision objected to, or one that waits for its person."""
    if not case_ids:
        return {}
    rows = session.execute(
        select(Transcription.case_id, TranscriptionAnswer.answer)
        .join(WorkItem, WorkItem.id == Transcription.item_id)
        .outerjoin(TranscriptionAnswer, TranscriptionAnswer.transcription_id == Transcription.id)
        .where(Transcription.case_id.in_(case_ids), _not_confirmed(), item_scope(viewer))
    )
    found: dict[int, str] = {}
    for case_id, answer in rows:
        found[case_id] = OBJECTED if OBJECTED in (answer, found.get(case_id)) else PENDING
    return found


def waiting_count(session: Session, viewer: Viewer) -> int:
    """Return how many recorded decisions wait for this person."""
    return session.scalar(_waiting(viewer).with_only_columns(func.count(Transcription.id))) or 0


def waiting(session: Session, viewer: Viewer) -> Sequence[Waiting]:
    """Return what waits for this person, the soonest to be confirmed first."""
    query = (
        _waiting(viewer)
        .add_columns(WorkItem, Case)
        .join(WorkItem, WorkItem.id == Transcription.item_id)
        .join(Case, Case.id == Transcription.case_id)
        .order_by(Transcription.confirm_by, Transcription.id)
        .limit(PAGE)
    )
    return [Waiting(Recorded(row, None), item, case) for row, item, case in session.execute(query)]


def is_transcribable(node: Node) -> bool:
    """Say whether the diagram lets a clerk record what is decided at this step."""
    return node.properties.get("transcribe") == "true"


def deciders_for(session: Session, clerk: Viewer, item: WorkItem, node: Node) -> Sequence[Decider]:
    """Return for whom this clerk may record the decision of an open step; nobody when they may not at all.

    A clerk belongs to the unit of one of those the step is offered to, or to the supervising office, and has no
    part in the case that the step keeps apart from it.
    """
    if item.status != "open" or not is_transcribable(node) or not clerk.may("work.transcribe"):
        return ()
    offered = offered_to(session, item)
    near = clerk.unit_kind == OFFICE or clerk.unit_id in {one.unit_id for one in offered}
    if not near or clerk.user_id in kept_apart(session, item, node):
        return ()
    return [one for one in offered if one.user_id != clerk.user_id]


def offered_to(session: Session, item: WorkItem) -> Sequence[Decider]:
    """Return whose turn an open step is: its holder, or all who may take it."""
    query = select(User.id, User.name, User.unit_id).where(User.disabled_at.is_(None)).order_by(User.id)
    if item.assignee_id is not None:
        query = query.where(User.id == item.assignee_id)
    else:
        query = query.where(User.id.in_(select(Candidate.user_id).where(Candidate.item_id == item.id)))
    return [Decider(*row) for row in session.execute(query)]


def kept_apart(session: Session, item: WorkItem, node: Node) -> set[int]:
    """Return who may have nothing to do with a step: who did what it is kept apart from, whom its rule bars."""
    others = words(node.properties.get("distinct.from"))
    query = select(WorkItem.done_by_id).where(
        WorkItem.case_id == item.case_id, WorkItem.status == "done", WorkItem.node.in_(others)
    )
    acted = set(session.scalars(query)) if others else set()
    return {one for one in acted if one is not None} | _barred(item.rule)


def _barred(rule: Mapping[str, Any]) -> set[int]:
    own = {int(one) for one in rule.get("barred") or () if str(one).isdigit()}
    return own.union(*(_barred(one) for one in rule.get("of") or ()))


def _recorded(session: Session, condition: ColumnElement[bool]) -> dict[int, Recorded]:
    query = (
        select(Transcription, TranscriptionAnswer)
        .outerjoin(TranscriptionAnswer, TranscriptionAnswer.transcription_id == Transcription.id)
        .where(condition)
    )
    return {row.item_id: Recorded(row, answer) for row, answer in session.execute(query)}


def _not_confirmed() -> ColumnElement[bool]:
    return or_(TranscriptionAnswer.answer.is_(None), TranscriptionAnswer.answer != CONFIRMED)


def _waiting(viewer: Viewer) -> Any:
    return (
        select(Transcription)
        .outerjoin(TranscriptionAnswer, TranscriptionAnswer.transcription_id == Transcription.id)
        .where(Transcription.decided_by_id == viewer.user_id, TranscriptionAnswer.answer.is_(None))
    )
