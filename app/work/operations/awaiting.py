"""What cases wait for from outside (`awaited`), and the signals they owe to one another."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert

from app.engine import Advance
from app.outbox.models import SIGNAL
from app.outbox.operations import owe
from app.work.models import Awaited
from app.work.operations.act import Act

_ROWS = Awaited.metadata.tables["awaited"]
_CLEAR = delete(_ROWS).where(
    _ROWS.c.case_id == bindparam("of"), _ROWS.c.token.in_(bindparam("tokens", expanding=True))
)
_KEEP = insert(_ROWS)


def note_waits(act: Act, step: Advance) -> None:
    """Keep the case's list of awaited messages and signals in step; nothing is sent when it has none."""
    over = [*step.withdrawn, *(one.token for one in step.completed if one.kind == "message")]
    if over:
        act.session.connection().execute(_CLEAR, {"of": act.case.id, "tokens": over})
    waiting = [
        {"case_id": act.case.id, "token": one.token, "name": one.event, "signal": one.signal}
        for one in step.opened
        if one.wait == "message" and one.event
    ]
    if waiting:
        act.session.connection().execute(_KEEP, waiting)


def owe_signals(act: Act, step: Advance) -> None:
    """Owe what the step threw to the other cases that wait for it."""
    for name in step.signals:
        owe(act.session, SIGNAL, {"name": name, "case": act.case.id}, now=act.now)
