"""The drain of service tasks whose work is done outside. Any number may run at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from app import clock
from app.db import transaction
from app.engine.state import untag
from app.errors import UserError
from app.outbox.operations import Claim
from app.work.jobs import never
from app.work.operations import results, services
from app.work.runtime import Runtime

log = structlog.get_logger()
BATCH = 20


def serve_owed(runtime: Runtime, owner: str, stopping: Callable[[], bool] = never) -> int:
    """Do the work of services that are due, each outside any transaction; return how many went on or stopped."""
    if not any(topic.do for topic in runtime.topics.values()):
        return 0
    done = 0
    for _ in range(BATCH):
        if stopping():
            break
        with transaction() as session:
            found = results.claim_due(session, owner, clock.now(session))
        if found is None:
            break
        owed, wanted = found
        done += wanted and _serve(runtime, owed, owner)
    return done


def _serve(runtime: Runtime, owed: Claim, owner: str) -> bool:
    try:
        result = _do(runtime, owed)
        with transaction() as session:
            return results.hand_in(session, runtime, owed, owner, result, clock.now(session))
    except Exception as error:  # whatever a handler raises is a failed try
        with transaction() as session:
            stopped = results.note_failure(session, runtime, owed, owner, error, clock.now(session))
        log.warning("service_try_failed", owed=owed.id, topic=owed.payload["topic"], given_up=stopped, exc_info=error)
        return stopped


def _do(runtime: Runtime, owed: Claim) -> Mapping[str, Any]:
    """Run the topic's work; its key stays the same for every try, so that the outside can drop repeats."""
    name = owed.payload["topic"]
    topic = runtime.topics.get(name)
    if topic is None or topic.do is None:
        raise UserError(services.NO_HANDLER, topic=name)
    return topic.do(untag(owed.payload["inputs"]), owed.payload["token"])
