"""The shape: where it begins and ends, and whether every node lies on a way from one to the other."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.checks.ways import after, before, on_loops, walk
from app.engine.coverage import ACTIVITIES
from app.engine.diagram import Diagram, Element
from app.engine.port import Problem
from app.i18n import N_

_INSTANT = frozenset(
    {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "intermediateThrowEvent"}
)


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    yield from _starts(subject)
    yield from _flow_ends(subject)
    yield from _dead_ends(subject)
    yield from _boundaries(subject)
    yield from _links(subject)
    yield from _reachable(subject)
    yield from _endless(subject)


def _starts(subject: Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for scope, elements in diagram.scopes.items():
        starts = [one for one in elements if one.tag == "startEvent"]
        plain = [one for one in starts if one.event.kind == "none"]
        where = diagram.elements.get(scope)
        if not starts:
            yield problem("start-missing", where, N_("没有开始事件。"), N_("画一个开始事件。"))
        for one in plain[1:]:
            fix = N_("只留一个没有定义的开始事件。")
            yield problem("start-twice", one, N_("有不止一个开始事件。"), fix)
        if not any(one.tag == "endEvent" for one in elements):
            yield problem("end-missing", where, N_("没有结束事件。"), N_("画一个结束事件。"))


def _flow_ends(subject: Subject) -> Iterator[Problem]:
    elements = subject.diagram.elements
    for flow in subject.diagram.flows.values():
        ends = [elements.get(flow.source), elements.get(flow.target)]
        if None in ends:
            yield problem("flow-end", flow, N_("连线的一头没有连着图形。"), N_("删掉这条连线重新画。"))
        elif any(one and one.scope != flow.scope for one in ends):
            fix = N_("连线不能穿过子流程的边，请连到子流程本身。")
            yield problem("flow-scope", flow, N_("连线穿过了子流程的边。"), fix)


def _dead_ends(subject: Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for one in diagram.elements.values():
        link = one.event.kind == "link"
        outgoing = [flow for flow in diagram.outgoing[one.id] if not (link and flow.target in _links_of(diagram))]
        incoming = [flow for flow in diagram.incoming[one.id] if not (link and flow.source in _links_of(diagram))]
        ends = one.tag == "endEvent" or (link and one.tag == "intermediateThrowEvent")
        if ends and outgoing:
            yield problem("end-outgoing", one, N_("结束事件后面还有连线。"), N_("删掉后面的连线。"))
        elif not ends and not outgoing:
            yield problem("dead-end", one, N_("走到这里就断了。"), N_("连到下一步或者结束事件。"))
        begins = one.tag in {"startEvent", "boundaryEvent"} or (link and one.tag == "intermediateCatchEvent")
        if begins and incoming:
            yield problem("start-incoming", one, N_("不能有连线进入这个事件。"), N_("删掉进入的连线。"))


def _links_of(diagram: Diagram) -> frozenset[str]:
    """Return the link events; what leads from one to another was drawn when the diagram was read."""
    return frozenset(one.id for one in diagram.elements.values() if one.event.kind == "link")


def _boundaries(subject: Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for one in diagram.elements.values():
        if one.tag == "boundaryEvent" and not _sits_well(one, diagram.elements.get(one.attached_to or "")):
            fix = N_("把它贴到一个任务或子流程的边上。")
            yield problem("boundary", one, N_("边界事件没有贴在任务或子流程上。"), fix)


def _sits_well(event: Element, host: Element | None) -> bool:
    return host is not None and host.scope == event.scope and host.tag in ACTIVITIES


def _links(subject: Subject) -> Iterator[Problem]:
    """Find links that lead nowhere, or to several places."""
    for elements in subject.diagram.scopes.values():
        links = [one for one in elements if one.event.kind == "link"]
        thrown = [one.event.name for one in links if one.tag == "intermediateThrowEvent"]
        caught = [one.event.name for one in links if one.tag == "intermediateCatchEvent"]
        for one in links:
            name = one.event.name or ""
            if one.tag == "intermediateThrowEvent" and caught.count(name) != 1:
                message = N_("链接“%(link)s”有 %(found)s 个接着走的链接，应当正好一个。")
                fix = N_("在同一层画一个同名的链接接收事件。")
                yield problem("link", one, message, fix, link=name, found=caught.count(name))
            elif one.tag == "intermediateCatchEvent" and name not in thrown:
                message = N_("没有链接“%(link)s”跳到这里。")
                fix = N_("画一个同名的链接抛出事件，或者删掉它。")
                yield problem("link", one, message, fix, link=name)


def _reachable(subject: Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    following, preceding = after(diagram), before(diagram)
    for elements in diagram.scopes.values():
        ids = {one.id for one in elements}
        reached = walk([one.id for one in elements if one.tag == "startEvent"], following, ids)
        # a dead end is told where it is, not once more at every node that leads to it
        ending = walk([one.id for one in elements if not diagram.outgoing[one.id]], preceding, ids)
        for one in elements:
            if one.id not in reached:
                fix = N_("从前面的步骤连过来，或者删掉它。")
                yield problem("orphan", one, N_("从开始事件走不到这里。"), fix)
            elif one.id not in ending:
                fix = N_("给循环加一条出去的路。")
                yield problem("end-unreachable", one, N_("从这里走不到结束事件。"), fix)


def _endless(subject: Subject) -> Iterator[Problem]:
    """Find loops in which nothing waits and nothing is written: a token would run round for ever."""
    diagram = subject.diagram
    instant = {one.id for one in diagram.elements.values() if one.tag in _INSTANT}
    loops = on_loops(instant, after(diagram))
    for one in diagram.elements.values():
        if one.id in loops:
            fix = N_("在循环里放一个环节、脚本或者等待的事件。")
            yield problem("loop-endless", one, N_("循环里没有要等的，会一直转下去。"), fix)
