"""Call activities: whether the process called is there, and does not call back."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.checks.ways import walk
from app.engine.diagram import Element, read_diagram
from app.engine.port import DiagramRefused, Problem
from app.i18n import N_


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    for one in subject.diagram.elements.values():
        if one.tag == "callActivity":
            yield from _call(subject, one)


def calls_of(xml: bytes) -> frozenset[str]:
    """Return the processes that a diagram calls; none when it cannot be read."""
    try:
        diagram = read_diagram(xml)
    except DiagramRefused:
        return frozenset()
    return frozenset(one.called for one in diagram.elements.values() if one.tag == "callActivity" and one.called)


def _call(subject: Subject, one: Element) -> Iterator[Problem]:
    if not one.called:
        yield problem("call-missing", one, N_("没有写调用哪个流程。"), N_("写上 calledElement。"))
    elif "{" in one.called:
        message = N_("调用哪个流程要写定，不能用 ${…}。")
        yield problem("call-missing", one, message, N_("几个流程就画几个调用活动，前面用网关选。"))
    elif one.called == subject.own_slug or _calls_back(subject, one.called):
        message = N_("流程“%(called)s”又会调用本流程，永远走不完。")
        yield problem("call-recursive", one, message, N_("去掉这个调用，用连线画出循环。"), called=one.called)
    elif subject.called is not None and one.called not in subject.called:
        message = N_("没有流程“%(called)s”。")
        yield problem("call-unknown", one, message, N_("先发布它，或者改成已有的流程。"), called=one.called)


def _calls_back(subject: Subject, called: str) -> bool:
    known = subject.called or {}
    slugs = {subject.own_slug, *known}
    return subject.own_slug in walk([called], lambda slug: list(known.get(slug, ())), slugs)
