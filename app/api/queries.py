"""What the REST interface reads: columns, not objects, each statement within the viewer's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, false, func, select, true
from sqlalchemy.orm import Session

from app.engine.state import load as load_values
from app.engine.state import untag
from app.people.models import User
from app.people.rules import Viewer
from app.processes.models import Deployed, Deployment, Process, ProcessVersion, VersionPart
from app.sql import Prepared
from app.work.models import Candidate, Case, TaskState, WorkItem
from app.work.queries.scope import case_scope, own_scope

LIVE: Final = (8, 16, 32)  # waiting, ready, started: the tokens of a case, as its rows keep them
MOST: Final = 1000
ENDED: Final = "ended"
Sorting = Sequence[tuple[str, str]]
List = Select[*tuple[Any, ...]]
Line = Row[*tuple[Any, ...]]

_TASKS = (
    select(
        WorkItem.id,
        WorkItem.name,
        WorkItem.node,
        WorkItem.form,
        WorkItem.opened_at,
        WorkItem.due_at,
        User.user_name.label("assignee"),
        Case.id.label("case_id"),
        Case.status,
        Case.slug,
        Case.version_id,
        ProcessVersion.number,
    )
    .join(Case, Case.id == WorkItem.case_id)
    .join(ProcessVersion, ProcessVersion.id == Case.version_id)
    .outerjoin(User, User.id == WorkItem.assignee_id)
    .where(WorkItem.status == "open")
)
_STEP = select(
    WorkItem.id,
    WorkItem.node,
    WorkItem.form,
    WorkItem.status,
    Case.id.label("case_id"),
    Case.version_id,
    Case.called,
).join(Case, Case.id == WorkItem.case_id)
# built once: what programs ask again and again, in the name of whoever sees all cases
_TASKS_OF_ONE = Prepared(_TASKS.where(Case.id == bindparam("instance")).order_by(WorkItem.id).limit(MOST))
_STEP_BY_ID = Prepared(_STEP.where(WorkItem.id == bindparam("item")))
_CASES = select(
    Case.id,
    Case.slug,
    Case.version_id,
    Case.status,
    Case.business_key,
    ProcessVersion.number,
).join(ProcessVersion, ProcessVersion.id == Case.version_id)
_CASE_BY_ID = Prepared(_CASES.where(Case.id == bindparam("instance")))
_INSTANCES = _CASES.where(Case.status != ENDED)
_DEFINITIONS = select(
    ProcessVersion.id,
    ProcessVersion.number,
    ProcessVersion.published_at,
    Process.slug,
    Process.name,
    Process.category,
    Process.description,
    Process.suspended_at,
    (Process.running_version_id == ProcessVersion.id).label("running"),
    select(func.min(Deployed.deployment_id))
    .where(Deployed.version_id == ProcessVersion.id)
    .scalar_subquery()
    .label("deployment_id"),
).join(Process, Process.id == ProcessVersion.process_id)

TASK_ORDER: Mapping[str, Any] = {
    "id": WorkItem.id,
    "created": WorkItem.opened_at,
    "dueDate": WorkItem.due_at,
    "name": WorkItem.name,
    "assignee": User.user_name,
    "instanceId": Case.id,
    "taskDefinitionKey": WorkItem.node,
}
INSTANCE_ORDER: Mapping[str, Any] = {
    "instanceId": Case.id,
    "definitionKey": Case.slug,
    "definitionId": Case.version_id,
    "businessKey": Case.business_key,
}
DEFINITION_ORDER: Mapping[str, Any] = {
    "id": ProcessVersion.id,
    "key": Process.slug,
    "name": Process.name,
    "version": ProcessVersion.number,
    "deployTime": ProcessVersion.published_at,
}
DEPLOYMENT_ORDER: Mapping[str, Any] = {
    "id": Deployment.id,
    "name": Deployment.name,
    "deploymentTime": Deployment.at,
}


def page(session: Session, query: List, first: int, most: int | None) -> Sequence[Line]:
    """Return a stretch of a list, never more than `MOST` rows."""
    return rows(session, query.offset(first).limit(min(MOST if most is None else most, MOST)))


def rows(session: Session, query: List, **values: object) -> Sequence[Line]:
    """Return columns without the cost of objects."""
    return session.connection().execute(query, values).all()


def one(session: Session, query: List, **values: object) -> Line | None:
    """Return the one row there may be."""
    return session.connection().execute(query, values).one_or_none()


def count(session: Session, query: List) -> int:
    """Return how many rows a list has in all."""
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def ordered(query: List, sorting: Sorting, columns: Mapping[str, Any], last: Any) -> List:
    """Sort by the named columns, equal rows by `last`."""
    by = [columns[name].desc() if order == "desc" else columns[name].asc() for name, order in sorting]
    return query.order_by(*by, last)


# Tasks


def tasks(viewer: Viewer, wanted: Mapping[str, Any]) -> List:
    """Select the open tasks this viewer may see; a vendor sees its own only."""
    return _TASKS.where(own_scope(viewer), case_scope(viewer), *_task_conditions(wanted))


def tasks_of(session: Session, viewer: Viewer, case_id: int) -> Sequence[Line]:
    """Return the open tasks of one case that this viewer may see, oldest first."""
    if _sees_all(viewer):
        return _TASKS_OF_ONE.run(session, instance=case_id)
    wanted = tasks(viewer, {"processInstanceId": str(case_id)})
    return page(session, wanted.order_by(WorkItem.id), 0, None)


def task(session: Session, viewer: Viewer, item_id: int) -> Line | None:
    """Return one open task."""
    return one(session, tasks(viewer, {"taskId": str(item_id)}))


def step(session: Session, viewer: Viewer, item_id: int) -> Line | None:
    """Return what is needed to complete a task that this viewer may see, open or not."""
    if _sees_all(viewer):
        found: Line | None = _STEP_BY_ID.run(session, item=item_id).one_or_none()
        return found
    return one(session, _STEP.where(WorkItem.id == item_id, own_scope(viewer), case_scope(viewer)))


def _sees_all(viewer: Viewer) -> bool:
    return viewer.sees_all_cases and not viewer.is_vendor


def _task_conditions(wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return [TASK_FILTERS[name](value) for name, value in wanted.items() if name in TASK_FILTERS]


def _assigned(yes: bool) -> ColumnElement[bool]:
    return WorkItem.assignee_id.is_not(None) if yes else true()


def _unassigned(yes: bool) -> ColumnElement[bool]:
    return WorkItem.assignee_id.is_(None) if yes else true()


def _candidate(user_name: str) -> ColumnElement[bool]:
    offered = select(Candidate.item_id).join(User, User.id == Candidate.user_id).where(User.user_name == user_name)
    return WorkItem.assignee_id.is_(None) & WorkItem.id.in_(offered)


def row_id(text: str) -> int:
    """Return the number behind an id; -1, which no row has, for a text that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("2147483648") else -1


def version_id(text: str) -> int:
    """Return the version behind `key:number:id`."""
    return row_id(text.rpartition(":")[2]) if text.count(":") > 1 else -1


def definition_is(text: str) -> ColumnElement[bool]:
    """Return the condition that a version has this definition id."""
    key, _, rest = text.partition(":")
    number = rest.partition(":")[0]
    if version_id(text) < 0:
        return false()
    return (ProcessVersion.id == version_id(text)) & (ProcessVersion.number == row_id(number)) & _has_key(key)


def _has_key(key: str) -> ColumnElement[bool]:
    return ProcessVersion.process_id.in_(select(Process.id).where(Process.slug == key))


TASK_FILTERS: Mapping[str, Any] = {
    "taskId": lambda text: WorkItem.id == row_id(text),
    "processInstanceId": lambda text: Case.id == row_id(text),
    "processInstanceBusinessKey": lambda text: Case.business_key == text,
    "processDefinitionKey": lambda text: Case.slug == text,
    "processDefinitionId": definition_is,
    "taskDefinitionKey": lambda text: WorkItem.node == text,
    "name": lambda text: WorkItem.name == text,
    "assignee": lambda text: User.user_name == text,
    "candidateUser": _candidate,
    "assigned": _assigned,
    "unassigned": _unassigned,
}


# Process instances


def instances(viewer: Viewer, wanted: Mapping[str, Any]) -> List:
    """Select the cases this viewer may see that have not ended."""
    conditions = [INSTANCE_FILTERS[name](value) for name, value in wanted.items() if name in INSTANCE_FILTERS]
    return _INSTANCES.where(case_scope(viewer), *conditions)


def instance(session: Session, viewer: Viewer, case_id: int) -> Line | None:
    """Return one case that has not ended."""
    return one(session, _INSTANCES.where(Case.id == case_id, case_scope(viewer)))


def started(session: Session, case_id: int) -> Line:
    """Return a case this viewer has just started, ended at once or not."""
    found: Line = _CASE_BY_ID.run(session, instance=case_id).one()
    return found


def instance_data(session: Session, case_id: int) -> dict[str, Any]:
    """Return `case.*` and the data of the live tokens together; the token that came last goes first."""
    header = session.scalar(select(Case.header).where(Case.id == case_id)) or {}
    shared = untag(header.get("case") or {})
    query = select(TaskState.data).where(TaskState.case_id == case_id, TaskState.state.in_(LIVE))
    found: dict[str, Any] = dict(shared) if isinstance(shared, dict) else {}
    for text in session.scalars(query.order_by(TaskState.seq)):
        data = load_values(text)
        found.update(data if isinstance(data, dict) else {})
    return found


INSTANCE_FILTERS: Mapping[str, Any] = {
    "businessKey": lambda text: Case.business_key == text,
    "processDefinitionKey": lambda text: Case.slug == text,
    "processDefinitionId": definition_is,
    "processInstanceIds": lambda text: Case.id.in_([row_id(one.strip()) for one in text.split(",")]),
    "active": lambda yes: Case.status == "running" if yes else true(),
    "suspended": lambda yes: Case.status == "suspended" if yes else true(),
}


# Definitions and deployments


def definitions(wanted: Mapping[str, Any]) -> List:
    """Select the published versions of processes."""
    conditions = [DEFINITION_FILTERS[name](value) for name, value in wanted.items() if name in DEFINITION_FILTERS]
    return _DEFINITIONS.where(*conditions)


def is_version(version_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that a version is one of these."""
    return ProcessVersion.id.in_(version_ids)


def diagram(session: Session, version: int) -> str:
    """Return the diagram of a version as its owner drew it."""
    query = select(VersionPart.text).where(VersionPart.version_id == version, VersionPart.kind == "bpmn")
    return session.scalars(query).one()


def _held(deployment_id: str) -> ColumnElement[bool]:
    held = select(Deployed.version_id).where(Deployed.deployment_id == row_id(deployment_id))
    return ProcessVersion.id.in_(held)


def deployments(wanted: Mapping[str, Any]) -> List:
    """Select the deployments."""
    conditions = [DEPLOYMENT_FILTERS[name](value) for name, value in wanted.items() if name in DEPLOYMENT_FILTERS]
    columns = select(Deployment.id, Deployment.name, Deployment.source, Deployment.at)
    return columns.where(*conditions)


DEFINITION_FILTERS: Mapping[str, Any] = {
    "processDefinitionId": definition_is,
    "key": lambda text: Process.slug == text,
    "keyLike": Process.slug.like,
    "name": lambda text: Process.name == text,
    "nameLike": Process.name.like,
    "version": lambda number: ProcessVersion.number == number,
    "latestVersion": lambda yes: Process.running_version_id == ProcessVersion.id if yes else true(),
    "deploymentId": _held,
}
DEPLOYMENT_FILTERS: Mapping[str, Any] = {
    "id": lambda text: Deployment.id == row_id(text),
    "name": lambda text: Deployment.name == text,
    "nameLike": Deployment.name.like,
    "source": lambda text: Deployment.source == text,
}
