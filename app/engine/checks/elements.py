"""Whether what is drawn can run at all."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.kinds import row_of
from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.compile import is_external
from app.engine.coverage import ROWS, Row
from app.engine.diagram import Element
from app.engine.parts import read_script
from app.engine.port import Problem
from app.expressions import ExpressionRefused
from app.i18n import N_


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    for one in subject.diagram.elements.values():
        row = row_of(one, subject.diagram.process_id)
        if row.support == "refused":
            yield _refused(one, row)
        else:
            yield from _event(one)
        if "isForCompensation" in one.flags:
            yield _refused(one, ROWS["marker:compensation"])
    yield from _services(subject)
    yield from _decisions(subject)


def _refused(one: Element, row: Row) -> Problem:
    if row is ROWS["other"]:
        return problem(row.rule, one, N_("这里不支持 %(tag)s。"), row.how, tag=one.tag)
    return problem(row.rule, one, N_("不支持“%(what)s”。"), row.how, what=row.name)


def _event(one: Element) -> Iterator[Problem]:
    if one.tag == "startEvent" and one.event.kind == "timer":
        fix = N_("定时发起在流程设置里写，图上用普通的开始事件。")
        yield problem("timer-start", one, N_("开始事件上的定时不起作用。"), fix, "warning")


def _services(subject: Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        topic = one.settings.get("topic")
        if is_external(one) and not topic:
            yield problem("topic-missing", one, N_("服务任务没有写主题。"), N_("写上主题 topic。"))
        elif is_external(one) and subject.topics is not None and topic not in subject.topics:
            message = N_("没有处理主题“%(topic)s”的程序。")
            yield problem("topic-unknown", one, message, N_("请换成已有的主题。"), topic=topic)


def _decisions(subject: Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.tag != "businessRuleTask" or is_external(one):
            continue
        reference = one.settings.get("decisionRef")
        if not reference:
            yield problem("decision-missing", one, N_("没有写用哪张决策表。"), N_("写上 decisionRef。"))
        elif reference not in subject.decisions:
            message = N_("没有决策表“%(table)s”。")
            yield problem("decision-unknown", one, message, N_("把这张表和流程一起上传。"), table=reference)
        elif variable := one.settings.get("resultVariable"):
            yield from _target(one, variable)
        else:
            for name in subject.decisions[reference].outputs:
                yield from _target(one, name)


def _target(one: Element, name: str) -> Iterator[Problem]:
    try:
        read_script(f"{name} = 1")
    except ExpressionRefused:
        message = N_("“%(name)s”不能作名称。")
        yield problem("name", one, message, N_("用字母开头，只含字母、数字和下划线。"), name=name)
