"""Where lines lead, where it begins and where it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import ACTIVITIES, children, definitions_of, kind_of, label_of, name_of, tag_of
from app.i18n import N_


def repair_flow_ends(drawing: Drawing) -> None:
    """Remove lines that hang in the air and let none cross the border of a sub-process."""
    known = {one.get("id"): one for one in drawing.nodes()}
    for flow in drawing.flows():
        source, target = known.get(flow.get("sourceRef")), known.get(flow.get("targetRef"))
        if source is None or target is None:
            missing = flow.get("targetRef") if target is None else flow.get("sourceRef")
            message = N_("连线的一头没有连着图形，去掉这条连线。")
            if drawing.repair("flow-end", flow, message, old=missing or ""):
                drawing.remove_flow(flow)
        else:
            _repair_scope(drawing, flow, source, target)


def _repair_scope(drawing: Drawing, flow: Any, source: Any, target: Any) -> None:
    """Lift both ends of a line into the scope they share."""
    shared = next(one for one in _around(source) if one in list(_around(target)))
    lifted = [_lift(one, shared) for one in (source, target)]
    if lifted == [source, target] and flow.getparent() is shared:
        return
    if not drawing.repair("flow-scope", flow, N_("连线穿过了子流程的边，改为连到子流程本身。")):
        return
    if lifted[0] is lifted[1]:
        drawing.remove_flow(flow)
        return
    flow.getparent().remove(flow)
    shared.append(flow)
    drawing.redirect(flow, source=lifted[0], target=lifted[1])


def _around(node: Any) -> Iterator[Any]:
    one = node.getparent()
    while one is not None:
        yield one
        one = one.getparent()


def _lift(node: Any, scope: Any) -> Any:
    while node.getparent() is not scope:
        node = node.getparent()
    return node


def repair_boundaries(drawing: Drawing) -> None:
    """Let every boundary event sit on a step, with no line leading to it."""
    for event in [one for one in drawing.nodes() if tag_of(one) == "boundaryEvent"]:
        if event.getparent() is None:
            continue
        host = drawing.node(event.get("attachedToRef"))
        sits = host is not None and host.getparent() is event.getparent() and tag_of(host) in ACTIVITIES
        if not sits and drawing.repair("boundary", event, N_("边界事件没有贴在步骤上，去掉它。")):
            drawing.remove_node(event)
            continue
        for flow in drawing.incoming(event):
            if drawing.repair("start-incoming", flow, N_("不能有连线进入边界事件，去掉这条连线。")):
                drawing.remove_flow(flow)


def repair_starts_and_ends(drawing: Drawing) -> None:
    """Let no line lead to a start event or leave an end event."""
    for node in drawing.nodes():
        if tag_of(node) == "startEvent" and drawing.incoming(node):
            _repair_entered_start(drawing, node)
        elif tag_of(node) == "endEvent" and drawing.outgoing(node):
            message = N_("结束事件后面还有连线，改为中间事件。")
            if drawing.repair("end-outgoing", node, message, old="endEvent", new="intermediateThrowEvent"):
                drawing.retag(node, "intermediateThrowEvent")
                _forget_definitions(node, {"terminate", "error", "cancel"})


def _repair_entered_start(drawing: Drawing, node: Any) -> None:
    message = N_("有连线回到开始事件，在它前面另画一个开始事件。")
    if drawing.repair("start-incoming", node, message, old="startEvent", new="intermediateThrowEvent"):
        start = drawing.add_node(node.getparent(), "startEvent", near=node, before=True)
        drawing.retag(node, "intermediateThrowEvent")
        _forget_definitions(node, {kind_of(node)})
        drawing.add_flow(node.getparent(), start, node)


def _forget_definitions(event: Any, kinds: set[str]) -> None:
    for one in definitions_of(event):
        if tag_of(one).removesuffix("EventDefinition") in kinds:
            event.remove(one)


def repair_starts(drawing: Drawing) -> None:
    """Let every scope begin somewhere."""
    for scope in drawing.scopes():
        nodes = drawing.nodes(scope)
        starts = [one for one in nodes if tag_of(one) == "startEvent"]
        roots = [one for one in nodes if _is_root(drawing, one)]
        if not starts and nodes:
            _add_start(drawing, scope, roots or nodes[:1])
        for start in starts:
            if not drawing.outgoing(start) and roots and len(starts) == 1:
                _join_start(drawing, start, roots)


def _is_root(drawing: Drawing, node: Any) -> bool:
    if tag_of(node) in {"startEvent", "boundaryEvent"} or node.get("isForCompensation") == "true":
        return False
    if node.get("triggeredByEvent") == "true" or (kind_of(node) == "link" and "Catch" in tag_of(node)):
        return False
    return not drawing.incoming(node)


def _add_start(drawing: Drawing, scope: Any, roots: list[Any]) -> None:
    names = "、".join(name_of(one) for one in roots)
    message = N_("“%(name)s”里没有开始事件，补一个，连到 %(nodes)s。")
    if drawing.repair("start-missing", scope, message, new="startEvent", nodes=names):
        start = drawing.add_node(scope, "startEvent", near=roots[0], before=True)
        _lead(drawing, start, roots)


def _join_start(drawing: Drawing, start: Any, roots: list[Any]) -> None:
    message = N_("开始事件没有连到任何步骤，连到 %(nodes)s。")
    if drawing.repair("start-loose", start, message, nodes="、".join(name_of(one) for one in roots)):
        _lead(drawing, start, roots)


def _lead(drawing: Drawing, start: Any, roots: list[Any]) -> None:
    scope, source = start.getparent(), start
    if len(roots) > 1:
        source = drawing.add_node(scope, "parallelGateway", near=start)
        drawing.add_flow(scope, start, source)
    for one in roots:
        drawing.add_flow(scope, source, one)


def repair_several_starts(drawing: Drawing) -> None:
    """Let a case begin at one place; where several were drawn, a person chooses."""
    for scope in drawing.scopes():
        starts = [one for one in drawing.nodes(scope) if tag_of(one) == "startEvent"]
        plain = [one for one in starts if kind_of(one) == "none"]
        if len(starts) < 2 or len(plain) == 1:  # noqa: PLR2004 - one plain start is where a case begins
            continue
        names = "、".join(name_of(one) for one in starts)
        message = N_("“%(name)s”有几个开始事件，另画一个开始，由人选择从哪里走：%(nodes)s。")
        if drawing.repair("start-several", scope, message, old=str(len(starts)), new="1", nodes=names):
            _begin_together(drawing, scope, starts)


def _begin_together(drawing: Drawing, scope: Any, starts: list[Any]) -> None:
    name = N_("从哪里开始")
    gateway = drawing.add_node(scope, "exclusiveGateway", near=starts[0], name=name, before=True)
    begin = drawing.add_node(scope, "startEvent", near=gateway, before=True)
    drawing.add_flow(scope, begin, gateway)
    for one in starts:
        drawing.retag(one, "intermediateThrowEvent")
        _forget_definitions(one, {kind_of(one)})
        drawing.add_flow(scope, gateway, one)


def repair_links(drawing: Drawing) -> None:
    """Join link events by drawing the line they stand for."""
    for scope in drawing.scopes():
        events = [one for one in drawing.nodes(scope) if kind_of(one) == "link"]
        catching = {_link_name(one): one for one in events if tag_of(one) == "intermediateCatchEvent"}
        for throw in [one for one in events if tag_of(one) == "intermediateThrowEvent"]:
            catch = catching.get(_link_name(throw))
            if catch is None:
                message = N_("找不到链接事件“%(name)s”要去的地方，改为结束事件。")
                if drawing.repair("link", throw, message, old="link", new="endEvent"):
                    drawing.retag(throw, "endEvent")
                    _forget_definitions(throw, {"link"})
            elif drawing.repair("link", throw, N_("链接事件“%(name)s”改为直接连线。"), old="link"):
                _forget_definitions(throw, {"link"})
                drawing.add_flow(scope, throw, catch)
        for catch in catching.values():
            if drawing.incoming(catch):
                drawing.retag(catch, "intermediateThrowEvent")
                _forget_definitions(catch, {"link"})


def _link_name(event: Any) -> str:
    return " ".join((definitions_of(event)[0].get("name") or "").split()) or label_of(event)


def repair_empty(drawing: Drawing) -> None:
    """Make a step of a sub-process that was never drawn."""
    for scope in drawing.scopes()[1:]:
        if drawing.nodes(scope) or scope.getparent() is None:
            continue
        message = N_("子流程“%(name)s”是空的，改为人工办理。")
        if drawing.repair("sub-process-empty", scope, message, old=tag_of(scope), new="userTask"):
            drawing.empty(scope)
            for one in children(scope, "laneSet"):
                scope.remove(one)
            drawing.retag(scope, "userTask")
            drawing.describe(scope, N_("原来是没有画出来的子流程，导入时改为人工办理。"))


RULES: tuple[Callable[[Drawing], None], ...] = (
    repair_flow_ends,
    repair_boundaries,
    repair_links,
    repair_empty,
    repair_starts_and_ends,
    repair_starts,
    repair_several_starts,
)
