"""What the task page, the case page and the prints read of one case. Everything passes the viewer's scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, not_, or_, select
from sqlalchemy.orm import Session

from app.deadlines.models import PAUSED, RUNNING, CalendarPlan, Deadline
from app.deadlines.queries import calendar_of
from app.deadlines.rules import WORKING, Calendar
from app.engine.state import load as load_values
from app.engine.state import untag
from app.files.models import BOUND, Upload
from app.ledger.models import ChainHead, Record
from app.people.models import Site, Unit, User
from app.people.rules import Viewer
from app.processes.models import ProcessVersion
from app.work.models import Candidate, Case, Comment, Copy, Draft, Stretch, TaskState, WorkItem
from app.work.queries.boxes import Page, mine
from app.work.queries.scope import (
    case_scope,
    comment_scope,
    item_scope,
    person_scope,
    record_scope,
    stretch_scope,
)
from app.work.queries.transcriptions import Recorded, recorded_in
from app.work.rules import HANDLING

RECEIPTS = 20
WAITING = 8  # the state of an engine task that waits for a message or a time, as its row keeps it


@dataclass(frozen=True)
class Concealed:
    """A step of another vendor or one kept inside: that it is there and which. `at` orders it and is never shown."""

    node: str
    name: str
    name_en: str
    status: str
    at: datetime
    inside: bool


@dataclass(frozen=True)
class Limit:
    """A limit that runs or stands still: when it is due and by which clock it counts."""

    due: datetime
    amber: datetime
    paused_at: datetime | None
    clock: str
    calendar: Calendar
    text: str


@dataclass(frozen=True)
class People:
    """Who and what a case is about, by name."""

    starter: str
    starter_unit: str
    vendor: str | None
    site: str | None
    version: int


@dataclass(frozen=True)
class Attachment:
    """A file of the case and the step that handed it in."""

    upload: Upload
    item: WorkItem


@dataclass(frozen=True)
class CaseFile:
    """Everything one viewer may see of a case, read once and handed to the pages."""

    case: Case
    people: People
    steps: Sequence[WorkItem]
    concealed: Sequence[Concealed]
    records: Sequence[Record]
    hidden_records: int
    comments: Sequence[Comment]
    stretches: Sequence[Stretch]
    stretches_hidden: bool
    files: Sequence[Attachment]
    related: Sequence[Case]
    limits: Mapping[int, Limit]
    handling: Limit | None
    recorded: Mapping[int, Recorded]

    @property
    def open(self) -> list[WorkItem]:
        """Return what is being done now."""
        return [item for item in self.steps if item.status == "open"]

    @property
    def done(self) -> list[WorkItem]:
        """Return what was completed, in order of completion."""
        found = [item for item in self.steps if item.status == "done" and item.closed_at is not None]
        return sorted(found, key=lambda item: (item.closed_at, item.id))

    @property
    def rounds(self) -> dict[str, int]:
        """Return how many rounds each node has had."""
        found: dict[str, int] = {}
        for item in self.steps:
            found[item.node] = max(found.get(item.node, 0), item.round)
        return found

    @property
    def done_by(self) -> dict[str, str]:
        """Return who completed each node last, by name."""
        return {item.node: item.done_by_name or "" for item in self.done}


def load(session: Session, viewer: Viewer, case: Case) -> CaseFile:
    """Read what this viewer may see of a case."""
    steps = steps_of(session, viewer, case.id)
    records, hidden = records_of(session, viewer, case.id)
    stretches, partial = stretches_of(session, viewer, case.id)
    return CaseFile(
        case=case,
        people=people_of(session, viewer, case),
        steps=steps,
        concealed=concealed_steps(session, viewer, case.id),
        records=records,
        hidden_records=hidden,
        comments=comments_of(session, viewer, case.id),
        stretches=stretches,
        stretches_hidden=partial,
        files=files_of(session, viewer, case.id),
        related=related_of(session, viewer, case),
        limits=limits_of(session, [item.id for item in steps if item.status == "open"]),
        handling=handling_of(session, case.id),
        recorded=recorded_in(session, case.id),
    )


# Steps


def steps_of(session: Session, viewer: Viewer, case_id: int) -> Sequence[WorkItem]:
    """Return the work items of a case that are open to this viewer, oldest first."""
    query = select(WorkItem).where(WorkItem.case_id == case_id, item_scope(viewer))
    return session.scalars(query.order_by(WorkItem.id)).all()


def concealed_steps(session: Session, viewer: Viewer, case_id: int) -> Sequence[Concealed]:
    """Return the steps of other vendors and those kept inside: a vendor sees a role, no person, time or content."""
    if not viewer.is_vendor:
        return ()
    at = func.coalesce(WorkItem.closed_at, WorkItem.opened_at)
    query = select(WorkItem.node, WorkItem.name, WorkItem.name_en, WorkItem.status, at, WorkItem.inside).where(
        WorkItem.case_id == case_id, not_(item_scope(viewer))
    )
    return [Concealed(*row) for row in session.execute(query.order_by(WorkItem.id))]


def open_steps(session: Session, viewer: Viewer, case_ids: Collection[int]) -> Mapping[int, Sequence[WorkItem]]:
    """Return the open items of many cases, due soonest first."""
    query = select(WorkItem).where(WorkItem.case_id.in_(case_ids), WorkItem.status == "open", item_scope(viewer))
    found: dict[int, list[WorkItem]] = {}
    for item in session.scalars(query.order_by(WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.id)):
        found.setdefault(item.case_id, []).append(item)
    return found


def candidates_of(session: Session, viewer: Viewer, item_id: int) -> Sequence[str]:
    """Return the names of those who may take an unclaimed item, as far as this viewer may read them."""
    query = select(User.name).join(Candidate, Candidate.user_id == User.id)
    query = query.where(Candidate.item_id == item_id, person_scope(viewer))
    return session.scalars(query.order_by(User.id)).all()


def colleagues_of(session: Session, viewer: Viewer, unit_id: int) -> Sequence[tuple[int, str]]:
    """Return the open accounts of a unit without the viewer, as (id, name): who an item may be handed to."""
    query = select(User.id, User.name).where(
        User.unit_id == unit_id, User.disabled_at.is_(None), User.id != viewer.user_id
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(User.id))]


def token_data(session: Session, case_id: int, token: str) -> dict[str, Any]:
    """Return the data of a waiting token, as its row keeps it; empty once the token has moved on."""
    text = session.scalar(select(TaskState.data).where(TaskState.case_id == case_id, TaskState.id == token))
    data = load_values(text) if text else {}
    return data if isinstance(data, dict) else {}


def waiting_tokens(session: Session, case_id: int) -> Mapping[str, dict[str, Any]]:
    """Return the nodes at which something waits for a message or a time, with their data."""
    query = select(TaskState.spec, TaskState.data).where(TaskState.case_id == case_id, TaskState.state == WAITING)
    return {spec: load_values(text) for spec, text in session.execute(query)}


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the names of people by their numbers."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in rows}


def case_data(case: Case) -> dict[str, Any]:
    """Return the case-wide values (`case.*`)."""
    data = untag(case.header.get("case") or {})
    return data if isinstance(data, dict) else {}


def next_task(session: Session, viewer: Viewer) -> WorkItem | None:
    """Return what this person should do next: due soonest, paused last."""
    order = (WorkItem.paused_at.is_not(None), WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.id)
    return session.scalars(select(WorkItem).where(mine(viewer)).order_by(*order).limit(1)).first()


# Limits


def limits_of(session: Session, item_ids: Collection[int]) -> Mapping[int, Limit]:
    """Return the running or paused limit of each item, with its calendar, in one statement."""
    if not item_ids:
        return {}
    query = (
        select(Deadline, CalendarPlan)
        .outerjoin(CalendarPlan, CalendarPlan.id == Deadline.plan_id)
        .where(Deadline.work_item_id.in_(item_ids), Deadline.state.in_((RUNNING, PAUSED)))
        .order_by(Deadline.id)
    )
    rows = session.execute(query).all()
    return {row.work_item_id: _limit(session, row, plan) for row, plan in rows if row.work_item_id is not None}


def handling_of(session: Session, case_id: int) -> Limit | None:
    """Return the handling limit of a case (办理时限), if one runs or stands still."""
    query = (
        select(Deadline, CalendarPlan)
        .outerjoin(CalendarPlan, CalendarPlan.id == Deadline.plan_id)
        .where(Deadline.case_id == case_id, Deadline.kind == HANDLING, Deadline.state.in_((RUNNING, PAUSED)))
    )
    row = session.execute(query.order_by(Deadline.id.desc())).first()
    return _limit(session, row[0], row[1]) if row else None


def _limit(session: Session, row: Deadline, plan: CalendarPlan | None) -> Limit:
    paused_at = None
    if row.state == PAUSED:
        paused_at = next((pause.from_at for pause in row.pauses if pause.to_at is None), None)
    calendar = calendar_of(session, plan) if row.clock == WORKING else Calendar()
    return Limit(row.due_at, row.amber_at, paused_at, row.clock, calendar, row.limit_text)


# The case


def people_of(session: Session, viewer: Viewer, case: Case) -> People:
    """Return the names around a case in one statement; another vendor's name is left out."""
    vendor_id = case.vendor_id
    if viewer.is_vendor and vendor_id != viewer.unit_id:
        vendor_id = None
    vendor = select(Unit.name).where(Unit.id == vendor_id).scalar_subquery()
    site = select(Site.name).where(Site.id == case.site_id).scalar_subquery()
    version = select(ProcessVersion.number).where(ProcessVersion.id == case.version_id).scalar_subquery()
    row = session.execute(
        select(User.name, Unit.name, vendor, site, version)
        .join(Unit, Unit.id == case.starter_unit_id)
        .where(User.id == case.starter_id)
    ).one()
    return People(*row)


def stretches_of(session: Session, viewer: Viewer, case_id: int) -> tuple[Sequence[Stretch], bool]:
    """Return the stretches of charged time in order, and whether some of another vendor are left out."""
    query = select(Stretch).where(Stretch.case_id == case_id, stretch_scope(viewer)).order_by(Stretch.id)
    shown = session.scalars(query).all()
    count = session.scalar(select(func.count()).where(Stretch.case_id == case_id)) if viewer.is_vendor else len(shown)
    return shown, count != len(shown)


def comments_of(session: Session, viewer: Viewer, case_id: int) -> Sequence[Comment]:
    """Return remarks, progress notes and urges, oldest first."""
    query = select(Comment).where(Comment.case_id == case_id, comment_scope(viewer)).order_by(Comment.id)
    return session.scalars(query).all()


def files_of(session: Session, viewer: Viewer, case_id: int) -> Sequence[Attachment]:
    """Return the files of a case with their steps, oldest first; other vendors' files are left out."""
    query = (
        select(Upload, WorkItem)
        .join(WorkItem, WorkItem.id == Upload.item_id)
        .where(Upload.case_id == case_id, Upload.state == BOUND, item_scope(viewer))
        .order_by(Upload.id)
    )
    return [Attachment(row[0], row[1]) for row in session.execute(query)]


def related_of(session: Session, viewer: Viewer, case: Case) -> Sequence[Case]:
    """Return the visible cases this one came from or led to."""
    query = select(Case).where(or_(Case.id == case.parent_id, Case.parent_id == case.id), case_scope(viewer))
    return session.scalars(query.order_by(Case.id)).all()


def is_copied(session: Session, viewer: Viewer, case_id: int) -> bool:
    """Say whether the case was copied to this person and is not read yet."""
    copy = session.get(Copy, (case_id, viewer.user_id))
    return copy is not None and copy.read_at is None


def draft_of(session: Session, viewer: Viewer, *, item_id: int = 0, slug: str = "", node: str = "") -> Draft | None:
    """Return this person's draft of a step, or of a case not yet started."""
    return session.scalar(
        select(Draft).where(
            Draft.user_id == viewer.user_id, Draft.item_id == item_id, Draft.slug == slug, Draft.node == node
        )
    )


# Records


def records_of(session: Session, viewer: Viewer, case_id: int) -> tuple[Sequence[Record], int]:
    """Return the records of a case, newest first, and how many are not this viewer's to see."""
    query = select(Record).where(Record.case_id == case_id, record_scope(viewer)).order_by(Record.seq.desc())
    shown = session.scalars(query).all()
    total = session.scalar(select(func.count()).where(Record.case_id == case_id)) if viewer.is_vendor else len(shown)
    return shown, (total or 0) - len(shown)


def head_of(session: Session, case_id: int) -> ChainHead | None:
    """Return the end of the case's chain; its hash makes the check code of a print."""
    return session.get(ChainHead, f"case:{case_id}")


def receipts_of(session: Session, viewer: Viewer, after: str | None = None) -> Page:
    """Return (WorkItem, Case) of what this person completed and has a receipt of, newest first."""
    query = (
        select(WorkItem, Case)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.done_by_id == viewer.user_id, WorkItem.receipt_code.is_not(None))
        .order_by(WorkItem.id.desc())
    )
    if after and after.isdigit():
        query = query.where(WorkItem.id < int(after))
    rows = session.execute(query.limit(RECEIPTS + 1)).all()
    more = str(rows[RECEIPTS - 1][0].id) if len(rows) > RECEIPTS else None
    return Page(rows[:RECEIPTS], more)


def records_with_code(session: Session, viewer: Viewer, code: str) -> Sequence[tuple[Record, Case]]:
    """Return the visible records a receipt code belongs to; 40 bits may, rarely, fit two."""
    query = (
        select(Record, Case)
        .join(Case, Case.id == Record.case_id)
        .where(Record.code == code, case_scope(viewer), record_scope(viewer))
        .order_by(Record.id)
    )
    return [(row[0], row[1]) for row in session.execute(query.limit(RECEIPTS))]
