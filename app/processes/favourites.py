"""Processes that somebody wants at the top."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.processes.models import Favourite


def favourites_of(session: Session, user_id: int) -> frozenset[str]:
    """Return the slugs of somebody's favourites."""
    return frozenset(session.scalars(select(Favourite.slug).where(Favourite.user_id == user_id)))


def toggle_favourite(session: Session, user_id: int, slug: str) -> bool:
    """Make a process a favourite, or one no longer; return whether it is one now."""
    row = session.get(Favourite, (user_id, slug))
    if row is not None:
        session.delete(row)
        return False
    session.add(Favourite(user_id=user_id, slug=slug))
    return True
