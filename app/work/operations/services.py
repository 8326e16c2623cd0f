"""Service tasks (自动环节): a product's handler runs inside the act, or its work outside is owed.

A handler that fails takes back only what it did itself: what the person submitted stays, and the step stops as an
incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from app.db import savepoint
from app.engine import Advance, OpenNode
from app.engine.state import to_json
from app.errors import Invalid, UserError
from app.i18n import N_
from app.outbox.models import SERVICE
from app.outbox.operations import owe
from app.work.operations.act import Act
from app.work.runtime import BpmnError, Call, Topic

log = structlog.get_logger()
NO_HANDLER = N_("没有名为“%(topic)s”的自动处理。装上它，或者改流程图，再重试。")
PROGRAM_FAILED = N_("自动处理的程序出错（%(error)s）。请把这句话转给系统管理员。")


def serve(act: Act, node: OpenNode) -> Advance | None:
    """Run the handler of a service task and return the step it caused; None when its work outside is owed now."""
    topic = act.runtime.topics.get(node.topic or "")
    if topic is None:
        return fail(act, node, UserError(NO_HANDLER, topic=node.topic or ""))
    if topic.do is not None:
        payload = {"case": act.case.id, "token": node.token, "topic": topic.name, "inputs": to_json(node.inputs)}
        owe(act.session, SERVICE, payload, now=act.now)
        return None
    try:
        with savepoint(act.session):
            result = record(act, node, topic)
    except (StaleDataError, OperationalError):
        # no fault of the handler: whoever submitted is told and submits once more
        raise
    except Exception as error:  # noqa: BLE001 - whatever a handler raises becomes a visible incident
        return fail(act, node, error)
    return act.runtime.engine.finish_service(act.live, node.token, result, act.env)


def record(act: Act, node: OpenNode, topic: Topic, result: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Let the topic's handler write what it has to; `result` is what was brought from outside."""
    call = Call(act.case, node.token, topic.name, node.inputs, node.data, act.live.case_data, act.now, result or {})
    return topic.record(act.session, call)


def fail(act: Act, node: OpenNode, error: Exception) -> Advance:
    """Stop the step as an incident, or let the boundary event that catches the error's code go on."""
    engine, reason = act.runtime.engine, failure_of(error)
    log.warning("service_failed", case=act.case.id, topic=node.topic, reason=reason, exc_info=_unexpected(error))
    if isinstance(error, BpmnError):
        return engine.fail_service(act.live, node.token, reason, act.env, code=error.code)
    return engine.fail_service(act.live, node.token, reason, act.env)


def failure_of(error: Exception) -> str:
    """Return what a person reads of a handler's failure; sentences by field stand on no form here."""
    if isinstance(error, Invalid) and error.fields:
        return "".join(error.fields.values())
    if isinstance(error, UserError | BpmnError):
        return str(error)
    return PROGRAM_FAILED % {"error": f"{type(error).__name__}: {error}"[:300]}


def _unexpected(error: Exception) -> Exception | None:
    return None if isinstance(error, UserError | BpmnError) else error
