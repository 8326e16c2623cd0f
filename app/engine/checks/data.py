"""Names of data: whether anything can write what an expression reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from app.engine.checks.people import HUMAN_TAGS
from app.engine.checks.saying import Where, problem
from app.engine.checks.subject import Subject
from app.engine.compile import form_of, is_external
from app.engine.diagram import Element
from app.engine.outside import COUNTED, RESERVED
from app.engine.parts import read_parameters, read_script
from app.engine.port import Problem, Severity
from app.expressions import ExpressionRefused
from app.i18n import N_

_CATCHING = frozenset({"boundaryEvent", "intermediateCatchEvent", "receiveTask"})
_LISTS = ("fields.edit", "fields.read", "fields.hidden")


def find(subject: Subject) -> Iterator[Problem]:
    """Yield names that nothing writes; nothing is said while the forms are unknown, since answers write names."""
    if subject.forms is None:
        return
    written, closed = _written(subject)
    for where, names in _read(subject):
        for name in sorted(names - written):
            near = get_close_matches(name, written - RESERVED - COUNTED, 1)
            fix = N_("是不是 %(near)s？") if near else N_("在前面的表单、脚本、决策表或映射里写入它，或者改正名称。")
            message = N_("没有哪一步写入“%(name)s”，读到的总是空值。")
            severity: Severity = "error" if closed else "warning"
            yield problem("name-unknown", where, message, fix, severity, name=name, near=near[0] if near else None)
    yield from _fields(subject, subject.forms)


def _read(subject: Subject) -> Iterator[tuple[Where | None, frozenset[str]]]:
    for placed in subject.expressions:
        yield placed.where, placed.expression.names
    for one in subject.diagram.elements.values():
        table = subject.decisions.get(one.settings.get("decisionRef", ""))
        if one.tag == "businessRuleTask" and table is not None and not is_external(one):
            yield one, table.names


def _written(subject: Subject) -> tuple[set[str], bool]:
    """Return all names that something writes, and whether there can be no others."""
    found = {*RESERVED, "start", *(subject.diagram.own.get("takes") or "").replace(",", " ").split()}
    closed = True
    for one in subject.diagram.elements.values():
        found |= _own_names(subject, one)
        found |= _targets(one)
        closed = closed and not _brings_more(subject, one)
    return found, closed


def _own_names(subject: Subject, one: Element) -> set[str]:
    found = set(_decided(subject, one))
    if one.repeat:
        found |= {*COUNTED, one.repeat.collect, *filter(None, (one.repeat.element,))}
    if one.tag in HUMAN_TAGS:
        found |= keys_of((subject.forms or {}).get(form_of(one) or "", {}))
    if "actions" in one.own:
        found |= {"decision", "reason"}
    if one.event.names_code:
        found.add(one.event.names_code)
    if is_external(one) and one.outputs:
        # the mapping may pick from all that the service returned
        found.add("result")
    if one.event.timer == "cycle":
        found.add("count")
    return found


def _decided(subject: Subject, one: Element) -> Iterable[str]:
    table = subject.decisions.get(one.settings.get("decisionRef", ""))
    if one.tag != "businessRuleTask" or table is None:
        return ()
    variable = one.settings.get("resultVariable")
    return (variable,) if variable else table.outputs


def _targets(one: Element) -> set[str]:
    try:
        lines = [*read_parameters(one.outputs), *read_parameters(one.inputs)]
        lines += read_script(one.script or "") if one.tag == "scriptTask" else ()
    except ExpressionRefused:
        return set()
    return {*(line.target for line in lines), *(entry.target for entry in one.hands_out)}


def _brings_more(subject: Subject, one: Element) -> bool:
    """Say whether a node may write names that the diagram does not show."""
    if is_external(one):
        return not one.outputs
    if one.tag in _CATCHING and one.event.kind != "timer":
        return True
    if one.tag == "businessRuleTask":
        return one.settings.get("decisionRef") not in subject.decisions
    form = form_of(one)
    # where there is no form, a program over REST may write every name the diagram reads
    unknown = form is None or form not in (subject.forms or {})
    shares = not one.hands_in and not one.hands_out
    calls = one.tag == "callActivity" and (shares or any(entry.everything for entry in one.hands_out))
    return calls or (one.tag in HUMAN_TAGS and unknown)


def keys_of(schema: Any) -> set[str]:
    """Return the names that a form writes."""
    found: set[str] = set()
    parts = schema.get("components") if isinstance(schema, Mapping) else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Mapping):
            name = part.get("key") or part.get("path")
            if isinstance(name, str) and name:
                found.add(name.split(".")[0])
            if part.get("type") != "dynamiclist":
                found |= keys_of(part)
    return found


def _fields(subject: Subject, forms: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Find fields named like the product's own data, and rights about fields the form does not have."""
    for one in subject.diagram.elements.values():
        schema = forms.get(form_of(one) or "")
        known = keys_of(schema)
        for name in sorted(known & RESERVED):
            message = N_("表单项“%(name)s”用了保留的名称。")
            yield problem("name", one, message, N_("换一个名称。"), name=name)
        for attribute in _LISTS if schema else ():
            for name in (one.own.get(attribute) or "").replace(",", " ").split():
                if name not in known:
                    message = N_("guanjia.%(attribute)s 里的表单项“%(name)s”不在这一步的表单里。")
                    fix = N_("写上表单里有的名称，或者去掉它。")
                    yield problem("field-unknown", one, message, fix, "warning", attribute=attribute, name=name)
