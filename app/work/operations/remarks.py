"""Beside the process: first opening, urging, progress notes, comments, drafts, reading a copy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.errors import Conflict, Invalid, Refused
from app.i18n import N_
from app.ledger import Entry, append
from app.outbox.operations import notify
from app.people.rules import Viewer
from app.work.models import Candidate, Comment, Copy, Draft, WorkItem
from app.work.operations.act import person
from app.work.operations.cases import lock_case, lock_item

URGE_PAUSE = timedelta(hours=1)
MAX_TEXT = 4000


def mark_opened(session: Session, item_id: int, viewer: Viewer, now: datetime) -> None:
    """Record the first time a person who may act opened the item (已阅); later openings change nothing."""
    _case, item = lock_item(session, item_id)
    if item.first_opened_at is not None or item.status != "open":
        return
    item.first_opened_at, item.first_opened_by = now, viewer.name
    _record(session, item.case_id, viewer, "work:item:opened", now, item=item)


def urge(session: Session, case_id: int, viewer: Viewer, now: datetime) -> int:
    """Remind everybody whose turn it is (催办); return how many items were urged. Once an hour per case."""
    case = lock_case(session, case_id)
    items = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.status == "open")).all()
    if not items:
        raise Conflict(N_("这件已经没有人在办，不用催。"))
    _refuse_too_soon(session, case_id, now)
    for item in items:
        item.urged += 1
        values = {"title": case.title, "who": viewer.name, "n": item.urged}
        text = N_("%(who)s催办“%(title)s”，第 %(n)s 次。")
        notify(session, _holders(session, item), text, values=values, url=f"/tasks/{item.id}", now=now)
        _record(session, case_id, viewer, "work:item:urged", now, {"count": item.urged}, item)
    session.add(_comment(case_id, viewer, "urge", "", now))
    return len(items)


def comment(session: Session, case_id: int, viewer: Viewer, text: str, now: datetime) -> None:
    """Add a remark to the discussion; it is never an opinion of a step."""
    session.add(_comment(case_id, viewer, "comment", _text(text), now))
    session.flush()


def progress(session: Session, item_id: int, viewer: Viewer, text: str, percent: int | None, now: datetime) -> None:
    """Add a progress note to the step one is working on; both sides see it."""
    _case, item = lock_item(session, item_id)
    if item.status != "open" or item.assignee_id != viewer.user_id:
        raise Refused
    said = f"{percent}%　{_text(text)}" if percent is not None else _text(text)
    session.add(_comment(item.case_id, viewer, "progress", said, now))
    payload = {"text": text, "percent": percent}
    _record(session, item.case_id, viewer, "work:item:progressed", now, payload, item)


def save_draft(
    session: Session,
    viewer: Viewer,
    fields: Mapping[str, Any],
    now: datetime,
    *,
    item_id: int = 0,
    slug: str = "",
    node: str = "",
    title: str = "",
) -> datetime:
    """Keep what was typed so far, without judging it; only its author sees it."""
    where = (Draft.user_id == viewer.user_id, Draft.item_id == item_id, Draft.slug == slug, Draft.node == node)
    draft = session.scalar(select(Draft).where(*where))
    if draft is None:
        draft = Draft(user_id=viewer.user_id, item_id=item_id, slug=slug, node=node)
        session.add(draft)
    draft.title, draft.fields, draft.saved_at = title[:200], dict(fields), now
    session.flush()
    return now


def discard_draft(session: Session, viewer: Viewer, draft_id: int) -> None:
    """Throw away one's own draft."""
    session.execute(delete(Draft).where(Draft.id == draft_id, Draft.user_id == viewer.user_id))


def mark_read(session: Session, case_id: int, viewer: Viewer, now: datetime) -> None:
    """Record that a copy was read."""
    copy = session.get(Copy, (case_id, viewer.user_id))
    if copy is not None and copy.read_at is None:
        copy.read_at = now
        _record(session, case_id, viewer, "work:copy:read", now)


def _holders(session: Session, item: WorkItem) -> list[int]:
    if item.assignee_id is not None:
        return [item.assignee_id]
    return list(session.scalars(select(Candidate.user_id).where(Candidate.item_id == item.id)))


def _refuse_too_soon(session: Session, case_id: int, now: datetime) -> None:
    last = session.scalar(select(func.max(Comment.at)).where(Comment.case_id == case_id, Comment.kind == "urge"))
    if last is not None and now - last < URGE_PAUSE:
        at = clock.local(last + URGE_PAUSE).strftime("%H:%M")
        raise Conflict(N_("一小时内已经催过一次，%(at)s 之后可以再催。"), at=at)


def _text(text: str) -> str:
    plain = text.strip()
    if not plain:
        raise Invalid(fields={"text": N_("还没有写内容。")})
    if len(plain) > MAX_TEXT:
        raise Invalid(fields={"text": N_("内容不超过 4000 字。")})
    return plain


def _comment(case_id: int, viewer: Viewer, kind: str, text: str, now: datetime) -> Comment:
    return Comment(
        case_id=case_id,
        author_id=viewer.user_id,
        author_name=viewer.name,
        unit_id=viewer.unit_id,
        unit_name=viewer.unit_name,
        kind=kind,
        text=text,
        at=now,
    )


def _record(
    session: Session,
    case_id: int,
    viewer: Viewer,
    kind: str,
    now: datetime,
    payload: Mapping[str, Any] | None = None,
    item: WorkItem | None = None,
) -> None:
    entry = Entry(
        kind,
        person(viewer),
        payload or {},
        case_id=case_id,
        item_id=item.id if item else None,
        node=item.node if item else None,
        node_name=item.name if item else None,
    )
    append(session, f"case:{case_id}", [entry], now)
