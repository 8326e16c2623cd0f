"""The five boxes (待办、已办、我发起、抄送、草稿): counts, filters, keyset pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app import clock
from app.people.rules import Viewer
from app.processes.models import ProcessVersion
from app.work.models import Candidate, Case, Copy, Draft, WorkItem
from app.work.queries.scope import case_scope, item_scope

PAGE = 20
FAR = datetime(9999, 1, 1, tzinfo=clock.ZONE)
CHIPS = ("all", "overdue", "today", "returned", "urged")
COUNTED = "guanjia.todo_count"  # counted once per request: the inbox counts more than the menu shows
STATES = ("", "running", "late", "today", "paused", "ended")
GROUPS = ("overdue", "today", "week", "later", "paused")


@dataclass(frozen=True)
class Filters:
    """What narrows a box; every value comes from the address and may be nonsense."""

    chip: str = "all"
    slug: str = ""
    site: int | None = None
    vendor: int | None = None
    priority: str = ""
    text: str = ""
    state: str = ""
    side: str = ""
    unit: int | None = None
    version: int | None = None
    node: str = ""
    days: int | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """Return the conditions that are set, in the order of the page."""
        values = {**asdict(self), "chip": self.chip if self.chip != "all" else ""}
        return tuple(name for name, value in values.items() if value not in ("", None))

    def without(self, name: str) -> Filters:
        """Return the filters with one condition dropped."""
        return replace(self, **{name: getattr(Filters(), name)})


@dataclass(frozen=True)
class Page:
    """One page of a box and where the next one begins."""

    rows: Sequence[Any]
    more: str | None = None


@dataclass(frozen=True)
class Counts:
    """The figures beside the boxes and chips."""

    todo: int = 0
    done: int = 0
    started: int = 0
    copies: int = 0
    drafts: int = 0
    chips: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)


def mine(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for open items that this person holds or may take.

    Both lists are read from their own index, so that what waits for others costs nothing.
    """
    held = aliased(WorkItem)
    ids = union_all(
        select(held.id).where(held.assignee_id == viewer.user_id, held.status == "open"),
        select(Candidate.item_id).where(Candidate.user_id == viewer.user_id),
    )
    free = or_(WorkItem.assignee_id.is_(None), WorkItem.assignee_id == viewer.user_id)
    # written so that no index fits it: SQLite would walk all open items of the house instead of these few
    is_open = func.coalesce(WorkItem.status, "") == "open"
    return and_(WorkItem.id.in_(ids), is_open, free)


def chip_condition(chip: str, now: datetime) -> ColumnElement[bool] | None:
    """Return the condition behind a chip; None for all."""
    if chip in {"overdue", "today"}:
        return group_condition(chip, now)
    return {"returned": WorkItem.returned.is_(True), "urged": WorkItem.urged > 0}.get(chip)


def group_condition(group: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition behind a group of the inbox; every open item is in exactly one."""
    running = WorkItem.paused_at.is_(None)
    midnight, monday = next_midnight(now), next_monday(now)
    return {
        "overdue": and_(running, WorkItem.due_at < now),
        "today": and_(running, WorkItem.due_at >= now, WorkItem.due_at < midnight),
        "week": and_(running, WorkItem.due_at >= midnight, WorkItem.due_at < monday),
        "later": and_(running, or_(WorkItem.due_at.is_(None), WorkItem.due_at >= max(midnight, monday))),
        "paused": WorkItem.paused_at.is_not(None),
    }[group]


def state_condition(state: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition of an open step that puts its case into a state of the list of cases."""
    if state == "paused":
        # a step that stands still, or one that makes the other side's handling limit stand still
        return or_(group_condition("paused", now), WorkItem.pause_text.is_not(None))
    return group_condition({"late": "overdue"}.get(state, state), now)


def group_of(item: WorkItem, now: datetime) -> str:
    """Return the group an open item is listed under."""
    if item.paused_at is not None:
        return "paused"
    if item.due_at is None:
        return "later"
    if item.due_at < now:
        return "overdue"
    if item.due_at < next_midnight(now):
        return "today"
    return "week" if item.due_at < next_monday(now) else "later"


def next_midnight(now: datetime) -> datetime:
    """Return the end of this day in the display zone."""
    return clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def next_monday(now: datetime) -> datetime:
    """Return the end of this week in the display zone."""
    return next_midnight(now) + timedelta(days=6 - clock.local(now).weekday())


def counts(session: Session, viewer: Viewer, now: datetime) -> Counts:
    """Return the figures of all five boxes, of the chips and of the groups in one statement."""
    chips = {chip: chip_condition(chip, now) for chip in CHIPS[1:]}
    boxes: dict[str, Any] = {
        "done": select(func.count()).where(WorkItem.done_by_id == viewer.user_id, WorkItem.status == "done"),
        "started": select(func.count()).where(Case.starter_id == viewer.user_id),
        "copies": select(func.count()).where(Copy.user_id == viewer.user_id, Copy.read_at.is_(None)),
        "drafts": select(func.count()).where(Draft.user_id == viewer.user_id),
    }
    mine_ = select(
        func.count().label("todo"),
        *(_sum(condition).label(f"chip_{chip}") for chip, condition in chips.items()),
        *(_sum(group_condition(group, now)).label(f"group_{group}") for group in GROUPS),
    ).where(mine(viewer))
    sums = mine_.subquery()
    every = select(sums, *(query.scalar_subquery().label(name) for name, query in boxes.items()))
    row = session.execute(every).mappings().one()
    session.info.setdefault(COUNTED, {})[viewer.user_id] = row["todo"]
    return Counts(
        todo=row["todo"],
        done=row["done"],
        started=row["started"],
        copies=row["copies"],
        drafts=row["drafts"],
        chips={"all": row["todo"], **{chip: row[f"chip_{chip}"] for chip in chips}},
        groups={group: row[f"group_{group}"] for group in GROUPS},
    )


def todo_count(session: Session, viewer: Viewer) -> int:
    """Return how many open items are this person's: the figure in the menu of every page."""
    known: dict[int, int] = session.info.setdefault(COUNTED, {})
    if viewer.user_id not in known:
        query = select(func.count()).select_from(WorkItem).where(mine(viewer))
        known[viewer.user_id] = session.scalar(query) or 0
    return known[viewer.user_id]


def groups(session: Session, viewer: Viewer, filters: Filters, now: datetime) -> Mapping[str, int]:
    """Return how many items of a filtered to-do list each group has."""
    row = session.execute(
        select(*(_sum(group_condition(group, now)) for group in GROUPS))
        .select_from(WorkItem)
        .join(Case, Case.id == WorkItem.case_id)
        .where(mine(viewer), *_narrow(filters, now))
    ).one()
    return dict(zip(GROUPS, row, strict=True))


def gains(session: Session, viewer: Viewer, filters: Filters, now: datetime) -> Mapping[str, int]:
    """Return how many to-do items there would be without each one of the conditions that are set."""
    if not filters.named:
        return {}
    sums = [
        select(func.count())
        .select_from(WorkItem)
        .join(Case, Case.id == WorkItem.case_id)
        .where(mine(viewer), *_narrow(filters.without(name), now))
        .scalar_subquery()
        for name in filters.named
    ]
    return dict(zip(filters.named, session.execute(select(*sums)).one(), strict=True))


def _sum(condition: ColumnElement[bool] | None) -> ColumnElement[int]:
    return func.count(case((condition, 1))) if condition is not None else func.count()


def todo(session: Session, viewer: Viewer, filters: Filters, now: datetime, after: str | None = None) -> Page:
    """Return (WorkItem, Case) rows: overdue first, then due soonest, without a limit later, paused last."""
    paused = case((WorkItem.paused_at.is_not(None), 1), else_=0)
    due = func.coalesce(WorkItem.due_at, FAR)
    query = (
        select(WorkItem, Case)
        .join(Case, Case.id == WorkItem.case_id)
        .where(mine(viewer), *_narrow(filters, now))
        .order_by(paused, due, WorkItem.id)
    )
    key = _read_key(after)
    if key:
        query = query.where(_after(paused, due, key))
    rows = session.execute(query.limit(PAGE + 1)).all()
    last = rows[PAGE - 1][0] if len(rows) > PAGE else None
    return Page(rows[:PAGE], _write_key(last) if last else None)


def done(session: Session, viewer: Viewer, filters: Filters, now: datetime, after: str | None = None) -> Page:
    """Return the items this person completed, newest first."""
    query = (
        select(WorkItem, Case)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.done_by_id == viewer.user_id, WorkItem.status == "done", *_narrow(filters, now))
    )
    return _newest(session, query, WorkItem.id, after)


def started(session: Session, viewer: Viewer, filters: Filters, after: str | None = None) -> Page:
    """Return the cases this person began, newest first."""
    query = select(Case).where(Case.starter_id == viewer.user_id, *_narrow_cases(filters))
    return _newest(session, query, Case.id, after)


def copies(session: Session, viewer: Viewer, filters: Filters, after: str | None = None) -> Page:
    """Return (Case, Copy) rows copied to this person, newest first."""
    query = (
        select(Case, Copy)
        .join(Copy, Copy.case_id == Case.id)
        .where(Copy.user_id == viewer.user_id, *_narrow_cases(filters))
    )
    return _newest(session, query, Case.id, after)


def drafts(session: Session, viewer: Viewer) -> Page:
    """Return this person's drafts, newest first."""
    query = select(Draft).where(Draft.user_id == viewer.user_id).order_by(Draft.saved_at.desc())
    return Page(session.scalars(query.limit(PAGE)).all())


def cases(session: Session, viewer: Viewer, filters: Filters, now: datetime, after: str | None = None) -> Page:
    """Return all cases open to this viewer, newest first."""
    query = select(Case).where(case_scope(viewer), *_narrow_cases(filters), *_narrow_state(filters, viewer, now))
    return _newest(session, query, Case.id, after)


def case_counts(session: Session, viewer: Viewer, filters: Filters, now: datetime) -> Mapping[str, int]:
    """Return how many cases each state has under these filters, in one statement."""
    sums = [
        select(func.count())
        .select_from(Case)
        .where(
            case_scope(viewer), *_narrow_cases(filters), *_narrow_state(replace(filters, state=state), viewer, now)
        )
        .scalar_subquery()
        for state in STATES
    ]
    return dict(zip(STATES, session.execute(select(*sums)).one(), strict=True))


def _narrow_state(filters: Filters, viewer: Viewer, now: datetime) -> list[ColumnElement[bool]]:
    """Return what the state, the unit and the side of a list of cases mean for its open steps."""
    found: list[ColumnElement[bool]] = []
    open_ = and_(WorkItem.case_id == Case.id, WorkItem.status == "open", item_scope(viewer))
    if filters.state in {"running", "ended"}:
        found.append(Case.status == filters.state)
    elif filters.state in {"late", "today", "paused"}:
        found.append(exists().where(open_, state_condition(filters.state, now)))
    if filters.side:
        found.append(exists().where(open_, WorkItem.side == filters.side))
    if filters.unit is not None:
        found.append(Case.starter_unit_id == filters.unit)
    return [*found, *_narrow_way(filters, viewer, now)]


def _narrow_way(filters: Filters, viewer: Viewer, now: datetime) -> list[ColumnElement[bool]]:
    """Return what narrows to cases of one version, begun in the last days, in which a step was done."""
    found: list[ColumnElement[bool]] = []
    if filters.version is not None:
        of_number = exists().where(ProcessVersion.id == Case.version_id, ProcessVersion.number == filters.version)
        found.append(of_number)
    if filters.node:
        done_there = and_(WorkItem.case_id == Case.id, WorkItem.node == filters.node, WorkItem.status == "done")
        found.append(exists().where(done_there, item_scope(viewer)))
    if filters.days is not None:
        found.append(Case.opened_at >= now - timedelta(days=min(filters.days, 3660)))
    return found


def step_name(session: Session, node: str) -> str:
    """Return what a step is called in the cases that had it; its id where none had."""
    return session.scalar(select(WorkItem.name).where(WorkItem.node == node).limit(1)) or node


def search(session: Session, viewer: Viewer, text: str, after: str | None = None) -> Page:
    """Return the visible cases whose number, title or handler's name holds `text`, newest first."""
    like = f"%{_escape(text.strip())}%"
    handled = exists().where(
        WorkItem.case_id == Case.id,
        item_scope(viewer),
        or_(WorkItem.assignee_name.ilike(like, escape="\\"), WorkItem.done_by_name.ilike(like, escape="\\")),
    )
    found = or_(Case.number.ilike(like, escape="\\"), Case.title.ilike(like, escape="\\"), handled)
    return _newest(session, select(Case).where(case_scope(viewer), found), Case.id, after)


def exact(session: Session, viewer: Viewer, text: str) -> str | None:
    """Return the number of the visible case that is meant when somebody types a whole number."""
    number = text.strip().upper()
    return session.scalar(select(Case.number).where(Case.number == number, case_scope(viewer)))


def _narrow(filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    chip = chip_condition(filters.chip, now)
    return [*([] if chip is None else [chip]), *_narrow_cases(filters)]


def _narrow_cases(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.slug:
        found.append(Case.slug == filters.slug)
    if filters.site is not None:
        found.append(Case.site_id == filters.site)
    if filters.vendor is not None:
        found.append(Case.vendor_id == filters.vendor)
    if filters.priority:
        found.append(Case.priority == filters.priority)
    if filters.text:
        like = f"%{_escape(filters.text)}%"
        found.append(or_(Case.title.ilike(like, escape="\\"), Case.number.ilike(like, escape="\\")))
    return found


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _newest(session: Session, query: Any, column: Any, after: str | None) -> Page:
    if after and after.isdigit():
        query = query.where(column < int(after))
    query = query.order_by(column.desc()).limit(PAGE + 1)
    rows = session.scalars(query).all() if len(query.column_descriptions) == 1 else session.execute(query).all()
    if len(rows) <= PAGE:
        return Page(rows)
    last = rows[PAGE - 1]
    holder = last if hasattr(last, "id") else last[0]
    return Page(rows[:PAGE], str(holder.id))


def _write_key(item: WorkItem) -> str:
    due = item.due_at or FAR
    return f"{int(item.paused_at is not None)}~{due.timestamp():.6f}~{item.id}"


def _read_key(text: str | None) -> tuple[int, datetime, int] | None:
    try:
        paused, due, item = (text or "").split("~")
        return int(paused), datetime.fromtimestamp(float(due), clock.ZONE), int(item)
    except (ValueError, OverflowError, OSError):
        return None


def _after(paused: Any, due: Any, key: tuple[int, datetime, int]) -> ColumnElement[bool]:
    return or_(
        paused > key[0],
        and_(paused == key[0], due > key[1]),
        and_(paused == key[0], due == key[1], WorkItem.id > key[2]),
    )
