"""Process instances: the cases that have not ended, their variables, their end by force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from app import clock
from app.api import queries
from app.api.errors import InvalidRequest, missing
from app.api.lists import COUNT, PAGING, counted, listed, sorting
from app.api.routes import Call, route
from app.api.shapes import FLAG, NOTHING, TEXT, Shape, many, maybe, result
from app.api.variables import TOLD, TOLD_VARIABLES, tell, told
from app.db import db, transaction
from app.errors import Refused
from app.i18n import N_
from app.people.rules import Viewer
from app.work import operations as work
from app.work.models import Case
from app.work.views.blueprint import runtime

NONE = N_("没有流程实例“%(id)s”，它已结束，或者不归这个令牌的账号看。")
NO_VARIABLE = N_("流程实例没有变量“%(id)s”。")
NO_REASON = N_("要用参数 deleteReason 写明为什么终止。")
NOT_FOR_VENDORS = N_("外包单位的账号不能读整件办件的变量，可以读自己事项的变量。")

LINK = result("AtomLink", rel=TEXT, href=TEXT, method=TEXT)
MEMBERS: Mapping[str, Shape] = {
    "links": many(LINK),
    "id": TEXT,
    "definitionId": TEXT,
    "definitionKey": TEXT,
    "businessKey": maybe(TEXT),
    "caseInstanceId": NOTHING,
    "ended": FLAG,
    "suspended": FLAG,
    "tenantId": NOTHING,
}
INSTANCE = result("ProcessInstanceDto", **MEMBERS)
INSTANCE_WITH_VARIABLES = result("ProcessInstanceWithVariablesDto", **MEMBERS, variables=maybe(TOLD_VARIABLES))
FILTERS: Mapping[str, Shape] = {
    "businessKey": TEXT,
    "processDefinitionKey": TEXT,
    "processDefinitionId": TEXT,
    "processInstanceIds": TEXT,
    "active": FLAG,
    "suspended": FLAG,
}
LIST = {**FILTERS, **sorting(queries.INSTANCE_ORDER), **PAGING}
DESERIALIZED = {"deserializeValues": FLAG}


@route("GET", "/process-instance", "work.view", query=LIST, answer=many(INSTANCE))
def instances(call: Call) -> Any:
    """List the process instances that have not ended."""
    query = queries.instances(call.viewer, call.query)
    return listed(call, query, queries.INSTANCE_ORDER, Case.id, told_instance)


@route("GET", "/process-instance/count", "work.view", query=FILTERS, answer=COUNT)
def instance_count(call: Call) -> Any:
    """Count the process instances that have not ended."""
    return counted(queries.instances(call.viewer, call.query))


@route("GET", "/process-instance/<id>", "work.view", answer=INSTANCE)
def instance(call: Call, id: str) -> Any:  # noqa: A002
    """Read one process instance that has not ended."""
    return told_instance(_found(call.viewer, id))


@route("GET", "/process-instance/<id>/variables", "work.view", query=DESERIALIZED, answer=TOLD_VARIABLES)
def variables(call: Call, id: str) -> Any:  # noqa: A002
    """Read the variables: the values of the whole instance and those of its live tokens."""
    return tell(_data(call.viewer, id))


@route("GET", "/process-instance/<id>/variables/<name>", "work.view", query=DESERIALIZED, answer=TOLD)
def variable(call: Call, id: str, name: str) -> Any:  # noqa: A002
    """Read one variable."""
    data = _data(call.viewer, id)
    if name not in data:
        raise missing(NO_VARIABLE, name)
    return told(data[name])


@route("DELETE", "/process-instance/<id>", "work.act", query={"deleteReason": TEXT})
def delete(call: Call, id: str) -> None:  # noqa: A002
    """End a process instance by force, with the reason; it and its records stay."""
    reason = call.query.get("deleteReason", "").strip()
    if not reason:
        raise InvalidRequest(NO_REASON)
    case_id = _found(call.viewer, id).id
    with transaction() as session:
        work.terminate(session, runtime(), case_id, call.viewer, reason, clock.now(session))


def told_instance(row: queries.Line) -> dict[str, Any]:
    """Return an instance as clients read it."""
    here = f"{request.host_url.rstrip('/')}{request.script_root}/engine-rest/process-instance/{row.id}"
    return {
        "links": [{"rel": "self", "href": here, "method": "GET"}],
        "id": str(row.id),
        "definitionId": f"{row.slug}:{row.number}:{row.version_id}",
        "definitionKey": row.slug,
        "businessKey": row.business_key,
        "caseInstanceId": None,
        "ended": row.status == queries.ENDED,
        "suspended": row.status == "suspended",
        "tenantId": None,
    }


def _found(viewer: Viewer, wanted: str) -> queries.Line:
    row = queries.instance(db.session(), viewer, queries.row_id(wanted))
    if row is None:
        raise missing(NONE, wanted)
    return row


def _data(viewer: Viewer, wanted: str) -> dict[str, Any]:
    row = _found(viewer, wanted)
    if viewer.is_vendor:
        # tokens carry what other parties wrote: a vendor reads the forms of its own steps
        raise Refused(NOT_FOR_VENDORS)
    return queries.instance_data(db.session(), row.id)
