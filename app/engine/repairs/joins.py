"""Joins that would wait for a token that never comes, and circles in which a token would never wait."""

from __future__ import annotations

from typing import Any

from lxml import etree

from app.engine.checks import check
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import tag_of
from app.i18n import N_

_RULES = frozenset({"join-never", "join-stuck"})
_MOST_TURNS = 5


def repair_joins(drawing: Drawing) -> None:
    """Let a join wait only for what is still on its way, where the checker found that it may wait in vain."""
    for _turn in range(_MOST_TURNS):
        found = [one for one in (drawing.node(id_) for id_ in sorted(_waiting_in_vain(drawing))) if _is_parallel(one)]
        done = [_repair(drawing, one) for one in found]
        if not any(done):
            return


def _waiting_in_vain(drawing: Drawing) -> set[str]:
    return {one.element for one in check(etree.tostring(drawing.root)) if one.rule in _RULES and one.element}


def repair_restless(drawing: Drawing) -> None:
    """Put a step into every circle that a token would run round without stopping."""
    for _turn in range(_MOST_TURNS):
        problems = check(etree.tostring(drawing.root))
        node = next((drawing.node(one.element) for one in problems if one.rule == "loop-endless"), None)
        if node is None:
            return
        message = N_("经过“%(name)s”的循环里没有要等的，加一步“继续”。")
        if drawing.repair("loop-endless", node, message, new="manualTask"):
            step = drawing.add_node(node.getparent(), "manualTask", near=node, name=N_("继续"), before=True)
            drawing.put_between(node, step)
            drawing.set_own(step, "name.en", "Go on")


def _is_parallel(node: Any) -> bool:
    return node is not None and tag_of(node) == "parallelGateway"


def _repair(drawing: Drawing, node: Any) -> bool:
    message = N_("“%(name)s”可能永远等不齐，改为包容网关：只等还会走到的线。")
    if not drawing.repair("join", node, message, old="parallelGateway", new="inclusiveGateway"):
        return False
    if len(drawing.outgoing(node)) > 1:
        drawing.put_between(node, drawing.add_node(node.getparent(), "inclusiveGateway", near=node, before=True))
    else:
        drawing.retag(node, "inclusiveGateway")
    return True
