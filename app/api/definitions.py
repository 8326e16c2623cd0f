"""Versions of processes: list, read, start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import clock
from app.api import queries
from app.api.errors import InvalidRequest, missing
from app.api.instances import INSTANCE_WITH_VARIABLES, told_instance
from app.api.lists import COUNT, PAGING, counted, listed, sorting
from app.api.routes import Call, route
from app.api.shapes import FLAG, NOTHING, TEXT, WHOLE, many, maybe, record, result
from app.api.steps import form_answers, given_key, read_by_diagram
from app.api.variables import GIVEN_VARIABLES, read_variables, tell
from app.db import db, transaction
from app.engine import Node
from app.errors import Refused
from app.formkit.values import living
from app.i18n import N_
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.processes.models import ProcessVersion
from app.work import operations as work
from app.work.models import Case
from app.work.views.blueprint import runtime
from app.work.views.starting import StartDesk, start_data, start_desk, starts_in

NONE = N_("没有流程定义“%(id)s”。")
NOT_RUNNING = N_("“%(id)s”不是这个流程正在用的版本，新办件只能从正在用的版本发起。")
NOT_YOURS = N_("“%(name)s”不归您发起。")
LONGEST_KEY = 255
TOO_LONG = N_("参数 %(name)s 太长，最多 %(most)s 个字符。")

DEFINITION = result(
    "ProcessDefinitionDto",
    id=TEXT,
    key=TEXT,
    category=maybe(TEXT),
    description=maybe(TEXT),
    name=TEXT,
    version=WHOLE,
    resource=TEXT,
    deploymentId=maybe(TEXT),
    diagram=maybe(TEXT),
    suspended=FLAG,
    tenantId=NOTHING,
    versionTag=maybe(TEXT),
    historyTimeToLive=maybe(WHOLE),
    startableInTasklist=FLAG,
)
DIAGRAM = result("ProcessDefinitionDiagramDto", id=TEXT, bpmn20Xml=TEXT)
START = record(
    "StartProcessInstanceDto",
    variables=maybe(GIVEN_VARIABLES),
    businessKey=maybe(TEXT),
    withVariablesInReturn=FLAG,
)
FILTERS = {
    "processDefinitionId": TEXT,
    "key": TEXT,
    "keyLike": TEXT,
    "name": TEXT,
    "nameLike": TEXT,
    "version": WHOLE,
    "latestVersion": FLAG,
    "deploymentId": TEXT,
}
LIST = {**FILTERS, **sorting(queries.DEFINITION_ORDER), **PAGING}


@route("GET", "/process-definition", "processes.view", query=LIST, answer=many(DEFINITION))
def definitions(call: Call) -> Any:
    """List the published versions of processes."""
    query = queries.definitions(call.query)
    return listed(call, query, queries.DEFINITION_ORDER, ProcessVersion.id, told_definition)


@route("GET", "/process-definition/count", "processes.view", query=FILTERS, answer=COUNT)
def definition_count(call: Call) -> Any:
    """Count the published versions of processes."""
    return counted(queries.definitions(call.query))


@route("GET", "/process-definition/<id>", "processes.view", answer=DEFINITION)
def definition(call: Call, id: str) -> Any:  # noqa: A002, ARG001
    """Read one version of a process."""
    return told_definition(_by_id(id))


@route("GET", "/process-definition/key/<key>", "processes.view", answer=DEFINITION)
def definition_by_key(call: Call, key: str) -> Any:  # noqa: ARG001
    """Read the running version of a process."""
    return told_definition(_by_key(key))


@route("GET", "/process-definition/<id>/xml", "processes.view", answer=DIAGRAM)
def xml(call: Call, id: str) -> Any:  # noqa: A002, ARG001
    """Read the diagram of a version."""
    return _diagram(_by_id(id))


@route("GET", "/process-definition/key/<key>/xml", "processes.view", answer=DIAGRAM)
def xml_by_key(call: Call, key: str) -> Any:  # noqa: ARG001
    """Read the diagram of the running version."""
    return _diagram(_by_key(key))


@route("POST", "/process-definition/<id>/start", "work.view", body=START, answer=INSTANCE_WITH_VARIABLES, keyed=True)
def start(call: Call, id: str) -> Any:  # noqa: A002
    """Start a case of a process by the id of its running version."""
    found = _by_id(id)
    if not found.running:
        raise InvalidRequest(NOT_RUNNING, id=id[:100])
    return _start(call, found.slug)


@route(
    "POST", "/process-definition/key/<key>/start", "work.view", body=START, answer=INSTANCE_WITH_VARIABLES, keyed=True
)
def start_by_key(call: Call, key: str) -> Any:
    """Start a case of a process by its key."""
    return _start(call, key)


def told_definition(row: queries.Line) -> dict[str, Any]:
    """Return a version as clients read it."""
    return {
        "id": definition_id(row.slug, row.number, row.id),
        "key": row.slug,
        "category": row.category or None,
        "description": row.description or None,
        "name": row.name,
        "version": row.number,
        "resource": f"{row.slug}.bpmn",
        "deploymentId": None if row.deployment_id is None else str(row.deployment_id),
        "diagram": None,
        "suspended": row.suspended_at is not None,
        "tenantId": None,
        "versionTag": None,
        "historyTimeToLive": None,
        "startableInTasklist": row.suspended_at is None,
    }


def definition_id(key: str, number: int, version_id: int) -> str:
    """Return the id of a version as clients know it."""
    return f"{key}:{number}:{version_id}"


def _by_id(wanted: str) -> queries.Line:
    row = queries.one(db.session(), queries.definitions({"processDefinitionId": wanted}))
    if row is None:
        raise missing(NONE, wanted)
    return row


def _by_key(wanted: str) -> queries.Line:
    row = queries.one(db.session(), queries.definitions({"key": wanted, "latestVersion": True}))
    if row is None:
        raise missing(NONE, wanted)
    return row


def _diagram(row: queries.Line) -> dict[str, Any]:
    return {"id": definition_id(row.slug, row.number, row.id), "bpmn20Xml": queries.diagram(db.session(), row.id)}


def _start(call: Call, slug: str) -> dict[str, Any]:
    bundle = runtime().library.running(db.session(), slug)
    values, business_key = read_variables(call.body.get("variables")), call.body.get("businessKey")
    if business_key is not None and len(business_key) > LONGEST_KEY:
        raise InvalidRequest(TOO_LONG, name="businessKey", most=LONGEST_KEY)
    desk = start_desk(call.viewer, slug) if _may_begin_with_form(bundle) else None
    if desk is not None and _is_starters(desk.node):
        case_id = _begin(call.viewer, desk, form_answers(desk, values), business_key)
    else:
        case_id = _open(call.viewer, bundle, values, business_key)
    return _started(call, case_id)


def _begin(viewer: Viewer, desk: StartDesk, answers: Mapping[str, Any], business_key: str | None) -> int:
    """Start with the starter's own form, as the page does."""
    key, data, slug = given_key(viewer), start_data(desk.start), desk.bundle.slug
    with transaction() as session:
        at = clock.now(session)
        case_id = work.start_case(session, runtime(), slug, viewer, answers, key, at, data=data).case_id
        if business_key is not None:
            session.get_one(Case, case_id).business_key = business_key
    return case_id


def _open(viewer: Viewer, bundle: Bundle, values: Mapping[str, Any], business_key: str | None) -> int:
    """Start and leave the first step to whoever it belongs to."""
    if not any(one.open_to(viewer) for one in starts_in(bundle)):
        raise Refused(NOT_YOURS, name=bundle.definition.name)
    known = read_by_diagram(db.session(), values, [bundle.version_id])
    key = given_key(viewer)
    with transaction() as session:
        at = clock.now(session)
        return work.open_case(
            session, runtime(), bundle.slug, viewer, living(known), key, at, business_key=business_key
        ).id


def _started(call: Call, case_id: int) -> dict[str, Any]:
    session = db.session()
    row = queries.started(session, case_id)
    wanted = call.body.get("withVariablesInReturn") and not call.viewer.is_vendor
    return {**told_instance(row), "variables": tell(queries.instance_data(session, case_id)) if wanted else None}


def _may_begin_with_form(bundle: Bundle) -> bool:
    """Say whether one of the steps that may come first is the starter's form; only then the engine is asked."""
    definition = bundle.definition
    return any(_is_starters(one.node) for start_ in definition.starts for one in definition.following(start_.id))


def _is_starters(node: Node) -> bool:
    return bool(node.form) and (node.assignee or "").replace(" ", "") == "${starter}"
