"""The OpenAPI 3.1 document, made from the declared routes and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version as version_of
from typing import Any, Final

from app.api.errors import JSON
from app.api.routes import MULTIPART, Call, Route, route
from app.api.routes import ROUTES as DECLARED
from app.api.shapes import NAMED, TEXT, WHOLE, Shape, by_name, many, maybe, record, result

TITLE: Final = "Guanjia REST"
PROBLEM = result(
    "ProblemDto", message=TEXT, line=WHOLE, column=WHOLE, mainElementId=maybe(TEXT), elementIds=many(TEXT)
)
REPORT = result("ResourceReportDto", errors=many(PROBLEM), warnings=many(PROBLEM))
LACKING = result("MissingAuthorizationDto", permissionName=TEXT, resourceName=maybe(TEXT), resourceId=maybe(TEXT))
ERROR = record(
    "ExceptionDto",
    "type message",
    type=TEXT,
    message=TEXT,
    code=WHOLE,
    userId=TEXT,
    missingAuthorizations=many(LACKING),
    details=by_name(REPORT),
)
VERSION = result("VersionDto", version=TEXT)
# every error the interface knows; which of them an address gives follows from what it takes
ERRORS: Final[Mapping[int, str]] = {
    400: "What was sent is wrong; the message names it.",
    401: "No token, or one that does not hold.",
    403: "The token's account may not do this.",
    404: "Not there, or not this account's to see.",
    409: "Somebody was faster; the message says who and when.",
    415: "The body is not of the media type this address takes.",
}


@route("GET", "/version", "account.self", answer=VERSION)
def version(call: Call) -> Any:  # noqa: ARG001
    """Read the version of the product."""
    return {"version": version_of("guanjia")}


@route("GET", "/openapi.json", None, answer={"type": "object"})
def openapi(call: Call) -> Any:  # noqa: ARG001
    """Read this document."""
    return document(DECLARED)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document of these routes."""
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        paths.setdefault(one.template, {})[one.method.lower()] = operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version_of("guanjia")},
        "servers": [{"url": "/engine-rest"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": NAMED,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def operation(one: Route) -> dict[str, Any]:
    """Return what the document says of one route."""
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [*map(_argument, one.arguments), *(_parameter(*pair) for pair in one.query.items())],
        "responses": {**_done(one), **{str(status): _failed(status) for status in _errors(one)}},
    }
    if one.keyed:
        told["parameters"].append({"name": "Idempotency-Key", "in": "header", "schema": TEXT})
    if one.body is not None:
        told["requestBody"] = {"content": {one.media: {"schema": one.body}}, "required": one.media == MULTIPART}
    if one.permission is None:
        told["security"] = []
    else:
        told["x-permission"] = one.permission
    return told


def _argument(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def _parameter(name: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": shape}


def _done(one: Route) -> dict[str, Any]:
    done: dict[str, Any] = {}
    if one.answer is not None:
        done["200"] = {"description": one.summary, "content": {JSON: {"schema": one.answer}}}
    if one.answer is None or one.silent:
        done["204"] = {"description": one.summary}
    return done


def _errors(one: Route) -> list[int]:
    found = [] if one.permission is None else [401, 403]
    found += [400] if one.query or one.body is not None else []
    found += [404] if one.arguments else []
    found += [409] if one.method != "GET" else []
    return sorted([*found, 415] if one.body is not None else found)


def _failed(status: int) -> dict[str, Any]:
    return {"description": ERRORS[status], "content": {JSON: {"schema": ERROR}}}
