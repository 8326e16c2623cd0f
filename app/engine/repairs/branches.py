"""Which way it goes: conditions in our words, else whoever completes the step before chooses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.engine.repairs.drawing import Drawing
from app.engine.repairs.texts import exclude, names_in, readable
from app.engine.repairs.tree import ACTIVITIES, HUMAN, children, condition_of, elements, label_of, name_of, tag_of
from app.engine.xml import BPMN
from app.i18n import N_

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
_REPEATING = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
_LONGEST = 40
_PAIR = 2
_BRACES = re.compile(r"[$#]\{([^{}]*)\}")
_ALL = "all"


def repair_conditions(drawing: Drawing) -> None:
    """Take away conditions where they mean nothing, and give those on other lines a gateway."""
    for node in drawing.nodes():
        flows = drawing.outgoing(node)
        asked = [flow for flow in flows if condition_of(flow) and flow.get("id") != node.get("default")]
        chooses = len(flows) > 1 and tag_of(node) in CHOOSING | ACTIVITIES
        for flow in flows:
            if condition_of(flow) and not (chooses and flow in asked):
                _ignore(drawing, flow)
        if chooses and tag_of(node) in ACTIVITIES:
            _repair_split(drawing, node, asked)


def _repair_split(drawing: Drawing, node: Any, asked: list[Any]) -> None:
    if any(_told(flow) is None for flow in asked):
        _make_gateway(drawing, node)
        return
    for flow in asked:
        _rewrite(drawing, flow)


def _ignore(drawing: Drawing, flow: Any) -> None:
    message = N_("这条连线上的条件不起作用，去掉它。")
    if drawing.repair("condition-ignored", flow, message, old=condition_of(flow)):
        _write_condition(flow, None)


def _make_gateway(drawing: Drawing, node: Any) -> None:
    message = N_("“%(name)s”后面有几条带条件的连线，画出一个包容网关。")
    if not drawing.repair("split-explicit", node, message, new="inclusiveGateway"):
        return
    flows = drawing.outgoing(node)
    gateway = drawing.add_node(node.getparent(), "inclusiveGateway", near=node)
    if default := node.attrib.pop("default", None):
        gateway.set("default", default)
    for flow in flows:
        drawing.redirect(flow, source=gateway)
    drawing.add_flow(node.getparent(), node, gateway)


def repair_choices(drawing: Drawing) -> None:
    """Let every gateway with several ways out know which one to take."""
    for node in drawing.nodes():
        flows = drawing.outgoing(node)
        _repair_default(drawing, node, flows)
        if len(flows) > 1 and tag_of(node) in CHOOSING:
            _repair_choice(drawing, node, flows)


def _repair_default(drawing: Drawing, node: Any, flows: list[Any]) -> None:
    default = node.get("default")
    wrong = default is not None and default not in {flow.get("id") for flow in flows}
    message = N_("“%(name)s”的默认分支不是从这里出去的连线，去掉这个设置。")
    if wrong and drawing.repair("default-wrong", node, message, old=default):
        del node.attrib["default"]


def _repair_choice(drawing: Drawing, node: Any, flows: list[Any]) -> None:
    open_ways = [flow for flow in flows if flow.get("id") != node.get("default")]
    unsaid = [flow for flow in open_ways if not condition_of(flow)]
    unread = [flow for flow in open_ways if condition_of(flow) and _told(flow) is None]
    if unread or len(unsaid) > 1 or (unsaid and (node.get("default") or len(unsaid) == len(open_ways))):
        let_choose(drawing, node, flows)
        return
    for flow in open_ways:
        _rewrite(drawing, flow)
    if not node.get("default") and not _covers(flows):
        _set_default(drawing, node, (unsaid or flows)[-1])


def _covers(flows: list[Any]) -> bool:
    """Whether one of the branches is always taken: a person chooses it, or the two exclude each other."""
    texts = [condition_of(flow) for flow in flows]
    return all(_is_chosen(flow) for flow in flows) or (len(texts) == _PAIR and exclude(*texts))


def _is_chosen(flow: Any) -> bool:
    """Whether a person decides about a branch, and nothing else."""
    return names_in(condition_of(flow)) == {"decision"}


def _told(flow: Any) -> str | None:
    found = children(flow, "conditionExpression")
    language = found[0].get("language", "") if found else ""
    return readable(condition_of(flow), language) if condition_of(flow) else None


def _rewrite(drawing: Drawing, flow: Any) -> None:
    old, new = condition_of(flow), _told(flow)
    message = N_("条件“%(text)s”改写为 %(told)s。")
    if new and new != old and drawing.repair("condition", flow, message, old=old, new=new, text=old, told=new):
        _write_condition(flow, new)


def _set_default(drawing: Drawing, node: Any, flow: Any) -> None:
    message = N_("“%(name)s”没有默认分支，条件都不成立时走“%(branch)s”。")
    told = {"old": condition_of(flow) or None, "new": flow.get("id"), "branch": _label(drawing, flow)}
    if drawing.repair("default-missing", node, message, **told):
        node.set("default", flow.get("id"))
        _write_condition(flow, None)


def let_choose(drawing: Drawing, node: Any, flows: list[Any]) -> None:
    """Offer the branches as the actions of the step before the gateway, or of a new one."""
    chooser = _step_before(drawing, node)
    labels = _labels(drawing, flows)
    values = {"branches": "、".join(labels), "step": name_of(chooser) if chooser is not None else ""}
    old = "; ".join(condition_of(flow) for flow in flows if condition_of(flow)) or None
    message = (
        N_("“%(name)s”的分支没有能用的条件，加一步由人选择：%(branches)s。")
        if chooser is None
        else N_("“%(name)s”的分支没有能用的条件，由办理“%(step)s”的人选择：%(branches)s。")
    )
    if not drawing.repair("branch-chosen", node, message, old=old, **values):
        return
    if chooser is None:
        asked = N_("选择：%(name)s") % {"name": label_of(node)} if label_of(node) else N_("选择下一步")
        chooser = drawing.add_node(node.getparent(), "manualTask", near=node, name=asked, before=True)
        drawing.put_between(node, chooser)
        drawing.set_own(chooser, "name.en", f"Choose: {label_of(node)}" if label_of(node) else "Choose what is next")
    _offer(drawing, node, chooser, flows, labels)


def _offer(drawing: Drawing, node: Any, chooser: Any, flows: list[Any], labels: list[str]) -> None:
    codes = [f"branch_{number}" for number in range(1, len(flows) + 1)]
    inclusive = tag_of(node) == "inclusiveGateway"
    actions = list(zip(codes, labels, strict=True))
    if inclusive:
        actions.append((_ALL, N_("以上各项")))
        node.attrib.pop("default", None)
    elif not node.get("default"):
        node.set("default", flows[-1].get("id"))
    texts = [f"{code}:{label}:{label}:{'normal' if at else 'primary'}" for at, (code, label) in enumerate(actions)]
    drawing.set_own(chooser, "actions", "|".join(texts))
    for code, flow in zip(codes, flows, strict=True):
        more = f" || decision == '{_ALL}'" if inclusive else ""
        default = flow.get("id") == node.get("default")
        _write_condition(flow, None if default else "${decision == '" + code + "'" + more + "}")


def _step_before(drawing: Drawing, node: Any) -> Any:
    """Return the human step whose only way leads straight to the gateway; None when there is none."""
    flows = drawing.incoming(node)
    source = drawing.node(flows[0].get("sourceRef")) if len(flows) == 1 else None
    if source is None or tag_of(source) not in HUMAN or children(source, *_REPEATING):
        return None
    alone = len(drawing.outgoing(source)) == 1 and not condition_of(flows[0])
    return source if alone and not drawing.own(source, "actions") else None


def _labels(drawing: Drawing, flows: list[Any]) -> list[str]:
    found: list[str] = []
    for number, flow in enumerate(flows, 1):
        label, target = _label(drawing, flow), _clean(name_of(drawing.node(flow.get("targetRef"))))
        if label in found and label != target:
            label = f"{label}（{target}）"
        found.append(label if label not in found else f"{label} {number}")
    return found


def _label(drawing: Drawing, flow: Any) -> str:
    target = drawing.node(flow.get("targetRef"))
    return _clean(label_of(flow) or condition_of(flow) or label_of(target) or flow.get("id"))


def _clean(text: str) -> str:
    """Return a label without the signs that separate actions."""
    plain = _BRACES.sub(r"\1", text).replace("|", "/").replace(":", "：").replace("{", "(").replace("}", ")")
    short = " ".join(plain.split())
    return short if len(short) <= _LONGEST else short[: _LONGEST - 1] + "…"


def _write_condition(flow: Any, text: str | None) -> None:
    for one in children(flow, "conditionExpression"):
        flow.remove(one)
    if text is not None:
        condition = flow.makeelement(f"{{{BPMN}}}conditionExpression")
        condition.text = text
        condition.tail = flow.text if list(elements(flow)) else None
        flow.append(condition)


RULES: tuple[Callable[[Drawing], None], ...] = (repair_conditions, repair_choices)
