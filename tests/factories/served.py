"""A process whose middle step is automatic: 提出, a service, 看结果. Its handler does what the test plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, runtime_of
from app.db import db, transaction
from app.ledger import Actor
from app.ledger.models import Record
from app.outbox.models import Owed
from app.processes.operations import publish
from app.processes.source import Source
from app.work.jobs_services import serve_owed
from app.work.models import Case, Incident
from app.work.operations import Receipt, start_case
from app.work.operations.incidents import repair, retry, skip
from app.work.runtime import Call, Runtime, Topic
from tests.factories.small import viewer
from tests.processes import diagrams as d

SLUG = "served"
TOPIC = "test.work"
FORM = '{"schemaVersion": 16, "type": "default", "id": "%s", "components": [%s]}'
TITLE = '{"id": "f1", "type": "textfield", "key": "title", "label": "事项", "properties": {"label.en": "Subject"}}'
NOTE = '{"id": "f1", "type": "textfield", "key": "note", "label": "备注", "properties": {"label.en": "Note"}}'
Plan = list[Exception | Mapping[str, Any]]


@dataclass
class Handler:
    """A handler that plays a plan: each call raises or returns its next entry, the last one for ever."""

    plan: Plan = field(default_factory=lambda: [{"answer": 1}])
    calls: list[tuple[Mapping[str, Any], str]] = field(default_factory=list)
    recorded: list[Mapping[str, Any]] = field(default_factory=list)

    def play(self) -> Mapping[str, Any]:
        """Raise or return the next entry."""
        entry = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        if isinstance(entry, Exception):
            raise entry
        return entry

    def do(self, inputs: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Work outside."""
        self.calls.append((inputs, key))
        return self.play()

    def record(self, session: Session, call: Call) -> Mapping[str, Any]:
        """Write on the case, then play; what was written before a failure must not stay."""
        call.case.priority = "high"
        session.flush()
        self.recorded.append(dict(call.data))
        return self.play()

    def take(self, _session: Session, call: Call) -> Mapping[str, Any]:
        """Keep what `do` brought."""
        self.recorded.append(call.result)
        return call.result


def inside(handler: Handler) -> Topic:
    """Return a topic that works inside the completing transaction."""
    return Topic(TOPIC, handler.record)


def outside(handler: Handler, tries: int = 3) -> Topic:
    """Return a topic that works outside any transaction."""
    return Topic(TOPIC, handler.take, handler.do, tries)


def drawing() -> bytes:
    """Draw the process."""
    handed = d.mapping({"what": "${title}"})
    return d.diagram(
        d.start(),
        d.user("ask", name="提出", camunda_formRef="ask"),
        d.node(
            "serviceTask", "work", d.extension(handed), camunda_type="external", camunda_topic=TOPIC, name="自动办"
        ),
        d.boundary("refused", "work", d.error("REFUSED")),
        d.user("mend", name="另想办法", camunda_formRef="look"),
        d.user("look", name="看结果", camunda_formRef="look"),
        d.end(),
        d.chain("s", "ask", "work", "look", "e"),
        d.chain("refused", "mend", "e"),
        outside=d.named("REFUSED"),
        own={"title": "${title}", "number": "FW"},
    )


@dataclass(frozen=True)
class Served:
    """The process in one application."""

    app: Flask
    handler: Handler

    @property
    def runtime(self) -> Runtime:
        """The machinery."""
        return runtime_of(self.app)

    def publish(self, topic: Topic) -> None:
        """Publish the process with this handler."""
        self.runtime.add_topic(topic)
        source = Source(SLUG, drawing(), forms={"ask": FORM % ("ask", TITLE), "look": FORM % ("look", NOTE)})
        with transaction() as session:
            publish(session, source, Actor("setup", "setup"), clock.now(session))

    def start(self, title: str = "查一查") -> Receipt:
        """Begin a case; its automatic step is reached at once."""
        with transaction() as session:
            who, now = viewer(session, "dept"), clock.now(session)
            return start_case(session, self.runtime, SLUG, who, {"title": title}, uuid4().hex, now)

    def drain(self, owner: str = "one", **later: float) -> int:
        """Move the clock on, then run the drain of services."""
        with transaction() as session:
            clock.advance(session, clock.now(session) + timedelta(seconds=1, **later))
        return serve_owed(self.runtime, owner)

    def incident(self) -> Incident:
        """Return the one incident as it is now."""
        db.session.rollback()
        return db.session.scalars(select(Incident)).one()

    def case(self) -> Case:
        """Return the first case as it is now."""
        db.session.rollback()
        return db.session.scalars(select(Case).order_by(Case.id)).first()  # type: ignore[return-value]

    def owed(self) -> Owed:
        """Return the newest owed service as it is now."""
        db.session.rollback()
        query = select(Owed).where(Owed.kind == "service").order_by(Owed.id.desc())
        return db.session.scalars(query).first()  # type: ignore[return-value]

    def kinds(self) -> list[str]:
        """Return the kinds of the case's records in order."""
        db.session.rollback()
        return list(db.session.scalars(select(Record.kind).where(Record.case_id.is_not(None)).order_by(Record.id)))

    def retry(self, by: str = "owner", reason: str = "再试一次") -> bool:
        """Retry the incident."""
        return self._solve(by, lambda session, id_, who, now: retry(session, self.runtime, id_, who, reason, now))

    def repair(self, data: Mapping[str, Any], by: str = "owner", reason: str = "写错了") -> bool:
        """Repair the incident's data and retry."""
        return self._solve(
            by, lambda session, id_, who, now: repair(session, self.runtime, id_, who, data, reason, now)
        )

    def skip(self, values: Mapping[str, Any], by: str = "owner", reason: str = "不用办") -> bool:
        """Skip the step."""
        return self._solve(
            by, lambda session, id_, who, now: skip(session, self.runtime, id_, who, values, reason, now)
        )

    def _solve(self, by: str, act: Callable[..., bool]) -> bool:
        incident_id = self.incident().id
        with transaction() as session:
            return act(session, incident_id, viewer(session, by), clock.now(session))
