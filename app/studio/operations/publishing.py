"""Send a draft to be published, with the reasons for what it changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.i18n import N_
from app.people.operations import by_person
from app.people.rules import Viewer
from app.processes import proposals
from app.processes.models import Proposal
from app.studio import queries
from app.studio.models import ProcessDraft
from app.studio.operations.drafts import lock_draft

LONGEST_REASON = 500


def publish_draft(
    session: Session,
    viewer: Viewer,
    draft_id: int,
    seen: int,
    now: datetime,
    *,
    note: str,
    effective_at: datetime | None = None,
    topics: frozenset[str] | None = None,
) -> Proposal:
    """Propose the draft as it was seen; without four eyes and without an hour it runs at once.

    Raise Conflict when somebody saved after `seen`, DiagramRefused with all errors, NothingNew for the same texts.
    """
    if not note.strip():
        raise Invalid(fields={"note": N_("写一句这次改了什么、为什么改，批准的人和以后的人要看。")})
    draft = lock_draft(session, viewer, draft_id, seen)
    proposal = proposals.propose(
        session,
        queries.source_of(session, draft),
        by_person(viewer).actor,
        now,
        origin="studio",
        note=note,
        effective_at=effective_at,
        draft_id=draft.id,
        base_version_id=draft.base_version_id,
        topics=topics,
    )
    proposal.reasons = dict(draft.reasons)
    session.flush()
    return proposal


def keep_reason(session: Session, viewer: Viewer, draft_id: int, key: str, text: str) -> None:
    """Keep why something was changed; an empty text takes the reason away.

    The draft's row version stays: it counts what is published, and an open editor must not take this for a save.
    """
    draft = queries.draft_for(session, viewer, draft_id)
    if len(text) > LONGEST_REASON:
        raise Invalid(N_("理由不超过 500 字。"))
    reasons = {**draft.reasons, key: text.strip()}
    kept = {name: reason for name, reason in reasons.items() if reason}
    session.execute(update(ProcessDraft).where(ProcessDraft.id == draft.id).values(reasons=kept))
