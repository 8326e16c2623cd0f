"""One declaration for each address: method, permission, parameters, body, answer. The document is made from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, cast

from flask import Blueprint, Response, g, request
from werkzeug.datastructures import MultiDict

from app.api.errors import JSON, InvalidRequest, WrongMedia, write
from app.api.shapes import FLAG, TEXT, WHOLE, Shape, faults
from app.i18n import N_, Listed
from app.people.rules import Viewer
from app.people.tokens import KeyHolder
from app.web import permission, public

bp = Blueprint("api", __name__, url_prefix="/engine-rest")
MULTIPART: Final = "multipart/form-data"
NO_CONTENT: Final = 204
NAMED: Final = 5
FAULTS: Mapping[str, str] = {
    "unknown": N_("没有这样的参数：%(names)s。"),
    "missing": N_("缺少参数：%(names)s。"),
    "type": N_("参数的类型不对：%(names)s。"),
}
NO_JSON = N_("请求内容应当是一个 JSON 对象。")
NO_VALUE = N_("参数 %(name)s 的值“%(value)s”不能用。")
_ARGUMENT = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Call:
    """One request as a handler sees it: who asks, the read parameters, the body."""

    viewer: Viewer
    query: Mapping[str, Any]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """One address: everything the document and the table of routes say of it."""

    method: str
    path: str
    permission: str | None
    name: str
    summary: str
    query: Mapping[str, Shape] = field(default_factory=dict)
    body: Shape | None = None
    media: str = JSON
    answer: Shape | None = None
    silent: bool = False
    keyed: bool = False

    @property
    def arguments(self) -> list[str]:
        """Return the names in the path."""
        return _ARGUMENT.findall(self.path)

    @property
    def template(self) -> str:
        """Return the path as documents write it: `/task/{id}`."""
        return _ARGUMENT.sub(r"{\1}", self.path)


ROUTES: list[Route] = []
Handler = Callable[..., Any]


def route(
    method: str,
    path: str,
    needs: str | None,
    *,
    query: Mapping[str, Shape] | None = None,
    body: Shape | None = None,
    media: str = JSON,
    answer: Shape | None = None,
    silent: bool = False,
    keyed: bool = False,
) -> Callable[[Handler], Handler]:
    """Serve a handler at `path` for accounts with the permission `needs` (None: anybody).

    The handler gets a `Call` and the path's arguments. What it returns is the JSON of the answer; None is a 204,
    which a `silent` route gives besides. A `keyed` route heeds the client's `Idempotency-Key`.
    Parameters and members that are not declared are refused by name.
    """

    def declare(handler: Handler) -> Handler:
        summary = (handler.__doc__ or "").partition("\n")[0]
        one = Route(method, path, needs, handler.__name__, summary, query or {}, body, media, answer, silent, keyed)
        ROUTES.append(one)

        @wraps(handler)
        def serve(**arguments: str) -> Response:
            call = Call(_viewer(), read_query(one), read_body(one))
            return _written(handler(call, **arguments))

        guarded = public(serve) if needs is None else permission(needs)(serve)
        bp.add_url_rule(path, handler.__name__, guarded, methods=[method])
        return handler

    return declare


def caller() -> KeyHolder | None:
    """Return the program that asks, once it is known."""
    found: KeyHolder | None = g.get("gj_caller")
    return found


def read_query(one: Route) -> dict[str, Any]:
    """Return the query's parameters by their declared types; raise InvalidRequest naming what is wrong."""
    _refuse([(name, "unknown") for name in request.args if name not in one.query])
    return {name: read_text(name, shape, request.args) for name, shape in one.query.items() if name in request.args}


def read_text(name: str, shape: Shape, given: MultiDict[str, str]) -> Any:
    """Return one parameter by its declared type."""
    values = given.getlist(name)
    text = values[0]
    if len(values) == 1:
        if shape == FLAG and text in {"true", "false"}:
            return text == "true"
        if shape == WHOLE and re.fullmatch("[0-9]{1,9}", text, re.ASCII):
            return int(text)
        if shape.get("type") == TEXT["type"] and text in shape.get("enum", [text]):
            return text
    raise InvalidRequest(NO_VALUE, name=name, value=text[:100])


def read_body(one: Route) -> dict[str, Any]:
    """Return the JSON body; raise WrongMedia or InvalidRequest naming what is wrong. No body is an empty one."""
    if one.body is None or one.media != JSON:
        return {}
    if request.mimetype != JSON and (request.mimetype or request.content_length):
        raise WrongMedia(wanted=JSON)
    if not request.get_data(cache=True):
        body: Any = {}
    else:
        body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise InvalidRequest(NO_JSON)
    _refuse(list(faults(one.body, body)))
    return body


def _refuse(found: list[tuple[str, str]]) -> None:
    for kind, sentence in FAULTS.items():
        names = [name[:60].encode("utf-8", "replace").decode() for name, fault in found if fault == kind]
        if names:
            raise InvalidRequest(sentence, names=Listed(names[:NAMED]))


def _viewer() -> Viewer:
    """Return who asks; nobody on a public address, whose handler does not look."""
    found = caller()
    return cast("Viewer", found.viewer if found else None)


def _written(value: Any) -> Response:
    if isinstance(value, Response):
        return value
    return Response(status=NO_CONTENT) if value is None else write(value)
