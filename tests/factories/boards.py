"""Cases, steps and limits written straight into the tables, for tests of what boards count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deadlines.models import Deadline
from app.dispatch.models import MaintenanceEntry
from app.people.models import Site, Unit, User
from app.processes.models import Process, ProcessVersion
from app.work.models import Case, Party, Stretch, WorkItem

SIDES = {"office": "office", "department": "client", "vendor": "vendor"}
_numbers = count(1)


def unit_of(session: Session, code: str) -> Unit:
    """Return a unit of the city."""
    return session.scalars(select(Unit).where(Unit.code == code)).one()


def a_case(session: Session, title: str, *, at: datetime, vendor: str | None = None, **values: Any) -> Case:
    """Write a case begun by `starter` (default dept), running unless `closed_at` says otherwise."""
    starter = session.scalars(select(User).where(User.user_name == values.pop("starter", "dept"))).one()
    vendor_id = unit_of(session, vendor).id if vendor else None
    closed_at = values.pop("closed_at", None)
    process_id, version_id = _version(session, at)
    case = Case(
        number=f"RW-2026-{next(_numbers):04d}",
        process_id=process_id,
        version_id=version_id,
        slug="task_dispatch",
        title=title,
        summary=[],
        status="ended" if closed_at else "running",
        closed_at=closed_at,
        priority="normal",
        starter_name="林知行",
        starter_id=starter.id,
        starter_unit_id=starter.unit_id,
        vendor_id=vendor_id,
        opened_at=at,
        header={},
        **values,
    )
    session.add(case)
    session.flush()
    for unit_id in {starter.unit_id, *([vendor_id] if vendor_id else [])}:
        session.add(Party(case_id=case.id, unit_id=unit_id, side="client", since=at))
    session.flush()
    return case


def _version(session: Session, at: datetime) -> tuple[int, int]:
    version = session.scalars(select(ProcessVersion)).first()
    if version is None:
        process = Process(slug="task_dispatch", name="任务派发", name_en="Dispatch")
        session.add(process)
        session.flush()
        version = ProcessVersion(
            process_id=process.id, number=1, digest="0", note="", published_at=at, published_by="setup"
        )
        session.add(version)
        session.flush()
    return version.process_id, version.id


def a_step(
    session: Session,
    case: Case,
    node: str,
    *,
    unit: str,
    at: datetime,
    due: datetime | None = None,
    done: datetime | None = None,
    result: str | None = None,
    answers: Mapping[str, Any] | None = None,
    **values: Any,
) -> WorkItem:
    """Write a step of a case: open unless `done` says when it was completed."""
    owner = unit_of(session, unit)
    holder = session.scalars(select(User).where(User.unit_id == owner.id).order_by(User.id)).first()
    assert holder is not None
    claimed = values.pop("claimed", True)
    item = WorkItem(
        case_id=case.id,
        token=f"t{next(_numbers)}",
        node=node,
        name=values.pop("name", node),
        name_en=node,
        round=values.pop("round", 1),
        status="done" if done else "open",
        side=SIDES[owner.kind],
        unit_id=owner.id,
        unit_name=owner.name,
        rule={},
        rule_text="",
        assignee_id=holder.id if claimed else None,
        assignee_name=holder.name if claimed else None,
        from_name="",
        from_unit="",
        returned=False,
        opened_at=at,
        due_at=due,
        amber_at=due,
        closed_at=done,
        result=result,
        answers=dict(answers) if answers else None,
        **values,
    )
    session.add(item)
    session.flush()
    if due:
        a_limit(session, case, at=at, due=due, met=done, item=item)
    if not done:
        session.add(
            Stretch(
                case_id=case.id,
                side=item.side,
                unit_id=owner.id,
                unit_name=owner.name,
                node_name=item.name,
                begins=at,
            )
        )
    session.flush()
    return item


def a_limit(
    session: Session,
    case: Case,
    *,
    at: datetime,
    due: datetime,
    met: datetime | None = None,
    item: WorkItem | None = None,
    state: str = "",
) -> Deadline:
    """Write a limit of a step, or without a step the handling limit of the case."""
    deadline = Deadline(
        case_id=case.id,
        work_item_id=item.id if item else None,
        kind="finish" if item else "handling",
        limit_text="1 工作日",
        clock="working",
        state=state or ("met" if met else "running"),
        started_at=at,
        amber_at=due,
        due_at=due,
        escalate_at=[],
        met_at=met,
        overdue=bool(met and met > due),
    )
    session.add(deadline)
    session.flush()
    return deadline


def an_entry(session: Session, case: Case, *, vendor: str, site: str, at: datetime, **texts: str) -> MaintenanceEntry:
    """Write an entry of the maintenance register; `site` is the code of a website."""
    entry = MaintenanceEntry(
        case_id=case.id,
        item_id=None,
        site_id=session.scalars(select(Site.id).where(Site.code == site)).one(),
        vendor_id=unit_of(session, vendor).id,
        object=texts.get("object", "栏目数据库"),
        from_at=at,
        to_at=at + timedelta(hours=1),
        done=texts.get("done", "补录三条数据"),
        backup="操作前导出全表",
        rollback="导回备份",
        watched_by="沈明溪",
        recorded_at=at + timedelta(hours=2),
        recorded_by_id=None,
        recorded_by="陆小满",
    )
    session.add(entry)
    session.flush()
    return entry
