"""Drafts follow their proposals: locked while one is under way, open again when it came to nothing."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from app.processes import proposals
from app.processes.models import Proposal
from app.studio.models import DISCARDED, OPEN, PROPOSED, PUBLISHED, ProcessDraft

STATES: Final = {
    proposals.WAITING: PROPOSED,
    proposals.APPROVED: PROPOSED,
    proposals.PUBLISHED: PUBLISHED,
}


def follow(session: Session, proposal: Proposal) -> None:
    """Give the draft of a proposal the state that the proposal's has for it."""
    draft = session.get(ProcessDraft, proposal.draft_id) if proposal.draft_id is not None else None
    if draft is not None and draft.state != DISCARDED:
        draft.state = STATES.get(proposal.state, OPEN)
