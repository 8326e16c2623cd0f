"""The drain of what is owed: claim, send outside any transaction, finish."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from app import clock
from app.db import transaction
from app.outbox import operations
from app.outbox.channels import Channel
from app.outbox.operations import Claim

log = structlog.get_logger()


def drain(channels: Mapping[str, Channel], owner: str, *, limit: int = 50) -> int:
    """Send what is due through its channel; return how many left the house.

    Kinds without a channel are not ours: services are fetched by their workers.
    """
    with transaction() as session:
        claims = operations.claim(session, owner, clock.now(session), kinds=tuple(channels), limit=limit)
    return sum(_send(channels[claim.kind], claim, owner) for claim in claims)


def _send(channel: Channel, claim: Claim, owner: str) -> bool:
    try:
        channel.send(claim.key, claim.payload)
    except Exception as error:  # noqa: BLE001 - whatever a channel raises is a failed try, kept with the row
        reason = f"{type(error).__name__}: {error}"
        with transaction() as session:
            dead = operations.fail(session, claim.id, owner, clock.now(session), reason)
        log.warning("owed_failed", owed=claim.id, kind=claim.kind, reason=reason, given_up=dead)
        return False
    with transaction() as session:
        return operations.finish(session, claim.id, owner, clock.now(session))
