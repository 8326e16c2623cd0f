"""Who does a step, in words: the assignment rules of a diagram as the owner reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from app.i18n import N_, Listed
from app.people.rules import ROLES
from app.studio.comparing.change import Words, said

_CALL = re.compile(r"\$\{\s*(\w+)\s*(?:\(\s*(.*?)\s*\))?\s*\}", re.DOTALL)
_UNITS: Mapping[str, str] = {
    "case.unit": N_("提出单位"),
    "starter.unit": N_("发起人单位"),
    "case.vendor": N_("外包单位"),
    "vendor": N_("外包单位"),
}
Called = Callable[[str], str]


def who_in_words(attribute: str, text: str, called: Called) -> Words:
    """Say who one of the three attributes names; what has no words is shown as it is written."""
    match = _CALL.fullmatch(text.strip())
    if match:
        return _rule(match[1], _arguments(match[2]), text, called)
    if "${" in text:
        return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if attribute == "candidateGroups":
        return Listed(_role(part) for part in parts)
    return Listed(parts)


def _rule(name: str, given: list[str], text: str, called: Called) -> Words:
    first, second = ([*given, "", ""])[:2]
    if not given:
        return N_("发起人") if name == "starter" else said(N_("表单里选的人（%(field)s）"), field=name)
    if name == "role":
        return said(N_("%(unit)s的%(role)s"), unit=_unit(second), role=_role(first)) if second else _role(first)
    words: Mapping[str, Words] = {
        "head": said(N_("%(unit)s负责人"), unit=_unit(first)),
        "chain": said(N_("%(unit)s往上 %(levels)s 级的负责人"), unit=_unit(first), levels=second or "1"),
        "earlier": said(N_("办过“%(node)s”的人"), node=called(first)),
        "climb": N_("按数据里的单位和角色找人，没有就提级"),
        "duty": said(N_("岗位“%(post)s”上的人"), post=first),
        "user": first,
    }
    return words.get(name, text)


def _role(key: str) -> str:
    return ROLES[key].name if key in ROLES else key


def _unit(text: str) -> str:
    return _UNITS.get(text, text)


def _arguments(text: str | None) -> list[str]:
    return [part.strip().strip("'\"") for part in (text or "").split(",") if part.strip()]
