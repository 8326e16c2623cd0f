"""Finds everything that is wrong with a diagram in one pass, so that it is refused before a case meets it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from app.engine.attributes import ATTRIBUTES, attribute
from app.engine.compile import GUARD, KINDS, form_of, is_external
from app.engine.decisions import Decision, read_decisions
from app.engine.diagram import Diagram, Element, Line, read_diagram
from app.engine.outside import FUNCTIONS
from app.engine.parts import read_candidates, read_parameters, read_script, read_text, read_timer
from app.engine.port import DiagramRefused, Problem, Severity
from app.engine.specs import ProcessSpec
from app.expressions import Expression, ExpressionRefused, juel, tree
from app.i18n import N_, Listed

HUMAN_TAGS = frozenset({"userTask", "manualTask", "task"})
CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
WAITING = frozenset({"intermediateCatchEvent", "receiveTask"})
_EVENTS: Mapping[str, frozenset[str]] = {
    "startEvent": frozenset({"none", "message", "timer", "signal"}),
    "endEvent": frozenset({"none", "terminate"}),
    "intermediateCatchEvent": frozenset({"timer", "message", "signal"}),
    "intermediateThrowEvent": frozenset({"none", "message", "signal"}),
    "boundaryEvent": frozenset({"timer", "message", "signal"}),
    "receiveTask": frozenset({"message", "signal"}),
    "sendTask": frozenset({"none", "message", "signal"}),
}
_NODE_LISTS = ("distinct.from", "shows", "offer.since")
_SCRIPTS = frozenset({"", "juel", "guanjia"})
Where = Element | Line


@dataclass(frozen=True)
class _Subject:
    """What is checked: the diagram and what it may refer to; None when that is not known here."""

    diagram: Diagram
    decisions: Mapping[str, Decision]
    forms: Mapping[str, Mapping[str, Any]] | None
    topics: Collection[str] | None


def check(
    xml: bytes,
    tables: Mapping[str, bytes] | None = None,
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    topics: Collection[str] | None = None,
) -> tuple[Problem, ...]:
    """Return all problems of a diagram, errors first; `forms` and `topics` are checked only when they are given."""
    try:
        diagram = read_diagram(xml)
    except DiagramRefused as refused:
        return refused.problems
    decisions, problems = read_tables(tables or {})
    return (*problems, *find_problems(diagram, decisions, forms, topics))


def read_tables(tables: Mapping[str, bytes]) -> tuple[dict[str, Decision], tuple[Problem, ...]]:
    """Read all decision tables; return those that are sound, by decision id, and the problems of the others."""
    found: dict[str, Decision] = {}
    problems: list[Problem] = []
    for name, content in tables.items():
        try:
            found |= read_decisions(name, content)
        except DiagramRefused as refused:
            problems += refused.problems
    return found, tuple(problems)


def find_problems(
    diagram: Diagram,
    decisions: Mapping[str, Decision],
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    topics: Collection[str] | None = None,
) -> tuple[Problem, ...]:
    """Return all problems of a diagram that was read, errors first, in the order of the document."""
    subject = _Subject(diagram, decisions, forms, topics)
    found = [*diagram.problems, *(problem for rule in _RULES for problem in rule(subject))]
    return tuple(sorted(found, key=lambda one: (one.severity != "error", one.line or 0)))


def _problem(
    rule: str, where: Where | None, message: str, fix: str, severity: Severity = "error", **values: Any
) -> Problem:
    element, name, line = (where.id, where.name or None, where.line) if where else (None, None, None)
    return Problem(rule, severity, element, name, line, message, {"id": element, **values}, fix)


def _supported(subject: _Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.tag not in KINDS:
            message = N_("这里不支持 %(tag)s。")
            yield _problem("unsupported", one, message, N_("请换成支持的图形。"), tag=one.tag)
        elif one.triggered:
            fix = N_("改成普通子流程，用边界事件触发。")
            yield _problem("event-subprocess", one, N_("不支持事件子流程。"), fix)
        elif one.repeats:
            fix = N_("去掉多实例或循环标记，用网关画出循环。")
            yield _problem("repetition", one, N_("这里还不支持多实例和循环标记。"), fix)
        else:
            yield from _event_supported(one)


def _event_supported(one: Element) -> Iterator[Problem]:
    kind = one.event.kind
    if is_external(one) or one.tag not in _EVENTS:
        return
    if kind not in _EVENTS[one.tag]:
        message = N_("这里不支持 %(kind)s 事件。")
        yield _problem("event-unsupported", one, message, N_("请换成定时或消息事件。"), kind=kind)
    elif one.event.definitions > 1:
        yield _problem("event-multiple", one, N_("一个事件只能等一样东西。"), N_("请拆成几个事件。"))
    elif one.tag == "startEvent" and kind == "timer":
        fix = N_("定时发起在流程设置里写，图上用普通的开始事件。")
        yield _problem("timer-start", one, N_("开始事件上的定时不起作用。"), fix, "warning")
    elif kind in {"message", "signal"} and not one.event.name:
        yield _problem("message-name", one, N_("没有写消息的名称。"), N_("给消息起一个名称。"))


def _starts(subject: _Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for scope, elements in diagram.scopes.items():
        starts = [one for one in elements if one.tag == "startEvent"]
        where = diagram.elements.get(scope)
        if not starts:
            yield _problem("start-missing", where, N_("没有开始事件。"), N_("画一个开始事件。"))
        for one in starts[1:]:
            fix = N_("只留一个开始事件。")
            yield _problem("start-twice", one, N_("有不止一个开始事件。"), fix)
        if not any(one.tag == "endEvent" for one in elements):
            yield _problem("end-missing", where, N_("没有结束事件。"), N_("画一个结束事件。"))


def _flow_ends(subject: _Subject) -> Iterator[Problem]:
    elements = subject.diagram.elements
    for flow in subject.diagram.flows.values():
        ends = [elements.get(flow.source), elements.get(flow.target)]
        if None in ends:
            yield _problem("flow-end", flow, N_("连线的一头没有连着图形。"), N_("删掉这条连线重新画。"))
        elif any(one and one.scope != flow.scope for one in ends):
            fix = N_("连线不能穿过子流程的边，请连到子流程本身。")
            yield _problem("flow-scope", flow, N_("连线穿过了子流程的边。"), fix)


def _dead_ends(subject: _Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for one in diagram.elements.values():
        outgoing, incoming = diagram.outgoing[one.id], diagram.incoming[one.id]
        if one.tag == "endEvent" and outgoing:
            yield _problem("end-outgoing", one, N_("结束事件后面还有连线。"), N_("删掉后面的连线。"))
        elif one.tag != "endEvent" and not outgoing:
            yield _problem("dead-end", one, N_("走到这里就断了。"), N_("连到下一步或者结束事件。"))
        if one.tag in {"startEvent", "boundaryEvent"} and incoming:
            yield _problem("start-incoming", one, N_("不能有连线进入这个事件。"), N_("删掉进入的连线。"))
        if one.tag == "boundaryEvent" and not _sits_well(one, diagram.elements.get(one.attached_to or "")):
            fix = N_("把它贴到一个任务或子流程的边上。")
            yield _problem("boundary", one, N_("边界事件没有贴在任务或子流程上。"), fix)


def _sits_well(event: Element, host: Element | None) -> bool:
    return host is not None and host.scope == event.scope and host.tag.endswith(("ask", "Process"))


def _reachable(subject: _Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for elements in diagram.scopes.values():
        ids = {one.id for one in elements}
        reached = _walk([one.id for one in elements if one.tag == "startEvent"], _after(diagram), ids)
        ending = _walk([one.id for one in elements if one.tag == "endEvent"], _before(diagram), ids)
        for one in elements:
            if one.id not in reached:
                fix = N_("从前面的步骤连过来，或者删掉它。")
                yield _problem("orphan", one, N_("从开始事件走不到这里。"), fix)
            elif one.id not in ending and diagram.outgoing[one.id]:
                fix = N_("给循环加一条出去的路。")
                yield _problem("end-unreachable", one, N_("从这里走不到结束事件。"), fix)


def _after(diagram: Diagram) -> Callable[[str], list[str]]:
    return lambda id_: [
        *(flow.target for flow in diagram.outgoing.get(id_, ())),
        *(one.id for one in diagram.attached(id_)),
    ]


def _before(diagram: Diagram) -> Callable[[str], list[str]]:
    return lambda id_: [flow.source for flow in diagram.incoming.get(id_, ())]


def _walk(start: list[str], following: Callable[[str], list[str]], within: set[str]) -> set[str]:
    seen: set[str] = set()
    stack = list(start)
    while stack:
        id_ = stack.pop()
        if id_ in within and id_ not in seen:
            seen.add(id_)
            stack += following(id_)
    return seen


def _branches(subject: _Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for one in diagram.elements.values():
        outgoing = diagram.outgoing[one.id]
        if one.default and one.default not in {flow.id for flow in outgoing}:
            yield _problem("default-wrong", one, N_("默认分支不是从这里出去的连线。"), N_("重新指定默认分支。"))
        if one.tag not in CHOOSING:
            yield from _ignored_conditions(outgoing)
        elif len(outgoing) > 1:
            yield from _chosen(one, outgoing)


def _ignored_conditions(outgoing: tuple[Line, ...]) -> Iterator[Problem]:
    for flow in outgoing:
        if flow.condition:
            fix = N_("在前面加一个排他网关，把条件写在网关后面的连线上。")
            yield _problem("condition-ignored", flow, N_("这条连线上的条件不起作用。"), fix)


def _chosen(one: Element, outgoing: tuple[Line, ...]) -> Iterator[Problem]:
    for flow in outgoing:
        if not flow.condition and flow.id != one.default:
            fix = N_("写上条件 ${…}，或者设为默认分支。")
            yield _problem("condition-missing", flow, N_("这条分支没有条件。"), fix)
    if not one.default:
        fix = N_("把其中一条设为默认分支。")
        yield _problem("default-missing", one, N_("没有默认分支，条件都不成立时会停在这里。"), fix, "warning")


def _event_gateways(subject: _Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    for one in diagram.elements.values():
        if one.tag != "eventBasedGateway":
            continue
        for flow in diagram.outgoing[one.id]:
            target = diagram.elements.get(flow.target)
            if target and (target.tag not in WAITING or len(diagram.incoming[target.id]) > 1):
                fix = N_("在它后面直接接定时、消息事件，每个事件只有这一条连线进入。")
                yield _problem("event-gateway", one, N_("事件网关后面只能接等待的事件。"), fix)


def _conditions(subject: _Subject) -> Iterator[Problem]:
    for flow in subject.diagram.flows.values():
        if not flow.condition:
            continue
        try:
            read = juel.braced(flow.condition)
        except ExpressionRefused as error:
            yield _refused("condition", flow, error, flow.condition)
            continue
        if read is None:
            message = N_("条件“%(text)s”要写成 ${…}。")
            yield _problem("condition", flow, message, N_("在外面加上 ${ }。"), text=flow.condition)
        else:
            yield from _expression(subject, flow, read)


def _texts(subject: _Subject) -> Iterator[Problem]:
    """Check every expression of every node where it stands."""
    for one in subject.diagram.elements.values():
        for rule, read in (
            ("assignee", lambda e: [c.text.expression for c in read_candidates(e)]),
            ("parameter", lambda e: [a.text.expression for a in read_parameters(e.inputs)]),
            ("parameter", lambda e: [a.text.expression for a in read_parameters(e.outputs)]),
            ("script", _script_expressions),
            ("timer", _timer_expressions),
        ):
            try:
                found = read(one)
            except ExpressionRefused as error:
                yield _refused(rule, one, error, None)
                continue
            for expression in found:
                if expression is not None:
                    yield from _expression(subject, one, expression)


def _script_expressions(one: Element) -> list[Expression | None]:
    return [line.text.expression for line in read_script(one.script or "")] if one.tag == "scriptTask" else []


def _timer_expressions(one: Element) -> list[Expression | None]:
    waits = one.event.kind == "timer" and one.tag in {"intermediateCatchEvent", "boundaryEvent"}
    return [read_timer(one.event).text.expression] if waits else []


def _refused(rule: str, where: Where, error: ExpressionRefused, text: str | None) -> Problem:
    message = N_("“%(text)s”：%(why)s") if text else N_("%(why)s")
    return _problem(rule, where, message, N_("请按提示改正表达式。"), text=text, why=error)


def _expression(subject: _Subject, where: Where, read: Expression) -> Iterator[Problem]:
    for name in sorted(read.functions - FUNCTIONS):
        message = N_("没有函数“%(name)s”。")
        yield _problem("function", where, message, N_("请换成说明里列出的函数。"), name=name)
    for call in read.root.walk():
        if not isinstance(call, tree.Call) or not call.arguments:
            continue
        argument = call.arguments[0]
        known = argument.value if isinstance(argument, tree.Constant) else None
        if call.name == "earlier" and known is not None and known not in subject.diagram.elements:
            message = N_("earlier 里的节点“%(name)s”不存在。")
            yield _problem("node-unknown", where, message, N_("写上图里有的节点 id。"), name=known)
        if call.name == "due" and known is not None and f"due.{known}" not in subject.diagram.own:
            message = N_("时限“%(name)s”没有在流程属性里写明。")
            fix = N_("在流程上加属性 guanjia.due.名称。")
            yield _problem("due-unknown", where, message, fix, "warning", name=known)


def _timers(subject: _Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.event.timer != "cycle" or one.tag == "startEvent":
            continue
        if one.tag != "boundaryEvent" or one.interrupting:
            fix = N_("循环定时只能用在不打断的边界事件上。")
            yield _problem("timer-cycle", one, N_("这里不能用循环定时。"), fix)


def _scripts(subject: _Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.tag != "scriptTask":
            continue
        if one.script_format not in _SCRIPTS:
            message = N_("脚本不能用 %(format)s 写。")
            fix = N_("每行写“名称 = 表达式”，去掉脚本语言；更复杂的请改成服务任务。")
            yield _problem("script-language", one, message, fix, format=one.script_format)
        elif not one.script:
            yield _problem("script-empty", one, N_("脚本是空的。"), N_("写上“名称 = 表达式”。"), "warning")


def _people(subject: _Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.tag not in HUMAN_TAGS:
            continue
        if not any(one.settings.get(key) for key in ("assignee", "candidateUsers", "candidateGroups")):
            fix = N_("写上办理人，例如 ${role('office')} 或 ${starter}。")
            yield _problem("assignee-missing", one, N_("没有写由谁办理。"), fix)
        if not one.own.get("name.en"):
            fix = N_("加属性 guanjia.name.en。")
            yield _problem("name-en", one, N_("没有英文名称。"), fix, "warning")


def _forms(subject: _Subject) -> Iterator[Problem]:
    if subject.forms is None:
        return
    for one in subject.diagram.elements.values():
        form = form_of(one)
        if form and form not in subject.forms:
            message = N_("没有表单“%(form)s”。")
            yield _problem("form-unknown", one, message, N_("选一张已有的表单，或者先建这张表单。"), form=form)
        elif not form and one.tag == "userTask":
            yield _problem("form-missing", one, N_("没有表单。"), N_("给这一步选一张表单。"), "warning")


def _services(subject: _Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        topic = one.settings.get("topic")
        if one.tag == "serviceTask" and not is_external(one):
            fix = N_("类型设为 external，写上主题 topic。")
            yield _problem("service-kind", one, N_("服务任务没有写成外部任务。"), fix)
        elif is_external(one) and not topic:
            yield _problem("topic-missing", one, N_("服务任务没有写主题。"), N_("写上主题 topic。"))
        elif is_external(one) and subject.topics is not None and topic not in subject.topics:
            message = N_("没有处理主题“%(topic)s”的程序。")
            yield _problem("topic-unknown", one, message, N_("请换成已有的主题。"), topic=topic)


def _decisions(subject: _Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.tag != "businessRuleTask" or is_external(one):
            continue
        reference = one.settings.get("decisionRef")
        if not reference:
            yield _problem("decision-missing", one, N_("没有写用哪张决策表。"), N_("写上 decisionRef。"))
        elif reference not in subject.decisions:
            message = N_("没有决策表“%(table)s”。")
            yield _problem("decision-unknown", one, message, N_("把这张表和流程一起上传。"), table=reference)
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
        yield _problem("name", one, message, N_("用字母开头，只含字母、数字和下划线。"), name=name)


def _attributes(subject: _Subject) -> Iterator[Problem]:
    diagram = subject.diagram
    drawn: tuple[Where, ...] = (*diagram.elements.values(), *diagram.flows.values())
    for where in drawn:
        place = "flow" if isinstance(where, Line) else "node"
        for name, value in where.own.items():
            yield from _attribute(where, place, name, value)
    for name, value in diagram.own.items():
        yield from _attribute(None, "process", name, value)
    for one in diagram.elements.values():
        for name in _NODE_LISTS:
            for other in (one.own.get(name) or "").replace(",", " ").split():
                if other not in diagram.elements:
                    message = N_("guanjia.%(name)s 里的节点“%(other)s”不存在。")
                    fix = N_("写上图里有的节点 id。")
                    yield _problem("node-unknown", one, message, fix, name=name, other=other)


def _attribute(where: Where | None, place: str, name: str, value: str) -> Iterator[Problem]:
    known = attribute(name)
    if known is None or known.place not in {place, "any"}:
        near = get_close_matches(name, ATTRIBUTES, 1)
        fix = N_("是不是 guanjia.%(near)s？") if near else N_("去掉它，或者改成说明里列出的属性。")
        message = N_("这里没有属性 guanjia.%(name)s。")
        yield _problem("attribute", where, message, fix, name=name, near=near[0] if near else None)
    elif known.values and value not in known.values:
        message = N_("属性 guanjia.%(name)s 不能是“%(value)s”。")
        values = Listed(known.values)
        yield _problem(
            "attribute-value", where, message, N_("可以写：%(values)s。"), name=name, value=value, values=values
        )
    else:
        try:
            read_text(value) if value.startswith("${") and value.endswith("}") and value.count("${") == 1 else None
        except ExpressionRefused as error:
            yield _problem(
                "attribute-value",
                where,
                N_("“%(text)s”：%(why)s"),
                N_("请按提示改正表达式。"),
                text=value,
                why=error,
            )


def _names(subject: _Subject) -> Iterator[Problem]:
    for one in subject.diagram.elements.values():
        if one.id in {"Start", "End"} or one.id.endswith((ProcessSpec.END, GUARD)):
            yield _problem("id-reserved", one, N_("id “%(id)s”是系统保留的。"), N_("换一个 id。"))


_RULES: tuple[Callable[[_Subject], Iterator[Problem]], ...] = (
    _supported,
    _starts,
    _flow_ends,
    _dead_ends,
    _reachable,
    _branches,
    _event_gateways,
    _conditions,
    _texts,
    _timers,
    _scripts,
    _people,
    _forms,
    _services,
    _decisions,
    _attributes,
    _names,
)
