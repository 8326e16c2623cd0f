"""The drain of proposals: what was approved for an hour is published when it has come."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.errors import Unavailable, UserError
from app.i18n import N_
from app.processes.models import Proposal
from app.processes.proposals import APPROVED, carry_out, give_up

BATCH = 20
FAULT = N_("系统出错，日志里有原因（%(kind)s）。")
log = structlog.get_logger()


def next_due(session: Session, _now: datetime) -> datetime | None:
    """Return when the next approved proposal is to run."""
    due = select(Proposal.effective_at).where(Proposal.state == APPROVED).order_by(Proposal.effective_at).limit(1)
    return session.scalar(due)


def publish_due(topics: Collection[str], stopping: Callable[[], bool]) -> int:
    """Publish what is due, each in a transaction of its own; return how many were. Any number may run at once."""
    now = clock.now(db.session())
    due = select(Proposal.id).where(Proposal.state == APPROVED, Proposal.effective_at <= now)
    ids = list(db.session().scalars(due.order_by(Proposal.effective_at, Proposal.id).limit(BATCH)))
    db.session.rollback()
    for number, proposal_id in enumerate(ids):
        if stopping():
            return number
        _publish(proposal_id, frozenset(topics))
    return len(ids)


def _publish(proposal_id: int, topics: frozenset[str]) -> None:
    try:
        with transaction() as session:
            carry_out(session, proposal_id, topics, clock.now(session))
    except Unavailable:
        raise
    except Exception as error:  # whatever it is: it must be seen, and the others must not wait for it
        log.exception("proposal_failed", proposal=proposal_id)
        said = str(error) if isinstance(error, UserError) else FAULT % {"kind": type(error).__name__}
        with transaction() as session:
            give_up(session, proposal_id, said, clock.now(session))
