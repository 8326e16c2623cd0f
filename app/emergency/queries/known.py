"""What the record knows of an emergency, read once for the drafts of its reports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency import measuring
from app.emergency.models import Emergency, EmergencyReport, GradeChange, LogEntry
from app.emergency.queries.emergencies import grades_of, log_of, reports_of
from app.files.models import BOUND, Upload
from app.ledger.models import Record
from app.people.models import Site, Unit
from app.people.rules import OFFICE, VENDOR
from app.work.models import Case, WorkItem
from app.work.queries.casefile import case_data

NEW_FACT = "new_fact"


@dataclass(frozen=True)
class Step:
    """A step that was completed: its node without the process before it, name, when, who, answers."""

    node: str
    name: str
    at: datetime
    who: str
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """Everything a report can say, as rows and ledger have it.

    `told_until` is when the last report that went out was drafted: what came later was not in it.
    """

    emergency: Emergency
    number: str
    unit: str
    site: Site | None
    facts: Mapping[str, Any]
    measured: Mapping[str, Any]
    steps: Sequence[Step] = ()
    open_steps: Sequence[str] = ()
    grades: Sequence[GradeChange] = ()
    log: Sequence[LogEntry] = ()
    reports: Sequence[EmergencyReport] = ()
    files: Sequence[tuple[str, str]] = ()
    new_facts: Sequence[tuple[datetime, str]] = ()
    told_until: datetime | None = None

    def answer(self, key: str) -> Any:
        """Return what was answered last under a key; None when nobody was asked."""
        return next((one.answers[key] for one in reversed(self.steps) if one.answers.get(key)), None)


def known(session: Session, emergency: Emergency, now: datetime, facts: Mapping[str, Any] | None = None) -> Known:
    """Read what there is to say about an emergency; `facts` when the case does not hold the newest yet."""
    case = session.get_one(Case, emergency.case_id)
    facts = facts or case_data(case).get("facts") or {}
    reports = reports_of(session, emergency.id)
    site = emergency.site or (session.get(Site, emergency.site_id) if emergency.site_id else None)
    done, waiting = _items(session, case.id)
    return Known(
        emergency=emergency,
        number=case.number,
        unit=_unit_name(session, site, case),
        site=site,
        facts=facts,
        measured=measuring.measures(facts, emergency.restored_at or now),
        steps=[_step(item) for item in done],
        open_steps=list(dict.fromkeys(item.name for item in waiting)),
        grades=grades_of(session, emergency.id),
        log=log_of(session, emergency.id),
        reports=reports,
        files=_files(session, case.id),
        new_facts=_new_facts(session, case.id),
        told_until=max((_drafted(session, one) for one in reports), default=None),
    )


def _drafted(session: Session, report: EmergencyReport) -> datetime:
    """Return when a report was drafted: its step opened with the draft."""
    item = session.get(WorkItem, report.item_id) if report.item_id else None
    return item.opened_at if item else report.sent_at


def _items(session: Session, case_id: int) -> tuple[list[WorkItem], list[WorkItem]]:
    """Return what was done, in order of time, and what is open."""
    rows = session.scalars(select(WorkItem).where(WorkItem.case_id == case_id).order_by(WorkItem.id)).all()
    done = [one for one in rows if one.status == "done" and one.closed_at is not None]
    return sorted(done, key=_when), [one for one in rows if one.status == "open"]


def _when(item: WorkItem) -> tuple[float, int]:
    return (item.closed_at.timestamp() if item.closed_at else 0.0, item.id)


def _step(item: WorkItem) -> Step:
    node = item.node.rpartition(":")[2]
    return Step(node, item.name, item.closed_at or item.opened_at, item.done_by_name or "", item.answers or {})


def _unit_name(session: Session, site: Site | None, case: Case) -> str:
    """Return the unit a report speaks for: the owner of the site, else that of whoever raised the alarm.

    A vendor raises alarms too, but does not speak for the house: then it is the office.
    """
    unit = session.get_one(Unit, site.owner_id if site else case.starter_unit_id)
    if unit.kind != VENDOR:
        return unit.name
    offices = select(Unit.name).where(Unit.kind == OFFICE, Unit.disabled_at.is_(None)).order_by(Unit.id)
    return session.scalar(offices.limit(1)) or unit.name


def _files(session: Session, case_id: int) -> list[tuple[str, str]]:
    query = select(Upload.name, Upload.digest).where(Upload.case_id == case_id, Upload.state == BOUND)
    return [(row.name, row.digest) for row in session.execute(query.order_by(Upload.id))]


def _new_facts(session: Session, case_id: int) -> list[tuple[datetime, str]]:
    """Return what was told as new while it went on, from the ledger."""
    query = select(Record).where(Record.case_id == case_id, Record.kind == "work:message:sent").order_by(Record.seq)
    told = [(one.at, json.loads(one.body)["payload"]) for one in session.scalars(query)]
    return [(at, str(said["reason"])) for at, said in told if said.get("message") == NEW_FACT and said.get("reason")]
