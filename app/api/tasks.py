"""Tasks: the open work items this account may see, and what may be done to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import clock
from app.api import queries
from app.api.errors import missing
from app.api.lists import COUNT, PAGING, asked_order, counted, listed, sorting
from app.api.routes import Call, route
from app.api.shapes import FLAG, NOTHING, TEXT, WHOLE, many, maybe, record, result
from app.api.steps import bundle_of, form_answers, free_answers, given_key
from app.api.variables import GIVEN_VARIABLES, TOLD_VARIABLES, instant, read_variables, tell
from app.db import db, transaction
from app.errors import Refused
from app.formkit.values import living
from app.i18n import N_
from app.people.rules import Viewer
from app.work import operations as work
from app.work.models import WorkItem
from app.work.operations.cases import refuse_if_closed
from app.work.views.blueprint import runtime
from app.work.views.desk import Desk, desk_for, refuse_transcribing

NONE = N_("没有事项“%(id)s”，它已办完或收回，或者不归这个令牌的账号看。")
NOT_THIS_USER = N_("令牌属于 %(own)s，不能替 %(other)s 认领。")
NORMAL_PRIORITY = 50

FORM_REF = result("CamundaFormRef", key=TEXT, binding=TEXT, version=maybe(WHOLE))
TASK = result(
    "TaskDto",
    id=TEXT,
    name=TEXT,
    assignee=maybe(TEXT),
    owner=maybe(TEXT),
    created=TEXT,
    lastUpdated=maybe(TEXT),
    due=maybe(TEXT),
    followUp=maybe(TEXT),
    delegationState=NOTHING,
    description=maybe(TEXT),
    executionId=TEXT,
    parentTaskId=NOTHING,
    priority=WHOLE,
    processDefinitionId=TEXT,
    processInstanceId=TEXT,
    caseExecutionId=NOTHING,
    caseDefinitionId=NOTHING,
    caseInstanceId=NOTHING,
    taskDefinitionKey=TEXT,
    suspended=FLAG,
    formKey=NOTHING,
    camundaFormRef=maybe(FORM_REF),
    tenantId=NOTHING,
)
FILTERS = {
    "taskId": TEXT,
    "processInstanceId": TEXT,
    "processInstanceBusinessKey": TEXT,
    "processDefinitionKey": TEXT,
    "processDefinitionId": TEXT,
    "taskDefinitionKey": TEXT,
    "name": TEXT,
    "assignee": TEXT,
    "candidateUser": TEXT,
    "assigned": FLAG,
    "unassigned": FLAG,
}
SORTED = record("TaskSortingDto", "sortBy sortOrder", **sorting(queries.TASK_ORDER))
QUERY = record("TaskQueryDto", **FILTERS, **sorting(queries.TASK_ORDER), sorting=many(SORTED))
CLAIM = record("UserIdDto", userId=maybe(TEXT))
COMPLETE = record("CompleteTaskDto", variables=maybe(GIVEN_VARIABLES), withVariablesInReturn=FLAG)
LIST = {**FILTERS, **sorting(queries.TASK_ORDER), **PAGING}


@route("GET", "/task", "work.view", query=LIST, answer=many(TASK))
def tasks(call: Call) -> Any:
    """List the open tasks."""
    if call.query.keys() == {"processInstanceId"}:
        found = queries.tasks_of(db.session(), call.viewer, queries.row_id(call.query["processInstanceId"]))
        return [told_task(row) for row in found]
    return listed(call, queries.tasks(call.viewer, call.query), queries.TASK_ORDER, WorkItem.id, told_task)


@route("POST", "/task", "work.view", query=PAGING, body=QUERY, answer=many(TASK))
def query_tasks(call: Call) -> Any:
    """List the open tasks that a JSON query describes."""
    several = [(one["sortBy"], one["sortOrder"]) for one in call.body.get("sorting", ())]
    by = [*asked_order(call.body), *several]
    return listed(call, queries.tasks(call.viewer, call.body), queries.TASK_ORDER, WorkItem.id, told_task, by=by)


@route("GET", "/task/count", "work.view", query=FILTERS, answer=COUNT)
def task_count(call: Call) -> Any:
    """Count the open tasks."""
    return counted(queries.tasks(call.viewer, call.query))


@route("GET", "/task/<id>", "work.view", answer=TASK)
def task(call: Call, id: str) -> Any:  # noqa: A002
    """Read one open task."""
    row = queries.task(db.session(), call.viewer, queries.row_id(id))
    if row is None:
        raise missing(NONE, id)
    return told_task(row)


@route("POST", "/task/<id>/claim", "work.act", body=CLAIM)
def claim(call: Call, id: str) -> None:  # noqa: A002
    """Take an unclaimed task for the token's own account."""
    viewer, wanted = call.viewer, call.body.get("userId")
    if wanted not in {None, viewer.user_name}:
        raise Refused(NOT_THIS_USER, own=viewer.user_name, other=wanted[:60])
    item_id = _step(viewer, id).id
    with transaction() as session:
        work.claim(session, item_id, viewer, clock.now(session))


@route("POST", "/task/<id>/unclaim", "work.act")
def unclaim(call: Call, id: str) -> None:  # noqa: A002
    """Give a claimed task back."""
    viewer = call.viewer
    item_id = _step(viewer, id).id
    with transaction() as session:
        work.release(session, item_id, viewer, clock.now(session))


@route("POST", "/task/<id>/complete", "work.act", body=COMPLETE, answer=TOLD_VARIABLES, silent=True, keyed=True)
def complete(call: Call, id: str) -> Any:  # noqa: A002
    """Complete a task with variables: the answers of its form or, without one, names that the diagram reads."""
    viewer, key = call.viewer, given_key(call.viewer)
    step = _step(viewer, id)
    values = read_variables(call.body.get("variables"))
    refuse_transcribing(values)
    answers = _answers(viewer, step, values) if step.status == "open" else {}
    with transaction() as session:
        work.complete_work_item(session, runtime(), step.id, viewer, answers, key, clock.now(session))
    if not call.body.get("withVariablesInReturn"):
        return None
    return {} if viewer.is_vendor else tell(queries.instance_data(db.session(), step.case_id))


@route("GET", "/task/<id>/variables", "work.view", query={"deserializeValues": FLAG}, answer=TOLD_VARIABLES)
def task_variables(call: Call, id: str) -> Any:  # noqa: A002
    """Read the variables of a task: what its form shows; without a form what its token knows."""
    desk = _desk(call.viewer, id)
    return tell(_shown(desk) if desk.form else _known(desk))


@route(
    "GET",
    "/task/<id>/form-variables",
    "work.view",
    query={"deserializeValues": FLAG, "variableNames": TEXT},
    answer=TOLD_VARIABLES,
)
def form_variables(call: Call, id: str) -> Any:  # noqa: A002
    """Read the variables that the form of a task shows."""
    shown = _shown(_desk(call.viewer, id))
    wanted = call.query.get("variableNames")
    names = shown.keys() if wanted is None else {one.strip() for one in wanted.split(",")}
    return tell({name: value for name, value in shown.items() if name in names})


def told_task(row: queries.Line) -> dict[str, Any]:
    """Return a task as clients read it."""
    form = {"key": row.form, "binding": "deployment", "version": None} if row.form else None
    return {
        "id": str(row.id),
        "name": row.name,
        "assignee": row.assignee,
        "owner": None,
        "created": instant(row.opened_at),
        "lastUpdated": None,
        "due": instant(row.due_at),
        "followUp": None,
        "delegationState": None,
        "description": None,
        "executionId": str(row.case_id),
        "parentTaskId": None,
        "priority": NORMAL_PRIORITY,
        "processDefinitionId": f"{row.slug}:{row.number}:{row.version_id}",
        "processInstanceId": str(row.case_id),
        "caseExecutionId": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "taskDefinitionKey": row.node,
        "suspended": row.status == "suspended",
        "formKey": None,
        "camundaFormRef": form,
        "tenantId": None,
    }


def _step(viewer: Viewer, wanted: str) -> queries.Line:
    row = queries.step(db.session(), viewer, queries.row_id(wanted))
    if row is None:
        raise missing(NONE, wanted)
    return row


def _answers(viewer: Viewer, step: queries.Line, values: Mapping[str, Any]) -> dict[str, Any]:
    if step.form:
        desk = desk_for(viewer, step.id)
        refuse_if_closed(desk.item)
        if desk.form is not None:
            return form_answers(desk, values)
    session = db.session()
    bundle = bundle_of(session, step.version_id, step.called)
    node = bundle.definition.nodes[step.node]
    return free_answers(session, viewer, node, values, [step.version_id, *(step.called or {}).values()])


def _desk(viewer: Viewer, wanted: str) -> Desk:
    step = _step(viewer, wanted)
    if step.status != "open":
        raise missing(NONE, wanted)
    return desk_for(viewer, step.id)


def _shown(desk: Desk) -> dict[str, Any]:
    """Return the stored values of the fields that this step shows."""
    leaves = desk.form.scope.leaves if desk.form else {}
    shown = (key for key, part in leaves.items() if desk.rights.mode(part) != "hidden")
    return {key: living(desk.stored[key]) for key in shown if key in desk.stored}


def _known(desk: Desk) -> dict[str, Any]:
    """Return what the token of a step without a form knows; a vendor's programs read forms only."""
    if desk.viewer.is_vendor:
        return {}
    shared = desk.stored.get("case") or {}
    own = {name: value for name, value in desk.stored.items() if name != "case"}
    return {name: living(value) for name, value in {**shared, **own}.items()}
