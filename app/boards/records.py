"""All records (全部记录): search the ledger, look into one record, check the chains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.boards import ledger, words
from app.boards.blueprint import asked, asked_day, asked_id, bp
from app.boards.ledger import Filters
from app.db import db, transaction
from app.ledger import Entry, append, verify
from app.ledger.models import Record
from app.ledger.verify import REASONS, Fault, Verdict
from app.people import queries as house
from app.people.session import current_author, current_viewer
from app.web import permission
from app.web.i18n import gettext

PAGE: Final = "boards.records"


@bp.get("/records")
@permission("ledger.view")
def records() -> ResponseReturnValue:
    """Search the whole ledger."""
    return _page()


@bp.post("/records/verify")
@permission("ledger.verify")
def verify_records() -> ResponseReturnValue:
    """Check every chain, record that it was checked, and say what was found and what it cannot prove."""
    author = current_author()
    db.session.rollback()
    verdict = verify(db.session())
    fault = str(verdict.fault) if verdict.fault else None
    payload = {"records": verdict.records, "chains": verdict.chains, "fault": fault}
    with transaction() as session:
        now = clock.now(session)
        append(session, "house", [Entry("ledger:chains:verified", author.actor, payload)], now)
    return _page(verdict)


def _page(verdict: Verdict | None = None) -> str:
    viewer, filters = current_viewer(), _filters()
    found = ledger.records(db.session(), viewer, filters, asked_id("after"))
    return render_template(
        "boards/records.html",
        filters=filters,
        rows=[_line(record, number) for record, number in found.rows],
        more=url_for(PAGE, **_query(filters), after=found.after) if found.after else None,
        units=house.unit_choices(db.session(), viewer),
        areas=words.AREAS,
        kinds=words.RECORDS,
        without=[(name, url_for(PAGE, **_query(filters, leave_out=name))) for name in filters.named],
        verdict=verdict,
        finding=_finding(verdict.fault) if verdict and verdict.fault else None,
        may_verify=viewer.may("ledger.verify"),
    )


def _filters() -> Filters:
    return Filters(
        person=asked("person"),
        unit=asked_id("unit"),
        kind=asked("kind"),
        case=asked("case"),
        first=asked_day("first"),
        last=asked_day("last"),
        code=asked("code"),
    )


def _query(filters: Filters, leave_out: str = "") -> dict[str, Any]:
    return {name: value for name, value in filters.named.items() if name != leave_out}


@dataclass(frozen=True)
class Line:
    """One record as it is read."""

    id: int
    at: datetime
    what: str
    step: str
    actor_kind: str
    who: str
    unit: str
    acting_for: str
    client: str
    case_url: str
    case_number: str
    code: str
    kind: str
    place: str
    hash: str
    previous: str
    mode: str
    content: str


def _line(record: Record, number: str | None) -> Line:
    body = json.loads(record.body)
    actor: Mapping[str, Any] = body.get("actor") or {}
    word = words.ACTORS.get(record.actor_kind)
    return Line(
        id=record.id,
        at=record.at,
        what=gettext(words.RECORDS[record.kind]) if record.kind in words.RECORDS else record.kind,
        step=record.node_name or "",
        actor_kind=gettext(word) if word and record.actor_kind != "person" else "",
        who=record.actor_name if actor.get("user_id") else gettext(record.actor_name),
        unit=record.unit_name,
        acting_for=str(actor.get("acting_for") or ""),
        client=str(actor.get("client") or ""),
        case_url=url_for("work.case", number=number) if number else "",
        case_number=number or "",
        code=record.code,
        kind=record.kind,
        place=gettext("%(chain)s 第 %(seq)s 条", chain=record.chain, seq=record.seq),
        hash=record.hash,
        previous=record.prev_hash,
        mode=record.mode,
        content=json.dumps(body.get("payload"), ensure_ascii=False, indent=2, sort_keys=True),
    )


@dataclass(frozen=True)
class Finding:
    """The first thing that does not fit: which record or chain, and what is wrong with it."""

    place: str
    reason: str


def _finding(fault: Fault) -> Finding:
    """Put a fault into the reader's words."""
    reason = gettext(REASONS[fault.reason])
    if fault.record_id is None:
        return Finding(gettext("链 %(chain)s", chain=fault.chain), reason)
    place = gettext("编号 %(id)s，%(chain)s 第 %(seq)s 条", id=fault.record_id, chain=fault.chain, seq=fault.seq)
    return Finding(place, reason)
