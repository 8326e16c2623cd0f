"""Which names of data are known at a point of a diagram, with what they are called and what they may say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.engine import read_tables
from app.engine.checks.people import HUMAN_TAGS
from app.engine.compile import form_of, is_external
from app.engine.decisions import Decision, Table
from app.engine.diagram import Diagram, Element, read_diagram
from app.engine.parts import read_parameters, read_script
from app.errors import UserError
from app.expressions import ExpressionRefused
from app.formkit.schema import Component, read_schema
from app.i18n import N_

Choice = tuple[Any, str]
Reader = Callable[[Element], Iterator["Known"]]
_OF_CASE = re.compile(r"\bcase\.([^\W\d]\w*)")
_QUOTED = re.compile(r'"([^"\\]*)"')
CASE_WORDS: Mapping[str, str] = {
    "unit": N_("提出单位"),
    "requester": N_("提出人"),
    "vendor": N_("承办的外包单位"),
    "in_contract": N_("在合同范围内"),
    "contract": N_("合同"),
    "category": N_("服务类别"),
    "round": N_("第几轮"),
    "result": N_("办件结果"),
}


@dataclass(frozen=True)
class Known:
    """One name: how it is written and called, its kind, what it may say, the step that writes it, whether a list."""

    name: str
    label: str
    kind: str
    choices: tuple[Choice, ...] = ()
    step: str = ""
    many: bool = False


@dataclass(frozen=True)
class Texts:
    """What a diagram refers to: forms by id, decision tables by file."""

    forms: Mapping[str, str]
    tables: Mapping[str, bytes]


def names_at(xml: bytes, texts: Texts, point: str, english: bool) -> list[Known]:
    """Return what expressions may read at an element or a flow, the nearest step's names first.

    Raise DiagramRefused when the diagram cannot be read at all.
    """
    diagram = read_diagram(xml)
    decisions, _problems = read_tables(texts.tables)
    steps = list(_before(diagram, point))
    decided = _decided(_deciders(diagram, point), english)
    readers: tuple[Reader, ...] = (
        lambda one: _from_form(one, texts.forms, english),
        lambda one: _from_table(one, decisions),
        _from_lines,
    )
    found = [*decided, *(name for one in steps for read in readers for name in read(one))]
    found += [*_of_start(diagram), *_of_case(xml), Known("round", N_("第几轮"), "number")]
    return list({name.name: name for name in reversed(found)}.values())[::-1]


def fields_of(text: str, english: bool) -> list[Known]:
    """Return the answers that a form writes; none while it cannot be read."""
    try:
        scope = read_schema(json.loads(text))
    except (ValueError, RecursionError, UserError):
        return []
    return [_field(part, english) for part in scope.leaves.values()]


def _field(part: Component, english: bool) -> Known:
    choices = tuple((one.value, (english and one.label_en) or one.label) for one in part.options)
    label = (english and part.label_en) or part.label or part.key
    # a source may be narrowed: `person.departments`
    source = part.source.split(".")[0]
    many = part.kind == "many" or (part.multiple and bool(source))
    return Known(part.key, label, source or part.kind, choices, many=many)


def _from_form(one: Element, forms: Mapping[str, str], english: bool) -> Iterator[Known]:
    if one.tag in HUMAN_TAGS:
        for field in fields_of(forms.get(form_of(one) or "", ""), english):
            yield replace(field, step=one.name or one.id)


def _from_table(one: Element, decisions: Mapping[str, Decision]) -> Iterator[Known]:
    table = decisions.get(one.settings.get("decisionRef", ""))
    if one.tag != "businessRuleTask" or table is None or is_external(one):
        return
    variable = one.settings.get("resultVariable")
    for number, name in enumerate(table.outputs):
        # one result under a name of its own, otherwise each column under its own
        written = variable if variable and len(table.outputs) == 1 else f"{variable}.{name}" if variable else name
        choices = _texts_in(table, number)
        yield Known(written, name, "choice" if choices else "any", choices, one.name or one.id)


def _texts_in(table: Decision, column: int) -> tuple[Choice, ...]:
    if not isinstance(table.logic, Table):
        return ()
    cells = [_QUOTED.fullmatch(row.values[column].text.strip()) for row in table.logic.rows]
    texts = dict.fromkeys(cell[1] for cell in cells if cell)
    return tuple((text, text) for text in texts) if cells and all(cells) else ()


def _from_lines(one: Element) -> Iterator[Known]:
    try:
        lines = [*read_parameters(one.outputs), *(read_script(one.script or "") if one.tag == "scriptTask" else ())]
    except ExpressionRefused:
        return
    targets = [*(line.target for line in lines), *(entry.target for entry in one.hands_out)]
    for target in targets:
        if target and not target.startswith("case."):
            yield Known(target, target, "any", (), one.name or one.id)


def _decided(deciders: Iterator[Element], english: bool) -> Iterator[Known]:
    """Yield what the last person's step before the point was decided with."""
    choices: dict[str, str] = {}
    steps: list[str] = []
    for one in deciders:
        for part in one.own["actions"].split("|"):
            code, name, name_en = [*(text.strip() for text in part.split(":")), "", ""][:3]
            choices.setdefault(code, (english and name_en) or name or code)
        steps.append(one.name or one.id)
    if choices:
        yield Known("decision", N_("怎么办的"), "choice", tuple(choices.items()), "、".join(steps))


def _of_start(diagram: Diagram) -> Iterator[Known]:
    parts = [part.split(":") for part in diagram.own.get("starts", "").split("|") if part.strip()]
    if parts:
        choices = tuple((part[0].strip(), part[1].strip() if len(part) > 1 else part[0]) for part in parts)
        yield Known("start", N_("怎么发起的"), "choice", choices)


def _of_case(xml: bytes) -> Iterator[Known]:
    for name in sorted(set(_OF_CASE.findall(xml.decode("utf-8", "replace")))):
        kind = "yes_no" if name.startswith(("in_", "is_")) else "any"
        yield Known(f"case.{name}", CASE_WORDS.get(name, f"case.{name}"), kind)


def _before(diagram: Diagram, point: str) -> Iterator[Element]:
    """Yield the elements from which a way leads to the point, nearest first; of a flow its source too."""
    yield from _walk(diagram, point, lambda _one: True)


def _deciders(diagram: Diagram, point: str) -> Iterator[Element]:
    """Yield the last steps before the point that were decided by a person."""
    walked = _walk(diagram, point, lambda one: not _is_decided(one))
    return (one for one in walked if _is_decided(one))


def _is_decided(one: Element) -> bool:
    return one.tag in HUMAN_TAGS and "actions" in one.own


def _walk(diagram: Diagram, point: str, goes_on: Callable[[Element], bool]) -> Iterator[Element]:
    into = partial(_into, diagram)
    flow = diagram.flows.get(point)
    waiting = [flow.source] if flow else list(into(point))
    seen = set(waiting)
    for id_ in waiting:  # grows while it is walked
        one = diagram.elements.get(id_)
        if one is None:
            continue
        yield one
        found = [other for other in (into(id_) if goes_on(one) else ()) if other not in seen]
        seen.update(found)
        waiting.extend(found)


def _into(diagram: Diagram, id_: str) -> Iterator[str]:
    """Yield what comes directly before an element: flows, its host, the ends inside, the start of its scope."""
    one = diagram.elements.get(id_)
    if one is None:
        return
    yield from (flow.source for flow in diagram.incoming.get(id_, ()))
    if one.attached_to:
        yield one.attached_to
    if one.tag == "subProcess":
        yield from (inner.id for inner in diagram.scopes.get(id_, ()) if inner.tag == "endEvent")
    if one.tag == "startEvent" and one.scope in diagram.elements:
        yield from (flow.source for flow in diagram.incoming.get(one.scope, ()))
