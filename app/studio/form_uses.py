"""What forms are called, and where each field of one is used: steps, flows, tables, titles, conditions of forms."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.engine.checks import read_tables
from app.engine.checks.expressions import Placed, read_all
from app.engine.diagram import Diagram, Element, Line, read_diagram
from app.engine.port import DiagramRefused
from app.formkit import CompiledForm, FormRefused, compile_form
from app.i18n import N_
from app.processes.source import Source
from app.studio.diagrams import Use

Said = tuple[str, Mapping[str, str]]
STEP, FLOW, PROCESS = N_("环节“%(name)s”"), N_("连线“%(name)s”"), N_("流程的标题、摘要或时限")
TABLE, FORM, OWN = N_("决策表“%(name)s”"), N_("表单“%(name)s”的条件"), N_("这张表单的条件")
_LISTS = ("summary.fields", "title.fields")


def uses_of_fields(source: Source, form: str, own: CompiledForm | None, keys: Iterable[str]) -> dict[str, list[Said]]:
    """Return where each key is read, as sentences with their values; `own` is the form as it is on the page."""
    found: dict[str, dict[tuple[str, str], Said]] = defaultdict(dict)
    wanted = frozenset(keys)
    for names, (message, values) in _all(source, form, own):
        for name in names & wanted:
            found[name][message, values.get("name", "")] = (message, values)
    return {name: list(said.values()) for name, said in found.items()}


def titles_of_forms(forms: Mapping[str, str], uses: Iterable[Use]) -> dict[str, str]:
    """Return what people call each form: its own title, else the first step that shows it, else nothing."""
    first: dict[str, str] = {}
    for use in uses:
        first.setdefault(use.form, use.name)
    return {name: _own_title(text) or first.get(name, "") for name, text in forms.items()}


def _own_title(text: str) -> str:
    try:
        schema: Any = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    title = schema.get("title") if isinstance(schema, dict) else None
    return title.strip() if isinstance(title, str) else ""


def _all(source: Source, form: str, own: CompiledForm | None) -> Iterator[tuple[frozenset[str], Said]]:
    if own is not None:
        yield own.scope.names, (OWN, {})
    for name, text in source.forms.items():
        if name != form and (other := _compiled(text)) is not None:
            yield other.scope.names, (FORM, {"name": name})
    for decision in read_tables(source.tables)[0].values():
        yield decision.names, (TABLE, {"name": decision.name})
    try:
        diagram = read_diagram(source.diagram)
    except DiagramRefused:  # the checks say what is wrong with it; until then nothing of it is known
        return
    yield from _drawn(diagram)


def _drawn(diagram: Diagram) -> Iterator[tuple[frozenset[str], Said]]:
    for placed in read_all(diagram):
        if isinstance(placed, Placed):
            yield placed.expression.names, _place(placed.where, diagram)
    for where in (None, *diagram.elements.values()):
        own = where.own if where else diagram.own
        listed = (own.get(name, "").replace(",", " ").split() for name in _LISTS)
        yield frozenset(name for names in listed for name in names), _place(where, diagram)


def _place(where: Element | Line | None, diagram: Diagram) -> Said:
    if where is None:
        return PROCESS, {}
    if isinstance(where, Element):
        return STEP, {"name": where.name or where.id}
    ends = (diagram.elements.get(end) for end in (where.source, where.target))
    return FLOW, {"name": where.name or " → ".join(end.name or end.id for end in ends if end)}


def _compiled(text: str) -> CompiledForm | None:
    try:
        schema: Any = json.loads(text)
        return compile_form(schema)
    except (ValueError, RecursionError, FormRefused):
        return None
