"""Deadlines of a case: one per work item, one for the vendor's handling that stands still while others have the turn.

The process property `guanjia.handling` holds the handling limit (办理时限), for example `${case.finish_limit}`.
It starts when the vendor first has the turn, is paused and charged to whoever has the turn instead, and is met
when the case ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.deadlines import operations as clocks
from app.deadlines import queries
from app.deadlines.models import PAUSED, RUNNING, Deadline
from app.engine import Node
from app.i18n import N_
from app.work.models import WorkItem
from app.work.operations.act import Act
from app.work.rules import HANDLING, fill, names_of

SIDE = "vendor"


class Turn(Protocol):
    """Whose turn it is: the leading open item of a case."""

    @property
    def side(self) -> str:
        """The side charged."""

    @property
    def unit_id(self) -> int:
        """The unit charged."""

    @property
    def unit_name(self) -> str:
        """Its name."""

    @property
    def name(self) -> str:
        """The node's name."""


def draw_up_limit(
    act: Act, node: Node, data: Mapping[str, Any], unit_id: int, since: datetime | None = None
) -> Deadline | None:
    """Return the deadline of a node's limit, not yet in the session; None when the node has none.

    It begins with the act, or at `since`.
    """
    limit = node.properties.get("limit")
    text = fill(limit, names_of(data, act.live.case_data)) if limit else None
    if not text:
        return None
    return clocks.draw_up(
        act.session,
        str(text),
        case_id=act.case.id,
        now=since or act.now,
        unit_id=unit_id,
        name=node.id,
        clock=node.properties.get("limit.clock"),
        remind=node.properties.get("remind"),
        escalate=node.properties.get("escalate"),
    )


def show_due(item: WorkItem, deadline: Deadline) -> None:
    """Copy a deadline onto its item, by which lists are ordered."""
    item.due_at, item.amber_at = deadline.due_at, deadline.amber_at


def meet_item(session: Session, item: WorkItem, now: datetime) -> None:
    """Stop the clocks of a completed item."""
    if item.due_at is not None:
        clocks.meet_item(session, item.id, now)


def void_item(session: Session, item: WorkItem, now: datetime) -> None:
    """Take back the clocks of a withdrawn item."""
    for deadline in queries.open_of_item(session, item.id):
        clocks.void(session, deadline, now)


def run_handling(act: Act, item: Turn | None) -> None:
    """Let the handling clock run, stand still or stop, as the side that has the turn demands."""
    text = act.bundle.definition.properties.get("handling")
    if not text:
        return
    deadline = _handling(act)
    if deadline is None:
        _begin(act, text, item)
    elif item is None:
        clocks.meet(act.session, deadline, act.now)
    elif item.side == SIDE and deadline.state == PAUSED:
        clocks.resume(act.session, deadline, act.now)
    elif item.side != SIDE and deadline.state == RUNNING:
        clocks.pause(
            act.session,
            deadline,
            act.now,
            reason=N_("等%(unit)s：%(node)s") % {"unit": item.unit_name, "node": item.name},
            charged_side=item.side,
            charged_unit_id=item.unit_id,
        )


def _handling(act: Act) -> Deadline | None:
    found = queries.open_of_case(act.session, act.case.id)
    return next((one for one in found if one.kind == HANDLING), None)


def _begin(act: Act, text: str, item: Turn | None) -> None:
    limit = fill(text, names_of({}, act.live.case_data))
    if item is not None and item.side == SIDE and limit:
        clocks.arm(
            act.session,
            str(limit),
            case_id=act.case.id,
            now=act.now,
            kind=HANDLING,
            unit_id=item.unit_id,
            name=HANDLING,
        )
