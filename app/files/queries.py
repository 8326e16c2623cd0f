"""Reads of uploads. Who may see one is decided by the caller; a draft is its owner's alone."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.files.models import BOUND, DRAFT, Upload


def upload(session: Session, upload_id: int) -> Upload | None:
    """Return one upload."""
    return session.get(Upload, upload_id)


def uploads(session: Session, upload_ids: Collection[int]) -> list[Upload]:
    """Return these uploads in order of arrival."""
    return list(session.scalars(select(Upload).where(Upload.id.in_(upload_ids)).order_by(Upload.id)))


def of_case(session: Session, case_id: int, *, superseded: bool = True) -> list[Upload]:
    """Return the files bound to a case, oldest first; without `superseded` only those still valid."""
    query = select(Upload).where(Upload.case_id == case_id, Upload.state == BOUND).order_by(Upload.id)
    return list(session.scalars(query if superseded else query.where(Upload.superseded_by_id.is_(None))))


def of_item(session: Session, item_id: int) -> list[Upload]:
    """Return the files bound to a work item."""
    query = select(Upload).where(Upload.item_id == item_id, Upload.state == BOUND)
    return list(session.scalars(query.order_by(Upload.id)))


def drafts(session: Session, owner_id: int, item_id: int | None = None) -> list[Upload]:
    """Return what this person uploaded (for this work item) and has not handed in yet."""
    query = select(Upload).where(Upload.owner_id == owner_id, Upload.state == DRAFT)
    if item_id is not None:
        query = query.where(Upload.item_id == item_id)
    return list(session.scalars(query.order_by(Upload.id)))
