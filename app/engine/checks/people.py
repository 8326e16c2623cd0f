"""Who does a step, and with which form."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from app.engine.checks.saying import problem
from app.engine.checks.subject import Subject
from app.engine.compile import form_of
from app.engine.diagram import Element
from app.engine.port import Problem
from app.i18n import N_

HUMAN_TAGS = frozenset({"userTask", "manualTask", "task"})


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    yield from _people(subject)
    yield from _roles(subject)
    yield from _forms(subject)


def _people(subject: Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.tag not in HUMAN_TAGS:
            continue
        if not any(one.settings.get(key) for key in ("assignee", "candidateUsers", "candidateGroups")):
            fix = N_("写上办理人，例如 ${role('office')} 或 ${starter}。")
            yield problem("assignee-missing", one, N_("没有写由谁办理。"), fix)
        if not one.own.get("name.en"):
            fix = N_("写上英文名称。")
            yield problem("name-en", one, N_("没有英文名称。"), fix, "warning")


def _roles(subject: Subject) -> Iterator[Problem]:
    if subject.roles is None:
        return
    for where, name in (*_candidates(subject), *_starters(subject)):
        if name not in subject.roles:
            near = get_close_matches(name, subject.roles, 1)
            fix = N_("是不是 %(near)s？") if near else N_("换成已有的角色代码。")
            message = N_("没有角色“%(name)s”。")
            yield problem("role-unknown", where, message, fix, name=name, near=near[0] if near else None)


def _candidates(subject: Subject) -> Iterator[tuple[Element | None, str]]:
    for one in subject.diagram.elements.values():
        text = one.settings.get("candidateGroups", "")
        if one.tag in HUMAN_TAGS and "{" not in text:
            yield from ((one, name.strip()) for name in text.split(",") if name.strip())


def _starters(subject: Subject) -> Iterator[tuple[Element | None, str]]:
    """Yield the roles that may start: the fourth part of each of `guanjia.starts`."""
    for start in subject.diagram.own.get("starts", "").split("|"):
        _code, _name, _english, roles = [*start.split(":"), "", "", ""][:4]
        yield from ((None, name.strip()) for name in roles.split(",") if name.strip())


def _forms(subject: Subject) -> Iterator[Problem]:
    if subject.forms is None:
        return
    for one in subject.diagram.elements.values():
        form = form_of(one)
        if form and form not in subject.forms:
            message = N_("没有表单“%(form)s”。")
            yield problem("form-unknown", one, message, N_("选一张已有的表单，或者先建这张表单。"), form=form)
        elif not form and one.tag == "userTask":
            yield problem("form-missing", one, N_("没有表单。"), N_("给这一步选一张表单。"), "warning")
