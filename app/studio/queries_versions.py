"""Reads of published versions and of proposals: which there are, what runs, why something was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.i18n import N_
from app.people.models import User
from app.people.queries import holding
from app.processes.models import Process, ProcessVersion, Proposal
from app.processes.operations import stored_source
from app.processes.proposals import APPROVED, PERMISSION, WAITING, source_of
from app.processes.source import Source
from app.studio.models import ProcessDraft

NO_PROCESS = N_("没有这个流程，或者它还没有发布。")
NO_VERSION = N_("没有这个流程版本。")
NO_PROPOSAL = N_("没有这份提案。")
LATEST = 50


@dataclass(frozen=True)
class Desk:
    """The proposals by what happens to them next."""

    waiting: Sequence[Proposal]
    timed: Sequence[Proposal]
    decided: Sequence[Proposal]


def process_named(session: Session, slug: str) -> Process:
    """Return a process that has at least one version."""
    process = session.scalar(select(Process).where(Process.slug == slug))
    if process is None:
        raise NotFound(NO_PROCESS)
    return process


def version_numbered(session: Session, process: Process, number: int) -> ProcessVersion:
    """Return a version of a process by its number."""
    query = select(ProcessVersion).where(ProcessVersion.process_id == process.id, ProcessVersion.number == number)
    version = session.scalar(query)
    if version is None:
        raise NotFound(NO_VERSION)
    return version


def versions_of(session: Session, process: Process) -> Sequence[ProcessVersion]:
    """Return the versions of a process, newest first."""
    query = select(ProcessVersion).where(ProcessVersion.process_id == process.id)
    return session.scalars(query.order_by(ProcessVersion.number.desc())).all()


def running_of(session: Session, slug: str) -> ProcessVersion | None:
    """Return the version that new cases of a process start on."""
    query = select(ProcessVersion).join(Process, Process.running_version_id == ProcessVersion.id)
    return session.scalar(query.where(Process.slug == slug))


def reasons_of(session: Session, version: ProcessVersion) -> Mapping[str, Any]:
    """Return why things were changed in a version, by the key of the change."""
    return session.scalar(select(Proposal.reasons).where(Proposal.version_id == version.id)) or {}


def proposal_with(session: Session, proposal_id: int) -> Proposal:
    """Return a proposal."""
    proposal = session.get(Proposal, proposal_id)
    if proposal is None:
        raise NotFound(NO_PROPOSAL)
    return proposal


def last_proposal(session: Session, draft: ProcessDraft) -> Proposal | None:
    """Return what became of a draft the last time it was sent."""
    query = select(Proposal).where(Proposal.draft_id == draft.id).order_by(Proposal.id.desc()).limit(1)
    return session.scalar(query)


def desk(session: Session) -> Desk:
    """Return all proposals that wait, and the latest that were decided."""
    open_ = select(Proposal).where(Proposal.state.in_((WAITING, APPROVED))).order_by(Proposal.proposed_at)
    found = session.scalars(open_).all()
    decided = select(Proposal).where(Proposal.state.not_in((WAITING, APPROVED)), Proposal.decided_at.is_not(None))
    return Desk(
        waiting=[one for one in found if one.state == WAITING],
        timed=[one for one in found if one.state == APPROVED],
        decided=session.scalars(decided.order_by(Proposal.id.desc()).limit(LATEST)).all(),
    )


def waiting_for(session: Session, user_id: int) -> int:
    """Return how many proposals this person could decide: those of others that wait."""
    others = or_(Proposal.proposed_by_id.is_(None), Proposal.proposed_by_id != user_id)
    return session.scalar(select(func.count()).where(Proposal.state == WAITING, others)) or 0


def approvers(session: Session, proposer_id: int | None) -> Sequence[str]:
    """Return the names of those who may approve what this person proposes."""
    ids = [one for one in holding(session, PERMISSION) if one != proposer_id]
    return session.scalars(select(User.name).where(User.id.in_(ids)).order_by(User.id)).all()


def sides_of(session: Session, proposal: Proposal) -> tuple[ProcessVersion | None, Source, Source]:
    """Return the version a proposal is compared with, its texts, and the proposal's texts.

    While it waits that is the version that runs now; afterwards the one it began from.
    """
    new = source_of(proposal)
    pending = proposal.state in {WAITING, APPROVED}
    base_id = proposal.base_version_id
    old = running_of(session, proposal.slug) if pending else base_id and session.get(ProcessVersion, base_id)
    return (old, stored_source(session, old.id), new) if old else (None, Source(proposal.slug, EMPTY), new)


# what a process without a version is compared with
EMPTY = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'
