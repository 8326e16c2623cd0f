"""Who asks: a program with a bearer token. Cookies open nothing here, tokens open no page."""

from __future__ import annotations

import time

import structlog
from flask import current_app, g, request

from app import clock
from app.api.errors import MayNot, NotAuthenticated, WrongToken
from app.db import db, transaction
from app.errors import Unavailable
from app.people import operations, rules
from app.people.operations import authors
from app.people.tokens import KeyHolder, key_holder
from app.web.filters import now as request_now
from app.web.i18n import LANGUAGES

log = structlog.get_logger(__name__)


def check(permission: str) -> None:
    """Let the request pass, or raise: no token or a wrong one, or an account that may not."""
    # in the language the client asks for; without a wish, in the account's own
    g.gj_lang = request.accept_languages.best_match(list(LANGUAGES))
    holder = g.gj_caller = _holder()
    g.gj_lang = g.gj_lang or holder.viewer.locale
    if not holder.viewer.may(permission):
        raise MayNot(permission, holder.viewer.user_name)
    _note_use(holder)
    if "inspector" in holder.viewer.roles:
        _record_inspection(holder, permission)


def _holder() -> KeyHolder:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated
    digest = operations.token_hash(token.strip())
    holder = key_holder(db.session(), digest)
    if holder is None or (holder.expires_at is not None and holder.expires_at <= request_now()):
        raise WrongToken
    return holder


def _note_use(holder: KeyHolder) -> None:
    """Note at most once a minute that the token is used; this process remembers when it last did."""
    noted: dict[int, float] = current_app.extensions.setdefault("guanjia.tokens_noted", {})
    then, now = noted.get(holder.token_id), time.monotonic()
    if then is not None and now - then < rules.TOUCH.total_seconds():
        return
    noted[holder.token_id] = now
    try:
        with transaction() as session:
            operations.touch_token(session, holder.token_id, clock.now(session))
    except Unavailable:
        # reading must go on while the database cannot be written
        log.warning("token_use_not_noted", token=holder.token_id)


def _record_inspection(holder: KeyHolder, permission: str) -> None:
    """Record what an inspector looks at, as the pages do."""
    path = request.full_path.rstrip("?")
    with transaction() as session:
        author, payload = authors.by_person(holder.viewer), {"path": path, "permission": permission}
        authors.note(session, author, "people:page:opened", payload, clock.now(session))
