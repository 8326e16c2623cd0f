"""Packages for one-way transfer into another network: made of what changed since the last one; receipts come back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content.models import Package, Publication, PublishedPage
from app.content.queries.publishing import package
from app.content.rules import PACKAGE
from app.content.sites import packing, snapshot
from app.content.sites.facts import WrittenFile
from app.errors import Conflict, Invalid, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.people.models import Site
from app.people.rules import Viewer
from app.work.operations.act import person

NOT_YOURS: Final = N_("包由管发布方式的人或发布岗来打。")
NOTHING_NEW: Final = N_("上一个包以后没有改动，不用打包。")
OTHER_MODE: Final = N_("这个网站不是打包送往另一个网络的，不用打包。")
RECEIVED: Final = N_("这个包的回执已经收过。")


def require_packer(viewer: Viewer) -> None:
    """Refuse whoever may neither publish nor manage publication."""
    if not (viewer.may("content.manage") or viewer.may("content.publish")):
        raise Refused(NOT_YOURS)


def plan_package(session: Session, site_id: int, now: datetime) -> dict[str, Any]:
    """Return the manifest of the next package of a site; raise when there is nothing to send."""
    how, site = snapshot.publishing_of(session, site_id), session.get_one(Site, site_id)
    if how.mode != PACKAGE:
        raise Conflict(OTHER_MODE)
    last = session.scalar(select(Package).where(Package.site_id == site_id).order_by(Package.number.desc()).limit(1))
    files = _changed(session, site_id, last.made_at if last else None)
    if not files:
        raise Conflict(NOTHING_NEW)
    facts = {
        "site": site.code,
        "name": site.name,
        "number": last.number + 1 if last else 1,
        "previous": last.digest if last else None,
        "made_at": now.isoformat(),
    }
    return packing.manifest_of(facts, files, _articles(session, site_id, last.made_at if last else None))


def note_package(
    session: Session, viewer: Viewer, site_id: int, manifest: dict[str, Any], digest: str, now: datetime
) -> Package:
    """Note a package that was written; somebody else's of the same number makes this one void."""
    require_packer(viewer)
    made_at = datetime.fromisoformat(manifest["made_at"])
    row = Package(
        site_id=site_id,
        number=manifest["number"],
        digest=digest,
        manifest=manifest,
        made_at=made_at,
        made_by=viewer.name,
    )
    session.add(row)
    session.flush()
    payload = {"site": site_id, "package": row.number, "digest": digest, "files": len(manifest["files"])}
    append(session, "house", [Entry("content:package:made", person(viewer), payload)], now)
    return row


def import_receipt(session: Session, viewer: Viewer, package_id: int, data: bytes, now: datetime) -> Package:
    """Take the receiver's receipt of a package; refuse one that does not fit it."""
    require_packer(viewer)
    row = package(session, package_id)
    if row.received_at is not None:
        raise Invalid(fields={"receipt": RECEIVED})
    row.receipt = packing.read_receipt(data, row.digest, row.manifest["files"])
    row.received_at, row.received_by = now, viewer.name
    session.flush()
    payload = {"site": row.site_id, "package": row.number, "digest": row.digest, "receipt": row.receipt}
    append(session, "house", [Entry("content:package:received", person(viewer), payload)], now)
    return row


def package_file(folder: Path, site_id: int, number: int) -> Path:
    """Return where a package lies; `folder` is the data folder."""
    return folder / "packages" / f"{site_id}-{number}.zip"


def _changed(session: Session, site_id: int, since: datetime | None) -> list[WrittenFile]:
    """Return the pages written since the last package; one of the same instant rather twice than never."""
    query = select(PublishedPage).where(PublishedPage.site_id == site_id)
    query = query.where(PublishedPage.written_at >= since) if since else query.where(PublishedPage.digest != "")
    return [WrittenFile(row.path, row.digest, row.article_id) for row in session.scalars(query)]


def _articles(session: Session, site_id: int, since: datetime | None) -> list[dict[str, Any]]:
    """Return what was done to articles since the last package, so that a page leads to the version it shows."""
    latest = select(func.max(Publication.id)).where(Publication.site_id == site_id).group_by(Publication.article_id)
    query = select(Publication).where(Publication.id.in_(latest)).order_by(Publication.id)
    if since:
        query = query.where(Publication.at >= since)
    return [
        {
            "article": row.article_id,
            "version": row.version_id,
            "publication": row.id,
            "act": row.act,
            "digest": row.digest,
            "page": row.page_digest,
            "url": row.url,
        }
        for row in session.scalars(query)
    ]
