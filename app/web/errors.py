"""Errors as a person reads them: what happened, where the typed text is, what to press next.

One table from error to status; pages, htmx requests and programs each get their own form of the same sentence.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit

import structlog
from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InternalError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from app.clock import ZONE
from app.db import sentence_of
from app.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable, UserError
from app.i18n import N_
from app.web.assets import AssetsMissing
from app.web.i18n import gettext, own_path

log = structlog.get_logger(__name__)

BAD_REQUEST = 400
UNAUTHORIZED = 401
NOT_FOUND = 404
SERVER_ERROR = 500
_MACHINE_WORD = re.compile(r"[\w.:/+=-]*", re.ASCII)
_SECRET_WORDS = ("password", "passwd", "secret", "token")
_FIRST_SENTENCE = re.compile(r"(.+?(?:。|\.(?=\s)|$))(.*)", re.DOTALL)

HTTP_SENTENCES: dict[int, str] = {
    400: N_("这次提交读不出来，什么都没有改动。请回到上一页再试一次。"),
    403: N_("这一步不归您办。"),
    404: N_("没有这个页面，或者它不归您看。请核对地址。"),
    405: N_("这个地址不能这样打开。请从页面上的按钮进入。"),
    413: TooLarge.default,
    414: N_("地址太长，读不了。请从页面上的按钮进入。"),
    429: N_("试得太快了。请过一分钟再试。"),
}


@dataclass(frozen=True)
class Problem:
    """What the person is told."""

    status: int
    sentence: str
    kind: str = "warn"
    repeat: bool = False
    keep: bool = True
    reference: str | None = None
    action: tuple[str, str] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the first sentence."""
        return self._parts()[0]

    @property
    def text(self) -> str:
        """Return what follows the first sentence."""
        return self._parts()[1]

    def _parts(self) -> tuple[str, str]:
        found = _FIRST_SENTENCE.fullmatch(self.sentence.strip())
        title, text = found.groups() if found else (self.sentence, "")
        return title.rstrip("。."), text.strip()


def install(app: Flask) -> None:
    """Answer every error with a page that loses nothing."""
    app.register_error_handler(UserError, _user_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(InternalError, _database_error)
    for unkept in (DataError, OverflowError):
        app.register_error_handler(unkept, _unreadable)
    app.register_error_handler(AssetsMissing, _assets_missing)
    app.register_error_handler(InternalServerError, _server_error)
    app.register_error_handler(HTTPException, _http_error)


def speak(app: Flask, prefix: str, tell: Callable[[Problem], Response]) -> None:
    """Let `tell` answer with problems at all addresses that begin with `prefix`: an interface of its own shape."""
    app.extensions.setdefault("guanjia.speakers", []).append((prefix, tell))


def sign_in_needed(sign_in_url: str) -> Response:
    """Answer a request that needs somebody signed in; typed text stays on the page and in the browser."""
    url = f"{sign_in_url}?{urlencode({'next': _page_path()})}"
    if wants_json():
        return make_response({"error": gettext("登录已失效。"), "sign_in": url}, UNAUTHORIZED)
    if wants_fragment():
        return make_response("", UNAUTHORIZED, {"HX-Redirect": url})
    if request.method in {"GET", "HEAD"}:
        return make_response(redirect(url))
    sentence = gettext("登录已失效，这一步没有提交。重新登录后回到这一页，您写的内容会放回原处。")
    return answer(Problem(UNAUTHORIZED, sentence, "info", action=(url, gettext("重新登录"))))


def wants_json() -> bool:
    """Say whether a program asks: the API, or the page's own script saving a draft."""
    offered = ["text/html", "application/json"]
    return request.path.startswith("/api/") or request.accept_mimetypes.best_match(offered) == offered[1]


def wants_fragment() -> bool:
    """Say whether htmx asks for a piece of a page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def answer(problem: Problem) -> Response:
    """Return the problem as a page, a fragment or JSON, whichever was asked for."""
    for prefix, tell in current_app.extensions.get("guanjia.speakers", ()):
        if request.path.startswith(prefix):
            spoken: Response = tell(problem)
            return spoken
    if wants_json():
        body = {"error": problem.sentence, "fields": dict(problem.fields), "reference": problem.reference}
        return make_response({name: value for name, value in body.items() if value}, problem.status)
    if wants_fragment():
        headers = {"HX-Retarget": "#gj-problem", "HX-Reswap": "innerHTML show:window:top"}
        return make_response(render_template("web/problem.html", problem=problem), problem.status, headers)
    return make_response(_page(problem), problem.status)


def _page(problem: Problem) -> str:
    posted = _posted() if problem.keep else {}
    try:
        return render_template(
            "web/error.html",
            problem=problem,
            posted=_repeatable(posted) if problem.repeat else (),
            typed=_typed(posted),
            lost_files=bool(posted) and any(upload.filename for upload in request.files.values()),
            back=_page_path(),
            missing=problem.status == NOT_FOUND,
        )
    except Exception:
        if problem.status < SERVER_ERROR:
            raise
        # the frame itself may need what has just failed: the sentence must still arrive
        log.exception("error_page_failed", path=request.path)
        reference = f"\n{problem.reference}" if problem.reference else ""
        return f"{problem.sentence}{reference}\n"


def _user_error(error: UserError) -> ResponseReturnValue:
    sentence = gettext(error.message, **error.values)
    if isinstance(error, Unavailable):
        log.warning("unavailable", path=request.path, cause=str(error.__cause__))
        return _server_problem(error.status, sentence)
    fields = error.fields if isinstance(error, Invalid) else {}
    kind = "error" if isinstance(error, Invalid) else "warn"
    action = (_page_path(), gettext("看这件事现在的情况")) if isinstance(error, Conflict) else None
    return answer(Problem(error.status, sentence, kind, action=action, fields=fields))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:  # noqa: PLR2004 - a redirect raised by routing is no error
        return error
    status = error.code
    default = NotFound.default if status == NOT_FOUND else N_("没有办成，什么都没有改动。可以再试一次。")
    response = answer(Problem(status, gettext(HTTP_SENTENCES.get(status, default)), keep=status != TooLarge.status))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _csrf_error(error: CSRFError) -> ResponseReturnValue:
    if not _from_own_page():
        return answer(Problem(error.code or 400, gettext(HTTP_SENTENCES[400]), keep=False))
    sentence = gettext("这一页打开得太久，提交没有生效。您写的内容都在，再提交一次就行。")
    return answer(Problem(error.code or 400, sentence, repeat=not _has_secret()))


def _database_error(error: OperationalError | InternalError) -> ResponseReturnValue:
    told = sentence_of(error)
    if told is None:
        return _server_error(InternalServerError(original_exception=error))
    log.error("database_error", path=request.path, cause=str(error.orig))
    return _server_problem(Unavailable.status, gettext(told.message))


def _unreadable(error: DataError | OverflowError) -> ResponseReturnValue:
    """Answer a value no column can hold, a number of fifty digits for one."""
    log.warning("unreadable", path=request.path, cause=type(error).__name__)
    return answer(Problem(BAD_REQUEST, gettext(HTTP_SENTENCES[BAD_REQUEST])))


def _server_error(error: InternalServerError) -> ResponseReturnValue:
    reference = _reference()
    log.error("server_error", reference=reference, path=request.path, exc_info=error.original_exception)
    sentence = gettext("没有办成，什么都没有改动。系统出了错，已整步撤回。您填的内容都在，可以再提交一次。")
    return _server_problem(SERVER_ERROR, sentence, reference)


def _server_problem(status: int, sentence: str, reference: str | None = None) -> Response:
    g.gj_failed = True  # the frame asks the database, which may be what has failed
    can_repeat = request.method == "POST" and not _has_secret()
    return answer(Problem(status, sentence, "error", repeat=can_repeat, reference=reference))


def _assets_missing(error: AssetsMissing) -> ResponseReturnValue:
    log.error("assets_missing", sentence=str(error))
    return make_response(f"{error}\n", 503, {"Content-Type": "text/plain; charset=utf-8"})


def _posted() -> dict[str, list[str]]:
    if request.method not in {"POST", "PUT", "PATCH"}:
        return {}
    try:
        return {name: request.form.getlist(name) for name in request.form if not _is_secret(name)}
    except HTTPException:  # what was sent is too large or broken, there is nothing to keep
        return {}


def _repeatable(posted: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in posted.items() for value in values]


def _typed(posted: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return what a person wrote; ids and choices are not worth showing."""
    return [(name, value) for name, value in _repeatable(posted) if not _MACHINE_WORD.fullmatch(value)]


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)


def _has_secret() -> bool:
    try:
        return any(_is_secret(name) and name != "csrf_token" for name in request.form)
    except HTTPException:
        return False


def _from_own_page() -> bool:
    """Say whether the browser sent this from a page of ours: foreign text is never offered for sending again."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or origin == request.host_url.rstrip("/")


def _page_path() -> str:
    """Return the page the person looks at: the form's page when something was posted."""
    home = f"{request.script_root}/"
    source = request.headers.get("HX-Current-URL") or request.referrer
    if request.method in {"GET", "HEAD"} and not wants_fragment():
        return own_path(request.full_path.rstrip("?"), home)
    if not source or urlsplit(source).netloc != request.host:
        return home
    parts = urlsplit(source)
    return own_path(parts.path + (f"?{parts.query}" if parts.query else ""), home)


def _reference() -> str:
    """Return a number a person can read out: E-1119-102644-7C."""
    return f"E-{datetime.now(ZONE):%m%d-%H%M%S}-{secrets.token_hex(1).upper()}"
