"""Events that refer to something: messages, signals, errors and escalations, and who catches what is thrown."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.compile import is_external
from app.engine.diagram import Diagram, Element
from app.engine.port import Problem
from app.i18n import N_

_NAMED = frozenset({"message", "signal"})
_CAUGHT = frozenset({"error", "escalation"})
_HOLDING = frozenset({"subProcess", "callActivity"})


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    for one in subject.diagram.elements.values():
        yield from _reference(one)
        if one.event.kind in _CAUGHT:
            yield from _catching(subject.diagram, one) if one.attached_to else _thrown(subject.diagram, one)


def _reference(one: Element) -> Iterator[Problem]:
    if one.event.dangling:
        message = N_("引用的“%(reference)s”在文件里没有定义。")
        fix = N_("重新选择消息、信号、错误或者升级。")
        yield problem("reference", one, message, fix, reference=one.event.dangling)
    elif one.event.kind in _NAMED and not one.event.name and not is_external(one):
        yield problem("message-name", one, N_("没有写消息的名称。"), N_("给消息起一个名称。"))
    elif one.tag == "sendTask" and one.event.kind == "none" and not is_external(one):
        fix = N_("写上要发的消息，或者换成普通的任务。")
        yield problem("message-missing", one, N_("没有写发什么消息，到这里什么也不做。"), fix, "warning")


def _catching(diagram: Diagram, one: Element) -> Iterator[Problem]:
    host = diagram.elements.get(one.attached_to or "")
    fits = host and (host.tag in _HOLDING or (one.event.kind == "error" and is_external(host)))
    if host and not fits:
        message = N_("这一步里面不会抛出错误或者升级，贴在这里的事件等不到。")
        fix = N_("贴到子流程、调用活动或者服务任务上。")
        yield problem("boundary-never", one, message, fix)


def _thrown(diagram: Diagram, one: Element) -> Iterator[Problem]:
    if one.tag not in {"endEvent", "intermediateThrowEvent"} or any(_caught(diagram, one)):
        return
    if one.event.kind == "error":
        message = N_("本流程里没有边界事件接住这个错误；不是被别的流程调用时，办件会停成故障。")
    else:
        message = N_("本流程里没有边界事件接住这个升级；不是被别的流程调用时，它没有作用。")
    fix = N_("放进子流程，在子流程边上画一个接住它的事件；或者改用普通的结束事件。")
    yield problem("uncaught", one, message, fix, "warning")


def _caught(diagram: Diagram, one: Element) -> Iterator[Element]:
    """Yield the boundary events, from the innermost sub-process outwards, that catch what an event throws."""
    scope = one.scope
    while scope in diagram.elements:
        for event in diagram.attached(scope):
            if event.event.kind == one.event.kind and event.event.name in {None, one.event.name}:
                yield event
        scope = diagram.elements[scope].scope
