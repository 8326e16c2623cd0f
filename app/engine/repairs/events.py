"""What events wait for: a time that can be read, a message with a name, else a person who says that it happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.engine.repairs import timers
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.hands import by_hand, free_name
from app.engine.repairs.tree import append, definitions_of, elements, kind_of, label_of, name_of, tag_of
from app.engine.xml import BPMN
from app.i18n import N_

_WAITING = frozenset({"intermediateCatchEvent", "boundaryEvent"})
_CATCHING: dict[str, frozenset[str]] = {
    "intermediateCatchEvent": frozenset({"timer", "message", "signal", "link"}),
    "boundaryEvent": frozenset({"timer", "message", "signal", "error", "escalation"}),
}
_FAILING: dict[str, frozenset[str]] = {
    "error": frozenset({"subProcess", "callActivity", "serviceTask"}),
    "escalation": frozenset({"subProcess", "callActivity"}),
}
_REFERENCES = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}


def repair_blank(drawing: Drawing) -> None:
    """Let an intermediate event that waits for nothing pass."""
    for node in drawing.nodes():
        message = N_("中间事件“%(name)s”没有写等什么，改为不等待。")
        if (tag_of(node), kind_of(node)) == ("intermediateCatchEvent", "none") and drawing.repair(
            "event-blank", node, message, old="intermediateCatchEvent", new="intermediateThrowEvent"
        ):
            drawing.retag(node, "intermediateThrowEvent")


def repair_caught(drawing: Drawing) -> None:
    """Let a person say that it happened where no engine can notice it."""
    for node in drawing.nodes():
        allowed = _CATCHING.get(tag_of(node))
        kind = kind_of(node)
        if allowed is not None and (kind not in allowed or not _can_fail(drawing, node, kind)):
            message = N_("系统发现不了 %(kind)s 事件“%(name)s”，改为由人触发。")
            by_hand(drawing, node, "event-by-hand", message, kind, kind=kind)


def _can_fail(drawing: Drawing, node: Any, kind: str) -> bool:
    host = drawing.node(node.get("attachedToRef"))
    return kind not in _FAILING or host is None or tag_of(host) in _FAILING[kind]


def repair_interrupting(drawing: Drawing) -> None:
    """Let an error end the step it happens in."""
    for node in drawing.nodes():
        beside = tag_of(node) == "boundaryEvent" and node.get("cancelActivity") == "false"
        if (
            beside
            and kind_of(node) == "error"
            and drawing.repair(
                "error-beside", node, N_("错误事件总是中断步骤，“%(name)s”改为中断。"), old="false", new="true"
            )
        ):
            node.set("cancelActivity", "true")


def repair_names(drawing: Drawing) -> None:
    """Give a name to every message, signal, error and escalation that is waited for or sent."""
    for node in drawing.nodes():
        if tag_of(node) in {"receiveTask", "sendTask"}:
            if tag_of(node) == "receiveTask" and not _named(drawing, "message", node):
                by_hand(drawing, node, "message-name", _UNNAMED, node.get("messageRef"))
            continue
        kind = kind_of(node)
        if kind not in _REFERENCES or _named(drawing, kind, definitions_of(node)[0]):
            continue
        if tag_of(node) in _WAITING and kind in {"message", "signal"}:
            by_hand(drawing, node, "message-name", _UNNAMED, definitions_of(node)[0].get(_REFERENCES[kind]))
        elif tag_of(node) not in _WAITING:
            _name(drawing, node, kind)
        else:
            _forget_reference(drawing, node, kind)


def _forget_reference(drawing: Drawing, node: Any, kind: str) -> None:
    """Let an event catch every error where the one it names is not in the file."""
    definition, reference = definitions_of(node)[0], _REFERENCES[kind]
    old = definition.get(reference)
    message = N_("“%(name)s”要接住的“%(text)s”不在文件里，改为什么都接住。")
    if old and drawing.repair("reference", node, message, old=old, text=old):
        del definition.attrib[reference]


_UNNAMED = N_("没有写“%(name)s”等的是什么消息，改为由人触发。")


def _named(drawing: Drawing, kind: str, holder: Any) -> bool:
    wanted = holder.get(_REFERENCES[kind])
    found = [one for one in elements(drawing.root) if tag_of(one) == kind and one.get("id") == wanted]
    return bool(wanted and found and (label_of(found[0]) or found[0].get(f"{kind}Code")))


def _name(drawing: Drawing, node: Any, kind: str) -> None:
    message = N_("“%(name)s”没有写名称，用“%(given)s”作名称。")
    given = name_of(node)
    if drawing.repair("event-name", node, message, new=given, given=given):
        declared = drawing.declare(kind, given)
        definitions_of(node)[0].set(_REFERENCES[kind], declared)
        if kind in {"error", "escalation"}:
            found = next(one for one in elements(drawing.root) if one.get("id") == declared)
            found.set(f"{kind}Code", given)


def repair_event_gateways(drawing: Drawing) -> None:
    """Let only waiting events follow an event gateway, each for itself."""
    for node in [one for one in drawing.nodes() if tag_of(one) == "eventBasedGateway"]:
        flows = drawing.outgoing(node)
        targets = [drawing.node(flow.get("targetRef")) for flow in flows]
        waiting = [one for one in targets if tag_of(one) in {"intermediateCatchEvent", "receiveTask"}]
        if not waiting:
            message = N_("事件网关“%(name)s”后面没有等待的事件，改为排他网关。")
            if drawing.repair("event-gateway", node, message, old="eventBasedGateway", new="exclusiveGateway"):
                drawing.retag(node, "exclusiveGateway")
            continue
        for flow, target in zip(flows, targets, strict=True):
            if target not in waiting or len(drawing.incoming(target)) > 1:
                _wait_before(drawing, flow, target)


def _wait_before(drawing: Drawing, flow: Any, target: Any) -> None:
    message = N_("事件网关后面只能接等待的事件，在“%(name)s”前面加一个由人触发的事件。")
    if not drawing.repair("event-gateway", target, message, new="intermediateCatchEvent"):
        return
    waits = tag_of(target) in {"intermediateCatchEvent", "receiveTask"}
    scope = target.getparent()
    event = drawing.add_node(scope, "intermediateCatchEvent", near=target, name=name_of(target), before=True)
    drawing.redirect(flow, target=event)
    following = [drawing.node(one.get("targetRef")) for one in drawing.outgoing(target)] if waits else [target]
    for one in following:
        drawing.add_flow(scope, event, one)
    _offer(drawing, event)


def _offer(drawing: Drawing, event: Any) -> None:
    reference = drawing.declare("message", free_name(drawing, name_of(event)))
    append(event, event.makeelement(f"{{{BPMN}}}messageEventDefinition", messageRef=reference))
    drawing.set_own(event, "offer.to", "${starter}")


def repair_uncaught(drawing: Drawing) -> None:
    """End the case where an error would be caught by nobody."""
    for node in drawing.nodes():
        if (tag_of(node), kind_of(node)) != ("endEvent", "error") or _is_caught(drawing, node):
            continue
        message = N_("错误“%(name)s”没有边界事件接住，改为终止事件。")
        if drawing.repair("error-uncaught", node, message, old="error", new="terminate"):
            for one in definitions_of(node):
                node.remove(one)
            append(node, node.makeelement(f"{{{BPMN}}}terminateEventDefinition"))


def _is_caught(drawing: Drawing, node: Any) -> bool:
    code = _code_of(drawing, node)
    scope = node.getparent()
    while scope is not drawing.process:
        catching = [one for one in drawing.attached(scope) if kind_of(one) == "error"]
        if any(_code_of(drawing, one) in {None, code} for one in catching):
            return True
        scope = scope.getparent()
    return False


def _code_of(drawing: Drawing, event: Any) -> str | None:
    wanted: str | None = definitions_of(event)[0].get("errorRef")
    found = [one for one in elements(drawing.root) if tag_of(one) == "error" and one.get("id") == wanted]
    return str(found[0].get("errorCode") or found[0].get("name") or wanted) if found else wanted


RULES: tuple[Callable[[Drawing], None], ...] = (
    repair_blank,
    timers.repair_timers,
    repair_caught,
    repair_interrupting,
    repair_names,
    repair_event_gateways,
    repair_uncaught,
)
