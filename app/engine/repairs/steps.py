"""Steps that only another engine could do: a person does them here, and a note says what they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.engine.parts import read_script
from app.engine.repairs.drawing import Drawing
from app.engine.repairs.tree import VENDORS, child_text_of, children, elements, setting, tag_of
from app.expressions import ExpressionRefused
from app.i18n import N_

_DOING = (
    "class",
    "delegateExpression",
    "expression",
    "type",
    "topic",
    "resource",
    "decisionRef",
    "caseRef",
    "scriptFormat",
    "calledElement",
    "implementation",
    "operationRef",
    "resultVariable",
    "resultVariableName",
    "mapDecisionResult",
    "triggerable",
    "messageRef",
)
_INNER = frozenset({"script", "ioSpecification", "dataInputAssociation", "dataOutputAssociation"})
_WORDS = {
    "serviceTask": N_("服务任务"),
    "scriptTask": N_("脚本任务"),
    "sendTask": N_("发送任务"),
    "businessRuleTask": N_("决策任务"),
    "callActivity": N_("调用另一个流程"),
}
_SCRIPTS = frozenset({"", "juel", "guanjia"})
_MOST_OF_A_SCRIPT = 500


def repair_steps(drawing: Drawing) -> None:
    """Let a person do what no program of this house does."""
    for node in drawing.nodes():
        does = _DOES.get(tag_of(node))
        if does is None or does(drawing, node):
            continue
        tag, what = tag_of(node), _told(node)
        message = N_("这里没有程序做“%(name)s”（%(kind)s %(what)s），改为人工办理。")
        if drawing.repair("step-by-hand", node, message, old=tag, new="userTask", kind=_WORDS[tag], what=what):
            _by_hand(drawing, node, tag, what)


def _by_hand(drawing: Drawing, node: Any, tag: str, what: str) -> None:
    script = child_text_of(node, "script")[:_MOST_OF_A_SCRIPT]
    note = N_("原来是%(kind)s %(what)s，导入时改为人工办理。%(script)s")
    for name in _DOING:
        drawing.set_setting(node, name, None)
        node.attrib.pop(name, None)
    for one in [one for one in elements(node) if tag_of(one) in _INNER]:
        node.remove(one)
    for extension in children(node, "extensionElements"):
        for one in [one for one in elements(extension) if _is_mapping(one)]:
            extension.remove(one)
    drawing.retag(node, "userTask")
    drawing.describe(node, " ".join((note % {"kind": _WORDS[tag], "what": what, "script": script}).split()))


def _is_mapping(one: Any) -> bool:
    namespace, _, name = one.tag.rpartition("}")
    return namespace[1:] in VENDORS and name in {"inputOutput", "connector", "in", "out", "field"}


def _told(node: Any) -> str:
    """Return what the step would have done elsewhere, in its own words."""
    found = [(name, setting(node, name) or node.get(name) or "") for name in _DOING if name != "messageRef"]
    told = [f"{name}={text}" for name, text in found if text and not text.startswith("##")]
    return ", ".join(told)[:200]


def _external(drawing: Drawing, node: Any) -> bool:
    topic = setting(node, "topic")
    known = drawing.known.topics
    return setting(node, "type") == "external" and bool(topic) and (known is None or topic in known)


def _scripted(_drawing: Drawing, node: Any) -> bool:
    text = child_text_of(node, "script")
    if (node.get("scriptFormat") or "").strip().lower() not in _SCRIPTS or not text:
        return False
    try:
        read_script(text)
    except ExpressionRefused:
        return False
    return True


def _sends(drawing: Drawing, node: Any) -> bool:
    if _external(drawing, node):
        return True
    wanted = node.get("messageRef")
    named = [one for one in elements(drawing.root) if tag_of(one) == "message" and one.get("id") == wanted]
    does = any(setting(node, name) for name in ("class", "delegateExpression", "expression", "type"))
    return bool(wanted and named and named[0].get("name")) and not does


def _decides(drawing: Drawing, node: Any) -> bool:
    return _external(drawing, node) or setting(node, "decisionRef") in drawing.known.decisions


def _calls(drawing: Drawing, node: Any) -> bool:
    return (node.get("calledElement") or "") in drawing.known.processes


_DOES: dict[str, Callable[[Drawing, Any], bool]] = {
    "serviceTask": _external,
    "scriptTask": _scripted,
    "sendTask": _sends,
    "businessRuleTask": _decides,
    "callActivity": _calls,
}


RULES: tuple[Callable[[Drawing], None], ...] = (repair_steps,)
