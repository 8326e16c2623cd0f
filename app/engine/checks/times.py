"""Limits: whether each can be read as an amount of time. What a limit may say is handed in by who knows."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.expressions import PLACEHOLDER
from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.diagram import Element
from app.engine.port import Problem
from app.errors import UserError
from app.i18n import N_

_FIX = N_("写成 2 工作日、4 工作小时、30 分钟、PT30M，或者一个 ${…}。")


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
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


def _limits(subject: Subject) -> Iterator[tuple[Element | None, str, str]]:
    for name, text in subject.diagram.own.items():
        if name == "handling" or name.startswith("due."):
            yield None, name, text
    for one in subject.diagram.elements.values():
        for name in ("limit", "offer.within"):
            if one.own.get(name):
                yield one, name, one.own[name]
