"""The drain of signals: what one case threw reaches every other case that waits for it, each exactly once.

How far an errand came is written in the transaction that delivers, so whoever takes it over goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app import clock
from app.db import transaction
from app.errors import Unavailable
from app.i18n import N_
from app.outbox import operations as outbox
from app.outbox.models import SIGNAL
from app.outbox.operations import Claim
from app.work.jobs import never
from app.work.operations.cases import lock_case
from app.work.operations.signals import deliver_signal, next_waiting
from app.work.operations.stuck import SIGNAL_FAILED, stop_case
from app.work.runtime import Runtime

BATCH = 10
NOT_ALL = N_("有办件没收到信号。")
log = structlog.get_logger()


class LeaseLostError(Exception):
    """Somebody else delivers this signal now; what was done since is taken back."""


def deliver_owed(runtime: Runtime, owner: str, stopping: Callable[[], bool] = never) -> int:
    """Deliver the signals that are owed; return how many were taken on."""
    with transaction() as session:
        claims = outbox.claim(session, owner, clock.now(session), kinds=(SIGNAL,), limit=BATCH)
    for claim in claims:
        _Errand(runtime, claim, owner).run(stopping)
    return len(claims)


class _Errand:
    """One signal on its way. `reached` is the last case it came to, `failed` are those that could not take it."""

    def __init__(self, runtime: Runtime, claim: Claim, owner: str) -> None:
        self._runtime, self._id, self._owner = runtime, claim.id, owner
        self._state: dict[str, Any] = {"reached": 0, "failed": [], **claim.payload}

    def run(self, stopping: Callable[[], bool]) -> None:
        """Go on where the errand stands, until no case is left or somebody wants to stop."""
        try:
            for case_id in list(self._state["failed"]):
                self._bring(case_id)
            while (case_id := self._next()) is not None:
                if stopping():
                    self._give_back()
                    return
                self._bring(case_id)
            self._end()
        except LeaseLostError:
            log.info("signal_taken_over", owed=self._id)

    def _next(self) -> int | None:
        with transaction() as session:
            return next_waiting(session, self._state["name"], self._state["reached"], self._state["case"])

    def _bring(self, case_id: int) -> None:
        """Deliver to one case; one that fails is kept for the next try and lets the others pass."""
        reached = {**self._state, "reached": max(case_id, self._state["reached"])}
        reached["failed"] = [one for one in self._state["failed"] if one != case_id]
        try:
            with transaction() as session:
                now = clock.now(session)
                payload = self._state.get("payload") or {}
                deliver_signal(session, self._runtime, case_id, self._state["name"], payload, now)
                self._keep(session, reached, now)
        except (Unavailable, LeaseLostError):
            raise
        except Exception:  # whatever it is: the other cases must not wait for this one
            log.exception("signal_failed", owed=self._id, case=case_id)
            reached["failed"].append(case_id)
            with transaction() as session:
                self._keep(session, reached, clock.now(session))
        self._state = reached

    def _keep(self, session: Session, state: dict[str, Any], now: datetime) -> None:
        if not outbox.progress(session, self._id, self._owner, state, now):
            raise LeaseLostError

    def _give_back(self) -> None:
        with transaction() as session:
            outbox.postpone(session, self._id, self._owner, clock.now(session))

    def _end(self) -> None:
        failed = self._state["failed"]
        with transaction() as session:
            now = clock.now(session)
            if not failed:
                outbox.finish(session, self._id, self._owner, now)
                return
            given_up = outbox.fail(session, self._id, self._owner, now, NOT_ALL)
        for case_id in failed if given_up else ():
            with transaction() as session:
                reason = SIGNAL_FAILED % {"name": self._state["name"]}
                stop_case(session, lock_case(session, case_id), SIGNAL, reason, clock.now(session))
