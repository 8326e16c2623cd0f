"""Whether every node lies on a way from the beginning to an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import ACTIVITIES, tag_of
from app.i18n import N_


def repair_dead_ends(drawing: Drawing) -> None:
    """Let every way end at an end event."""
    for node in drawing.nodes():
        if tag_of(node) == "endEvent" or drawing.outgoing(node) or node.get("triggeredByEvent") == "true":
            continue
        message = N_("走到“%(name)s”就断了，补一个结束事件。")
        if drawing.repair("dead-end", node, message, new="endEvent"):
            end = drawing.add_node(node.getparent(), "endEvent", near=node)
            drawing.add_flow(node.getparent(), node, end)


def repair_unreachable(drawing: Drawing) -> None:
    """Remove what no case can ever reach."""
    for scope in drawing.scopes():
        if scope.getparent() is None:
            continue
        nodes = drawing.nodes(scope)
        reached = _reached(drawing, [one for one in nodes if tag_of(one) == "startEvent"])
        for node in nodes:
            if node.get("id") in reached or node.getparent() is None or tag_of(node) == "boundaryEvent":
                continue
            message = N_("从开始事件走不到“%(name)s”，去掉它。")
            if drawing.repair("orphan", node, message, old=tag_of(node)):
                drawing.remove_node(node)


def _reached(drawing: Drawing, start: list[Any]) -> set[str]:
    seen: set[str] = set()
    known = {one.get("id"): one for one in drawing.nodes()}
    stack = list(start)
    while stack:
        node = stack.pop()
        if node.get("id") in seen:
            continue
        seen.add(node.get("id"))
        following = [known.get(flow.get("targetRef")) for flow in drawing.outgoing(node)]
        stack += [one for one in (*following, *drawing.attached(node)) if one is not None]
    return seen


def repair_endless(drawing: Drawing) -> None:
    """Give every circle a way out."""
    for scope in drawing.scopes():
        turned: set[str] = set()
        while (node := _turning(drawing, scope, turned)) is not None:
            turned.add(node.get("id"))
            message = N_("从“%(name)s”走不到结束，在它后面加一条结束的路，由人选择。")
            if drawing.repair("end-unreachable", node, message, new="exclusiveGateway"):
                _add_way_out(drawing, scope, node)


def _turning(drawing: Drawing, scope: Any, turned: set[str]) -> Any:
    """Return a node of a circle without a way out, a step where there is one; None when every node can end."""
    nodes = drawing.nodes(scope)
    ending = _ending(drawing, nodes)
    lost = [one for one in nodes if one.get("id") not in ending | turned and len(drawing.outgoing(one)) == 1]
    circling = [one for one in lost if one.get("id") in _reached(drawing, _following(drawing, one))]
    steps = [one for one in circling if tag_of(one) in ACTIVITIES]
    return next(reversed(steps or circling), None)


def _following(drawing: Drawing, node: Any) -> list[Any]:
    found = (drawing.node(flow.get("targetRef")) for flow in drawing.outgoing(node))
    return [one for one in found if one is not None]


def _add_way_out(drawing: Drawing, scope: Any, node: Any) -> None:
    gateway = drawing.add_node(scope, "exclusiveGateway", near=node, name=N_("继续还是结束"))
    drawing.redirect(drawing.outgoing(node)[0], source=gateway)
    drawing.add_flow(scope, node, gateway)
    drawing.add_flow(scope, gateway, drawing.add_node(scope, "endEvent", near=gateway, name=N_("结束")))


def _ending(drawing: Drawing, nodes: list[Any]) -> set[str]:
    """Return the ids of the nodes from which an end can be reached."""
    seen: set[str] = set()
    stack = [one.get("id") for one in nodes if tag_of(one) == "endEvent"]
    while stack:
        one = stack.pop()
        if one not in seen:
            seen.add(one)
            node = drawing.node(one)
            stack += [flow.get("sourceRef") for flow in drawing.incoming(node)] if node is not None else []
    return seen


RULES: tuple[Callable[[Drawing], None], ...] = (repair_unreachable, repair_dead_ends, repair_endless)
