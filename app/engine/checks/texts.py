"""Expressions and scripts: whether they can be read, and whether what they call is there."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.checks.expressions import Placed
from app.engine.checks.saying import Where, problem
from app.engine.checks.subject import Subject
from app.engine.outside import FUNCTIONS
from app.engine.port import Problem
from app.expressions import tree
from app.i18n import N_


def find(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong."""
    yield from subject.unread
    for placed in subject.expressions:
        yield from _functions(placed)
        for call in placed.expression.root.walk():
            if isinstance(call, tree.Call) and call.arguments:
                yield from _call(subject, placed.where, call)
    yield from _scripts(subject)


def _functions(placed: Placed) -> Iterator[Problem]:
    for name in sorted(placed.expression.functions):
        if name not in FUNCTIONS:
            message = N_("没有函数“%(name)s”。")
            yield problem("function", placed.where, message, N_("请换成说明里列出的函数。"), name=name)
        elif placed.bare:
            message = N_("guanjia 属性里不能用函数“%(name)s”。")
            fix = N_("先用脚本算好，写进 case 再读。")
            yield problem("function", placed.where, message, fix, name=name)


def _call(subject: Subject, where: Where | None, call: tree.Call) -> Iterator[Problem]:
    argument = call.arguments[0]
    name = argument.value if isinstance(argument, tree.Constant) else None
    if name is None:
        return
    if call.name == "earlier" and not subject.knows_node(str(name)):
        message = N_("earlier 里的节点“%(name)s”不存在。")
        yield problem("node-unknown", where, message, N_("写上图里有的节点 id。"), name=name)
    if call.name == "due" and f"due.{name}" not in subject.diagram.own:
        message = N_("时限“%(name)s”没有在流程属性里写明。")
        fix = N_("在流程上加属性 guanjia.due.名称。")
        yield problem("due-unknown", where, message, fix, "warning", name=name)
    if call.name == "role" and subject.roles is not None and name not in subject.roles:
        message = N_("没有角色“%(name)s”。")
        yield problem("role-unknown", where, message, N_("换成已有的角色代码。"), name=name)


def _scripts(subject: Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.tag == "scriptTask" and not one.script:
            yield problem("script-empty", one, N_("脚本是空的。"), N_("写上“名称 = 表达式”。"), "warning")
