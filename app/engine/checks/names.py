"""Ids: those the engine keeps for itself, and signs that a stored key of a node cannot have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.engine.checks.saying import Where, problem
from app.engine.checks.subject import Subject
from app.engine.compile import INVISIBLE
from app.engine.port import Problem
from app.engine.specs import ProcessSpec
from app.i18n import N_

_ID = re.compile(r"[^\W\d][\w.-]*")
_OWN = frozenset({"Start", "End"})


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    diagram = subject.diagram
    drawn: tuple[Where, ...] = (*diagram.elements.values(), *diagram.flows.values())
    for where in drawn:
        if not _ID.fullmatch(where.id):
            message = N_("id “%(id)s”里有不能用的字符。")
            fix = N_("用字母开头，只含字母、数字、下划线、点和短横。")
            yield problem("id-characters", where, message, fix)
    for one in diagram.elements.values():
        if one.id in _OWN or one.id.endswith((ProcessSpec.END, *INVISIBLE)):
            yield problem("id-reserved", one, N_("id “%(id)s”是系统保留的。"), N_("换一个 id。"))
        elif one.id == diagram.process_id:
            yield problem("id-twice", one, N_("id “%(id)s”用了不止一次。"), N_("给每个图形不同的 id。"))
