"""The stage: plays many cases at once on the demo's clock, through the same operations that people use.

A life is a generator: each `yield instant` waits until then. The stage always resumes the life whose instant comes
first, moves the clock there and lets every timer and deadline that became due on the way do its work.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.clock import ZONE
from app.db import db, transaction
from app.deadlines import rules as limits
from app.deadlines.models import Deadline
from app.deadlines.queries import calendar_for
from app.files.jobs import receive
from app.outbox import operations as outbox
from app.people import operations as house
from app.people.models import ServiceCategory, Site, Unit
from app.people.queries import viewer_named
from app.people.rules import Viewer
from app.work import jobs, operations
from app.work.jobs_services import serve_owed
from app.work.models import Case, WorkItem
from app.work.runtime import Runtime

Life = Iterator[datetime]
SLUG = "task_dispatch"
STORY = "demo-story-"
SEED = 20261119
DAY = timedelta(days=1)


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
        session = db.session()
        self.begin = self.now = clock.now(session)
        self.calendar = calendar_for(session, None)
        self.unit_ids = {unit.code: unit.id for unit in session.scalars(select(Unit))}
        self.category_ids = {one.code: one.id for one in session.scalars(select(ServiceCategory))}
        self.site_ids = _sites_by_unit(self.unit_ids)
        db.session.rollback()

    # --- the play

    def play(self, lives: list[tuple[datetime, Life]], progress: Callable[[int], Any]) -> None:
        """Play all lives to the end of the demo; `progress` hears the share of its days that has passed."""
        order = count()
        queue = [(start, next(order), life) for start, life in lives]
        heapq.heapify(queue)
        while queue and queue[0][0] <= self.end:
            when, _, life = heapq.heappop(queue)
            self.pass_time(when)
            following = next(life, None)
            if following is not None:
                heapq.heappush(queue, (max(following, self.now), next(order), life))
            progress(int(100 * (self.now - self.begin) / (self.end - self.begin)))
        self.pass_time(self.end)
        self._move(self.end)
        progress(100)

    def pass_time(self, to: datetime) -> None:
        """Move the clock to `to`; timers and deadlines due on the way act at their own instants."""
        while (due := _next_due()) is not None and due <= to:
            self._move(due)
            if not jobs.fire_timers(self.runtime) + jobs.fire_deadlines():
                break
            self.serve()
        # the planned instant, not the machine's a few milliseconds later: a limit may hang on a closing time
        self.now = max(self.now, to)

    def serve(self) -> None:
        """Let the services do what cases wait for, such as writing a page."""
        while serve_owed(self.runtime, "demo"):
            pass
        db.session.rollback()

    def _move(self, to: datetime) -> None:
        self.now = max(self.now, to)
        with self.act():
            pass

    @contextmanager
    def act(self) -> Iterator[Session]:
        """Open one transaction at the present instant; the clock is moved there with it."""
        with transaction() as session:
            clock.advance(session, self.now)
            yield session

    # --- what people do

    def viewer(self, user_name: str) -> Viewer:
        """Return a person of the demo."""
        if user_name not in self._people:
            found = viewer_named(db.session(), user_name)
            db.session.rollback()
            if found is None:
                raise LookupError(user_name)
            self._people[user_name] = found
        return self._people[user_name]

    def start(
        self,
        user_name: str,
        answers: Mapping[str, Any],
        *,
        intake: bool = False,
        story: str = "",
        parent_id: int | None = None,
    ) -> int:
        """Start a dispatch as this person; return the case's id. `story` is the name by which it is found again."""
        with self.act() as session:
            receipt = operations.start_case(
                session,
                self.runtime,
                SLUG,
                self.viewer(user_name),
                {**answers, "decision": "submit"},
                STORY + story if story else self.key(),
                self.now,
                data={"start": "intake" if intake else "demand"},
                parent_id=parent_id,
            )
        return receipt.case_id

    def do(
        self,
        case_id: int,
        user_name: str,
        answers: Mapping[str, Any],
        node: str = "",
        read_for: timedelta = timedelta(),
        *,
        own: bool = False,
    ) -> None:
        """Open and complete the open item of a case, or that of its step `node`, after it was read for a while.

        With `own` it is this person's of several that are open at once.
        """
        item_id = self.open_item(case_id, node, user_name if own else "")
        viewer = self.viewer(user_name)
        with self.act() as session:
            operations.mark_opened(session, item_id, viewer, self.now - read_for)
            operations.mark_read(session, case_id, viewer, self.now)
            operations.complete_work_item(session, self.runtime, item_id, viewer, answers, self.key(), self.now)

    def read(self, case_id: int, user_name: str) -> None:
        """Open the open item of a case without doing anything."""
        item_id = self.open_item(case_id)
        with self.act() as session:
            operations.mark_opened(session, item_id, self.viewer(user_name), self.now)

    def progress(self, case_id: int, user_name: str, text: str, percent: int | None = None) -> None:
        """Write a progress note."""
        item_id = self.open_item(case_id)
        with self.act() as session:
            operations.mark_opened(session, item_id, self.viewer(user_name), self.now)
            operations.progress(session, item_id, self.viewer(user_name), text, percent, self.now)

    def claim(self, case_id: int, user_name: str) -> None:
        """Take an unclaimed item."""
        item_id = self.open_item(case_id)
        with self.act() as session:
            operations.claim(session, item_id, self.viewer(user_name), self.now)

    def urge(self, case_id: int, user_name: str) -> None:
        """Urge whoever has the turn."""
        with self.act() as session:
            operations.urge(session, case_id, self.viewer(user_name), self.now)

    def say(self, case_id: int, user_name: str, text: str) -> None:
        """Add a remark to the discussion."""
        with self.act() as session:
            operations.comment(session, case_id, self.viewer(user_name), text, self.now)

    def send(self, case_id: int, user_name: str, message: str, decision: str, reason: str) -> None:
        """Send a message such as a withdrawal."""
        payload = {"decision": decision, "reason": reason}
        with self.act() as session:
            operations.send_message(
                session, self.runtime, case_id, message, payload, self.viewer(user_name), self.now
            )

    def transfer(self, case_id: int, user_name: str, to: str, reason: str) -> None:
        """Hand the open item to a colleague."""
        item_id = self.open_item(case_id)
        with self.act() as session:
            operations.transfer(session, item_id, self.viewer(user_name), self.viewer(to).user_id, reason, self.now)

    def close_account(self, user_name: str, leaver: str) -> None:
        """Disable the account of somebody who left, as the vendor's own lead."""
        with self.act() as session:
            by = house.by_person(self.viewer(user_name))
            house.disable_user(session, by, self.viewer(leaver).user_id, self.now)

    def draft(self, user_name: str, start: str, title: str, fields: Mapping[str, str]) -> None:
        """Leave a form of a new case half filled."""
        typed = {name: [text] for name, text in fields.items()}
        with self.act() as session:
            viewer = self.viewer(user_name)
            operations.save_draft(session, viewer, typed, self.now, slug=SLUG, node=start, title=title)

    def file(self, user_name: str, name: str, content: bytes) -> int:
        """Upload a file as this person; return its id."""
        self._move(self.now)
        return receive(BytesIO(content), name, owner_id=self.viewer(user_name).user_id).id

    def read_notices(self, user_names: Collection[str]) -> None:
        """Let people read their notices."""
        with self.act() as session:
            for user_name in user_names:
                outbox.mark_read(session, self.viewer(user_name).user_id, self.now)

    def open_item(self, case_id: int, node: str = "", of: str = "") -> int:
        """Return the open item of a case, or that of its step `node`, or that which the person `of` has."""
        query = select(WorkItem.id).where(WorkItem.case_id == case_id, WorkItem.status == "open")
        if node:
            query = query.where((WorkItem.node == node) | WorkItem.node.endswith(f":{node}"))
        if of:
            query = query.where(WorkItem.assignee_id == self.viewer(of).user_id)
        found = db.session.scalars(query.order_by(WorkItem.id)).first()
        db.session.rollback()
        if found is None:
            raise LookupError(f"case {case_id} has no open item")
        return found

    def key(self) -> str:
        """Return the next key of an act."""
        return f"demo-{next(self._keys)}"

    # --- when

    def working(self, hours: float) -> datetime:
        """Return the instant that many working hours from now."""
        return limits.add_time(self.calendar, limits.WORKING, self.now, timedelta(seconds=round(hours * 3600)))

    def at_work(self, instant: datetime) -> datetime:
        """Return an instant, or when nobody works then nine minutes into the next working time."""
        if self.works(instant):
            return instant
        return limits.add_time(self.calendar, limits.WORKING, max(instant, self.now), timedelta(minutes=9))

    def ago(self, hours: float) -> datetime:
        """Return the instant that lies so many working hours before the demo's end."""
        return self.before(self.end, hours)

    def before(self, instant: datetime, hours: float) -> datetime:
        """Return when so many working hours were left until `instant`; outside working time plain hours count."""
        amount = timedelta(seconds=round(hours * 3600))
        if not limits.is_working(self.calendar, instant):
            return instant - amount
        early, late = instant - 366 * DAY, instant
        while late - early > timedelta(milliseconds=100):
            middle = early + (late - early) / 2
            if limits.working_between(self.calendar, middle, instant) >= amount:
                early = middle
            else:
                late = middle
        return (early + timedelta(milliseconds=500)).replace(microsecond=0)

    @property
    def hours(self) -> float:
        """Return how many working hours the demo has in all."""
        return limits.working_between(self.calendar, self.begin, self.end) / timedelta(hours=1)

    def works(self, instant: datetime) -> bool:
        """Say whether people work at this instant."""
        return limits.is_working(self.calendar, instant)

    def day(self, back: int) -> date:
        """Return the working day that lies so many working days before the last one."""
        day = clock.local(self.end).date()
        while back:
            day -= DAY
            back -= self.calendar.works_on(day)
        return day

    def at(self, back: int, hour: int, minute: int, second: int = 0) -> datetime:
        """Return a time of day, so many working days before the last one."""
        day = self.day(back)
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=ZONE)

    def holiday(self) -> date:
        """Return a day off well before the demo's end: inside the newest public holiday, else of a weekend."""
        first, last = clock.local(self.begin).date() + DAY, self.day(10)
        off = [first + number * DAY for number in range((last - first).days)]
        off = [day for day in off if not self.calendar.works_on(day)]
        chosen = [day for day in off if day in self.calendar.holidays and day - DAY in off and day + DAY in off]
        starts = [day for day in chosen if day - DAY not in chosen]
        return (starts or off)[-1]


def _next_due() -> datetime | None:
    timers = select(func.min(Case.next_due)).where(Case.status == "running").scalar_subquery()
    reports = select(func.min(Deadline.next_event_at)).scalar_subquery()
    found = [due for due in db.session.execute(select(timers, reports)).one() if due is not None]
    db.session.rollback()
    return min(found, default=None)


def _sites_by_unit(unit_ids: Mapping[str, int]) -> dict[str, list[int]]:
    codes = {number: code for code, number in unit_ids.items()}
    found: dict[str, list[int]] = {}
    for site in db.session.scalars(select(Site).order_by(Site.code)):
        found.setdefault(codes[site.owner_id], []).append(site.id)
    return found
