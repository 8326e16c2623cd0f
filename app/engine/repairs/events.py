"""What events wait for: a time that can be read, a message with a name, else a person who says that it happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.engine.diagram import Event, TimerKind
from app.engine.parts import read_timer
from app.engine.repairs.drawing import (
    Drawing,
    append,
    children,
    definitions_of,
    elements,
    kind_of,
    label_of,
    name_of,
    tag_of,
)
from app.engine.repairs.texts import readable
from app.engine.xml import BPMN
from app.expressions import ExpressionRefused
from app.i18n import N_

_WAITING = frozenset({"intermediateCatchEvent", "boundaryEvent"})
_SIGNS: dict[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_TAGS = {kind: tag for tag, kind in _SIGNS.items()}
_CATCHING: dict[str, frozenset[str]] = {
    "intermediateCatchEvent": frozenset({"timer", "message", "signal", "link"}),
    "boundaryEvent": frozenset({"timer", "message", "signal", "error", "escalation"}),
}
_FAILING: dict[str, frozenset[str]] = {
    "error": frozenset({"subProcess", "callActivity", "serviceTask"}),
    "escalation": frozenset({"subProcess", "callActivity"}),
}
_REFERENCES = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}
_UNITS = {
    "S": ("s", "sec", "second", "秒", "sekunde"),
    "M": ("min", "minute", "分钟", "分"),
    "H": ("h", "hour", "小时", "stunde", "heure", "hora"),
    "D": ("d", "day", "天", "日", "tag", "jour", "dia"),
    "W": ("w", "week", "周", "星期", "woche", "semaine", "semana"),
    "MO": ("month", "个月", "monat", "mois"),
    "Y": ("y", "year", "年", "jahr"),
}
_ENDINGS = ("", "s", "n", "en", "e")
_LENGTHS = {word + end: unit for unit, words in _UNITS.items() for word in words for end in _ENDINGS}
_WORDS = re.compile(r"(\d{1,4})\s*([^\W\d_]+)")
_CRON = re.compile(r"0 (?:0/(\d+) (?:\*|0/1)|0 (?:0/(\d+)|\*)) (?:\*|1/1) \* \?(?: \*)?")


def repair_blank(drawing: Drawing) -> None:
    """Let an intermediate event that waits for nothing pass."""
    for node in drawing.nodes():
        message = N_("中间事件“%(name)s”没有写等什么，改为不等待。")
        if (tag_of(node), kind_of(node)) == ("intermediateCatchEvent", "none") and drawing.repair(
            "event-blank", node, message, old="intermediateCatchEvent", new="intermediateThrowEvent"
        ):
            drawing.retag(node, "intermediateThrowEvent")


def repair_timers(drawing: Drawing) -> None:
    """Write times as this engine reads them; where there is none, a person says when."""
    for node in drawing.nodes():
        if tag_of(node) in _WAITING and kind_of(node) == "timer":
            _repair_timer(drawing, node)


def _repair_timer(drawing: Drawing, node: Any) -> None:
    definition = definitions_of(node)[0]
    kind, text = _time_of(definition)
    once = tag_of(node) == "intermediateCatchEvent" or node.get("cancelActivity", "true") != "false"
    if _reads(kind, text) and not (kind == "cycle" and once):
        return
    found = _rewritten(kind, text, once=once) or (not text and _in_words(label_of(node), once=once)) or None
    if found is None:
        message = N_("“%(name)s”没有能用的时间，改为由人触发。")
        by_hand(drawing, node, "timer", message, text or "")
        return
    message = N_("“%(name)s”的时间改写为 %(time)s。")
    if drawing.repair("timer", node, message, old=text, new=found[1], time=found[1]):
        _write_time(definition, *found)


def _time_of(definition: Any) -> tuple[TimerKind | None, str | None]:
    for one in elements(definition):
        if tag_of(one) in _SIGNS:
            return _SIGNS[tag_of(one)], str(one.xpath("string()")).strip() or None
    return None, None


def _reads(kind: TimerKind | None, text: str | None) -> bool:
    try:
        read_timer(Event("timer", timer=kind, text=text))
    except (ExpressionRefused, ValueError, OverflowError):
        return False
    return True


def _rewritten(kind: TimerKind | None, text: str | None, *, once: bool) -> tuple[TimerKind, str] | None:
    """Return another way to write a time; `once` asks for no repetition."""
    text = (text or "").strip().strip("'\"").strip()
    if not text or kind is None:
        return None
    tries: list[tuple[TimerKind, str]] = [(kind, text), ("duration", text), ("date", text), ("cycle", text)]
    if told := readable(text):
        tries.append((kind, told))
    if cron := _CRON.fullmatch(text):
        tries.append(("cycle", f"R/PT{cron[1]}M" if cron[1] else f"R/PT{cron[2] or 1}H"))
    for one, time in tries:
        if not _reads(one, time):
            continue
        if one != "cycle" or not once:
            return one, time
        if "${" not in time:
            return "duration", time.rsplit("/", 1)[-1]
    return _in_words(text, once=True)


def _in_words(text: str, *, once: bool) -> tuple[TimerKind, str] | None:
    """Read a time as people write it beside a clock: `2 days`, `3天`."""
    for number, word in _WORDS.findall(text):
        unit = _LENGTHS.get(word.lower())
        if unit and int(number):
            span = f"PT{number}{unit}" if unit in {"S", "M", "H"} else f"P{number}{unit[0]}"
            return ("duration", span) if once else ("cycle", f"R1/{span}")
    return None


def _write_time(definition: Any, kind: TimerKind, text: str) -> None:
    old = children(definition, *_SIGNS)
    written = old[0] if old else definition.makeelement(f"{{{BPMN}}}{_TAGS[kind]}")
    for one in old[1:]:
        definition.remove(one)
    for child in list(written):
        written.remove(child)
    written.tag, written.text = f"{{{BPMN}}}{_TAGS[kind]}", text
    if not old:
        definition.insert(0, written)


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


def by_hand(drawing: Drawing, node: Any, rule: str, message: str, old: str | None, **values: Any) -> None:
    """Let an event wait for a message that whoever began the case may send."""
    name = _free_name(drawing, name_of(node))
    if not drawing.repair(rule, node, message, old=old, new=name, **values):
        return
    reference = drawing.declare("message", name)
    if tag_of(node) == "receiveTask":
        node.set("messageRef", reference)
    else:
        for one in definitions_of(node):
            node.remove(one)
        append(node, node.makeelement(f"{{{BPMN}}}messageEventDefinition", messageRef=reference))
    drawing.set_own(node, "offer.to", "${starter}")


def _free_name(drawing: Drawing, name: str) -> str:
    taken = {label_of(one) for one in elements(drawing.root) if tag_of(one) in {"message", "signal"}}
    return next(one for one in (name, *(f"{name} {n}" for n in range(2, 1000))) if one not in taken)


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
    reference = drawing.declare("message", _free_name(drawing, name_of(event)))
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
    repair_timers,
    repair_caught,
    repair_interrupting,
    repair_names,
    repair_event_gateways,
    repair_uncaught,
)
