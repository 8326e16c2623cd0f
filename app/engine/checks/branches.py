"""The ways out of gateways."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.coverage import ROWS
from app.engine.diagram import Element, Line
from app.engine.port import Problem
from app.i18n import N_

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
ALWAYS = frozenset({"parallelGateway", "eventBasedGateway"})
WAITING = frozenset({"intermediateCatchEvent", "receiveTask"})


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    yield from _branches(subject)
    yield from _event_gateways(subject)


def _branches(subject: Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for one in diagram.elements.values():
        outgoing = diagram.outgoing[one.id]
        if one.default and one.default not in {flow.id for flow in outgoing}:
            yield problem("default-wrong", one, N_("默认分支不是从这里出去的连线。"), N_("重新指定默认分支。"))
        if one.tag in ALWAYS:
            yield from _ignored_conditions(outgoing)
        elif one.tag in CHOOSING:
            yield from _needless(one, outgoing)
            yield from _chosen(one, outgoing) if len(outgoing) > 1 else ()
        elif all(flow.condition for flow in outgoing):
            yield from _without_default(one, outgoing)


def _ignored_conditions(outgoing: tuple[Line, ...]) -> Iterator[Problem]:
    row = ROWS["flow:ignored"]
    for flow in outgoing:
        if flow.condition:
            yield problem(row.rule, flow, N_("这条连线上的条件不起作用。"), row.how)


def _needless(one: Element, outgoing: tuple[Line, ...]) -> Iterator[Problem]:
    """Find conditions that nobody asks: the only way and the default way are taken whatever they say."""
    for flow in outgoing:
        if flow.condition and (len(outgoing) == 1 or flow.id == one.default):
            message = N_("这条连线总是会走，上面的条件不起作用。")
            fix = N_("去掉条件；或者再画一条分支，另设默认分支。")
            yield problem("condition-ignored", flow, message, fix, "warning")


def _chosen(one: Element, outgoing: tuple[Line, ...]) -> Iterator[Problem]:
    for flow in outgoing:
        if not flow.condition and flow.id != one.default:
            fix = N_("写上条件 ${…}，或者设为默认分支。")
            yield problem("condition-missing", flow, N_("这条分支没有条件。"), fix)
    yield from _without_default(one, outgoing)


def _without_default(one: Element, outgoing: tuple[Line, ...]) -> Iterator[Problem]:
    if outgoing and not one.default:
        fix = N_("把其中一条设为默认分支。")
        yield problem("default-missing", one, N_("没有默认分支，条件都不成立时会停在这里。"), fix, "warning")


def _event_gateways(subject: Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for one in diagram.elements.values():
        if one.tag != "eventBasedGateway":
            continue
        for flow in diagram.outgoing[one.id]:
            target = diagram.elements.get(flow.target)
            if target and not (_waits(target) and len(diagram.incoming[target.id]) == 1):
                fix = N_("在它后面直接接定时、消息事件，每个事件只有这一条连线进入。")
                yield problem("event-gateway", one, N_("事件网关后面只能接等待的事件。"), fix)


def _waits(one: Element) -> bool:
    return one.tag in WAITING and one.event.kind in {"timer", "message", "signal"}
