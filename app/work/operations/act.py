"""One act on a case: what its operation, its records and its engine step share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import after_commit
from app.deadlines import rules as limits
from app.deadlines.queries import calendar_for
from app.engine import Environment, Live
from app.ledger import Actor, Entry
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.work.models import Case, WorkItem
from app.work.rules import fill, names_of
from app.work.runtime import Runtime


@dataclass
class Act:
    """The working set of one transaction on one case.

    `done` is the item whose completion it is; the database learns of it only at the end. `fresh` until the first
    records of a new case are written. `facts` go into the record of the completed item beside its answers.
    """

    session: Session
    runtime: Runtime
    case: Case
    bundle: Bundle
    live: Live
    actor: Actor
    now: datetime
    entries: list[Entry] = field(default_factory=list)
    notices: list[tuple[list[int], str, dict[str, Any]]] = field(default_factory=list)
    done: WorkItem | None = None
    fresh: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def env(self) -> Environment:
        """Return what the engine needs from outside."""
        return environment(self.session, self.case, self.bundle, self.now, lambda: self.live.case_data)

    @property
    def clerk_id(self) -> int | None:
        """Return the clerk who writes down what somebody else decided; None when people act for themselves."""
        return self.actor.user_id if self.actor.kind == "transcriber" else None

    def keep_live(self) -> None:
        """Put the live case back into the cache once the commit has succeeded, and only then; not one that ended."""
        engine, live, case = self.runtime.engine, self.live, self.case

        def put_back() -> None:
            if not live.ended:
                engine.put_back(case.id, case.row_version, live)

        after_commit(self.session, put_back)

    def note(self, entry: Entry) -> None:
        """Keep a record for the end of the act, where all are appended at once."""
        self.entries.append(entry)


class DueDates(Mapping[str, datetime]):
    """The instants that `${due('name')}` may read: the process property `guanjia.due.<name>` names a limit.

    Empty or null limits have no instant, so their timers never fire.
    """

    def __init__(self, texts: Mapping[str, str], names: Any, add: Any) -> None:
        self._texts, self._names, self._add = texts, names, add

    def __getitem__(self, name: str) -> datetime:
        limit = fill(self._texts[name], self._names())
        if not limit:
            raise KeyError(name)
        due: datetime = self._add(str(limit))
        return due

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def environment(session: Session, case: Case, bundle: Bundle, now: datetime, case_data: Any) -> Environment:
    """Build the engine's view of the outside world for one step of `case`."""

    def add_working(start: datetime, text: str) -> datetime:
        calendar = calendar_for(session, case.starter_unit_id)
        return limits.add_working(calendar, start, limits.parse_limit(text))

    texts = {
        name.removeprefix("due."): text
        for name, text in bundle.definition.properties.items()
        if name.startswith("due.")
    }
    return Environment(
        now=now,
        starter={"id": case.starter_id, "name": case.starter_name, "unit": case.starter_unit_id},
        due=DueDates(texts, lambda: names_of({}, case_data()), lambda text: add_working(now, text)),
        add_working=add_working,
    )


def person(viewer: Viewer, client: str | None = None) -> Actor:
    """Return the actor of somebody who acts for themselves."""
    told = viewer.client or client
    return Actor("person", viewer.name, viewer.user_id, viewer.unit_id, viewer.unit_name, client=told)


def earlier_people(session: Session, case_id: int, done: WorkItem | None = None) -> dict[str, int]:
    """Return who completed each node last, `done` included."""
    rows = session.execute(
        select(WorkItem.node, WorkItem.done_by_id)
        .where(WorkItem.case_id == case_id, WorkItem.status == "done")
        .order_by(WorkItem.id)
    )
    latest = [(done.node, done.done_by_id)] if done else []
    return {node: user_id for node, user_id in [*rows, *latest] if user_id is not None}
