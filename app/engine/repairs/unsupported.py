"""What BPMN knows and this engine does not: replaced by the nearest thing it runs, or left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import children, definitions_of, elements, kind_of, tag_of
from app.i18n import N_

_KINDS: dict[str, frozenset[str]] = {
    "startEvent": frozenset({"none", "message", "timer", "signal"}),
    "endEvent": frozenset({"none", "terminate", "message", "signal", "error", "escalation"}),
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "link", "escalation"}),
}
_CANCEL = "cancel"


def repair_event_sub_processes(drawing: Drawing) -> None:
    """Leave event sub-processes out."""
    for scope in drawing.scopes()[1:]:
        if scope.get("triggeredByEvent") == "true" and scope.getparent() is not None:
            message = N_("不支持事件子流程，不导入“%(name)s”；它要做的事请用边界事件另画。")
            if drawing.repair("event-sub-process", scope, message, old="subProcess"):
                drawing.remove_node(scope)


def repair_scopes(drawing: Drawing) -> None:
    """Make plain sub-processes of transactions and ad-hoc ones."""
    for scope in drawing.scopes()[1:]:
        tag = tag_of(scope)
        if tag == "transaction":
            message = N_("不支持事务，“%(name)s”改为普通子流程；取消按错误处理。")
        elif tag == "adHocSubProcess":
            message = N_("不支持临时子流程，“%(name)s”改为普通子流程，没有先后的步骤同时开始。")
        else:
            continue
        if drawing.repair("sub-process-kind", scope, message, old=tag, new="subProcess"):
            drawing.retag(scope, "subProcess")
            for one in children(scope, "completionCondition"):
                scope.remove(one)


def repair_cancellation(drawing: Drawing) -> None:
    """Treat the cancelling of a transaction as an error with the code `cancel`."""
    events = [one for one in drawing.nodes() if kind_of(one) == _CANCEL]
    for event in [one for one in events if tag_of(one) in {"endEvent", "boundaryEvent"}]:
        if drawing.repair("cancel", event, N_("取消事件改为错误事件。"), old=_CANCEL, new="error"):
            (definition,) = definitions_of(event)[:1]
            definition.tag = definition.tag.replace("cancelEvent", "errorEvent")
            definition.set("errorRef", _cancel_error(drawing))


def _cancel_error(drawing: Drawing) -> str:
    for one in elements(drawing.root):
        if tag_of(one) == "error" and one.get("errorCode") == _CANCEL:
            return str(one.get("id"))
    declared = drawing.declare("error", _CANCEL)
    next(one for one in elements(drawing.root) if one.get("id") == declared).set("errorCode", _CANCEL)
    return declared


def repair_compensation(drawing: Drawing) -> None:
    """Leave compensation out: its events and the steps that only they lead to."""
    for node in drawing.nodes():
        if node.getparent() is None:
            continue
        attached = tag_of(node) == "boundaryEvent" and kind_of(node) == "compensate"
        handler = node.get("isForCompensation") == "true" and not drawing.incoming(node)
        if (attached or handler) and drawing.repair(
            "compensation", node, N_("不支持补偿，不导入“%(name)s”。"), old=tag_of(node)
        ):
            drawing.remove_node(node)


def repair_gateways(drawing: Drawing) -> None:
    """Make inclusive gateways of complex ones."""
    for node in drawing.nodes():
        message = N_("不支持复杂网关，“%(name)s”改为包容网关。")
        if tag_of(node) == "complexGateway" and drawing.repair(
            "complex-gateway", node, message, old="complexGateway", new="inclusiveGateway"
        ):
            drawing.retag(node, "inclusiveGateway")
            for one in children(node, "activationCondition"):
                node.remove(one)


def repair_multiple(drawing: Drawing) -> None:
    """Let an event wait for one thing."""
    for node in drawing.nodes():
        definitions = definitions_of(node)
        message = N_("一个事件只能等一样东西，“%(name)s”只留第一样。")
        if len(definitions) > 1 and drawing.repair(
            "event-multiple", node, message, old=str(len(definitions)), new="1"
        ):
            for one in definitions[1:]:
                node.remove(one)
            node.attrib.pop("parallelMultiple", None)


def repair_event_kinds(drawing: Drawing) -> None:
    """Make plain events of those whose kind this engine does not know there."""
    for node in drawing.nodes():
        allowed = _KINDS.get(tag_of(node))
        if allowed is None:
            continue
        inner_start = tag_of(node) == "startEvent" and node.getparent() is not drawing.process
        kind = kind_of(node)
        if kind in allowed and not (inner_start and kind != "none"):
            continue
        if kind == "timer" and tag_of(node) == "intermediateThrowEvent":
            _repair_throwing_timer(drawing, node)
            continue
        message = N_("这里不支持 %(kind)s 事件，“%(name)s”改为普通事件。")
        if drawing.repair("event-kind", node, message, old=kind, new="none", kind=kind):
            for one in definitions_of(node):
                node.remove(one)


def _repair_throwing_timer(drawing: Drawing, node: Any) -> None:
    message = N_("定时事件要等待，“%(name)s”改为捕获事件。")
    if drawing.repair("event-kind", node, message, old="intermediateThrowEvent", new="intermediateCatchEvent"):
        drawing.retag(node, "intermediateCatchEvent")


RULES: tuple[Callable[[Drawing], None], ...] = (
    repair_event_sub_processes,
    repair_scopes,
    repair_cancellation,
    repair_compensation,
    repair_gateways,
    repair_multiple,
    repair_event_kinds,
)
