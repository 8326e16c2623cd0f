"""What became of a service's work outside: its result is handed in, it failed, or nobody waits for it any more.

Each locks the case before the owed row, like everything that touches a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import OpenNode
from app.i18n import N_
from app.ledger import Actor
from app.outbox import operations as outbox
from app.outbox.models import SERVICE
from app.outbox.operations import Claim
from app.work.models import Case, Incident, TaskState
from app.work.operations import services
from app.work.operations.act import Act
from app.work.operations.advance import settle
from app.work.operations.cases import lock_case, resume
from app.work.runtime import BpmnError, Runtime, Topic

STARTED = 32  # the state of an engine task whose work is done outside, as its row keeps it
LOOK_AGAIN = timedelta(minutes=1)
WORKER = Actor("worker", N_("程序"))
CASE_OVER = N_("办件已经结束，不用再办。")
NOT_WAITED_FOR = N_("这一步已经不等这个结果了。")


def claim_due(session: Session, owner: str, now: datetime) -> tuple[Claim, bool] | None:
    """Lease the oldest service that is due; with it, whether its case waits for it now. None when none is due.

    One that nobody waits for any more is dropped; one of a case that stands still is looked at again later.
    """
    claims = outbox.claim(session, owner, now, kinds=(SERVICE,), limit=1)
    if not claims:
        return None
    case_id, token = claims[0].payload["case"], claims[0].payload["token"]
    case = session.get_one(Case, case_id)
    row = session.get(TaskState, (case_id, token))
    waits = row is not None and row.state == STARTED and '"incident"' not in row.internal
    return claims[0], _still(session, claims[0], owner, now, case.status, waits=waits)


def hand_in(
    session: Session, runtime: Runtime, owed: Claim, owner: str, result: Mapping[str, Any], now: datetime
) -> bool:
    """Write what the topic's `do` brought and go on; False when nobody waits for it or the lease has passed on."""
    case, topic = lock_case(session, owed.payload["case"]), runtime.topics[owed.payload["topic"]]
    act = resume(session, runtime, case, WORKER, now)
    node = _waiting(act, owed.payload["token"])
    if not _still(session, owed, owner, now, case.status, waits=node is not None) or node is None:
        return False
    if not outbox.finish(session, owed.id, owner, now):
        return False
    values = services.record(act, node, topic, result)
    settle(act, [runtime.engine.finish_service(act.live, node.token, values, act.env)])
    return True


def note_failure(
    session: Session, runtime: Runtime, owed: Claim, owner: str, error: Exception, now: datetime
) -> bool:
    """Note a failed try. The last one, and an error the diagram provides for, stop the step; True when stopped."""
    case, topic = lock_case(session, owed.payload["case"]), runtime.topics.get(owed.payload["topic"])
    if isinstance(error, BpmnError):
        over = outbox.finish(session, owed.id, owner, now, str(error))
        tries = 1
    else:
        tries = topic.tries if topic else Topic.tries
        over = outbox.fail(session, owed.id, owner, now, services.failure_of(error), tries)
    if over and case.status == "running":
        _stop(resume(session, runtime, case, WORKER, now), owed.payload["token"], error, tries)
    return over


def _stop(act: Act, token: str, error: Exception, tries: int) -> None:
    node = _waiting(act, token)
    if node is None:
        return
    settle(act, [services.fail(act, node, error)])
    act.session.flush()
    row = act.session.scalar(select(Incident).where(Incident.case_id == act.case.id, Incident.token == token))
    if row is not None:
        row.tries += tries - 1


def _waiting(act: Act, token: str) -> OpenNode | None:
    nodes = act.runtime.engine.open_nodes(act.live)
    return next((node for node in nodes if node.token == token and node.wait == "service"), None)


def _still(session: Session, owed: Claim, owner: str, now: datetime, status: str, *, waits: bool) -> bool:
    """Say whether the work is still wanted now; otherwise drop or postpone it."""
    if status == "running" and waits:
        return True
    if status == "suspended":
        outbox.postpone(session, owed.id, owner, now + LOOK_AGAIN)
    else:
        outbox.finish(session, owed.id, owner, now, NOT_WAITED_FOR if status == "running" else CASE_OVER)
    return False
