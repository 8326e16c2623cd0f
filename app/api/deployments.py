"""Deployments: uploaded diagrams, tables and forms become running versions, after the same checks as everywhere."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from app import clock
from app.api import queries
from app.api.definitions import DEFINITION, told_definition
from app.api.errors import InvalidRequest, WrongMedia, missing
from app.api.instances import LINK
from app.api.lists import COUNT, PAGING, counted, listed, sorting
from app.api.routes import MULTIPART, Call, read_text, route
from app.api.shapes import FLAG, NOTHING, TEXT, Shape, by_name, many, maybe, record, result
from app.api.variables import instant
from app.db import db, transaction
from app.i18n import N_, Listed
from app.people.operations import by_person
from app.processes.deployments import deploy, pack, read_package
from app.processes.models import Deployment
from app.work.views.blueprint import runtime

NONE = N_("没有部署“%(id)s”。")
NO_TENANTS = N_("这里没有租户，不能带参数 %(names)s。")
UNKNOWN = N_("没有这样的参数：%(names)s。")
SEVERAL = N_("有两个文件都叫“%(name)s”。")
LONGEST = 255
UNNAMED = "REST"
# what else an engine of this shape may deploy; tables here belong to their process
OTHER_KINDS = (
    "deployedCaseDefinitions",
    "deployedDecisionDefinitions",
    "deployedDecisionRequirementsDefinitions",
)

MEMBERS: dict[str, Shape] = {
    "links": many(LINK),
    "id": TEXT,
    "name": TEXT,
    "source": maybe(TEXT),
    "deploymentTime": TEXT,
    "tenantId": NOTHING,
}
DEPLOYMENT = result("DeploymentDto", **MEMBERS)
MADE = result(
    "DeploymentWithDefinitionsDto",
    **MEMBERS,
    deployedProcessDefinitions=maybe(by_name(DEFINITION)),
    **dict.fromkeys(OTHER_KINDS, NOTHING),
)
FIELDS: dict[str, Shape] = {
    "deployment-name": TEXT,
    "deployment-source": TEXT,
    "enable-duplicate-filtering": FLAG,
    "deploy-changed-only": FLAG,
}
UPLOAD: Shape = {"type": "string", "format": "binary"}
CREATE = record("MultiFormDeploymentDto", **FIELDS, data=UPLOAD)
FILTERS: dict[str, Shape] = {"id": TEXT, "name": TEXT, "nameLike": TEXT, "source": TEXT}
LIST = {**FILTERS, **sorting(queries.DEPLOYMENT_ORDER), **PAGING}


@route("POST", "/deployment/create", "processes.edit", body=CREATE, media=MULTIPART, answer=MADE)
def create(call: Call) -> Any:
    """Deploy diagrams with their tables and forms; the same texts again make nothing new."""
    if request.mimetype != MULTIPART:
        raise WrongMedia(wanted=MULTIPART)
    fields, topics = _fields(request.form), frozenset(runtime().topics)
    sources = read_package(pack(_files()), topics)
    actor = by_person(call.viewer).actor
    name, source = fields.get("deployment-name") or UNNAMED, fields.get("deployment-source")
    with transaction() as session:
        at = clock.now(session)
        made = deploy(session, sources, actor, at, name=name, source=source, topics=topics)
    made.refuse_unless_running()
    filtering = fields.get("enable-duplicate-filtering") or fields.get("deploy-changed-only")
    row = queries.rows(db.session(), queries.deployments({"id": str(made.id)}))[0]
    told = None if filtering and not made.new else _definitions(made.version_ids)
    return {**told_deployment(row), **dict.fromkeys(OTHER_KINDS), "deployedProcessDefinitions": told}


@route("GET", "/deployment", "processes.view", query=LIST, answer=many(DEPLOYMENT))
def deployments(call: Call) -> Any:
    """List the deployments."""
    query = queries.deployments(call.query)
    return listed(call, query, queries.DEPLOYMENT_ORDER, Deployment.id, told_deployment)


@route("GET", "/deployment/count", "processes.view", query=FILTERS, answer=COUNT)
def deployment_count(call: Call) -> Any:
    """Count the deployments."""
    return counted(queries.deployments(call.query))


@route("GET", "/deployment/<id>", "processes.view", answer=DEPLOYMENT)
def deployment(call: Call, id: str) -> Any:  # noqa: A002, ARG001
    """Read one deployment."""
    row = queries.one(db.session(), queries.deployments({"id": id}))
    if row is None:
        raise missing(NONE, id)
    return told_deployment(row)


def told_deployment(row: queries.Line) -> dict[str, Any]:
    """Return a deployment as clients read it."""
    here = f"{request.host_url.rstrip('/')}{request.script_root}/engine-rest/deployment/{row.id}"
    return {
        "links": [{"rel": "self", "href": here, "method": "GET"}],
        "id": str(row.id),
        "name": row.name,
        "source": row.source,
        "deploymentTime": instant(row.at),
        "tenantId": None,
    }


def _fields(given: MultiDict[str, str]) -> dict[str, Any]:
    """Return the form fields by their declared types; raise InvalidRequest naming what is not taken."""
    unknown = sorted(name[:60] for name in given if name not in FIELDS)
    if unknown:
        raise InvalidRequest(NO_TENANTS if unknown == ["tenant-id"] else UNKNOWN, names=Listed(unknown))
    found = {name: read_text(name, shape, given) for name, shape in FIELDS.items() if given.get(name)}
    return {name: value[:LONGEST] if isinstance(value, str) else value for name, value in found.items()}


def _files() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for file in (one for _, several in request.files.lists() for one in several):
        called = file.filename or ""
        if called in found:
            raise InvalidRequest(SEVERAL, name=called[:100])
        found[called] = file.read()
    return found


def _definitions(version_ids: tuple[int, ...]) -> dict[str, Any]:
    rows = queries.rows(db.session(), queries.definitions({}).where(queries.is_version(version_ids)))
    told = [told_definition(row) for row in rows]
    return {one["id"]: one for one in told}
