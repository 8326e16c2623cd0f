"""The stage: plays many cases at once on the demo's clock, through the same operations that people use.

A life is a generator: each `yield instant` waits until then. The stage always resumes the life whose instant comes
first, moves the clock there and lets every timer and deadline that became due on the way do its work.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.clock import ZONE
from app.db import db, transaction
from app.deadlines import rules as limits
from app.deadlines.models import Deadline
from app.deadlines.queries import calendar_for
from app.files.jobs import receive
from app.people.models import Unit
from app.people.queries import viewer_named
from app.people.rules import Viewer
from app.work import jobs, operations
from app.work.models import Case, WorkItem
from app.work.runtime import Runtime

Life = Iterator[datetime]
SEED = 20261119


@dataclass
class Stage:
    """Where the lives of a demo are played."""

    runtime: Runtime
    end: datetime
    random: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a story, not a secret
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._keys = count(1)
        self._people: dict[str, Viewer] = {}
        self.now = clock.now(db.session())
        self.calendar = calendar_for(db.session(), None)
        self.unit_ids = {unit.code: unit.id for unit in db.session.scalars(select(Unit))}
        db.session.rollback()

    def play(self, lives: list[tuple[datetime, Life]], progress: Callable[[int], Any]) -> None:
        """Play all lives to the end of the demo; `progress` hears the share of its days that has passed."""
        order = count()
        queue = [(start, next(order), life) for start, life in lives]
        heapq.heapify(queue)
        begin = self.now
        while queue and queue[0][0] <= self.end:
            when, _, life = heapq.heappop(queue)
            self.pass_time(when)
            following = next(life, None)
            if following is not None:
                heapq.heappush(queue, (max(following, self.now), next(order), life))
            progress(int(100 * (self.now - begin) / (self.end - begin)))
        self.pass_time(self.end)
        progress(100)

    def pass_time(self, to: datetime) -> None:
        """Move the clock to `to`; timers and deadlines due on the way act at their own instants."""
        while (due := _next_due()) is not None and due <= to:
            self._move(due)
            if not jobs.fire_timers(self.runtime) + jobs.fire_deadlines():
                break
        self._move(to)

    def viewer(self, user_name: str) -> Viewer:
        """Return a person of the demo."""
        if user_name not in self._people:
            found = viewer_named(db.session(), user_name)
            db.session.rollback()
            if found is None:
                raise LookupError(user_name)
            self._people[user_name] = found
        return self._people[user_name]

    def start(self, user_name: str, answers: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> int:
        """Start a dispatch as this person; return the case's id."""
        with transaction() as session:
            receipt = operations.start_case(
                session, self.runtime, "task_dispatch", self.viewer(user_name), answers, self._key(), self.now, data=data
            )
        return receipt.case_id

    def do(self, case_id: int, user_name: str, answers: Mapping[str, Any], node: str | None = None) -> None:
        """Open and complete the open item of a case as this person."""
        item_id = self.open_item(case_id, node)
        viewer = self.viewer(user_name)
        with transaction() as session:
            operations.mark_opened(session, item_id, viewer, self.now)
            operations.complete_work_item(session, self.runtime, item_id, viewer, answers, self._key(), self.now)

    def read(self, case_id: int, user_name: str) -> None:
        """Open the open item of a case without doing anything."""
        item_id = self.open_item(case_id)
        with transaction() as session:
            operations.mark_opened(session, item_id, self.viewer(user_name), self.now)

    def progress(self, case_id: int, user_name: str, text: str, percent: int | None = None) -> None:
        """Write a progress note."""
        item_id = self.open_item(case_id)
        with transaction() as session:
            operations.progress(session, item_id, self.viewer(user_name), text, percent, self.now)

    def urge(self, case_id: int, user_name: str) -> None:
        """Urge whoever has the turn."""
        with transaction() as session:
            operations.urge(session, case_id, self.viewer(user_name), self.now)

    def say(self, case_id: int, user_name: str, text: str) -> None:
        """Add a remark to the discussion."""
        with transaction() as session:
            operations.comment(session, case_id, self.viewer(user_name), text, self.now)

    def send(self, case_id: int, user_name: str, message: str, reason: str) -> None:
        """Send a message such as a withdrawal."""
        with transaction() as session:
            operations.send_message(
                session, self.runtime, case_id, message, {"reason": reason}, self.viewer(user_name), self.now
            )

    def transfer(self, case_id: int, user_name: str, to: str, reason: str) -> None:
        """Hand the open item to a colleague."""
        item_id = self.open_item(case_id)
        with transaction() as session:
            operations.transfer(
                session, item_id, self.viewer(user_name), self.viewer(to).user_id, reason, self.now
            )

    def file(self, user_name: str, name: str, content: bytes) -> int:
        """Upload a file as this person; return its id."""
        return receive(BytesIO(content), name, owner_id=self.viewer(user_name).user_id).id

    def open_item(self, case_id: int, node: str | None = None) -> int:
        """Return the open item of a case (of `node`, where several are open)."""
        query = select(WorkItem.id).where(WorkItem.case_id == case_id, WorkItem.status == "open")
        query = query if node is None else query.where(WorkItem.node == node)
        found = db.session.scalars(query.order_by(WorkItem.id)).first()
        db.session.rollback()
        if found is None:
            raise LookupError(f"case {case_id} has no open item")
        return found

    def node(self, case_id: int) -> str:
        """Return the node that waits in a case."""
        item_id = self.open_item(case_id)
        node = db.session.get_one(WorkItem, item_id).node
        db.session.rollback()
        return node

    def working(self, hours: float) -> datetime:
        """Return the instant that many working hours from now."""
        return limits.add_time(self.calendar, "working", self.now, timedelta(hours=hours))

    def soon(self, low: float, high: float) -> datetime:
        """Return an instant some working hours from now."""
        return self.working(self.random.uniform(low, high))

    def day(self, back: int, hour: int, minute: int = 0) -> datetime:
        """Return a time of day, `back` days before the demo's end."""
        local = (self.end - timedelta(days=back)).astimezone(ZONE)
        return local.replace(hour=hour, minute=minute, second=self.random.randint(0, 59), microsecond=0)

    def _move(self, to: datetime) -> None:
        with transaction() as session:
            self.now = clock.advance(session, to)

    def _key(self) -> str:
        return f"demo-{next(self._keys)}"


def _next_due() -> datetime | None:
    timers = select(func.min(Case.next_due)).where(Case.status == "running").scalar_subquery()
    reports = select(func.min(Deadline.next_event_at)).scalar_subquery()
    found = [due for due in db.session.execute(select(timers, reports)).one() if due is not None]
    db.session.rollback()
    return min(found, default=None)
