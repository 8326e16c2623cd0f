"""Writing a site without a request: the pages, then the rows that say what was written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.config import Settings
from app.content.models import PublishedPage
from app.content.operations import packages
from app.content.rules import OUTSIDE
from app.content.sites import packing, snapshot
from app.content.sites.building import folder_of, write_site
from app.content.sites.facts import Written, WrittenFile
from app.content.sites.writing import alone
from app.db import db, transaction
from app.people.rules import Viewer

KIND = "site"
MANY = 500  # beyond it one look at all rows is cheaper than naming them


def build_site(session: Session, site_id: int, only: Collection[int] | None = None) -> Written:
    """Write the pages on which the articles `only` appear, or the whole site, and note what lies there now.

    `session` is a reading one. What is drawn was committed when the folder became free, so whoever writes last
    writes the latest; the rows are written in a transaction of their own before the folder is given back.
    """
    how = snapshot.publishing_of(session, site_id)
    mode, folder = how.mode, folder_of(how.folder)
    if mode == OUTSIDE:
        return Written()
    with alone(folder):
        session.rollback()
        written = write_site(session, site_id, folder, only)
        session.rollback()
        with transaction() as writing:
            note_pages(writing, site_id, written.files, clock.now(writing))
    return written


class SiteChannel:
    """Writes the pages that an act has made stale; may be called again with the same key."""

    def send(self, key: str, payload: Mapping[str, Any]) -> None:
        """Write the pages of the articles in `payload`, or the whole site when it names none."""
        del key
        build_site(db.session(), payload["site"], payload.get("articles"))


def note_pages(session: Session, site_id: int, files: Iterable[WrittenFile], now: datetime) -> None:
    """Note what lies in a site's folder; a file that was taken away keeps its row without a digest."""
    present = {one.path: one for one in files}
    query = select(PublishedPage).where(PublishedPage.site_id == site_id)
    narrow = query.where(PublishedPage.path.in_(present)) if len(present) < MANY else query
    known = {row.path: row for row in session.scalars(narrow)}
    for path, one in present.items():
        row = known.get(path)
        if row is None and one.digest:
            session.add(
                PublishedPage(
                    site_id=site_id, path=path, digest=one.digest, article_id=one.article_id, written_at=now
                )
            )
        elif row is not None and row.digest != one.digest:
            row.digest, row.article_id, row.written_at = one.digest, one.article_id, now
    session.flush()


def make_package(viewer: Viewer, site_id: int) -> int:
    """Pack what changed in a site since its last package and return the number of the new one's row."""
    packages.require_packer(viewer)
    session, settings = db.session(), _settings()
    folder = folder_of(snapshot.publishing_of(session, site_id).folder)
    with alone(folder):
        session.rollback()
        manifest = packages.plan_package(session, site_id, clock.now(session))
        session.rollback()
        target = packages.package_file(settings.data, site_id, manifest["number"])
        digest = packing.write_package(target, manifest, folder, packing.signing_key(settings.package_key))
        with transaction() as writing:
            now = clock.now(writing)
            return packages.note_package(writing, viewer, site_id, manifest, digest, now).id


def _settings() -> Settings:
    settings: Settings = current_app.extensions["guanjia.settings"]
    return settings
