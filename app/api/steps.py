"""What a program may write at a step: the answers of its form, or the names the diagram reads where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import current_app, request
from sqlalchemy.orm import Session

from app.api.errors import InvalidRequest
from app.api.variables import for_form, stored
from app.engine import Node
from app.i18n import N_, Listed
from app.people.rules import Viewer
from app.processes.library import Bundle
from app.processes.reads import Reads
from app.work.views.blueprint import runtime
from app.work.views.desk import OWN_REASON, FormDesk

DECISION = "decision"
LONGEST_KEY = 200
NOT_READ = N_("这里不能写入变量 %(names)s：流程图里没有用到。可以写入的有：%(known)s。")
NONE_READ = N_("这里不能写入变量 %(names)s：流程图里没有用到。")
LONG_KEY = N_("Idempotency-Key 太长，最多 %(most)s 个字符。")


def bundle_of(session: Session, version_id: int, called: Mapping[str, int] | None = None) -> Bundle:
    """Return the compiled version a case runs on, with the versions it calls."""
    library = runtime().library
    return library.bundle(session, version_id, called) if called else library.bundle(session, version_id)


def form_answers(desk: FormDesk, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a form, judged as the page's are; raise Invalid or InvalidRequest with what is wrong."""
    form = desk.form
    assert form is not None  # noqa: S101 - the caller has looked
    own = _own_names(desk) | form.scope.leaves.keys()
    loose = sorted(name for name in values if name in desk.ignored and name not in own)
    if loose:
        raise InvalidRequest(NONE_READ, names=Listed(loose))
    return desk.judge(desk.bind_json(for_form(form, values)), _decision(values), _reason(values))


def free_answers(
    session: Session, viewer: Viewer, node: Node, values: Mapping[str, Any], version_ids: list[int]
) -> dict[str, Any]:
    """Return what a program writes at a step without a form; raise InvalidRequest for a name that nothing reads."""
    desk = FormDesk(viewer, node, None, {})
    own = _own_names(desk)
    answers = read_by_diagram(session, {name: one for name, one in values.items() if name not in own}, version_ids)
    decision = _decision(values) if DECISION in own else None
    return {**answers, **desk.judge(None, decision, _reason(values))}


def read_by_diagram(session: Session, values: Mapping[str, Any], version_ids: list[int]) -> dict[str, Any]:
    """Return values whose names the diagram reads, as answers are stored; raise InvalidRequest naming the others."""
    if not values:
        return {}
    reads: Reads = current_app.extensions["guanjia.reads"]
    known = reads.names(session, version_ids)
    unknown = sorted(name[:60] for name in values if name not in known)
    if unknown:
        raise InvalidRequest(NOT_READ if known else NONE_READ, names=Listed(unknown), known=Listed(sorted(known)))
    return stored(values)


def given_key(viewer: Viewer) -> str:
    """Return the key of this request: the client's `Idempotency-Key`, good for its own account only, or a new one."""
    given = request.headers.get("Idempotency-Key", "").strip()
    if len(given) > LONGEST_KEY:
        raise InvalidRequest(LONG_KEY, most=LONGEST_KEY)
    return f"rest:{viewer.user_id}:{given}" if given else uuid4().hex


def _own_names(desk: FormDesk) -> set[str]:
    """Return the names of the page's own controls that this step asks for."""
    own = {DECISION} if desk.node.properties.get("actions") else set()
    return own | {OWN_REASON} if desk.own_reason else own


def _decision(values: Mapping[str, Any]) -> str | None:
    decision = values.get(DECISION)
    return decision if isinstance(decision, str) else None


def _reason(values: Mapping[str, Any]) -> str:
    reason = values.get(OWN_REASON)
    return reason if isinstance(reason, str) else ""
