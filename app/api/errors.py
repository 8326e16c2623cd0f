"""Errors as clients of the Camunda 7 shape read them: `{"type", "message"}`, never a page, never a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import orjson
from flask import Response

from app.engine import DiagramRefused, Problem
from app.errors import Conflict, Invalid, NotFound, Refused, UserError
from app.i18n import N_, Listed
from app.processes.deployments import FilesRefused
from app.web.errors import Problem as Told
from app.web.i18n import gettext

JSON = "application/json"
INVALID, AUTHORIZATION, REST = "InvalidRequestException", "AuthorizationException", "RestException"
TYPES: Mapping[int, str] = {400: INVALID, 403: AUTHORIZATION, 404: INVALID, 422: INVALID}
UNNAMED = frozenset({"", "answers"})


class InvalidRequest(UserError):
    """What was asked cannot be understood; the sentence names it."""

    status = 400


class WrongMedia(UserError):
    """The body is not of the one media type this address takes."""

    status = 415
    default = N_("内容类型应当是 %(wanted)s。")


class NotAuthenticated(UserError):
    """No program is known by what was sent as authorisation."""

    status = 401
    default = N_("要用 Authorization: Bearer 令牌 表明身份。令牌由安全管理员发放。")
    challenge: ClassVar[str] = 'Bearer realm="guanjia"'


class WrongToken(NotAuthenticated):
    """The token is not one that holds now."""

    default = N_("这个令牌无效、已收回、已过期，或者它的账号已停用。")
    challenge = 'Bearer realm="guanjia", error="invalid_token"'


class MayNot(Refused):
    """The account of the program lacks a permission."""

    default = N_("这个令牌的账号没有权限“%(permission)s”。")

    def __init__(self, permission: str, user_name: str) -> None:
        super().__init__(None, permission=permission)
        self.permission, self.user_name = permission, user_name


def missing(what: str, wanted: str) -> NotFound:
    """Return the error of a thing that is not there or not this account's to see."""
    return NotFound(what, id=wanted[:100])


def answer(error: UserError) -> Response:
    """Return an error of ours in the clients' shape."""
    if isinstance(error, FilesRefused | DiagramRefused):
        return write(_refused_files(error), 400)
    status = 400 if isinstance(error, Invalid) else error.status
    body: dict[str, Any] = {"type": _type(error, status), "message": _message(error), "code": None}
    if isinstance(error, MayNot):
        lacking = {"permissionName": error.permission, "resourceName": None, "resourceId": None}
        body |= {"userId": error.user_name, "missingAuthorizations": [lacking]}
    response = write({name: value for name, value in body.items() if value is not None}, status)
    if isinstance(error, NotAuthenticated):
        response.headers["WWW-Authenticate"] = error.challenge
    return response


def retell(told: Told) -> Response:
    """Return what the product says of any other fault in the clients' shape."""
    message = f"{told.sentence} ({told.reference})" if told.reference else told.sentence
    return write({"type": TYPES.get(told.status, REST), "message": message}, told.status)


def write(body: Any, status: int = 200) -> Response:
    """Return JSON."""
    return Response(orjson.dumps(body), status, mimetype=JSON)


def _type(error: UserError, status: int) -> str:
    if isinstance(error, NotAuthenticated):
        return "AuthenticationException"
    return REST if isinstance(error, Conflict) else TYPES.get(status, REST)


def _message(error: UserError) -> str:
    """Return the sentence; of a refused form the sentence of each field behind its name."""
    said = gettext(error.message, **error.values)
    fields = error.fields if isinstance(error, Invalid) else {}
    parts = [f"{name}: {gettext(text)}" for name, text in fields.items() if name not in UNNAMED]
    return " ".join([said, *parts])


def _refused_files(error: FilesRefused | DiagramRefused) -> dict[str, Any]:
    found: Sequence[tuple[str, Problem]] = (
        error.problems if isinstance(error, FilesRefused) else [("diagram", one) for one in error.problems]
    )
    details: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for file, problem in found:
        report = details.setdefault(file, {"errors": [], "warnings": []})
        report["errors" if problem.severity == "error" else "warnings"].append(_problem(problem))
    sentences = Listed(_sentences(found))
    said = gettext(error.message, **error.values)
    return {"type": "ParseException", "message": f"{said} {gettext('、').join(sentences)}", "details": details}


def _sentences(found: Sequence[tuple[str, Problem]]) -> Iterator[str]:
    for file, problem in found:
        if problem.severity == "error":
            line = "" if problem.line is None else f":{problem.line}"
            yield f"{file}{line} {problem.element or ''} {gettext(problem.message, **problem.values)}"


def _problem(problem: Problem) -> dict[str, Any]:
    element = problem.element
    return {
        "message": f"{gettext(problem.message, **problem.values)} {gettext(problem.fix)}",
        "line": problem.line or 0,
        "column": 0,
        "mainElementId": element,
        "elementIds": [element] if element else [],
    }
