"""Proposals: versions on their way to run, each waiting for a second person (四眼), for its hour, or for neither."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import compile_definition
from app.errors import Conflict, Invalid, NotFound, Refused
from app.i18n import N_
from app.ledger import Actor
from app.people import queries as people
from app.people.operations import by_person
from app.people.rules import Viewer
from app.processes.announcing import (
    AGREED,
    CALLED_OFF,
    DECLINED,
    GAVE_UP,
    RUNS,
    ask,
    record,
    tell_followers,
    tell_proposer,
)
from app.processes.models import Process, ProcessVersion, Proposal
from app.processes.operations import install, refuse_errors, running_with, stored_source
from app.processes.rights import refuse_unless_manager
from app.processes.source import Source

WAITING, APPROVED, PUBLISHED = "waiting", "approved", "published"
REFUSED, WITHDRAWN, FAILED = "refused", "withdrawn", "failed"
PERMISSION: Final = "processes.approve"
LONGEST: Final = 500
CLOCK: Final = Actor("timer", N_("到时发布"))


class NothingNew(Conflict):
    """The texts are those that run already, as version `version_id`."""

    default = N_("和正在运行的版本一样，没有什么要发布。")

    def __init__(self, version_id: int) -> None:
        super().__init__()
        self.version_id = version_id


def propose(
    session: Session,
    source: Source,
    actor: Actor,
    now: datetime,
    *,
    origin: str,
    note: str = "",
    effective_at: datetime | None = None,
    draft_id: int | None = None,
    base_version_id: int | None = None,
    topics: frozenset[str] | None = None,
) -> Proposal:
    """Ask that `source` run: at once, or once a second person approved it and its hour has come.

    The same texts that wait already are that proposal. Raise DiagramRefused with all problems when one is an error,
    NothingNew when these texts run already, Refused when the process has managers and `actor` is none of them.
    """
    refuse_unless_manager(session, source.slug, actor.user_id)
    refuse_errors(session, source, topics)
    same = running_with(session, source)
    if same is not None:
        raise NothingNew(same)
    asks = people.setting(session, "four_eyes")
    known = _pending(session, source, effective_at, draft_id) if asks else None
    if known is not None:
        return known
    proposal = _new(source, actor, now, origin, note, effective_at, draft_id, base_version_id)
    session.add(proposal)
    session.flush()
    record(session, proposal, actor, "proposed", now)
    if asks:
        _ask(session, proposal, now)
        tell_followers(session, proposal)
    else:
        _go_on(session, proposal, actor, now)
    return proposal


def approve(
    session: Session, proposal_id: int, viewer: Viewer, now: datetime, topics: frozenset[str] | None = None
) -> Proposal:
    """Approve exactly the texts that were proposed; they run at once, or when their hour has come.

    Raise Refused to the proposer and to people without the right, Conflict when it waits no longer.
    """
    proposal = _to_decide(session, proposal_id, viewer)
    source = source_of(proposal)
    if source.digest != proposal.digest:
        raise Conflict(N_("这份提案的内容和提出时的不一样，不能批准。请重新提出。"))
    refuse_errors(session, source, topics)
    actor = _decide(session, proposal, viewer, APPROVED, "approved", now)
    tell_proposer(session, proposal, viewer, AGREED, now)
    _go_on(session, proposal, actor, now)
    return proposal


def refuse(session: Session, proposal_id: int, viewer: Viewer, reason: str, now: datetime) -> Proposal:
    """Refuse a proposal, with the reason its proposer reads."""
    proposal = _to_decide(session, proposal_id, viewer)
    proposal.reason = _reason(reason)
    _decide(session, proposal, viewer, REFUSED, "refused", now)
    tell_proposer(session, proposal, viewer, DECLINED, now)
    tell_followers(session, proposal)
    return proposal


def withdraw(session: Session, proposal_id: int, viewer: Viewer, reason: str, now: datetime) -> Proposal:
    """Take a proposal back before it runs: its proposer may, and while it waits for its hour whoever may approve."""
    proposal = _locked(session, proposal_id)
    own = proposal.proposed_by_id == viewer.user_id
    if proposal.state not in {WAITING, APPROVED}:
        raise Conflict(_over(proposal), name=proposal.name, who=proposal.decided_by)
    if not own and not (proposal.state == APPROVED and viewer.may(PERMISSION)):
        raise Refused(N_("这份提案由提出的人撤回。"))
    proposal.reason = reason.strip()[:LONGEST] if own else _reason(reason)
    _decide(session, proposal, viewer, WITHDRAWN, "withdrawn", now)
    if not own:
        tell_proposer(session, proposal, viewer, CALLED_OFF, now)
    tell_followers(session, proposal)
    return proposal


def carry_out(session: Session, proposal_id: int, topics: frozenset[str] | None, now: datetime) -> bool:
    """Publish an approved proposal whose hour has come; return whether it was due. The checks are made again."""
    proposal = _locked(session, proposal_id)
    if proposal.state != APPROVED or (proposal.effective_at and proposal.effective_at > now):
        return False
    refuse_errors(session, source_of(proposal), topics)
    _publish(session, proposal, CLOCK, now)
    tell_proposer(session, proposal, None, RUNS, now)
    return True


def give_up(session: Session, proposal_id: int, reason: str, now: datetime) -> None:
    """Note that an approved proposal could not be published at its hour, and tell its proposer why."""
    proposal = _locked(session, proposal_id)
    if proposal.state != APPROVED:
        return
    proposal.state, proposal.reason = FAILED, reason[:LONGEST]
    record(session, proposal, CLOCK, "failed", now)
    tell_proposer(session, proposal, None, GAVE_UP, now)
    tell_followers(session, proposal)


def roll_back(
    session: Session, version_id: int, viewer: Viewer, note: str, now: datetime, topics: frozenset[str] | None = None
) -> Proposal:
    """Propose the texts of an old version as a new one."""
    source = stored_source(session, version_id)
    running = session.scalar(select(Process.running_version_id).where(Process.slug == source.slug))
    actor = by_person(viewer).actor
    return propose(session, source, actor, now, origin="rollback", note=note, base_version_id=running, topics=topics)


def source_of(proposal: Proposal) -> Source:
    """Return the texts of a proposal as the value that is checked and published."""
    texts = {kind: {name: text for one, name, text in proposal.parts if one == kind} for kind in ("table", "form")}
    (diagram,) = [text for kind, _name, text in proposal.parts if kind == "bpmn"]
    tables = {name: text.encode() for name, text in texts["table"].items()}
    return Source(proposal.slug, diagram.encode(), tables, texts["form"])


def overtaken_by(session: Session, proposal: Proposal) -> ProcessVersion | None:
    """Return the version that was published since the proposal's draft began, which it would replace unseen."""
    running = session.scalar(select(Process.running_version_id).where(Process.slug == proposal.slug))
    if proposal.base_version_id is None or running in {None, proposal.base_version_id, proposal.version_id}:
        return None
    return session.get(ProcessVersion, running)


def _new(
    source: Source,
    actor: Actor,
    now: datetime,
    origin: str,
    note: str,
    effective_at: datetime | None,
    draft_id: int | None,
    base_version_id: int | None,
) -> Proposal:
    return Proposal(
        slug=source.slug,
        name=compile_definition(source.diagram, source.tables).name,
        draft_id=draft_id,
        base_version_id=base_version_id,
        origin=origin,
        parts=[list(part) for part in source.parts()],
        digest=source.digest,
        note=note.strip(),
        state=APPROVED,
        effective_at=effective_at if effective_at and effective_at > now else None,
        proposed_at=now,
        proposed_by_id=actor.user_id,
        proposed_by=actor.name,
    )


def _pending(
    session: Session, source: Source, effective_at: datetime | None, draft_id: int | None
) -> Proposal | None:
    """Return the waiting proposal of exactly this, if there is one."""
    query = select(Proposal).where(
        Proposal.slug == source.slug, Proposal.digest == source.digest, Proposal.state == WAITING
    )
    same = (one for one in session.scalars(query) if (one.effective_at, one.draft_id) == (effective_at, draft_id))
    return next(same, None)


def _ask(session: Session, proposal: Proposal, now: datetime) -> None:
    """Let the proposal wait, and tell everybody who may approve it."""
    proposal.state = WAITING
    session.flush()
    ask(session, proposal, people.holding(session, PERMISSION), now)


def _go_on(session: Session, proposal: Proposal, actor: Actor, now: datetime) -> None:
    """Publish, unless the proposal still waits for its hour."""
    if proposal.effective_at is None or proposal.effective_at <= now:
        _publish(session, proposal, actor, now)
    else:
        tell_followers(session, proposal)


def _publish(session: Session, proposal: Proposal, actor: Actor, now: datetime) -> None:
    proposal.version_id, _new_one = install(
        session,
        source_of(proposal),
        actor,
        now,
        note=proposal.note,
        published_by=proposal.proposed_by,
        approved_by=proposal.decided_by,
    )
    proposal.state = PUBLISHED
    tell_followers(session, proposal)


def _to_decide(session: Session, proposal_id: int, viewer: Viewer) -> Proposal:
    """Return a waiting proposal, locked, that this person may approve or refuse."""
    proposal = _locked(session, proposal_id)
    if not viewer.may(PERMISSION):
        raise Refused(N_("发布由流程负责人、督办或主任批准。"))
    if proposal.state != WAITING:
        raise Conflict(_over(proposal), name=proposal.name, who=proposal.decided_by)
    if proposal.proposed_by_id == viewer.user_id:
        raise Refused(N_("这是您自己提出的，要由另一个人批准。"))
    return proposal


def _locked(session: Session, proposal_id: int) -> Proposal:
    proposal = session.get(Proposal, proposal_id, with_for_update=True, populate_existing=True)
    if proposal is None:
        raise NotFound(N_("没有这份提案。"))
    return proposal


def _over(proposal: Proposal) -> str:
    """Say why nothing is to be decided any more."""
    return {
        APPROVED: N_("“%(name)s”已由%(who)s批准，正等着到时发布。"),
        PUBLISHED: N_("“%(name)s”已经发布。"),
        REFUSED: N_("“%(name)s”已由%(who)s退回，没有批准。"),
        WITHDRAWN: N_("“%(name)s”已由%(who)s撤回。"),
    }.get(proposal.state, N_("“%(name)s”没有发布成。请重新提出。"))


def _decide(session: Session, proposal: Proposal, viewer: Viewer, state: str, kind: str, now: datetime) -> Actor:
    actor = by_person(viewer).actor
    proposal.state, proposal.decided_at = state, now
    proposal.decided_by_id, proposal.decided_by = viewer.user_id, viewer.name
    session.flush()
    record(session, proposal, actor, kind, now)
    return actor


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid(fields={"reason": N_("请写理由。")})
    return text.strip()[:LONGEST]
