"""Who does a step, with which form, by when."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.engine.durations import NoTimeError, parse_duration
from app.engine.parts import read_text
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.texts import readable
from app.engine.repairs.tree import HUMAN, children, setting, tag_of
from app.expressions import ExpressionRefused
from app.i18n import N_

PEOPLE = ("assignee", "candidateUsers", "candidateGroups")
STARTER = "${starter}"
_INITIATOR = "initiator"


def repair_people(drawing: Drawing) -> None:
    """Let every human step have somebody."""
    initiators = {_INITIATOR, *(setting(one, _INITIATOR) for one in drawing.nodes())} - {""}
    lanes = _lanes(drawing)
    first = _first_steps(drawing)
    for node in drawing.nodes():
        if tag_of(node) not in HUMAN:
            _repair_ownerless(drawing, node)
            continue
        for name in PEOPLE:
            _repair_owner(drawing, node, name, initiators)
        _repair_roles(drawing, node)
        if not any(setting(node, name) for name in PEOPLE):
            lane = None if node.get("id") in first else lanes.get(node.get("id"))
            _add_owner(drawing, node, lane)


def _repair_ownerless(drawing: Drawing, node: Any) -> None:
    """Take away who handles a node that nobody handles."""
    for name in PEOPLE:
        old = setting(node, name)
        message = N_("“%(name)s”不是人办理的，去掉办理人“%(text)s”。")
        if old and drawing.repair(f"owner-{name}", node, message, old=old, text=old):
            drawing.set_setting(node, name, None)


def _repair_owner(drawing: Drawing, node: Any, name: str, initiators: set[str]) -> None:
    old = setting(node, name)
    if not old:
        return
    new = STARTER if old.strip("#${} ") in initiators and old.endswith("}") else _told(old)
    if new == old:
        return
    values = {"text": old, "told": new or ""}
    message = (
        N_("“%(name)s”的办理人“%(text)s”改写为 %(told)s。")
        if new
        else N_("“%(name)s”的办理人“%(text)s”这里读不了，去掉它。")
    )
    if drawing.repair(f"owner-{name}", node, message, old=old, new=new, **values):
        drawing.set_setting(node, name, new)


def _told(text: str) -> str | None:
    """Return who is meant in words this engine reads; None when it cannot be said."""
    try:
        read_text(text)
    except ExpressionRefused:
        return readable(text)
    return readable(text) if "{" in text else text


def _repair_roles(drawing: Drawing, node: Any) -> None:
    """Write the roles of this house by their codes and leave out those it does not have."""
    old, roles = setting(node, "candidateGroups"), drawing.known.roles
    if roles is None or not old or "{" in old:
        return
    new = ",".join(roles[one] for one in (part.strip() for part in old.split(",")) if one in roles)
    values = {"text": old, "told": new}
    message = (
        N_("“%(name)s”的角色“%(text)s”改写为 %(told)s。")
        if new
        else N_("“%(name)s”的角色“%(text)s”这里没有，去掉它。")
    )
    if new != old and drawing.repair("role-unknown", node, message, old=old, new=new or None, **values):
        drawing.set_setting(node, "candidateGroups", new or None)


def forget_owner(drawing: Drawing, node: Any, name: str) -> None:
    """Take away an owner that nobody names, and let the lane or whoever began the case do the step."""
    for one in PEOPLE:
        old = setting(node, one)
        message = N_("没有哪一步写入“%(name)s”的办理人“%(text)s”，去掉它。")
        if name in old and drawing.repair(f"owner-{one}", node, message, old=old, text=old):
            drawing.set_setting(node, one, None)
    if not any(setting(node, one) for one in PEOPLE):
        _add_owner(drawing, node, _lanes(drawing).get(node.get("id")))


def _add_owner(drawing: Drawing, node: Any, lane: str | None) -> None:
    roles = drawing.known.roles
    role = lane if roles is None else roles.get(lane or "")
    name, text = ("candidateGroups", role) if role else ("assignee", STARTER)
    message = N_("“%(name)s”没有写由谁办理，由发起人办理。")
    if role:
        message = N_("“%(name)s”没有写由谁办理，由泳道“%(lane)s”的角色办理。")
    elif lane:
        message = N_("“%(name)s”没有写由谁办理，泳道“%(lane)s”不是这里的角色，由发起人办理。")
    if drawing.repair("assignee-missing", node, message, new=text, lane=lane or ""):
        drawing.set_setting(node, name, text)


def _lanes(drawing: Drawing) -> dict[str, str]:
    """Return the name of the innermost named lane each node lies in."""
    found: dict[str, str] = {}
    for lane in [one for one in drawing.process.iter() if tag_of(one) == "lane"]:
        name = re.sub(r"[,$#{}]+", " ", lane.get("name") or "").strip()
        for reference in children(lane, "flowNodeRef"):
            if name:
                found[(reference.text or "").strip()] = " ".join(name.split())
    return found


def _first_steps(drawing: Drawing) -> set[str]:
    """Return the human steps that a case meets first."""
    known = {one.get("id"): one for one in drawing.nodes()}
    stack = [one for one in drawing.nodes(drawing.process) if tag_of(one) == "startEvent"]
    found: set[str] = set()
    seen: set[str] = set()
    while stack:
        node = stack.pop()
        if node.get("id") in seen:
            continue
        seen.add(node.get("id"))
        if tag_of(node) in HUMAN:
            found.add(node.get("id"))
            continue
        stack += [known[flow.get("targetRef")] for flow in drawing.outgoing(node) if flow.get("targetRef") in known]
    return found


def repair_forms(drawing: Drawing) -> None:
    """Leave out forms that this house does not have."""
    for node in drawing.nodes():
        key = setting(node, "formRef") or setting(node, "formKey")
        if not key or key.rsplit(":", 1)[-1].removesuffix(".form") in drawing.known.forms:
            continue
        message = N_("“%(name)s”的表单“%(form)s”不在这里，去掉它。")
        if drawing.repair("form-unknown", node, message, old=key, form=key):
            for name in ("formRef", "formKey", "formRefBinding", "formRefVersion"):
                drawing.set_setting(node, name, None)


def repair_limits(drawing: Drawing) -> None:
    """Take over due dates as limits."""
    for node in [one for one in drawing.nodes() if tag_of(one) in HUMAN]:
        old = setting(node, "dueDate")
        if not old or drawing.own(node, "limit"):
            continue
        if _is_duration(old):
            message = N_("“%(name)s”的期限 %(text)s 改写为办理时限。")
            if drawing.repair("limit", node, message, old=old, new=old, text=old):
                drawing.set_setting(node, "dueDate", None)
                drawing.set_own(node, "limit", old)
                drawing.set_own(node, "limit.clock", "calendar")
        elif drawing.repair("limit", node, N_("“%(name)s”的期限“%(text)s”这里读不了，去掉它。"), old=old, text=old):
            drawing.set_setting(node, "dueDate", None)


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except NoTimeError:
        return False
    return True


RULES: tuple[Callable[[Drawing], None], ...] = (repair_people, repair_forms, repair_limits)
