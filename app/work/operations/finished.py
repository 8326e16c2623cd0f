"""Who finished a step and when, said to whoever comes too late."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import object_session

from app import clock
from app.errors import Conflict
from app.i18n import N_
from app.work.models import Transcription, WorkItem

DONE = N_("“%(node)s”已由%(who)s办完，%(when)s。您写的内容都在。")
WRITTEN_DOWN = N_("“%(node)s”已由%(clerk)s按%(who)s的意见代录，%(when)s。您写的内容都在。")


def already_done(item: WorkItem) -> Conflict:
    """Return the conflict that names who finished the item; a clerk's entry never reads as the person's own act."""
    at = clock.local(item.closed_at).strftime("%m-%d %H:%M:%S") if item.closed_at else ""
    session = object_session(item)
    clerk = session and session.scalar(select(Transcription.clerk_name).where(Transcription.item_id == item.id))
    if clerk:
        return Conflict(WRITTEN_DOWN, node=item.name, who=item.done_by_name, clerk=clerk, when=at)
    return Conflict(DONE, node=item.name, who=item.done_by_name, when=at)
