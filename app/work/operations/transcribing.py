"""A decision given by phone or on paper and written down by a clerk (代录).

The step counts as decided by the person and as written by the clerk; the person is asked to confirm it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.deadlines.queries import calendar_for
from app.deadlines.rules import add_working, parse_limit
from app.engine import Node
from app.errors import Invalid, NotFound, Refused
from app.files.models import DRAFT, Upload
from app.files.operations import bind
from app.i18n import N_
from app.ledger import Actor
from app.outbox.operations import notify, owe
from app.people.queries import viewer_of
from app.people.rules import Viewer
from app.work.models import Case, Transcription, WorkItem
from app.work.operations.cases import (
    Receipt,
    complete,
    lock_item,
    receipt_of,
    refuse_if_closed,
    refuse_if_suspended,
    resume,
)
from app.work.queries.casefile import token_data
from app.work.queries.transcriptions import deciders_for, is_transcribable
from app.work.runtime import Runtime

PHONE: Final = "phone"
PAPER: Final = "paper"
CONFIRM: Final = "transcription"  # the kind under which a reminder is owed
SOON: Final = timedelta(hours=4)
USUAL: Final = "1 工作日"
PRESSING: Final = frozenset({"urgent", "high"})
LONGEST: Final = 2000
PAGE: Final = "/transcriptions"

ONLY_THEMSELVES: Final = N_("这一步只能由本人办，不能代录。")
NOT_THIS_CLERK: Final = N_("这一步不归您代录。要由办理人本单位或网管办的人录，写稿的、审过前面的和本人都不行。")
NOBODY: Final = N_("选作出决定的人，只能是轮到办这一步的人。")
TOLD: Final[Mapping[str, str]] = {
    PHONE: N_("%(who)s按您的电话意见代录了“%(title)s”的“%(node)s”，请在 %(by)s 前确认。"),
    PAPER: N_("%(who)s按您的纸面意见代录了“%(title)s”的“%(node)s”，请在 %(by)s 前确认。"),
}


@dataclass(frozen=True)
class Dictated:
    """What a clerk says about a decision: whose it is, how and when it came, and the proof."""

    for_user_id: int
    medium: str
    claimed_at: datetime | None
    upload_id: int | None
    note: str = ""


def transcribe(
    session: Session,
    runtime: Runtime,
    item_id: int,
    clerk: Viewer,
    for_user_id: int,
    answers: Mapping[str, Any],
    medium: str,
    claimed_at: datetime | None,
    upload_id: int | None,
    key: str,
    now: datetime,
    *,
    note: str = "",
) -> Receipt:
    """Complete a step with what somebody it is offered to decided elsewhere; the record names both.

    `answers` have been judged by the step's form. The same `key` by the same clerk returns the stored receipt. Raise
    Refused where the step or the clerk does not allow it, Invalid for what is missing, Conflict when it is done.
    """
    case, item = lock_item(session, item_id)
    if item.status == "done" and item.key == key and _clerk_of(session, item) == clerk.user_id:
        return receipt_of(case, item, repeated=True)
    refuse_if_closed(item)
    refuse_if_suspended(case)
    node = runtime.library.bundle(session, case.version_id, case.called).definition.nodes[item.node]
    refuse_unless_allowed(session, clerk, item, node)
    told = Dictated(for_user_id, medium, claimed_at, upload_id, note.strip())
    problems = problems_of(session, clerk, item, node, told, now)
    if problems:
        raise Invalid(fields=problems)
    decider = viewer_of(session, for_user_id)
    if decider is None:
        raise NotFound
    row = _keep(session, case, item, clerk, decider, told, now)
    act = resume(session, runtime, case, transcriber(clerk, decider), now)
    act.facts = {"transcribed": _facts(session, row)}
    receipt = complete(act, item, decider, answers, key)
    _tell(session, case, item, row, now)
    return receipt


def refuse_unless_allowed(session: Session, clerk: Viewer, item: WorkItem, node: Node) -> None:
    """Raise Refused, saying why, unless this clerk may record a decision at this open step."""
    if not is_transcribable(node):
        raise Refused(ONLY_THEMSELVES)
    if not deciders_for(session, clerk, item, node):
        raise Refused(NOT_THIS_CLERK)


def problems_of(
    session: Session, clerk: Viewer, item: WorkItem, node: Node, told: Dictated, now: datetime
) -> dict[str, str]:
    """Return a sentence for everything that is missing or cannot be, by field."""
    found: dict[str, str | None] = {
        "told_for": None
        if _is_offered(session, clerk, item, node, told)
        else N_("选作出决定的人，只能是轮到办这一步的人。"),
        "told_medium": None if told.medium in TOLD else N_("选电话还是纸面。"),
        "told_at": _wrong_time(item, told.claimed_at, now),
        "told_note": _wrong_note(told),
        "told_scan": _wrong_scan(session, clerk, told),
    }
    return {name: sentence for name, sentence in found.items() if sentence}


def transcriber(clerk: Viewer, decider: Viewer) -> Actor:
    """Return the actor of a clerk who writes down what somebody else decided."""
    return Actor(
        "transcriber",
        clerk.name,
        clerk.user_id,
        clerk.unit_id,
        clerk.unit_name,
        acting_for=decider.name,
        client=clerk.client,
    )


def confirm_by(session: Session, unit_id: int, now: datetime, *, pressing: bool) -> datetime:
    """Return until when a recorded decision is to be confirmed: 4 hours where it is pressing, else a working day."""
    if pressing:
        return now + SOON
    return add_working(calendar_for(session, unit_id), now, parse_limit(USUAL))


def _clerk_of(session: Session, item: WorkItem) -> int | None:
    return session.scalar(select(Transcription.clerk_id).where(Transcription.item_id == item.id))


def _is_offered(session: Session, clerk: Viewer, item: WorkItem, node: Node, told: Dictated) -> bool:
    return told.for_user_id in {one.user_id for one in deciders_for(session, clerk, item, node)}


def _wrong_time(item: WorkItem, claimed: datetime | None, now: datetime) -> str | None:
    """Say what is wrong with a time; pages write minutes, so the minute in which the step opened will do."""
    if claimed is None:
        return N_("写本人作出决定的时间。")
    if claimed > now:
        return N_("作出决定的时间还没有到，请核对。")
    if claimed < item.opened_at.replace(second=0, microsecond=0):
        return N_("作出决定的时间早于这一步到达的时间，请核对。")
    return None


def _wrong_note(told: Dictated) -> str | None:
    if told.medium == PHONE and not told.note:
        return N_("写谁打给谁、怎么说的。")
    return N_("不超过 2000 字。") if len(told.note) > LONGEST else None


def _wrong_scan(session: Session, clerk: Viewer, told: Dictated) -> str | None:
    if told.upload_id is None:
        return N_("纸面意见要附上扫描件。") if told.medium == PAPER else None
    upload = session.get(Upload, told.upload_id)
    if upload is None or upload.state != DRAFT or upload.owner_id != clerk.user_id:
        return N_("没有这个文件，或者它不归您用。请重新上传。")
    return None


def _keep(
    session: Session, case: Case, item: WorkItem, clerk: Viewer, decider: Viewer, told: Dictated, now: datetime
) -> Transcription:
    """Write the row before the step goes on: what follows it asks who decided and who wrote."""
    urgent = case.priority in PRESSING or bool(token_data(session, case.id, item.token).get("urgent"))
    if told.upload_id is not None:
        bind(session, [told.upload_id], owner_id=clerk.user_id, case_id=case.id, item_id=item.id, now=now)
    row = Transcription(
        item_id=item.id,
        case_id=case.id,
        clerk_id=clerk.user_id,
        clerk_name=clerk.name,
        decided_by_id=decider.user_id,
        decided_by_name=decider.name,
        medium=told.medium,
        claimed_at=told.claimed_at,
        upload_id=told.upload_id,
        note=told.note,
        confirm_by=confirm_by(session, decider.unit_id, now, pressing=urgent),
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def _facts(session: Session, row: Transcription) -> dict[str, Any]:
    """Return what the record of the step says about how the decision came."""
    scan = session.get(Upload, row.upload_id) if row.upload_id else None
    return {
        "clerk": row.clerk_name,
        "clerk_id": row.clerk_id,
        "decided_by": row.decided_by_name,
        "decided_by_id": row.decided_by_id,
        "medium": row.medium,
        "claimed_at": row.claimed_at,
        "recorded_at": row.at,
        "confirm_by": row.confirm_by,
        "note": row.note,
        "scan": {"id": scan.id, "name": scan.name, "size": scan.size, "digest": scan.digest} if scan else None,
    }


def _tell(session: Session, case: Case, item: WorkItem, row: Transcription, now: datetime) -> None:
    by = clock.local(row.confirm_by).strftime("%m-%d %H:%M")
    values = {**named(case, item), "who": row.clerk_name, "by": by}
    notify(session, [row.decided_by_id], TOLD[row.medium], values=values, url=PAGE, now=now)
    owe(session, CONFIRM, {"transcription": row.id}, now=now, due=row.confirm_by)


def named(case: Case, item: WorkItem) -> dict[str, Any]:
    """Return the names every sentence about a recorded decision needs."""
    return {"title": case.title, "node": item.name, "node_en": item.name_en}
