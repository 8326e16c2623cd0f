"""How a site is published: mode, folder, names, its own style; each version of the templates it was drawn with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.models import SitePublishing, SiteTemplate
from app.content.rules import MODES
from app.content.sites.jobs import KIND
from app.content.sites.snapshot import DIRECT, NO_ROUTE, PREVIEW, publishing_of, template_of
from app.content.sites.style import clean_style, template_digest
from app.errors import Conflict, Invalid, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.outbox.operations import owe
from app.people.operations.authors import changes
from app.people.rules import Viewer
from app.work.operations.act import person

MANAGE: Final = "content.manage"
ROUTES: Final[Mapping[str, str]] = {
    PREVIEW: N_("从本平台的预览取回"),
    DIRECT: N_("从网站的地址取回"),
    NO_ROUTE: N_("没有网络通路，不取回"),
}
FOLDER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# addresses of the preview that are no site's
TAKEN: Final = frozenset({"article", "file"})
FIELDS: Final = ("mode", "folder", "route", "title", "footer")
LONGEST: Final = {"title": 120, "footer": 1000}
NOT_YOURS: Final = N_("网站的发布方式由派发岗或流程负责人改。")
SHIPPED: Final = N_("产品自带的版式")
NEW_SHIPPED: Final = N_("产品自带的版式更新")


def set_publishing(
    session: Session,
    viewer: Viewer,
    site_id: int,
    values: Mapping[str, str],
    row_version: int | None,
    now: datetime,
) -> SitePublishing:
    """Change how a site is published; `row_version` is the one the form was opened with. Its pages are made anew."""
    _require(viewer)
    wanted = _checked(session, site_id, values)
    row = publishing_of(session, site_id)
    if row_version is not None and row.row_version not in {None, row_version}:
        raise Conflict
    before = {name: getattr(row, name) for name in FIELDS}
    for name, value in wanted.items():
        setattr(row, name, value)
    row.changed_at, row.changed_by = now, viewer.name
    session.add(row)
    session.flush()
    payload = {"site": site_id, "changes": changes(before, wanted)}
    append(session, "house", [Entry("content:site:changed", person(viewer), payload)], now)
    owe_pages(session, site_id, None, now)
    return row


def set_style(session: Session, viewer: Viewer, site_id: int, style: str, note: str, now: datetime) -> SiteTemplate:
    """Give a site a style of its own, as a new version of its templates; its pages are made anew."""
    _require(viewer)
    note = note.strip()
    cleaned = clean_style(style)
    if not note:
        raise Invalid(fields={"note": N_("写明改了什么，日后查版式问题要看。")})
    last = current_template(session, site_id, now)
    if last.style == cleaned:
        raise Invalid(fields={"style": N_("样式和现在的一样，没有改动。")})
    row = _add(session, site_id, last.number + 1, cleaned, note[:500], now, viewer)
    payload = {"site": site_id, "number": row.number, "digest": row.digest, "note": row.note}
    append(session, "house", [Entry("content:template:changed", person(viewer), payload)], now)
    owe_pages(session, site_id, None, now)
    return row


def rebuild(session: Session, viewer: Viewer, site_id: int, now: datetime) -> None:
    """Have every page of a site drawn anew; what reads the same is left as it is."""
    _require(viewer)
    template = current_template(session, site_id, now)
    payload = {"site": site_id, "template": template.number}
    append(session, "house", [Entry("content:site:rebuilt", person(viewer), payload)], now)
    owe_pages(session, site_id, None, now)


def owe_pages(session: Session, site_id: int, article_ids: Iterable[int] | None, now: datetime) -> None:
    """Have the pages written, once this is committed, on which these articles appear; all of the site without."""
    articles = None if article_ids is None else sorted(set(article_ids))
    owe(session, KIND, {"site": site_id, "articles": articles}, now=now)


def current_template(session: Session, site_id: int, now: datetime) -> SiteTemplate:
    """Return the version of the templates a site is drawn with now; a new row when the product brought others."""
    last = template_of(session, site_id)
    if last is None:
        return _add(session, site_id, 1, "", SHIPPED, now, None)
    if last.digest == template_digest(last.style):
        return last
    return _add(session, site_id, last.number + 1, last.style, NEW_SHIPPED, now, None)


def keep_publishing(session: Session, site_id: int, now: datetime) -> SitePublishing:
    """Return how a site is published as a stored row; what nobody set up is written down as it is assumed."""
    row = publishing_of(session, site_id)
    if row not in session:
        row.changed_at = now
        session.add(row)
        session.flush()
    return row


def _add(
    session: Session, site_id: int, number: int, style: str, note: str, now: datetime, viewer: Viewer | None
) -> SiteTemplate:
    row = SiteTemplate(
        site_id=site_id,
        number=number,
        digest=template_digest(style),
        style=style,
        note=note,
        changed_at=now,
        changed_by_id=viewer.user_id if viewer else None,
        changed_by=viewer.name if viewer else "",
    )
    session.add(row)
    session.flush()
    return row


def _require(viewer: Viewer) -> None:
    if not viewer.may(MANAGE):
        raise Refused(NOT_YOURS)


def _checked(session: Session, site_id: int, values: Mapping[str, Any]) -> dict[str, str]:
    found = {name: str(values.get(name) or "").strip() for name in FIELDS}
    wrong: dict[str, str] = {}
    if found["mode"] not in MODES:
        wrong["mode"] = N_("选一种发布方式。")
    if found["route"] not in ROUTES:
        wrong["route"] = N_("选一种核对方式。")
    for name, most in LONGEST.items():
        if len(found[name]) > most:
            wrong[name] = N_("太长了，请缩短。")
    wrong.update(_folder_problem(session, site_id, found["folder"]))
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _folder_problem(session: Session, site_id: int, folder: str) -> dict[str, str]:
    if not FOLDER.fullmatch(folder) or folder in TAKEN:
        return {"folder": N_("目录名用小写字母、数字和横线，最多 40 个字符，例如 housing。")}
    query = select(SitePublishing.site_id).where(SitePublishing.folder == folder, SitePublishing.site_id != site_id)
    return {"folder": N_("别的网站已经用了这个目录名，换一个。")} if session.scalar(query) is not None else {}
