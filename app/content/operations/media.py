"""The media library of a site: put a picture or file in, say what it shows, take it out of the list."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.content.models import Media
from app.content.queries import media as queries
from app.errors import Conflict, Invalid, NotFound
from app.files.models import BOUND, DRAFT, Upload
from app.i18n import N_
from app.ledger import Entry, append
from app.people.rules import Viewer
from app.work.operations.act import person

LONGEST_ALT: Final = 300
NOT_YOURS: Final = N_("没有这个网站，或者它的媒体库不归您用。")
NO_ALT: Final = N_("写一句话，说图上有什么；看不见图片的人要靠它。最多 300 个字。")


def add_media(
    session: Session,
    viewer: Viewer,
    site_id: int,
    upload_id: int,
    now: datetime,
    *,
    size: tuple[int, int] | None = None,
    alt: str = "",
) -> Media:
    """Put one's own upload into the library of a site; the file stays for as long as the library."""
    if not queries.may_add(session, viewer, site_id):
        raise NotFound(NOT_YOURS)
    upload = session.get(Upload, upload_id)
    if upload is None or upload.owner_id != viewer.user_id or upload.state != DRAFT:
        raise NotFound(NOT_YOURS)
    upload.state, upload.bound_at = BOUND, now
    width, height = size or (None, None)
    row = Media(
        site_id=site_id,
        upload_id=upload.id,
        digest=upload.digest,
        name=upload.name,
        media=upload.media,
        size=upload.size,
        width=width,
        height=height,
        alt=alt.strip()[:LONGEST_ALT],
        created_at=now,
        created_by_id=viewer.user_id,
        created_by=viewer.name,
    )
    session.add(row)
    session.flush()
    upload.record = f"media:{row.id}"
    session.flush()
    _note(session, viewer, "content:media:added", row, now)
    return row


def describe(
    session: Session, viewer: Viewer, media_id: int, alt: str, now: datetime, row_version: int | None = None
) -> Media:
    """Say what a picture shows."""
    row = _writable(session, viewer, media_id)
    if row_version is not None and row.row_version != row_version:
        raise Conflict
    if not alt.strip() or len(alt.strip()) > LONGEST_ALT:
        raise Invalid(fields={"alt": NO_ALT})
    row.alt = alt.strip()
    session.flush()
    _note(session, viewer, "content:media:described", row, now)
    return row


def take_out(session: Session, viewer: Viewer, media_id: int, now: datetime) -> None:
    """Offer a picture or file no longer; articles that use it keep it."""
    row = _writable(session, viewer, media_id)
    if row.disabled_at is None:
        row.disabled_at = now
        session.flush()
        _note(session, viewer, "content:media:taken_out", row, now)


def _writable(session: Session, viewer: Viewer, media_id: int) -> Media:
    row = queries.one(session, viewer, media_id)
    if not queries.may_add(session, viewer, row.site_id):
        raise NotFound(queries.NO_MEDIA)
    return row


def _note(session: Session, viewer: Viewer, kind: str, row: Media, now: datetime) -> None:
    payload = {
        "media_id": row.id,
        "site_id": row.site_id,
        "name": row.name,
        "digest": row.digest,
        "alt": row.alt,
    }
    append(session, "house", [Entry(kind, person(viewer), payload)], now)
