"""The product's own attributes."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from app.engine.attributes import ATTRIBUTES, attribute
from app.engine.checks.saying import Where, problem
from app.engine.checks.subject import Subject
from app.engine.checks.ways import before, walk
from app.engine.diagram import Element, Line
from app.engine.port import Problem
from app.i18n import N_, Listed

_NODE_LISTS = ("distinct.from", "shows", "offer.since", "back.to")
_BY_ACTION = ("reason.required", "evidence.required")
_SUBMIT = frozenset({"submit"})


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    diagram = subject.diagram
    drawn: tuple[Where, ...] = (*diagram.elements.values(), *diagram.flows.values())
    for where in drawn:
        place = "flow" if isinstance(where, Line) else "node"
        for name, value in where.own.items():
            yield from _attribute(where, place, name, value)
    for name, value in diagram.own.items():
        yield from _attribute(None, "process", name, value)
    for one in diagram.elements.values():
        yield from _nodes(subject, one)
        yield from _back(subject, one)
        yield from _actions(one)


def _attribute(where: Where | None, place: str, name: str, value: str) -> Iterator[Problem]:
    known = attribute(name)
    if known is None or known.place not in {place, "any"}:
        near = get_close_matches(name, ATTRIBUTES, 1)
        fix = N_("是不是 guanjia.%(near)s？") if near else N_("去掉它，或者改成说明里列出的属性。")
        message = N_("这里没有属性 guanjia.%(name)s。")
        yield problem("attribute", where, message, fix, name=name, near=near[0] if near else None)
    elif known.values and value not in known.values:
        message = N_("属性 guanjia.%(name)s 不能是“%(value)s”。")
        fix = N_("可以写：%(values)s。")
        values = Listed(known.values)
        yield problem("attribute-value", where, message, fix, name=name, value=value, values=values)


def _nodes(subject: Subject, one: Element) -> Iterator[Problem]:
    for name in _NODE_LISTS:
        for other in _words(one.own.get(name)):
            if not subject.knows_node(other):
                message = N_("guanjia.%(name)s 里的节点“%(other)s”不存在。")
                near = get_close_matches(other, subject.diagram.elements, 1)
                fix = N_("是不是 %(near)s？") if near else N_("写上图里有的节点 id。")
                yield problem(
                    "node-unknown", one, message, fix, name=name, other=other, near=near[0] if near else None
                )


def _back(subject: Subject, one: Element) -> Iterator[Problem]:
    """Find places that an item could never be sent back to: only steps of people that come before it."""
    wanted = [
        subject.diagram.elements[id_] for id_ in _words(one.own.get("back.to")) if id_ in subject.diagram.elements
    ]
    if not wanted:
        return
    ids = {other.id for other in subject.diagram.scopes[one.scope]}
    preceding = before(subject.diagram)
    earlier = walk(preceding(one.id), preceding, ids)
    for other in wanted:
        if one.tag != "userTask" or other.tag != "userTask" or other.id not in earlier or other.id == one.id:
            message = N_("从“%(node)s”退不到“%(other)s”：它不是前面由人办的环节。")
            fix = N_("在可退回到里改选前面的环节。")
            yield problem("back-to", one, message, fix, node=one.name or one.id, other=other.name or other.id)


def _actions(one: Element) -> Iterator[Problem]:
    """Find attributes about actions the node does not have: they would never take effect."""
    codes = _codes(one.own.get("actions")) or _SUBMIT
    named = [(name, code) for name in _BY_ACTION for code in _words(one.own.get(name))]
    told = [name for name in one.own if name.startswith("consequence.")]
    named += [(name, name.removeprefix("consequence.").removesuffix(".en")) for name in told]
    for name, code in named:
        if code not in codes:
            message = N_("guanjia.%(name)s 里的动作“%(code)s”不存在。")
            fix = N_("写上 guanjia.actions 里有的代码：%(codes)s。")
            yield problem("action-unknown", one, message, fix, name=name, code=code, codes=Listed(sorted(codes)))


def _codes(text: str | None) -> frozenset[str]:
    return frozenset(part.split(":")[0].strip() for part in (text or "").split("|") if part.strip())


def _words(text: str | None) -> list[str]:
    return (text or "").replace(",", " ").split()
