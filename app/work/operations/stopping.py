"""Where an automatic step stands still: its incident (异常) is raised, told to who answers for it, and closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.engine.port import Incident as Stopped
from app.i18n import N_
from app.ledger import Actor, Entry
from app.outbox.operations import notify
from app.people.operations import resolve
from app.work.models import Incident
from app.work.operations.act import Act

OWNER: Mapping[str, Any] = {"rule": "role", "role": "owner"}
FALLBACK: Mapping[str, Any] = {"rule": "role", "role": "supervisor"}
OPEN, GONE = "open", "gone"


def raise_incident(act: Act, found: Stopped) -> None:
    """Record that a step stands still, and tell who answers for it; once for each time it stops."""
    node = act.bundle.definition.nodes[found.node]
    payload = {"reason": found.reason}
    act.note(
        Entry(
            "work:incident:raised",
            Actor("rule", node.name or node.id),
            payload,
            case_id=act.case.id,
            node=node.id,
            node_name=node.name or None,
        )
    )
    if found.token in act.runtime.engine.stopped(act.live):
        _keep(act, found)


def close_gone(act: Act) -> None:
    """Close the incidents whose step no longer stands still; the case shows the newest that is left."""
    if act.case.incident is None:
        return
    act.session.flush()
    query = select(Incident).where(Incident.case_id == act.case.id, Incident.state == OPEN)
    standing = act.runtime.engine.stopped(act.live)
    left = []
    for row in act.session.scalars(query.order_by(Incident.raised_at, Incident.id)):
        if row.token in standing:
            left.append(row)
        else:
            row.state, row.solved_at = GONE, act.now
    act.case.incident = left[-1].reason if left else None


def _keep(act: Act, found: Stopped) -> None:
    act.case.incident = found.reason
    act.session.flush()
    row = act.session.scalar(
        select(Incident).where(Incident.case_id == act.case.id, Incident.token == found.token)
    ) or _new_row(act, found)
    # whoever retried it just now is looking at the page that says so
    at_once = row.solved_at == act.now
    row.state, row.reason, row.tries = OPEN, found.reason, row.tries + 1
    row.raised_at = row.raised_at if at_once else act.now
    row.solved_at = row.solved_by_id = row.solved_by_name = row.solved_how = None
    if not at_once:
        _tell(act, row)


def _new_row(act: Act, found: Stopped) -> Incident:
    node = act.bundle.definition.nodes[found.node]
    row = Incident(
        case_id=act.case.id,
        token=found.token,
        node=node.id,
        node_name=node.name or node.id,
        node_name_en=node.name_en or node.name or node.id,
        kind=node.kind,
        rule=dict(OWNER),
        raised_at=act.now,
        tries=0,
    )
    act.session.add(row)
    return row


def _tell(act: Act, row: Incident) -> None:
    people = resolve(act.session, OWNER, starter_id=None, earlier={}, fallback=FALLBACK)
    row.owner, row.owner_en = people.text_zh, people.text_en
    values = {"title": act.case.title, "node": row.node_name, "node_en": row.node_name_en}
    url = f"/cases/{act.case.number}"
    asked = N_("“%(title)s”停在“%(node)s”：%(reason)s请您处置。")
    told = {**values, "reason": row.reason}
    notify(act.session, people.user_ids, asked, values=told, url=f"{url}?tab=handling", now=act.now)
    involved = [act.case.starter_id, *([act.actor.user_id] if act.actor.user_id else [])]
    waiting = [user_id for user_id in involved if user_id not in people.user_ids]
    calm = N_("“%(title)s”的“%(node)s”没有自动办成，等流程负责人处置。办过的都在，不用再交。")
    notify(act.session, waiting, calm, values=values, url=url, now=act.now)
