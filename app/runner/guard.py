"""Watches the clock for jumps forward: what is due by the new time waits until that time is believed.

Two readings are compared with the seconds the machine counted between them. A jump of more than an hour holds the
drains that follow the time, is recorded and told to the system administrators. It is believed when it was accepted
(`guanjia worker --accept-clock`) or has stood for ten minutes, and forgotten when the clock goes back.
Steps backwards hold nothing: `app.clock.Steady` bridges them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app import clock
from app.db import db, transaction
from app.i18n import N_
from app.ledger import Actor, Entry, append
from app.outbox.operations import notify
from app.people.operations import resolve
from app.postgres import is_postgres

FORWARD = 3600.0
BACK = 60.0
HOLD = 600.0
MARK_EACH = 60.0
WATCH = Actor("rule", N_("时钟巡查"))
JUMPED = N_("服务器的时钟往前跳了 %(hours)s 小时。到时该办的先不办：时钟 10 分钟不再变，就照新时间办。")
WENT_BACK = N_("服务器的时钟往回拨了 %(minutes)s 分钟。系统时间不倒退，走慢一半，直到时钟赶上。")

log = structlog.get_logger()


class Guard:
    """Says before each round of the drains whether a jump is being held."""

    def __init__(
        self,
        read: Callable[[Session], datetime] = clock.machine_shows,
        elapsed: Callable[[], float] = clock.elapsed,
    ) -> None:
        self._read, self._elapsed = read, elapsed
        self._last: tuple[datetime, float] | None = None
        self._held_since: float | None = None
        self._marked: float | None = None

    def held(self) -> bool:
        """Look at the clock; return whether the drains that follow the time have to wait."""
        session = db.session()
        machine = self._read(session)
        mark, then = clock.mark(session), self._elapsed()
        known = mark.seen if mark is not None and not is_postgres(session) else None
        jump = mark.jump if mark is not None else None
        db.session.rollback()
        leap = self._leap(machine, then, known)
        self._last = machine, then
        if leap > FORWARD:
            jump = self._hold(leap)
        elif leap < -BACK:
            jump = self._went_back(leap, jump)
        if jump is None:
            self._held_since = None
            self._keep_mark(then)
            return False
        return not self._stands(then)

    def _leap(self, machine: datetime, then: float, seen: datetime | None) -> float:
        """Return by how many seconds the clock went further than the machine counted."""
        if self._last is not None:
            return (machine - self._last[0]).total_seconds() - (then - self._last[1])
        # after a stand-still nobody knows how much time has passed; only that it was not less than none
        return min((machine - seen).total_seconds(), 0.0) if seen else 0.0

    def _hold(self, leap: float) -> float:
        log.error("clock_jumped", seconds=round(leap), held=HOLD)
        with transaction() as session:
            mark = _mark(session)
            if mark.held_at is None:
                mark.held_at, mark.jump = clock.machine_now(session), leap
                _tell(session, "held", JUMPED, {"hours": round(leap / 3600, 1)})
        return leap

    def _went_back(self, leap: float, jump: float | None) -> float | None:
        log.error("clock_went_back", seconds=round(-leap))
        with transaction() as session:
            if jump is not None and abs(jump + leap) < FORWARD:
                accept(session, WATCH, "undone")
                return None
            if not is_postgres(session):
                _tell(session, "back", WENT_BACK, {"minutes": round(-leap / 60)})
        return jump

    def _stands(self, then: float) -> bool:
        """Believe the new time after it has stood long enough."""
        if self._held_since is None:
            self._held_since = then
        if then - self._held_since < HOLD:
            return False
        with transaction() as session:
            # another worker may have believed it just now
            if _mark(session).held_at is not None:
                accept(session, WATCH, "believed")
        return True

    def _keep_mark(self, then: float) -> None:
        """Note each minute how far the clock was seen, where it is this machine's."""
        if is_postgres(db.session()) or (self._marked is not None and then - self._marked < MARK_EACH):
            return
        self._marked = then
        with transaction() as session:
            _mark(session)


def accept(session: Session, actor: Actor, how: str = "accepted") -> None:
    """Follow the machine's clock as it is now, even backwards, and let the drains go on; recorded."""
    mark = _mark(session)
    payload = {"jump": mark.jump, "seen": mark.seen}
    mark.held_at = mark.jump = None
    mark.accepted += 1
    mark.seen = clock.wall()
    session.flush()
    append(session, "house", [Entry(f"house:clock:{how}", actor, payload)], clock.now(session))


def _mark(session: Session) -> clock.ClockMark:
    """Return the one row, moved to the present."""
    now = clock.machine_now(session)
    mark = session.get(clock.ClockMark, 1, with_for_update=True, populate_existing=True)
    if mark is None:
        mark = clock.ClockMark(id=1, seen=now, accepted=0)
        session.add(mark)
    mark.seen = now
    session.flush()
    return mark


def _tell(session: Session, how: str, sentence: str, values: dict[str, Any]) -> None:
    now = clock.now(session)
    people = resolve(session, {"rule": "role", "role": "sysadmin"}, starter_id=None, earlier={})
    append(session, "house", [Entry(f"house:clock:{how}", WATCH, values)], now)
    notify(session, people.user_ids, sentence, values=values, kind="system", now=now)
