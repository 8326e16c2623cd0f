"""Limits: whether each can be read as an amount of time. What a limit may say is handed in by who knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.engine.checks.expressions import PLACEHOLDER
from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.diagram import Element
from app.engine.port import Problem
from app.errors import UserError
from app.i18n import N_

OFF, MOST_ESCALATIONS = "off", 2
_REMIND = re.compile(r"off|[1-9]\d?(\s*,\s*[1-9]\d?)*")
_FIX = N_("写成 2 工作日、4 工作小时、30 分钟、PT30M，或者一个 ${…}。")


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    for one in subject.diagram.elements.values():
        yield from _reports(subject, one)
    for where, name, text in _limits(subject):
        if PLACEHOLDER.search(text):
            # only what is filled in when the step opens may depend on data
            if name == "offer.within":
                message = N_("属性 guanjia.%(name)s 不能用 ${…}。")
                yield problem("limit", where, message, N_("写成 2 工作日、4 工作小时、30 分钟、PT30M。"), name=name)
        elif subject.limit is not None:
            try:
                subject.limit(text)
            except UserError as error:
                message = N_("属性 guanjia.%(name)s：%(why)s")
                yield problem("limit", where, message, _FIX, name=name, why=error)


def _reports(subject: Subject, one: Element) -> Iterator[Problem]:
    remind, escalate = one.own.get("remind"), one.own.get("escalate")
    if remind is not None and not _REMIND.fullmatch(remind.strip()):
        message = N_("提醒写的“%(text)s”读不懂。")
        fix = N_("写时限的百分之几，1 到 99，例如 80 或 50,80；不提醒写 off。")
        yield problem("remind", one, message, fix, text=remind)
    if escalate is not None and escalate.strip() != OFF:
        yield from _escalations(subject, one, escalate)


def _escalations(subject: Subject, one: Element, text: str) -> Iterator[Problem]:
    parts = [part.strip() for part in text.split(",")]
    try:
        for part in parts:
            if subject.limit is not None:
                subject.limit(part)
    except UserError:
        parts = []
    if not 1 <= len(parts) <= MOST_ESCALATIONS:
        message = N_("超期后报写的“%(text)s”读不懂。")
        yield problem("escalate", one, message, N_("写超期多久，例如 1 工作日，最多两次；不上报写 off。"), text=text)


def _limits(subject: Subject) -> Iterator[tuple[Element | None, str, str]]:
    for name, text in subject.diagram.own.items():
        if name == "handling" or name.startswith("due."):
            yield None, name, text
    for one in subject.diagram.elements.values():
        for name in ("limit", "offer.within"):
            if one.own.get(name):
                yield one, name, one.own[name]
